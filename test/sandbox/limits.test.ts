import { describe, expect, test } from 'vitest';
import { createBucket, createQueue, createWindow } from '../../sandbox/limits/counters.ts';
import { createToll } from '../../sandbox/limits.ts';
import type { FaultTarget } from '../../sandbox/types.ts';
import { ehr, fhir, group, openAzure, otherSub, sub, ward } from './azure-fixture.ts';

const estate = { resources: [ward, ehr] };

const zone = `${group}/providers/Microsoft.Network/privateDnsZones/privatelink.fhir.azurehealthcareapis.com`;
const api = '?api-version=2024-03-31';

/** A toll under Azure's limits, with a clock that this test moves. */
function limited(target: FaultTarget) {
  let elapsedMs = 0;
  const toll = createToll({ limits: true }, () => elapsedMs);
  if (toll === undefined) throw new Error('there is a toll where limits hold');
  const ask = (path: string, principal = 'monitor') => {
    const claims = Buffer.from(JSON.stringify({ oid: principal })).toString('base64url');
    const headers = { authorization: `Bearer e30.${claims}.` };
    const query = new URLSearchParams();
    return toll(target, { method: 'GET', path, query, headers, body: '', origin: 'https://localhost' });
  };
  return {
    ask,
    /** how many of so many calls are let pass */
    passes: async (count: number, path = '/') => {
      let passed = 0;
      for (let call = 0; call < count; call += 1) {
        const { refusal, release } = await ask(path);
        release?.();
        if (refusal === undefined) passed += 1;
      }
      return passed;
    },
    pass: (ms: number) => {
      elapsedMs += ms;
    },
  };
}

describe('Resource Manager', () => {
  test('takes 250 reads of a subscription and principal at once, then 25 a second, and says what is left', async () => {
    const { ask, passes, pass } = limited('resource-manager');
    expect((await ask(fhir)).headers).toEqual({
      'x-ms-ratelimit-remaining-subscription-reads': '249',
      'x-ms-ratelimit-remaining-subscription-global-reads': '3749',
    });
    expect(await passes(300, fhir)).toBe(249);
    expect((await ask(fhir)).refusal).toMatchObject({
      status: 429,
      headers: { 'retry-after': '1', 'x-ms-ratelimit-remaining-subscription-reads': '0' },
      body: { error: { code: 'SubscriptionRequestsThrottled', message: expect.stringContaining("'read' requests") } },
    });
    expect((await ask(fhir, 'somebody else')).refusal).toBeUndefined();
    expect((await ask(fhir.replaceAll(sub, otherSub))).refusal).toBeUndefined();
    pass(1_000);
    expect(await passes(30, fhir)).toBe(25);
  });

  test('counts reads of private DNS for themselves: 500 in five minutes', async () => {
    const { ask, passes, pass } = limited('resource-manager');
    expect(await passes(250, zone)).toBe(250);
    pass(10_000);
    expect(await passes(250, zone)).toBe(250);
    pass(10_000);
    expect((await ask(zone)).refusal).toMatchObject({ status: 429, headers: { 'retry-after': '280' } });
    expect((await ask(fhir)).refusal).toBeUndefined();
    pass(280_000);
    expect((await ask(zone)).refusal).toBeUndefined();
  });
});

test('Resource Graph takes 15 queries in five seconds, and says when it takes more', async () => {
  const { ask, passes, pass } = limited('resource-graph');
  expect((await ask('/')).headers).toEqual({
    'x-ms-user-quota-remaining': '14',
    'x-ms-user-quota-resets-after': '00:00:05',
  });
  expect(await passes(20)).toBe(14);
  pass(2_000);
  expect((await ask('/')).refusal).toMatchObject({
    status: 429,
    headers: { 'x-ms-user-quota-remaining': '0', 'x-ms-user-quota-resets-after': '00:00:03' },
    body: { error: { code: 'RateLimiting' } },
  });
  pass(3_000);
  expect((await ask('/')).refusal).toBeUndefined();
});

test('Log Analytics takes 200 queries in thirty seconds, and five at once', async () => {
  const { ask, passes, pass } = limited('logs');
  expect(await passes(201)).toBe(200);
  expect((await ask('/')).refusal).toMatchObject({ status: 429, headers: { 'retry-after': '30' } });
  pass(30_000);
  const running = await Promise.all(Array.from({ length: 5 }, () => ask('/')));
  let started = false;
  const waiting = ask('/').then((passage) => {
    started = true;
    return passage;
  });
  await Promise.resolve();
  expect(started).toBe(false);
  running[0]?.release?.();
  expect(await waiting).toMatchObject({ release: expect.any(Function) });
});

test('what is refused comes over the wire as Azure says it', async () => {
  const azure = await openAzure(estate, { limits: true, elapsed: () => 0 });
  const good = await azure.graph('resources | take 1');
  expect([good.status, good.headers['x-ms-user-quota-remaining']]).toEqual([200, '14']);
  await Promise.all(Array.from({ length: 14 }, () => azure.graph('resources | take 1')));
  expect(await azure.graph('resources | take 1')).toMatchObject({
    status: 429,
    headers: { 'x-ms-user-quota-remaining': '0', 'x-ms-request-id': expect.any(String) },
    body: { error: { code: 'RateLimiting', details: [{ code: 'RateLimiting' }] } },
  });
});

test('without being asked, no limit holds; a latency and a watcher do when asked', async () => {
  const seen: string[] = [];
  const azure = await openAzure(estate, {
    latencyMs: 30,
    onRequest: (target, { method }) => void seen.push(`${target} ${method}`),
  });
  const started = performance.now();
  const reply = await azure.ask(`${fhir}${api}`);
  expect(performance.now() - started).toBeGreaterThanOrEqual(29);
  expect(Object.keys(reply.headers).filter((name) => name.includes('ratelimit'))).toEqual([]);
  expect(seen).toEqual(['resource-manager GET']);
});

describe('what counts', () => {
  test('a bucket refills to its brim and no further', () => {
    let now = 0;
    const bucket = createBucket({ capacity: 2, perSecond: 1 }, () => now);
    expect([bucket.take('a'), bucket.take('a'), bucket.take('a'), bucket.take('b')]).toEqual([1, 0, undefined, 1]);
    now = 60_000;
    expect([bucket.take('a'), bucket.take('a'), bucket.take('a')]).toEqual([1, 0, undefined]);
  });

  test('a window says how long it lasts', () => {
    let now = 0;
    const window = createWindow({ most: 1, windowMs: 100 }, () => now);
    expect(window.enter('a')).toEqual({ left: 0, waitMs: 0, resetMs: 100 });
    now = 40;
    expect(window.enter('a')).toEqual({ left: 0, waitMs: 60, resetMs: 60 });
  });

  test('a queue lets as many run as it may, in order, and turns away whom it cannot hold', async () => {
    const queue = createQueue({ atOnce: 1, waiting: 1, patienceMs: 60_000 });
    const release = await queue.enter();
    const second = queue.enter();
    expect(await queue.enter()).toBeUndefined();
    release?.();
    (await second)?.();
    expect(await queue.enter()).toBeTypeOf('function');
  });

  test('a queue gives up on whom it kept too long', async () => {
    const queue = createQueue({ atOnce: 1, waiting: 1, patienceMs: 1 });
    await queue.enter();
    expect(await queue.enter()).toBeUndefined();
  });
});
