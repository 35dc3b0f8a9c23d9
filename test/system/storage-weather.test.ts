import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { findDrift } from '../../sandbox/drifts.ts';
import { renderCard } from '../../sandbox/monitor/card-text.ts';
import { acceptBaseline } from '../../sandbox/story/posture.ts';
import { openStage, type Stage } from '../../sandbox/story/stage.ts';
import type { Estate, Fault } from '../../sandbox/types.ts';
import { ensureBundle } from '../../scripts/build.mjs';

/** The app as it is deployed, in its host, while its storage is down, hangs, is throttled, slow, or writes halves. */

const complaints: string[] = [];
let stage: Stage;
beforeAll(async () => {
  await ensureBundle(new URL('../../', import.meta.url).pathname);
  stage = await openStage((line) => void complaints.push(line));
  await stage.sweep();
  await acceptBaseline(stage.host);
}, 180_000);
afterEach(() => set(({ faults: _, ...estate }) => ({ ...estate, faults: [] })));
afterAll(() => stage.close(), 60_000);

function set(change: (estate: Estate) => Estate): void {
  const { world } = stage.sandbox;
  world.replace(change(world.estate()));
}

const strike = (fault: Partial<Fault>): void =>
  set((estate) => ({ ...estate, faults: [{ target: 'storage', match: '.', kind: 'reset', ...fault }] }));
const heal = (): void => set((estate) => ({ ...estate, faults: [] }));
const beats = () => told('SweepCompleted').length;

function told(name: string): readonly Record<string, string>[] {
  const table = stage.sandbox.telemetry?.telemetryTables().get('AppEvents');
  const place = (column: string) => table?.columns.findIndex((one) => one.name === column) ?? -1;
  const rows = (table?.rows ?? []).filter((row) => row[place('Name')] === name);
  const read = (value: unknown) => (typeof value === 'string' ? JSON.parse(value) : value);
  return rows.map((row) => read(row[place('Properties')]));
}

const health = async () => {
  const answer = await fetch(`${stage.host.url}/api/health`);
  const { problems } = (await answer.json()) as { problems: string[] };
  return { status: answer.status, problems };
};

test('throttled for a moment: the sweep completes, nobody is told', async () => {
  const before = beats();
  strike({ kind: 'status', status: 503, retryAfter: 1, times: 3 });
  await stage.host.fire('sweepNetwork');
  expect(beats()).toBe(before + 1);
}, 60_000);

test('slow: the sweep completes', async () => {
  const before = beats();
  strike({ kind: 'slow', delayMs: 150 });
  await stage.host.fire('sweepNetwork');
  expect(beats()).toBe(before + 1);
}, 120_000);

test('half-written again and again: every write happens, its answer comes the second time, each alert once', async () => {
  const before = told('DriftOpened').length;
  const drift = findDrift('open-public-access');
  if (!drift) throw new Error('no such drift');
  const { world } = stage.sandbox;
  world.replace(drift.apply(stage.estate, world.now()));
  strike({ kind: 'partial', match: '^(POST|PUT|MERGE|PATCH|DELETE)', rate: 0.3 });
  await stage.pass(5);
  heal();
  await stage.pass(10);
  const opened = told('DriftOpened').slice(before);
  expect(opened.length).toBeGreaterThan(0);
  expect(new Set(opened.map(({ driftId }) => driftId)).size).toBe(opened.length);
  expect(stage.monitor.mails.filter(({ condition }) => condition === 'Fired')).toHaveLength(1);
}, 120_000);

test('down while the drift is repaired: no heartbeat and health is 503; later it is resolved, once', async () => {
  const before = beats();
  set((estate) => ({ ...stage.estate, faults: estate.faults }));
  strike({});
  await expect(stage.host.fire('sweepNetwork')).rejects.toThrow();
  expect(beats()).toBe(before);
  expect(await health()).toMatchObject({ status: 503, problems: ['storage could not be read'] });
  heal();
  await stage.pass(30);
  expect(beats()).toBeGreaterThan(before);
  expect(stage.monitor.mails.map(({ condition }) => condition)).toEqual(['Fired', 'Resolved']);
  const resolved = told('DriftResolved');
  expect(new Set(resolved.map(({ driftId }) => driftId)).size).toBe(resolved.length);
  expect(resolved.length).toBe(told('DriftOpened').length);
  expect((await health()).status).toBe(200);
}, 180_000);

test('it hangs: a sweep ends, health answers 503 in time, and a card goes out with what the alert says', async () => {
  strike({ kind: 'hang' });
  const cards = stage.monitor.cards.length;
  const [, answer] = await Promise.all([expect(stage.host.fire('sweepNetwork')).rejects.toThrow(), health()]);
  expect(answer).toMatchObject({ status: 503, problems: ['storage could not be read'] });
  // silence fires the heartbeat rule, whose card needs no memory
  await stage.pass(0);
  const calls = stage.monitor.calls.length;
  stage.sandbox.telemetry?.addRows('AppEvents', [
    {
      TimeGenerated: stage.sandbox.world.now().toISOString(),
      Name: 'DriftOpened',
      Properties: {
        driftId: 'd',
        causeId: 'c',
        causeTitle: 'wards',
        causeSeverity: 'critical',
        causeCheck: 'public-network-access',
        causeServiceName: 'wards',
        causeDirection: 'regressed',
        direction: 'regressed',
      },
    },
  ]);
  await stage.monitor.advanceTo(new Date(stage.sandbox.world.now().getTime() + 10 * 60_000));
  const answers = stage.monitor.calls.slice(calls).map(({ answer }) => answer);
  expect(answers.length).toBeGreaterThan(0);
  expect(new Set(answers)).toEqual(new Set([200]));
  const texts = stage.monitor.cards.slice(cards).map(renderCard);
  expect(texts.join('\n')).toContain('memory could not be read');
  heal();
}, 180_000);
