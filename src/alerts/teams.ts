import { createHash } from 'node:crypto';
import type { Drift, Store } from '../model.ts';
import type { CommonAlert } from './common-alert.ts';
import { buildCard } from './teams-card.ts';
import type { TeamsMessage } from './teams-elements.ts';
import type { CardContext, CaseReading } from './teams-told.ts';

/** Which alerts have been posted. */
export type Deliveries = Pick<Store, 'claimDelivery' | 'saveDelivery' | 'releaseDelivery' | 'saveTeamsTrouble'>;

export interface TeamsPorts extends Omit<CardContext, 'reading'> {
  /** of the workflow; a secret */
  readonly url: string;
  /** rejects where the store cannot be opened */
  deliveries(): Promise<Deliveries>;
  readCause(causeId: string): Promise<readonly Drift[]>;
  fetch(url: string, init: RequestInit): Promise<Response>;
  sleep(ms: number): Promise<void>;
  now(): Date;
  /** static text, details in fields */
  error(text: string, fields: Readonly<Record<string, unknown>>): void;
}

/**
 * `busy`: another call delivers the same alert right now. `later`: the workflow did not take it, a repetition may help.
 * `refused`: a repetition will not help.
 */
export type Delivery = 'posted' | 'posted-before' | 'busy' | 'later' | 'refused';

/** Azure waits ten seconds for a webhook and then calls again; within that this must have answered. */
const budgetMs = 7000;
const callMs = 5000;
const attempts = 4;
const longestCauseId = 200;
/** A call that claimed and then died is out of the way after this. */
const claimSeconds = 60;

/** Posts the alert's card once, however often the alert is delivered. Without a store it is posted all the same. */
export async function deliverAlert(alert: CommonAlert, ports: TeamsPorts): Promise<Delivery> {
  const deadline = ports.now().getTime() + budgetMs;
  const key = createHash('sha256').update(`${alert.alertId.toLowerCase()} ${alert.condition}`).digest('hex');
  const deliveries = await attempt(ports, 'deliveries could not be remembered; a repeated alert is posted again', () =>
    ports.deliveries(),
  );
  const claim = await attempt(ports, 'deliveries could not be remembered; a repeated alert is posted again', () =>
    deliveries?.claimDelivery(key, ports.now().toISOString(), claimSeconds),
  );
  if (claim === 'posted') return 'posted-before';
  if (claim === 'busy') return 'busy';
  const message = buildCard(alert, { ...ports, reading: await readCase(alert, ports) });
  const outcome = await post(message, ports, deadline);
  await attempt(ports, 'the delivery could not be remembered', async () => {
    const at = ports.now().toISOString();
    const isPosted = outcome.kind === 'posted';
    const end = () => (isPosted ? deliveries?.saveDelivery(key, at) : deliveries?.releaseDelivery(key));
    await Promise.all([
      claim === 'mine' ? end() : undefined,
      deliveries?.saveTeamsTrouble(isPosted ? undefined : { schema: 1, at, detail: outcome.detail }),
    ]);
  });
  if (outcome.kind !== 'posted') {
    ports.error('the Teams workflow did not take a card', { detail: outcome.detail, again: outcome.kind === 'later' });
  }
  return outcome.kind;
}

async function readCase(alert: CommonAlert, ports: TeamsPorts): Promise<CaseReading> {
  const { causeId } = alert.dimensions;
  if (causeId === undefined || causeId === '' || causeId.length > longestCauseId) return { kind: 'none' };
  const drifts = await attempt(ports, 'the drifts of a cause could not be read', () => ports.readCause(causeId));
  return drifts === undefined ? { kind: 'unreadable' } : { kind: 'known', drifts };
}

/** What the store does, or undefined where it fails: that is logged, and no reason to lose the alert. */
async function attempt<T>(ports: TeamsPorts, told: string, work: () => Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    ports.error(told, { error: error instanceof Error ? error.message : 'unknown' });
    return undefined;
  }
}

type Outcome = { readonly kind: 'posted' } | { readonly kind: 'later' | 'refused'; readonly detail: string };

/** Posts with a few retries within the deadline. 202 says that the workflow accepted the card, not that it is shown. */
async function post(message: TeamsMessage, ports: TeamsPorts, deadline: number): Promise<Outcome> {
  const body = JSON.stringify(message);
  for (let count = 1; ; count += 1) {
    const left = deadline - ports.now().getTime();
    const answer = await call(body, ports, Math.min(left, callMs));
    if (answer.kind !== 'again') return answer;
    const wait = answer.retryAfterMs ?? 500 * 2 ** (count - 1);
    // What cannot be waited for here is left to Azure, which calls again.
    if (count >= attempts || ports.now().getTime() + wait + callMs / 5 > deadline)
      return { kind: 'later', detail: answer.detail };
    await ports.sleep(wait);
  }
}

type Answer =
  | Exclude<Outcome, { kind: 'later' }>
  | { readonly kind: 'again'; readonly detail: string; readonly retryAfterMs: number | undefined };

/** One call; nothing that it says holds the address, which is a secret. */
async function call(body: string, ports: TeamsPorts, timeoutMs: number): Promise<Answer> {
  try {
    const response = await ports.fetch(ports.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(Math.max(1, timeoutMs)),
    });
    await response.body?.cancel();
    const { status } = response;
    if (status >= 200 && status < 300) return { kind: 'posted' };
    const detail = `the workflow answered ${status}`;
    if (status !== 429 && status < 500) return { kind: 'refused', detail };
    return { kind: 'again', detail, retryAfterMs: retryAfter(response.headers.get('retry-after'), ports.now()) };
  } catch (error) {
    return { kind: 'again', detail: `the workflow could not be reached (${codeOf(error)})`, retryAfterMs: undefined };
  }
}

function retryAfter(header: string | null, now: Date): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d{1,6}$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now.getTime();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** An error's code or name; its message may hold the address. */
function codeOf(error: unknown): string {
  const { cause, name } = error instanceof Error ? error : { cause: undefined, name: 'unknown' };
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' && /^\w{1,60}$/.test(code) ? code : name;
}
