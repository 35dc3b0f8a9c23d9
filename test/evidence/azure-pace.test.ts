import { describe, expect, it, vi } from 'vitest';
import { createGate, createPace } from '../../src/evidence/azure/pace.ts';

const arm = 'https://arm.test';
const read = (subscription: string) => `${arm}/subscriptions/${subscription}/providers/x?api-version=1`;
const graph = `${arm}/providers/Microsoft.ResourceGraph/resources?api-version=1`;

/** A pace by a clock that runs only where something waits for it. */
function paced() {
  vi.useFakeTimers({ now: 0 });
  const pace = createPace(arm, 10_000, () => Date.now());
  const enter = async (url: string, signal?: AbortSignal): Promise<number> => {
    const before = Date.now();
    const entered = pace.enter(url, signal).then(() => Date.now() - before);
    await vi.runAllTimersAsync();
    return entered;
  };
  /** how long the last of so many calls waits that come at once */
  const lastOf = async (count: number, url: string): Promise<number> => {
    const before = Date.now();
    let last = 0;
    const all = Array.from({ length: count }, () =>
      pace.enter(url, undefined).then(() => {
        last = Math.max(last, Date.now() - before);
      }),
    );
    await vi.runAllTimersAsync();
    await Promise.all(all);
    return last;
  };
  const answer = (url: string, headers: Record<string, string>, more: { code?: string; retryAfterMs?: number } = {}) =>
    pace.heed(url, { headers: { get: (name) => headers[name] }, ...more });
  return { pace, enter, lastOf, answer };
}

describe('reads of a subscription', () => {
  it('go at once up to the burst, then as fast as Azure lets them, each subscription for itself', async () => {
    const { enter, lastOf } = paced();
    expect(await lastOf(225, read('a'))).toBe(0);
    const last = await lastOf(245, read('a'));
    expect(last).toBeGreaterThanOrEqual(9_500);
    expect(last).toBeLessThanOrEqual(10_100);
    expect(await enter(read('b'))).toBe(0);
  });

  it('never exceed what Azure gives, however they come', async () => {
    const { pace } = paced();
    const sent: number[] = [];
    for (let second = 0; second < 30; second += 1) {
      for (let call = 0; call < 40; call += 1) void pace.enter(read('a'), undefined).then(() => sent.push(Date.now()));
      await vi.advanceTimersByTimeAsync(1_000);
    }
    await vi.runAllTimersAsync();
    expect(sent).toHaveLength(1_200);
    for (const [index, at] of sent.entries()) expect(index + 1).toBeLessThanOrEqual(250 + (25 * at) / 1000);
  });

  it('slow down where others use up the limit too', async () => {
    const { lastOf, answer } = paced();
    answer(read('a'), { 'x-ms-ratelimit-remaining-subscription-reads': '10' });
    expect(await lastOf(10, read('a'))).toBe(0);
    expect(await lastOf(49, read('a'))).toBeGreaterThanOrEqual(1_990);
  });

  it('wait together where Azure says that the limit is used up', async () => {
    const { enter, answer } = paced();
    answer(read('a'), {}, { code: 'SubscriptionRequestsThrottled', retryAfterMs: 3_000 });
    expect(await enter(read('a'))).toBeGreaterThanOrEqual(3_000);
    expect(await enter(read('b'))).toBe(0);
  });

  it('are refused at once where Azure asks to wait too long, and tried again some minutes later', async () => {
    const { pace, enter, answer } = paced();
    answer(read('a'), {}, { code: 'SubscriptionRequestsThrottled', retryAfterMs: 3_600_000 });
    await expect(pace.enter(read('a'), undefined)).rejects.toMatchObject({
      reason: 'throttled',
      message: expect.stringMatching(/wait 300 s/),
    });
    await vi.advanceTimersByTimeAsync(300_000);
    expect(await enter(read('a'))).toBeLessThan(100);
  });

  it("do not wait for one another where a provider's own limit is meant", async () => {
    const { enter, answer } = paced();
    answer(read('a'), {}, { code: 'TooManyRequests', retryAfterMs: 3_000 });
    answer(read('a'), {}, { code: 'SubscriptionRequestsThrottled' });
    expect(await enter(read('a'))).toBe(0);
  });
});

describe('questions to Resource Graph', () => {
  it('are fifteen in five seconds', async () => {
    const { enter, lastOf } = paced();
    expect(await lastOf(15, graph)).toBe(0);
    expect(await enter(graph)).toBeGreaterThanOrEqual(5_000);
    expect(await lastOf(15, graph)).toBeGreaterThanOrEqual(5_000);
  });

  it('wait until the quota is full again', async () => {
    const { enter, answer } = paced();
    answer(graph, { 'x-ms-user-quota-remaining': '0' }, { code: 'RateLimiting', retryAfterMs: 4_000 });
    expect(await enter(graph)).toBeGreaterThanOrEqual(4_000);
  });
});

it('whatever has no such limit goes at once, and what is no URL is left to who sends it', async () => {
  const { enter } = paced();
  expect(await enter(`${arm}/subscriptions`)).toBe(0);
  expect(await enter('https://logs.test/subscriptions/a')).toBe(0);
  expect(await enter('next')).toBe(0);
});

it('who waits is let go when its time is over', async () => {
  const { pace, lastOf } = paced();
  await lastOf(225, read('a'));
  for (let call = 0; call < 100; call += 1) void pace.enter(read('a'), undefined);
  const ended = new AbortController();
  const entered = pace.enter(read('a'), ended.signal);
  ended.abort();
  await expect(entered).rejects.toThrow(/time for it ended/);
});

it('a gate runs so much at once and the rest in order, whatever fails', async () => {
  vi.useRealTimers();
  const inTurn = createGate(2);
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const run = (name: string) =>
    inTurn(async () => {
      started.push(name);
      await new Promise<void>((resolve) => ends.set(name, resolve));
      if (name === 'b') throw new Error('b failed');
    });
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(run);
  expect(started).toEqual(['a', 'b']);
  ends.get('b')?.();
  await expect(b).rejects.toThrow('b failed');
  await vi.waitUntil(() => started.length === 3);
  for (const name of ['a', 'c']) ends.get(name)?.();
  await Promise.all([a, c]);
  await vi.waitUntil(() => ends.has('d'));
  ends.get('d')?.();
  await d;
  expect(started).toEqual(['a', 'b', 'c', 'd']);
});
