import { randomBytes } from 'node:crypto';
import type { CommonAlert } from '../alerts/common-alert.ts';
import type { Delivery } from '../alerts/teams.ts';
import { collectTestAlerts } from '../evidence/logs/own-events.ts';
import type { TestAlert } from '../model.ts';
import { type Answer, authorise, json, problem, type Request } from './answers.ts';
import type { Open } from './http.ts';
import { inTime } from './in-time.ts';
import { type Environment, type Log, openShared, type Service, textOf } from './service.ts';

/** A test alert, from the app's side. */
export interface TestAlertView {
  readonly schema: 'fhirwatch-test-alert/1';
  readonly testId: string;
  readonly sentAt: string;
  /** whether the app's workspace holds it, where the alert rule looks; null: not asked, or not known */
  readonly arrived: boolean | null;
  /** when the action group brought the alert back to the app; null: not yet */
  readonly receivedAt: string | null;
  readonly card: TestAlert['card'] | null;
  /** false: alerts do not come back to the app; a mailbox alone can tell */
  readonly teams: boolean;
}

export interface TestAlertRequest extends Request {
  readonly method: string;
}

const testRule = 'fhirwatch-test-alert';
const idShape = /^[0-9a-f]{16}$/;
const lookMs = 30_000;

/**
 * `POST test-alerts`: sends one event that the alert rule `test-alert` fires for, for an Operator, since it pages people.
 * `GET test-alerts?id=…`: how far it has come.
 */
export async function answerTestAlerts(
  request: TestAlertRequest,
  environment: Environment,
  log: Log,
  open: Open = openShared,
): Promise<Answer> {
  const sends = request.method === 'POST';
  const caller = authorise(request, environment, sends ? ['Operator'] : ['Auditor', 'Operator']);
  if ('status' in caller) return caller;
  if (sends && ['cross-site', 'same-site'].includes(request.headers.get('sec-fetch-site') ?? '')) {
    return problem(403, 'Sent by another site', 'This route does not act for pages of other sites.');
  }
  const opening = open(environment, log);
  if (!opening.ok) return problem(503, 'Not configured', opening.problems.join(' '));
  const { service } = opening;
  try {
    if (sends) return await send(caller.name ?? caller.objectId, service, log);
    const testId = request.query.get('id') ?? '';
    const record = idShape.test(testId) ? await (await service.store()).testAlert(testId) : undefined;
    if (!record) return problem(404, 'No such test', 'No test alert with that id was sent, or it is long ago.');
    return json(200, viewOf(record, service, record.receivedAt === undefined ? await look(testId, service) : true));
  } catch (error) {
    log.error('a test alert could not be sent or followed', { error: textOf(error) });
    return problem(503, 'Not done', 'Storage or Azure could not be reached; ask again.');
  }
}

async function send(askedBy: string, service: Service, log: Log): Promise<Answer> {
  const testId = randomBytes(8).toString('hex');
  const sentAt = service.now().toISOString();
  const record: TestAlert = { schema: 1, testId, sentAt };
  await (await service.store()).saveTestAlert(record);
  const signal = { name: 'TestAlert', at: sentAt, properties: { testId, askedBy }, measurements: {} };
  const accepted = await (await service.sink()).send([signal]);
  if (accepted.length === 0)
    return problem(502, 'Not accepted', 'The ingestion service did not accept the event: no alert will come of it.');
  log.info('a test alert was asked for', { testId, askedBy });
  return json(202, viewOf(record, service, null));
}

/** Whether the rule has something to fire for; null where that cannot be told. */
async function look(testId: string, { settings, azure }: Service): Promise<boolean | null> {
  if (settings.telemetryWorkspace === undefined) return null;
  const seen = await collectTestAlerts(await azure(), settings.telemetryWorkspace, AbortSignal.timeout(lookMs));
  return seen.ok ? seen.value.includes(testId) : null;
}

function viewOf({ testId, sentAt, receivedAt, card }: TestAlert, service: Service, arrived: boolean | null) {
  const view: TestAlertView = {
    schema: 'fhirwatch-test-alert/1',
    testId,
    sentAt,
    arrived,
    receivedAt: receivedAt ?? null,
    card: card ?? null,
    teams: service.settings.teamsWorkflowUrl !== undefined,
  };
  return view;
}

/** Remembers that a test alert came back, and what became of its card; any other alert is none of this. Never throws. */
export async function noteTestAlert(
  { alertRule, condition, dimensions }: CommonAlert,
  delivery: Delivery | 'no-workflow',
  service: Service,
  log: Log,
): Promise<void> {
  const { testId = '' } = dimensions;
  if (alertRule !== testRule || condition !== 'Fired' || !idShape.test(testId)) return;
  if (delivery === 'busy') return; // the call that is at it notes it
  try {
    const store = await service.store();
    const record = await inTime(store.testAlert(testId));
    if (!record) return;
    const noted: TestAlert = {
      ...record,
      receivedAt: record.receivedAt ?? service.now().toISOString(),
      card: delivery === 'posted-before' ? 'posted' : delivery,
    };
    await inTime(store.saveTestAlert(noted));
  } catch (error) {
    log.error('a test alert came back and could not be noted', { error: textOf(error) });
  }
}
