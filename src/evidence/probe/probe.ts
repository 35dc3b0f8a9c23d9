import { pause } from '../azure/deadline.ts';
import { type Attempt, type AttemptOptions, tryGet } from './attempt.ts';
import type { Probed, ProbeMemory } from './memory.ts';

export interface ProbeLimits {
  readonly attempts: number;
  /** the same of one that is throttled, whose turn comes; absent: no more than of others */
  readonly throttledAttempts?: number;
  /** one try, from connecting to the last byte */
  readonly attemptMs: number;
  /** the waits before the second and further tries; the last one holds for all that follow */
  readonly waitsMs: readonly number[];
  /** a `Retry-After` beyond this is not waited for */
  readonly retryAfterMs: number;
  readonly bodyBytes: number;
}

/** Fifty services that all hang end within 22 s: they hang side by side. */
export const PROBE_LIMITS: ProbeLimits = {
  attempts: 3,
  throttledAttempts: 7,
  attemptMs: 6_000,
  waitsMs: [300, 900],
  retryAfterMs: 2_000,
  bodyBytes: 2 * 1024 * 1024,
};

export interface ProbeDependencies {
  readonly proxy?: string | undefined;
  readonly memory: ProbeMemory;
  readonly signal: AbortSignal;
  readonly limits?: ProbeLimits;
  now(): Date;
}

/**
 * One question to one host, with bounded retries of what passes by itself; each goes to the next of its addresses.
 * Undefined: nothing may be asked any more in this hour, and nothing is remembered.
 */
export async function probe(
  target: { readonly host: string; readonly path: string; readonly addresses: readonly string[] },
  { proxy, memory, signal, now, limits = PROBE_LIMITS }: ProbeDependencies,
): Promise<Probed | undefined> {
  const { host, path, addresses } = target;
  const question = [path, ...addresses].join(' ');
  const known = memory.recall(host, question, now());
  if (known !== undefined) return known;
  const options: AttemptOptions = { proxy, signal, attemptMs: limits.attemptMs, bodyBytes: limits.bodyBytes };
  let last: Probed | undefined;
  for (let tried = 0; memory.maySend(host, now()); tried += 1) {
    const address = addresses[tried % addresses.length] ?? '';
    const started = now();
    const attempt = await tryGet({ host, path, address }, options);
    const ended = now();
    if (attempt.is === 'answer' || ('sent' in attempt && attempt.sent)) memory.noteSent(host, ended);
    last = { attempt, address, at: ended.toISOString(), durationMs: Math.max(0, ended.getTime() - started.getTime()) };
    const wait = waitAfter(attempt, tried, limits);
    const isThrottled = attempt.is === 'answer' && attempt.status === 429;
    const most = isThrottled ? (limits.throttledAttempts ?? limits.attempts) : limits.attempts;
    if (wait === undefined || tried >= most - 1 || signal.aborted) break;
    await pause(wait, signal).catch(() => undefined); // the next try says that the time is over
  }
  if (last !== undefined && last.attempt.is !== 'own-failure') memory.keep(host, question, last);
  return last;
}

/** How long to wait before another try; undefined where another would say the same. */
function waitAfter(attempt: Attempt, tried: number, limits: ProbeLimits): number | undefined {
  const wait = limits.waitsMs[tried] ?? limits.waitsMs.at(-1) ?? 0;
  if (attempt.is === 'untrusted') return undefined;
  if (attempt.is !== 'answer') return wait;
  const { status, body, headers } = attempt;
  if (status === 200) return body !== undefined && isCut(body) ? wait : undefined;
  if (status !== 408 && status !== 429 && status < 500) return undefined;
  const asked = Number(headers['retry-after'] ?? 0) * 1000;
  if (Number.isNaN(asked)) return wait;
  return asked > limits.retryAfterMs ? undefined : Math.max(wait, asked);
}

/** Half a document, or none: worth a second look. */
function isCut(body: string): boolean {
  const text = body.trim();
  return text === '' || (text.startsWith('{') && !text.endsWith('}'));
}
