import * as z from 'zod';
import { type App, detailOf } from './client.ts';
import { ask, type Diagnosis, parsed, todoOf, unanswered } from './doctor-words.ts';

/** How long the doctor waits and how it tells the time; tests give their own. */
export interface Patience {
  now(): number;
  sleep(ms: number): Promise<void>;
}

export const realPatience: Patience = {
  now: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => void setTimeout(resolve, ms)),
};

const viewShape = z.object({
  schema: z.literal('fhirwatch-test-alert/1'),
  testId: z.string().regex(/^[0-9a-f]{16}$/),
  arrived: z.boolean().nullable(),
  receivedAt: z.string().nullable(),
  card: z.enum(['posted', 'later', 'refused', 'no-workflow']).nullable(),
  teams: z.boolean(),
});
type View = z.infer<typeof viewShape>;

/** The rule runs every five minutes, events are some minutes late, and Azure repeats a call for about a minute. */
const deadlineMs = 15 * 60_000;
const pauseMs = 15_000;
const what = 'test alert';
/** As the mail's subject has it. */
const rule = 'fhirwatch-test-alert';

/** Asks for a test alert and waits until it has come back, or says which link of the chain it did not pass. */
export async function sendTestAlert(
  app: App,
  progress: (text: string) => void,
  { now, sleep }: Patience,
): Promise<Diagnosis> {
  const begun = now();
  const asked = await ask(app, 'api/test-alerts', { body: '' });
  if (!asked.ok) return { what, verdict: 'unknown', ...unanswered(asked.reason) };
  const { status, text } = asked.answer;
  const sent = status === 202 ? parsed(viewShape, text) : undefined;
  if (!sent) return notSent(status, text);
  const { testId } = sent;
  if (!sent.teams) {
    const seen = `sent as ${testId}; without Teams no alert comes back to the app`;
    return { what, verdict: 'unknown', seen, todo: `look for a mail of ${rule} in the mailbox within 15 minutes` };
  }
  let last: View = sent;
  let told = '';
  while (now() - begun < deadlineMs) {
    await sleep(pauseMs);
    const again = await ask(app, `api/test-alerts?id=${testId}`);
    last = (again.ok && again.answer.status === 200 ? parsed(viewShape, again.answer.text) : undefined) ?? last;
    if (last.receivedAt !== null && last.card !== 'later') break;
    const step = stepOf(last);
    if (step !== told) progress(`test alert ${testId}: ${step}, ${minutes(now() - begun)}`);
    told = step;
  }
  return verdictOf(last, minutes(now() - begun));
}

function notSent(status: number, text: string): Diagnosis {
  if (status === 404) {
    const todo = 'deploy this version of fhirwatch, then ask again';
    return { what, verdict: 'unknown', seen: 'the deployed app has no such route', todo };
  }
  const seen = `not sent: answered ${status}: ${detailOf(text)}`;
  if (status === 403) return { what, verdict: 'unknown', seen, todo: 'a test pages people: get the app role Operator' };
  if (status === 502) {
    const todo = 'the app’s telemetry does not leave it: see its log and APPLICATIONINSIGHTS_CONNECTION_STRING';
    return { what, verdict: 'FAIL', seen, todo };
  }
  return { what, verdict: 'unknown', seen, todo: todoOf(status) };
}

function stepOf({ arrived, receivedAt }: View): string {
  if (receivedAt !== null) return 'received, and Teams did not take its card yet';
  return arrived === true ? 'in the workspace, waiting for the rule' : 'sent, on its way to the workspace';
}

function verdictOf({ testId, arrived, receivedAt, card }: View, after: string): Diagnosis {
  if (receivedAt !== null) {
    if (card === 'posted')
      return { what, verdict: 'ok', seen: `${testId} came back ${after}, and its card went to Teams` };
    const why =
      card === 'refused' ? 'the Teams workflow refused its card' : 'the Teams workflow did not take its card in time';
    const seen = `${testId} came back ${after}, but ${card === 'no-workflow' ? 'FHIRWATCH_TEAMS_WORKFLOW_URL is not set' : why}`;
    return { what, verdict: 'FAIL', seen, todo: 'docs/deploy.md, "Teams": the secret teams-workflow-url' };
  }
  const waited = `${testId} did not come back ${after}`;
  if (arrived === null) {
    const todo = 'see the line about the heartbeat: the app cannot look into its own workspace';
    return { what, verdict: 'FAIL', seen: `${waited}; whether the workspace holds it is not known`, todo };
  }
  if (!arrived) {
    const todo = 'ingestion is late, or the component sends to another workspace: look for TestAlert in AppEvents';
    return { what, verdict: 'FAIL', seen: `${waited}; its event is not in the workspace`, todo };
  }
  const todo = `is the rule enabled? az monitor scheduled-query show -g rg-fhirwatch-… -n ${rule}; then the webhook of ag-fhirwatch`;
  return {
    what,
    verdict: 'FAIL',
    seen: `${waited}; its event is in the workspace, and no alert reached the app`,
    todo,
  };
}

function minutes(ms: number): string {
  const all = Math.round(ms / 1000);
  return `after ${Math.floor(all / 60)} min ${String(all % 60).padStart(2, '0')} s`;
}
