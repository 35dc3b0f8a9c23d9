import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningAzurite, startAzurite } from '../../sandbox/azurite.ts';
import { spawnProduct } from '../../sandbox/child.ts';
import { type RunningIngestion, startIngestion } from '../../sandbox/data-plane/ingestion.ts';
import { insightsSink } from '../../src/alerts/insights.ts';
import type { SignalSink, Store } from '../../src/model.ts';
import { azureStore } from '../../src/state/azure.ts';
import { makeEstate, makeWorld } from '../sandbox/dns-fixture.ts';
import { makeTls } from '../sandbox/logs-fixture.ts';
import { storageClients } from '../state/azure-fixture.ts';
import { planOnce, sweepOnce, type Visit, workOnce } from './clinic.ts';

const source = fileURLToPath(new URL('./dying-sweep.ts', import.meta.url));
let folder: string;
let script: string;
let azurite: RunningAzurite;
let tls: Awaited<ReturnType<typeof makeTls>>;
let ingestion: RunningIngestion;
let sink: SignalSink;
const trusted = getCACertificates('default');

beforeAll(async () => {
  [azurite, tls, folder] = await Promise.all([startAzurite(), makeTls(), mkdtemp(join(tmpdir(), 'crash-'))]);
  script = join(folder, 'dying-sweep.cjs');
  // started a hundred times; in one file that takes a third of the time
  await build({ entryPoints: [source], outfile: script, bundle: true, platform: 'node', format: 'cjs' });
  ingestion = await startIngestion(makeWorld(makeEstate()), tls);
  setDefaultCACertificates([...trusted, tls.ca]);
  process.env.APPLICATION_INSIGHTS_NO_STATSBEAT = '1';
  sink = insightsSink({ connectionString: ingestion.connectionString, role: 'test', onLoss: () => {} });
}, 60_000);
afterAll(async () => {
  setDefaultCACertificates(trusted);
  await Promise.all([ingestion.close(), azurite.close(), tls.remove(), rm(folder, { recursive: true })]);
});

/** A clinic in order, opened to the Internet, still open, repaired, and repaired for long enough. */
const visits: readonly Visit[] = [
  { minute: 0, status: 'pass' },
  { minute: 5, status: 'fail' },
  { minute: 10, status: 'fail' },
  { minute: 15, status: 'pass' },
  { minute: 20, status: 'pass' },
  { minute: 25, status: 'pass' },
  { minute: 30, status: 'pass' },
];

/** Plays the visits; the one at `dying` happens in a process that is killed at its request `killAt`. */
async function play(
  name: string,
  dying: number,
  killAt: number,
): Promise<{ readonly ended: number; readonly requests: number }> {
  const store: Store = azureStore(storageClients(azurite.connectionString, name));
  let result = { ended: -1, requests: -1 };
  for (const [i, visit] of visits.entries()) {
    if (i === dying) result = await sweepAndDie(name, visit, killAt);
    else await sweepOnce(name, visit, store, sink);
  }
  return result;
}

/** The same where workers share each sweep: the last batch's worker dies, and the queue hands the batch to another. */
async function playShared(name: string, dying: number, killAt: number) {
  const store: Store = azureStore(storageClients(azurite.connectionString, name));
  let result = { ended: -1, requests: -1 };
  for (const [i, visit] of visits.entries()) {
    await planOnce(name, visit, store, sink);
    await workOnce(0, name, visit, store, sink);
    if (i === dying) result = await sweepAndDie(name, visit, killAt, 1);
    await workOnce(1, name, visit, store, sink);
  }
  return result;
}

async function sweepAndDie(name: string, visit: Visit, killAt: number, batch?: number) {
  const given = {
    batch,
    name,
    visit,
    killAt,
    suffix: name,
    storage: azurite.connectionString,
    insights: ingestion.connectionString,
  };
  const env = {
    DYING: JSON.stringify(given),
    NODE_EXTRA_CA_CERTS: tls.caFile,
    APPLICATION_INSIGHTS_NO_STATSBEAT: '1',
    APPLICATIONINSIGHTS_SDKSTATS_DISABLED: 'true',
  };
  const { process: child, ended } = spawnProduct({ script, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  return { ended: await ended, requests: Number(output.trim() || -1) };
}

/** What an alert rule tells of this clinic: a cause is open while one of its drifts is; changes only. */
function alertsOf(name: string): readonly string[] {
  const table = ingestion.telemetryTables().get('AppEvents');
  const columns = table?.columns.map((column) => column.name) ?? [];
  const events = (table?.rows ?? []).map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]])));
  const drifts = new Map<string, { readonly cause: string; readonly open: boolean }>();
  const told = new Map<string, string>();
  const alerts: string[] = [];
  for (const event of events) {
    const read = typeof event.Properties === 'string' ? JSON.parse(event.Properties) : event.Properties;
    if (read.causeTitle !== name) continue;
    drifts.set(read.driftId, { cause: read.causeId, open: event.Name !== 'DriftResolved' });
    const members = [...drifts.values()].filter(({ cause }) => cause === read.causeId);
    const state = members.some(({ open }) => open) ? 'open' : 'resolved';
    if (told.get(read.causeId) !== state) alerts.push(state);
    told.set(read.causeId, state);
  }
  return alerts;
}

test.each([
  ['a sweep in which a drift opens', 1, play, 'd'],
  ['a sweep in which a drift is over', 4, play, 'd'],
  ['the last batch of a shared sweep in which a drift opens', 1, playShared, 's'],
] as const)(
  'a process killed at any request of %s loses no alert and repeats none',
  async (_, dying, run, prefix) => {
    const whole = await run(`whole${prefix}${dying}`, dying, -1);
    expect(whole.ended).toBe(0);
    expect(alertsOf(`whole${prefix}${dying}`)).toEqual(['open', 'resolved']);
    const cases = Array.from({ length: whole.requests + 1 }, (_, killAt) => killAt);
    const outcomes: unknown[] = [];
    const work = cases.values();
    await Promise.all(
      [1, 2, 3].map(async () => {
        for (const killAt of work) {
          const name = `${prefix}${dying}k${killAt}x`;
          const { ended } = await run(name, dying, killAt);
          outcomes.push({ killAt, ended, alerts: alertsOf(name) });
        }
      }),
    );
    const expected = cases.map((killAt) => ({ killAt, ended: 137, alerts: ['open', 'resolved'] }));
    expect(outcomes.sort((a, b) => (a as { killAt: number }).killAt - (b as { killAt: number }).killAt)).toEqual(
      expected,
    );
    expect(cases.length).toBeGreaterThan(15);
  },
  180_000,
);
