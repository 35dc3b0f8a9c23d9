import tls from 'node:tls';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { parseEstate } from '../../sandbox/estate.ts';
import { compliantClinic } from '../../sandbox/estates/index.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import type { Fault } from '../../sandbox/types.ts';
import { insightsSink } from '../../src/alerts/insights.ts';
import type { Signal, SignalSink } from '../../src/model.ts';

let sandbox: Sandbox;
let losses: string[];
const loaded = parseEstate(compliantClinic(), new Date());
if (!loaded.ok) throw new Error(loaded.problems.join('\n'));
const { estate } = loaded;

beforeAll(async () => {
  vi.stubEnv('APPLICATION_INSIGHTS_NO_STATSBEAT', '1');
  vi.stubEnv('APPLICATIONINSIGHTS_SDKSTATS_DISABLED', 'true');
  sandbox = await startSandbox(estate, { app: true });
  tls.setDefaultCACertificates([sandbox.tls.ca]);
}, 60_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  await sandbox.close();
});
beforeEach(() => {
  losses = [];
  sandbox.world.replace(estate);
});

function sink(timeoutMs = 10_000): SignalSink {
  return insightsSink({
    connectionString: sandbox.environment.APPLICATIONINSIGHTS_CONNECTION_STRING ?? '',
    role: 'fhirwatch-test',
    timeoutMs,
    onLoss: (detail) => losses.push(detail),
  });
}

function signalOf(name: string, id = '1'): Signal {
  return {
    name,
    at: '2026-11-22T07:59:00.000Z',
    properties: { id, message: 'the flag is "Enabled"', family: 'network' },
    measurements: { members: 2, coverage: 0.5 },
  };
}

function weather(fault: Omit<Fault, 'target' | 'match'>): void {
  sandbox.world.replace({ ...estate, faults: [{ target: 'insights', match: '/track', ...fault }] });
}

/** Rows of AppEvents with this name: [time, properties, measurements]. */
function rowsOf(name: string): readonly Record<string, unknown>[] {
  const table = sandbox.telemetry?.telemetryTables().get('AppEvents');
  const columns = table?.columns.map((column) => column.name) ?? [];
  const rows = (table?.rows ?? []).map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]])));
  return rows.filter((row) => row.Name === name);
}

test('a signal arrives as a custom event with its time, every property and every measurement', async () => {
  const signal = signalOf('DriftOpened');
  expect(await sink().send([signal])).toEqual([signal]);
  const [row] = rowsOf('DriftOpened');
  expect(row).toMatchObject({ AppRoleName: 'fhirwatch-test' });
  expect(row?.Properties).toMatchObject(signal.properties);
  expect(row?.Measurements).toMatchObject(signal.measurements);
  expect(new Date(String(row?.TimeGenerated)).toISOString()).toBe(signal.at);
});

test('every property name of INTERFACES, "Signals", survives the exporter', async () => {
  const names =
    'driftId causeId causeTitle check family severity direction serviceId serviceName status was is message since changedBy reportUrl sweepId outcome missing problem owner expires';
  const properties = Object.fromEntries(names.split(' ').map((name) => [name, `value of ${name}`]));
  await sink().send([{ ...signalOf('AllProperties'), properties }]);
  expect(rowsOf('AllProperties')[0]?.Properties).toMatchObject(properties);
});

test('a thousand signals in one call all arrive and all count as sent', async () => {
  const signals = Array.from({ length: 1000 }, (_, i) => signalOf('Burst', String(i)));
  expect(await sink().send(signals)).toHaveLength(1000);
  expect(new Set(rowsOf('Burst').map((row) => (row.Properties as { id: string }).id)).size).toBe(1000);
});

test('where the service accepts half a batch, exactly that half counts as sent', async () => {
  weather({ kind: 'partial' });
  const signals = Array.from({ length: 10 }, (_, i) => signalOf('Half', String(i)));
  const accepted = await sink().send(signals);
  expect(accepted).toHaveLength(5);
  expect(accepted.map(({ properties }) => properties.id)).toEqual(
    rowsOf('Half').map((row) => (row.Properties as { id: string }).id),
  );
  expect(losses).toEqual(['the ingestion service accepted 5 of 10 signals']);
});

test.each([
  ['500', { kind: 'status', status: 500 }],
  ['400', { kind: 'status', status: 400 }],
  ['429', { kind: 'status', status: 429, retryAfter: 1 }],
  ['a reset', { kind: 'reset' }],
  ['an empty answer', { kind: 'empty' }],
  ['HTML', { kind: 'html' }],
  ['truncated JSON', { kind: 'malformed' }],
] as const)('%s: nothing counts as sent', { timeout: 40_000 }, async (_what, fault) => {
  weather(fault);
  expect(await sink().send([signalOf('Lost')])).toEqual([]);
  expect(losses).toHaveLength(1);
});

test('a service that hangs is given up in time, and nothing counts as sent', async () => {
  weather({ kind: 'hang' });
  expect(await sink(300).send([signalOf('Hung')])).toEqual([]);
});

test('what was lost can be sent again by the same sink', async () => {
  const one = sink();
  weather({ kind: 'empty' });
  expect(await one.send([signalOf('Again')])).toEqual([]);
  sandbox.world.replace(estate);
  expect(await one.send([signalOf('Again')])).toHaveLength(1);
});

test('a loss is told without the signals', async () => {
  weather({ kind: 'status', status: 500 });
  await sink().send([signalOf('Secret', 'MRN-4471')]);
  expect(losses.join()).not.toContain('MRN-4471');
});
