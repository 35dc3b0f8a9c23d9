import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningAzurite, startAzurite } from '../../sandbox/azurite.ts';
import type { Service, Signal, SignalSink, Status, Store, SweepPlan } from '../../src/model.ts';
import { azureStore } from '../../src/state/azure.ts';
import { memoryStore } from '../../src/state/memory.ts';
import { loseBatch, workBatch } from '../../src/sweep/batches.ts';
import { closeUnfinished } from '../../src/sweep/once.ts';
import type { SweepPorts } from '../../src/sweep.ts';
import { aSweep } from '../crash/clinic.ts';
import { storageClients } from '../state/azure-fixture.ts';

let azurite: RunningAzurite;
beforeAll(async () => {
  azurite = await startAzurite();
}, 60_000);
afterAll(() => azurite.close());

let made = 0;
/** what happens at the same time is proved where it does: in storage */
const stores: readonly [string, () => Store][] = [
  ['memory', memoryStore],
  [
    'Azure Tables and Blobs',
    () => {
      made += 1;
      return azureStore(storageClients(azurite.connectionString, `b${made}`));
    },
  ],
];

/** A sweep of two batches that many workers share, and what the inbox shows of it. */
function shared(store: Store, minute = 0, status: Status = 'pass', change: Partial<SweepPlan> = {}) {
  const sent: Signal[] = [];
  const sink: SignalSink = {
    async send(signals) {
      sent.push(...signals);
      return signals;
    },
  };
  const made = aSweep('ward', { minute, status }, store, sink, { services: 4, checks: 1 });
  const services = made.plan.services.map((one, i) => ({ ...one, subscriptionId: i < 2 ? 's' : 't' }));
  const plan = { ...made.plan, services, ...change };
  const ports: SweepPorts = made.ports;
  const told = (name: string) => sent.filter((signal) => signal.name === name);
  const work = (index: number, more: Partial<SweepPorts> = {}) =>
    workBatch(plan, index, { ...ports, ...more }, async () => ({ ...ports, ...more }));
  const at = (later: number) => ({ now: () => new Date(Date.parse(plan.startedAt) + later * 60_000) });
  const timer = (later: number) =>
    closeUnfinished('network', {
      ...ports,
      ...at(later),
      onClosed: () => {},
      onCloseError: (_, error) => {
        throw error;
      },
    });
  return { plan, ports, services, told, work, at, timer };
}

test('the batch that is the last to end closes the sweep, in whatever order they end', async () => {
  const store = memoryStore();
  const { plan, work, told } = shared(store);
  await store.openSweep(plan);
  expect(await work(1)).toBeUndefined();
  expect(told('SweepCompleted')).toEqual([]);
  expect(await work(0)).toMatchObject({ outcome: 'completed', services: 4, coverage: 1 });
  expect(told('SweepCompleted')).toHaveLength(1);
});

test.each(stores)(
  '%s: two batches that end at the same time close once, and so does one that is delivered twice at the same time',
  async (_, open) => {
    const store = open();
    const { plan, work, told } = shared(store, 0, 'fail');
    await store.openSweep(plan);
    await Promise.all([work(0), work(1), work(1), work(0)]);
    expect([told('SweepCompleted').length, told('DriftOpened').length]).toEqual([1, 4]);
    expect(await Promise.all([work(0), work(1)])).toEqual([undefined, undefined]);
    expect(told('SweepCompleted')).toHaveLength(1);
  },
);

test('a batch that comes again is not judged again, but ends what a dead worker left', async () => {
  const store = memoryStore();
  const { plan, work, told } = shared(store);
  await store.openSweep(plan);
  await work(0);
  const down: Partial<SweepPorts> = {
    store: { ...store, currentFindings: () => Promise.reject(new Error('storage is down')) },
  };
  await expect(work(1, down)).rejects.toThrow('storage is down');
  const gather = () => Promise.reject(new Error('judged again'));
  expect(await work(1, { gather })).toMatchObject({ outcome: 'completed' });
  expect(told('SweepCompleted')).toHaveLength(1);
});

test('a close whose worker died is done by the next timer, and not while he may still be at it', async () => {
  const store = memoryStore();
  const { plan, work, told, timer, at } = shared(store);
  await store.openSweep(plan);
  await work(0);
  const dead = { ...store, currentFindings: () => new Promise<never>(() => {}) };
  void work(1, { store: dead });
  await new Promise(setImmediate);
  expect(await work(1)).toBeUndefined();
  expect((await timer(1)).map(({ sweepId }) => sweepId)).toEqual([plan.sweepId]);
  expect(told('SweepCompleted')).toEqual([]);
  await timer(5);
  expect(told('SweepCompleted')).toMatchObject([{ properties: { outcome: 'completed' } }]);
  expect(await work(1, at(6))).toBeUndefined();
});

test('a batch that failed every attempt ends the sweep as incomplete, with the names of its services', async () => {
  const store = memoryStore();
  const { plan, ports, work, told, services } = shared(store);
  await store.openSweep(plan);
  await work(0);
  expect(await loseBatch(plan, 1, ports)).toMatchObject({
    outcome: 'incomplete',
    missing: services.slice(2).map(({ id }) => id),
    coverage: 0.5,
  });
  expect(told('SweepCompleted')).toMatchObject([
    { properties: { outcome: 'incomplete', missing: expect.stringContaining(services[3]?.id ?? '?') } },
  ]);
});

test('one that was done although its message was given up is not lost', async () => {
  const store = memoryStore();
  const { plan, ports, work } = shared(store);
  await store.openSweep(plan);
  await work(1);
  await loseBatch(plan, 1, ports);
  expect(await work(0)).toMatchObject({ outcome: 'completed' });
});

test('a sweep of which a batch was done lately is under way; one of which nothing is heard is closed, and says what is missing', async () => {
  const store = memoryStore();
  const { plan, work, told, timer, at } = shared(store);
  await store.openSweep(plan);
  await work(0, at(4));
  expect(await timer(7)).toHaveLength(1);
  expect(await timer(9)).toHaveLength(0);
  expect(told('SweepCompleted')).toMatchObject([{ properties: { outcome: 'incomplete' } }]);
  expect(await work(1, at(10))).toBeUndefined();
  expect(await store.currentFindings()).toHaveLength(4);
});

test('a batch that was half written is finished by its next delivery', async () => {
  const store = memoryStore();
  const { plan, work } = shared(store, 0, 'fail');
  await store.openSweep(plan);
  await work(0);
  const half: Store = {
    ...store,
    async saveFindings(sweep, at, postures) {
      await store.saveFindings(sweep, at, postures.slice(0, 1));
      throw new Error('the machine is gone');
    },
  };
  await expect(work(1, { store: half })).rejects.toThrow('the machine is gone');
  expect(await work(1)).toMatchObject({ outcome: 'completed', findings: 4 });
});

test.each(stores)('%s: two planners at once: each sweep closes, each drift opens once', async (_, open) => {
  const store = open();
  const first = shared(store, 5, 'fail');
  const second = shared(store, 5, 'fail', { sweepId: '20261122T070500Z-network-other' });
  await Promise.all([store.openSweep(first.plan), store.openSweep(second.plan)]);
  for (const index of [0, 1]) await Promise.all([first.work(index), second.work(index)]);
  const opened = [...first.told('DriftOpened'), ...second.told('DriftOpened')];
  expect(new Set(opened.map(({ properties }) => properties.serviceId)).size).toBe(4);
  expect(new Set(opened.map(({ properties }) => properties.driftId)).size).toBe(4);
  expect([first.told('SweepCompleted').length, second.told('SweepCompleted').length]).toEqual([1, 1]);
  expect((await store.driftBook('network')).drifts).toHaveLength(4);
});

test('a worker whose clock is behind misses nothing; what a clock far ahead wrote hides nothing later', async () => {
  const store = memoryStore();
  const ahead = shared(store, 24 * 60, 'pass');
  await store.openSweep(ahead.plan);
  for (const index of [0, 1]) await ahead.work(index);
  const { plan, work, at, told } = shared(store, 5, 'fail');
  await store.openSweep(plan);
  await work(0, at(-3));
  expect(await work(1, at(-3))).toMatchObject({ outcome: 'completed', missing: [], durationMs: 0 });
  expect(told('DriftOpened')).toHaveLength(4);
  expect(await store.latestSweeps()).toMatchObject([{ sweepId: plan.sweepId }]);
});

test('a service that is deleted and made again under its id while sweeps overlap is not told as removed', async () => {
  const store = memoryStore();
  const before = shared(store, 0, 'fail');
  await store.openSweep(before.plan);
  for (const index of [0, 1]) await before.work(index);
  const again: readonly Service[] = before.services.slice(0, 1);
  const late = shared(store, 5, 'fail', { services: before.services.slice(1), gone: again });
  const newer = shared(store, 6, 'fail');
  await Promise.all([store.openSweep(late.plan), store.openSweep(newer.plan)]);
  for (const index of [0, 1]) await newer.work(index);
  for (const index of [0, 1]) await late.work(index, late.at(2));
  const resolved = [...late.told('DriftResolved'), ...newer.told('DriftResolved')];
  expect([resolved.length, newer.told('DriftOpened').length]).toEqual([0, 0]);
  expect(await store.currentFindings()).toHaveLength(4);
});

test('a look at a part of the estate decides over that part, sends no heartbeat and proves nothing of the rest', async () => {
  const store = memoryStore();
  const whole = shared(store, 0, 'fail');
  await store.openSweep(whole.plan);
  for (const index of [0, 1]) await whole.work(index);
  const heartbeats = await store.latestSweeps();
  const part = shared(store, 10, 'pass', { services: whole.services.slice(0, 1), partial: true, sweepId: 'part-1' });
  await store.openSweep(part.plan);
  expect(await part.work(0)).toMatchObject({ partial: true, outcome: 'completed', services: 1, findings: 1 });
  const settled = shared(store, 16, 'pass', { services: whole.services.slice(0, 1), partial: true, sweepId: 'part-2' });
  await store.openSweep(settled.plan);
  await settled.work(0);
  expect(settled.told('DriftResolved').map(({ properties }) => properties.serviceId)).toEqual([whole.services[0]?.id]);
  expect([part.told('SweepCompleted'), settled.told('SweepCompleted')]).toEqual([[], []]);
  expect(await store.latestSweeps()).toEqual(heartbeats);
  const open = (await store.driftBook('network')).drifts.filter(({ resolvedAt }) => resolvedAt === undefined);
  expect(open.map(({ service }) => service.id).sort()).toEqual(
    whole.services
      .slice(1)
      .map(({ id }) => id)
      .sort(),
  );
});

test('an unknown that a look after a change sees again within seconds is still weather', async () => {
  const store = memoryStore();
  const first = shared(store, 0, 'unknown');
  await store.openSweep(first.plan);
  for (const index of [0, 1]) await first.work(index);
  const again = shared(store, 0, 'unknown', { partial: true, sweepId: 'part' });
  await store.openSweep(again.plan);
  for (const index of [0, 1]) await again.work(index, again.at(0.5));
  expect(again.told('DriftOpened')).toEqual([]);
  const next = shared(store, 5, 'unknown');
  await store.openSweep(next.plan);
  for (const index of [0, 1]) await next.work(index);
  expect(next.told('DriftOpened')).toHaveLength(4);
});
