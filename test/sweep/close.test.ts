import { expect, test } from 'vitest';
import type { BaselineEntry, Signal, SignalSink, Status, Store } from '../../src/model.ts';
import { memoryStore } from '../../src/state/memory.ts';
import { sweepOnce } from '../crash/clinic.ts';

/** An ingestion service that takes as much of each request as the test says. */
function inbox(taking: () => (signals: readonly Signal[]) => readonly Signal[] = () => (all) => all) {
  const received: Signal[] = [];
  const sink: SignalSink = {
    async send(signals) {
      const accepted = taking()(signals);
      received.push(...accepted);
      return accepted;
    },
  };
  const told = (name: string) => received.filter((signal) => signal.name === name);
  return { sink, received, told };
}

const everything = (all: readonly Signal[]): readonly Signal[] => all;
const nothing = (): readonly Signal[] => [];

test('a workspace and its child open as one cause with two members, each step once, and the heartbeat comes last', async () => {
  const store = memoryStore();
  const { sink, received, told } = inbox();
  const statuses: readonly Status[] = ['pass', 'fail', 'fail', 'pass', 'pass', 'pass'];
  for (const [i, status] of statuses.entries()) await sweepOnce('ward', { minute: 5 * i, status }, store, sink);
  expect(told('DriftOpened')).toHaveLength(2);
  expect(told('DriftResolved')).toHaveLength(2);
  const signals = [...told('DriftOpened'), ...told('DriftResolved')];
  expect(new Set(signals.map(({ properties }) => properties.causeId)).size).toBe(1);
  expect(told('DriftOpened')[0]).toMatchObject({
    properties: {
      causeTitle: 'ward',
      causeSeverity: 'critical',
      causeCheck: 'public-network-access',
      causeServiceName: 'ward',
      causeDirection: 'regressed',
      was: 'nothing accepted',
    },
    measurements: { members: 2 },
  });
  expect(received.map(({ name }) => name).slice(1, 4)).toEqual(['DriftOpened', 'DriftOpened', 'SweepCompleted']);
  expect(told('SweepCompleted')[1]?.measurements).toMatchObject({ openDrifts: 2, untold: 0 });
});

test('what the ingestion service did not accept is told by a later sweep, once; the end waits until the beginning was seen', async () => {
  const store = memoryStore();
  let taking = everything;
  const { sink, received, told } = inbox(() => taking);
  await sweepOnce('ward', { minute: 0, status: 'pass' }, store, sink);
  taking = nothing;
  for (const [minute, status] of [
    [5, 'fail'],
    [10, 'pass'],
    [15, 'pass'],
  ] as const) {
    await expect(sweepOnce('ward', { minute, status }, store, sink)).rejects.toThrow('was not accepted');
  }
  taking = everything;
  await sweepOnce('ward', { minute: 20, status: 'pass' }, store, sink);
  expect(told('DriftOpened')).toHaveLength(2);
  expect(told('DriftResolved')).toHaveLength(0);
  expect(received.at(-1)?.measurements).toMatchObject({ openDrifts: 0, untold: 2 });
  for (const minute of [25, 30]) await sweepOnce('ward', { minute, status: 'pass' }, store, sink);
  expect([told('DriftOpened').length, told('DriftResolved').length]).toEqual([2, 2]);
});

test('of a batch that is accepted by half the rest is told by the next sweep; the heartbeat says that it is missing', async () => {
  const store = memoryStore();
  let taking = everything;
  const { sink, received, told } = inbox(() => taking);
  await sweepOnce('ward', { minute: 0, status: 'pass' }, store, sink);
  taking = (all) => all.slice(0, Math.ceil(all.length / 2));
  await sweepOnce('ward', { minute: 5, status: 'fail' }, store, sink);
  expect([told('DriftOpened').length, received.at(-1)?.measurements.untold]).toEqual([1, 1]);
  taking = everything;
  await sweepOnce('ward', { minute: 10, status: 'fail' }, store, sink);
  expect(told('DriftOpened').map(({ properties }) => properties.serviceName)).toHaveLength(2);
  expect(new Set(told('DriftOpened').map(({ properties }) => properties.driftId)).size).toBe(2);
});

test('ten days open are one opening and a state every six hours', async () => {
  const store = memoryStore();
  const { sink, told } = inbox();
  for (let hour = 0; hour < 240; hour += 1) await sweepOnce('ward', { minute: 60 * hour, status: 'fail' }, store, sink);
  expect([told('DriftOpened').length, told('DriftOpen').length, told('DriftResolved').length]).toEqual([2, 2 * 39, 0]);
});

const writing = [
  'openSweep',
  'saveFindings',
  'saveBatch',
  'saveDrifts',
  'saveSweep',
  'saveEstate',
  'forgetServices',
] as const;
const reading = ['openSweeps', 'currentFindings', 'baseline', 'driftBook', 'savedBatches'] as const;

test.each([...writing, ...reading])(
  'storage that fails at %s tells nothing wrong, and the next sweep tells all',
  async (method) => {
    const memory = memoryStore();
    let isDown = false;
    const store: Store = {
      ...memory,
      [method]: (...args: never[]) =>
        isDown
          ? Promise.reject(new Error('storage is down'))
          : (memory[method] as (...all: never[]) => unknown)(...args),
    };
    const { sink, received, told } = inbox();
    await sweepOnce('ward', { minute: 0, status: 'pass' }, store, sink);
    isDown = true;
    await expect(sweepOnce('ward', { minute: 5, status: 'fail' }, store, sink)).rejects.toThrow('storage is down');
    expect(received.filter(({ name }) => name === 'SweepCompleted')).toHaveLength(1);
    isDown = false;
    for (const minute of [10, 15]) await sweepOnce('ward', { minute, status: 'fail' }, store, sink);
    const drifts = new Set(told('DriftOpened').map(({ properties }) => properties.driftId));
    const causes = new Set(told('DriftOpened').map(({ properties }) => properties.causeId));
    expect([drifts.size, causes.size, told('DriftResolved').length]).toEqual([2, 1, 0]);
  },
);

test('a sweep that was cut short is closed by the next, naming what is missing, and its silence is no coverage', async () => {
  const memory = memoryStore();
  const { sink, told } = inbox();
  let isDown = true;
  const store: Store = {
    ...memory,
    saveFindings: (...args) => (isDown ? Promise.reject(new Error('killed')) : memory.saveFindings(...args)),
  };
  await expect(sweepOnce('ward', { minute: 0, status: 'pass' }, store, sink)).rejects.toThrow('killed');
  isDown = false;
  await sweepOnce('ward', { minute: 5, status: 'pass' }, store, sink);
  expect(told('SweepCompleted')).toMatchObject([
    {
      properties: { outcome: 'incomplete', missing: expect.stringContaining('workspaces/ward') },
      measurements: { coverage: 0 },
    },
    { properties: { outcome: 'completed' }, measurements: { coverage: 1 } },
  ]);
});

test('two closes of one family at one time write one story: the later one decides again on what the first wrote', async () => {
  const memory = memoryStore();
  const { sink, told } = inbox();
  await sweepOnce('ward', { minute: 0, status: 'pass' }, memory, sink);
  let raced = false;
  const store: Store = {
    ...memory,
    async saveDrifts(family, version, changes) {
      if (!raced) {
        raced = true;
        await sweepOnce('ward', { minute: 6, status: 'fail' }, memory, sink);
      }
      return memory.saveDrifts(family, version, changes);
    },
  };
  await sweepOnce('ward', { minute: 5, status: 'fail' }, store, sink);
  const drifts = new Set(told('DriftOpened').map(({ properties }) => properties.driftId));
  expect([drifts.size, told('DriftOpened').length]).toEqual([2, 2]);
});

test('with a baseline the signal says what was accepted', async () => {
  const store = memoryStore();
  const { sink, told } = inbox();
  await sweepOnce('ward', { minute: 0, status: 'pass' }, store, sink);
  const entries = (await store.currentFindings()).map(
    ({ service, finding }): BaselineEntry => ({
      schema: 1,
      serviceId: service.id,
      serviceKey: service.key,
      family: 'network',
      check: finding.check,
      status: 'pass',
      observed: finding.observed,
      acceptedAt: '2026-11-22T07:01:00.000Z',
      acceptedBy: { objectId: 'o' },
    }),
  );
  await store.saveBaseline('network', entries, []);
  await sweepOnce('ward', { minute: 5, status: 'fail' }, store, sink);
  expect(told('DriftOpened')[0]?.properties).toMatchObject({ was: 'pass; status=pass', is: 'fail; status=fail' });
});
