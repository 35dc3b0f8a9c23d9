import { setTimeout as sleep } from 'node:timers/promises';

/** Azure waits ten seconds for what a webhook answers. */
const storageMs = 2000;

/** Storage that takes longer than an alert can wait is as good as down: the card goes first. */
export async function inTime<T>(work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = sleep(storageMs, undefined, { signal: timer.signal }).then((): never => {
    throw new Error(`storage did not answer within ${storageMs} ms`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
  }
}
