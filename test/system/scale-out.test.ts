import { afterAll, beforeAll, expect, test } from 'vitest';
import { findDrift } from '../../sandbox/drifts.ts';
import type { RunningHost } from '../../sandbox/host/start.ts';
import type { Service, SweepPlan } from '../../src/model.ts';
import { type Fleet, openFleet, watchedIds } from './fleet-rig.ts';

/** The app as it is deployed, over an estate of four subscriptions: its timer plans, its queue's workers judge. */

let fleet: Fleet;
beforeAll(async () => {
  fleet = await openFleet(8);
}, 120_000);
afterAll(() => fleet.close(), 60_000);

const patience = { timeout: 60_000, interval: 100 };
const newest = (sweeps: number) => fleet.told('SweepCompleted').slice(sweeps);
/** the sweeps that ended since there were `before`, once there are as many as wanted */
async function ended(before: number, wanted: number) {
  await expect.poll(() => newest(before).length, patience).toBeGreaterThanOrEqual(wanted);
  return newest(before);
}

test.each([1, 4, 16])(
  'a sweep of several batches completes through the queue with %i at a time, and sends one heartbeat',
  async (atOnce) => {
    const host = await fleet.open(atOnce);
    const before = fleet.told('SweepCompleted').length;
    await host.fire('sweepNetwork');
    const [sweep] = await ended(before, 1);
    expect(sweep).toMatchObject({
      properties: { family: 'network', outcome: 'completed' },
      measurements: { services: watchedIds(fleet.estate).length, coverage: 1 },
    });
    await expect.poll(() => fleet.waiting('fhirwatch-batches'), patience).toBe(0);
    await host.close();
    expect(newest(before)).toHaveLength(1);
    const report = fleet.log.filter((line) => line.includes('[error]'));
    expect(report).toEqual([]);
  },
  120_000,
);

test('an operator checks now: the sweeps that are answered are the sweeps that complete', async () => {
  const host = await fleet.open(4);
  const before = fleet.told('SweepCompleted').length;
  const answer = await fetch(`${host.url}/api/sweeps`, { method: 'POST' });
  expect(answer.status).toBe(202);
  const { sweeps } = (await answer.json()) as { sweeps: { sweepId: string; family: string }[] };
  const told = await ended(before, 3);
  expect(told.map(({ properties }) => properties.sweepId).sort()).toEqual(sweeps.map(({ sweepId }) => sweepId).sort());
  expect(told.map(({ properties }) => properties.outcome)).toEqual(['completed', 'completed', 'completed']);
  await host.close();
}, 120_000);

const opened = () => fleet.told('DriftOpened').map(({ properties }) => properties.serviceName);

async function openToTheInternet(): Promise<string> {
  const drift = findDrift('open-public-access');
  if (!drift) throw new Error('no such drift');
  const { world } = fleet.sandbox;
  world.replace(drift.apply(fleet.estate, world.now()));
  const before = new Map(fleet.estate.resources.map((resource) => [resource.id, JSON.stringify(resource)]));
  const changed = world.estate().resources.find((one) => before.get(one.id) !== JSON.stringify(one));
  if (!changed) throw new Error('nothing changed');
  return changed.id;
}

test('many events of one deployment are one look at what they touched, which finds the drift and says nothing of the rest', async () => {
  const host = await fleet.open(4, { queues: { newBatchThreshold: 2 } });
  const id = await openToTheInternet();
  const sweeps = fleet.told('SweepCompleted').length;
  const events = Array.from({ length: 20 }, (_, i) => ({
    id: String(i),
    eventType: 'Microsoft.Resources.ResourceWriteSuccess',
    subject: id,
    data: { resourceUri: id, operationName: 'Microsoft.HealthcareApis/workspaces/write' },
  }));
  await Promise.all(events.map((event) => fleet.send('fhirwatch-changes', event)));
  const workspace = id.split('/').at(-1) ?? '';
  await expect.poll(() => new Set(opened()).size, patience).toBeGreaterThan(0);
  // one for each family
  const looks = () => fleet.log.filter((line) => line.includes('looking again at what was changed'));
  await expect.poll(() => fleet.waiting('fhirwatch-changes'), patience).toBe(0);
  await host.close();
  expect(looks()).toHaveLength(3);
  expect(fleet.told('DriftOpened').every(({ properties }) => properties.serviceId?.includes(workspace))).toBe(true);
  expect(fleet.told('SweepCompleted')).toHaveLength(sweeps);
}, 120_000);

test('workers killed in the middle of a sweep: the next timer names what is missing, nothing is lost and nothing repeated', async () => {
  const toldBefore = fleet.told('DriftOpened').length;
  const dying: RunningHost = await fleet.open(1);
  const before = fleet.told('SweepCompleted').length;
  await dying.fire('sweepNetwork');
  await expect.poll(() => fleet.log.some((line) => line.includes("Executed 'Functions.batch'")), patience).toBe(true);
  dying.kill();
  await dying.ended;
  const host = await fleet.open(4, { skippedMs: 300_000 });
  await host.fire('sweepNetwork');
  const told = await ended(before, 2);
  expect(told.map(({ properties }) => properties.outcome)).toEqual(['incomplete', 'completed']);
  expect(told[0]?.properties.missing).toContain('/subscriptions/');
  const drifts = fleet.told('DriftOpened').map(({ properties }) => properties.driftId);
  expect(new Set(drifts).size).toBe(drifts.length);
  expect(drifts).toHaveLength(toldBefore);
  await host.close();
}, 120_000);

test('a batch that fails every attempt ends its sweep as incomplete, told at once with what is missing', async () => {
  const before = fleet.told('SweepCompleted').length;
  const [id = ''] = watchedIds(fleet.estate);
  const watched: Service = {
    id,
    key: 'never-judged',
    name: 'ward',
    kind: 'workspace',
    subscriptionId: id.split('/')[2] ?? '',
    resourceGroup: 'rg',
    location: 'x',
    tags: {},
  };
  const plan: SweepPlan = {
    schema: 1,
    sweepId: '20261122T080000Z-network-poisoned',
    family: 'network',
    startedAt: new Date(fleet.sandbox.world.now().getTime() + 60_000).toISOString(),
    intervalSeconds: 300,
    policySha256: '',
    services: [watched],
    gone: [],
    estateChanged: false,
    problems: [],
    confirm: [],
  };
  // without what its batches share, which no attempt finds
  await fleet.store().openSweep(plan);
  await fleet.send('fhirwatch-batches', { schema: 1, family: 'network', sweepId: plan.sweepId, index: 0 });
  const host = await fleet.open(4);
  const [told] = await ended(before, 1);
  await host.close();
  expect(told?.properties).toMatchObject({ sweepId: plan.sweepId, outcome: 'incomplete', missing: id });
  expect(fleet.log.filter((line) => line.includes('failed every attempt'))).toHaveLength(1);
}, 120_000);

test('messages that nobody understands, and batches of sweeps that are over, are taken off the queues and change nothing', async () => {
  const host = await fleet.open(4);
  const before = fleet.told('SweepCompleted').length;
  const { sweepId, index } = { sweepId: 'never-planned', index: 0 };
  await fleet.clear('fhirwatch-batches');
  await fleet.send('fhirwatch-batches', { schema: 1, family: 'network', sweepId, index });
  await fleet.send('fhirwatch-batches', 'nonsense');
  await fleet.send('fhirwatch-batches-poison', { schema: 1, family: 'nonsense', sweepId: '../x', index: -1 });
  await expect.poll(() => fleet.waiting('fhirwatch-batches'), patience).toBe(0);
  await expect.poll(() => fleet.waiting('fhirwatch-batches-poison'), patience).toBe(0);
  await host.close();
  expect(newest(before)).toHaveLength(0);
}, 120_000);
