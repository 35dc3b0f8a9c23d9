import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { findDrift } from '../../sandbox/drifts.ts';
import { startHost } from '../../sandbox/host/start.ts';
import { acceptBaseline, operatorOf, readPosture } from '../../sandbox/story/posture.ts';
import { openStage, type Stage } from '../../sandbox/story/stage.ts';
import type { Estate, Fault } from '../../sandbox/types.ts';
import { ensureBundle } from '../../scripts/build.mjs';

/** The app as it is deployed, in its host, in bad weather: what people get of it is one message for what happened, and one for its end. */

const bundle = fileURLToPath(new URL('../../dist/functions.cjs', import.meta.url));
let stage: Stage;
beforeAll(async () => {
  await ensureBundle(fileURLToPath(new URL('../../', import.meta.url)));
  stage = await openStage(() => {});
  await stage.sweep();
  await acceptBaseline(stage.host);
}, 180_000);
/** Repaired for long enough, so that every test begins in order; each has a drift of its own, or it would be flapping. */
afterEach(async () => {
  stage.sandbox.world.replace(stage.estate);
  await stage.pass(40);
}, 120_000);
afterAll(() => stage.close(), 60_000);

const set = (change: (estate: Estate) => Estate): void => {
  const { world } = stage.sandbox;
  world.replace(change(world.estate()));
};
const strike = (fault: Partial<Fault>): void =>
  set((estate) => ({ ...estate, faults: [{ target: 'insights', match: '.', kind: 'reset', ...fault }] }));
const happens = (name: string): void => {
  const drift = findDrift(name);
  if (!drift) throw new Error(`no drift ${name}`);
  const { world } = stage.sandbox;
  const { faults } = world.estate();
  world.replace({ ...drift.apply(stage.estate, world.now()), faults });
};

function told(name: string): readonly Record<string, string>[] {
  const table = stage.sandbox.telemetry?.telemetryTables().get('AppEvents');
  const place = (column: string) => table?.columns.findIndex((one) => one.name === column) ?? -1;
  const rows = (table?.rows ?? []).filter((row) => row[place('Name')] === name);
  const read = (value: unknown) => (typeof value === 'string' ? JSON.parse(value) : value);
  return rows.map((row) => read(row[place('Properties')]));
}
const twice = (ids: readonly (string | undefined)[]) => ids.filter((id, i) => ids.indexOf(id) !== i);
/** mails since a moment, as `Fired public-network-access` */
const mails = (since: number) =>
  stage.monitor.mails
    .slice(since)
    .map(({ condition, subject }) => `${condition} ${/fhirwatch-([\w-]+)/.exec(subject)?.[1]}`);

test.each<[string, string, Partial<Fault>]>([
  ['the ingestion service is down for a whole sweep', 'open-public-access', { kind: 'reset' }],
  ['the ingestion service takes half of a batch', 'unlink-zone', { kind: 'partial', times: 1 }],
])(
  '%s while a drift opens: it is told later, once',
  async (_, drift, fault) => {
    const [since, opened] = [stage.monitor.mails.length, told('DriftOpened').length];
    happens(drift);
    strike(fault);
    const beats = told('SweepCompleted').length;
    if (fault.kind !== 'partial') {
      await expect(stage.host.fire('sweepNetwork')).rejects.toThrow('not accepted');
      expect(told('SweepCompleted')).toHaveLength(beats);
    } else await stage.host.fire('sweepNetwork').catch(() => undefined);
    set((estate) => ({ ...estate, faults: [] }));
    await stage.pass(20);
    const ids = told('DriftOpened')
      .slice(opened)
      .map(({ driftId }) => driftId);
    expect([ids.length > 0, twice(ids)]).toEqual([true, []]);
    expect(mails(since)).toEqual(['Fired drift-opened']);
    expect(stage.monitor.cards.length).toBeGreaterThan(0);
  },
  120_000,
);

test('two planners at once: whatever becomes of their sweeps, each drift is told once', async () => {
  const [since, opened] = [stage.monitor.mails.length, told('DriftOpened').length];
  const { sandbox, estate } = stage;
  const second = await startHost({
    bundle,
    env: { ...sandbox.environment, WEBSITE_AUTH_ENABLED: 'True', WEBSITE_SITE_NAME: 'fhirwatch-second' },
    clockOffsetMs: sandbox.world.now().getTime() - Date.now(),
    caller: operatorOf(estate.tenantId),
    holdTimers: true,
    onLog: () => {},
  });
  happens('stale-record');
  const outcomes = await Promise.allSettled([stage.host.fire('sweepNetwork'), second.fire('sweepNetwork')]);
  await second.close();
  expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
  await stage.pass(15);
  const ids = told('DriftOpened')
    .slice(opened)
    .map(({ driftId }) => driftId);
  expect([ids.length > 0, twice(ids)]).toEqual([true, []]);
  expect(mails(since)).toEqual(['Fired drift-opened']);
}, 120_000);

test('a policy that breaks while the app runs: the last good one holds, it is told once, and so is its end', async () => {
  const file = stage.sandbox.environment.FHIRWATCH_POLICY ?? '';
  const good = readFileSync(file, 'utf8');
  const since = stage.monitor.mails.length;
  writeFileSync(file, 'version: 1\nexpekt: {}\n');
  await stage.pass(20);
  expect(mails(since)).toEqual(['Fired policy-invalid']);
  const posture = await readPosture(stage.host);
  expect([posture.totals.fail, posture.totals.unknown, posture.totals.pass > 0]).toEqual([0, 0, true]);
  writeFileSync(file, good);
  await stage.pass(90);
  expect(mails(since)).toEqual(['Fired policy-invalid', 'Resolved policy-invalid']);
}, 120_000);

test('a service that is deleted and made again under its id: its removal is told once, and is over when it is back', async () => {
  const since = stage.monitor.mails.length;
  const [gone] = stage.estate.resources.filter(({ type }) => /fhirservices$/i.test(type ?? ''));
  set((estate) => ({ ...estate, resources: estate.resources.filter(({ id }) => !id.startsWith(gone?.id ?? '/')) }));
  await stage.pass(15);
  expect(mails(since)).toEqual(['Fired drift-opened-minor']);
  stage.sandbox.world.replace(stage.estate);
  await stage.pass(60);
  expect(mails(since)).toEqual(['Fired drift-opened-minor', 'Resolved drift-opened-minor']);
  const posture = await readPosture(stage.host);
  expect([posture.totals.fail, posture.totals.unknown]).toEqual([0, 0]);
}, 120_000);
