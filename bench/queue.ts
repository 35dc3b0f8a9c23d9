import { createHash } from 'node:crypto';
import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import tls from 'node:tls';
import { TableClient } from '@azure/data-tables';
import { ContainerClient } from '@azure/storage-blob';
import { QueueClient } from '@azure/storage-queue';
import { loadEstate } from '../sandbox/command-line/load-estate.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { insightsSink } from '../src/alerts/insights.ts';
import type { Check, CheckContext, Service, SignalSink, Status, Store, SweepPlan } from '../src/model.ts';
import { azureStore } from '../src/state/azure.ts';
import { workBatch } from '../src/sweep/batches.ts';
import type { ClosePorts } from '../src/sweep/close.ts';
import { type BatchPorts, planBatches } from '../src/sweep.ts';
import { atMost, type Figure } from './figure.ts';

const workers = [1, 4, 16] as const;
const shared = 1_600;
const everything = 10_000;

let requests = 0;

/**
 * What sharing a sweep costs, without what judging costs: checks that answer at once, real storage requests to the emulator,
 * real signals to the sandbox's ingestion service. All in one process, so that the emulator is the limit.
 */
export async function benchQueue(): Promise<readonly Figure[]> {
  const loaded = loadEstate('compliantClinic');
  if (!loaded.ok) throw new Error(loaded.problems.join('\n'));
  const sandbox = await startSandbox(loaded.estate, { app: true });
  const restore = countRequests();
  try {
    return [...(await batchesPerSecond(sandbox)), ...(await eventsLost(sandbox))];
  } finally {
    restore();
    await sandbox.close();
  }
}

async function batchesPerSecond(sandbox: Sandbox): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  const accepting: SignalSink = { send: async (signals) => signals };
  for (const [run, atOnce] of workers.entries()) {
    const store = storeOf(sandbox, `run${run}`);
    const sweep = (minute: number, status: Status) =>
      sweepOf(
        { count: shared, startedAt: minutesOn(sandbox, minute), status, estateChanged: minute === 0 },
        store,
        accepting,
      );
    const first = await play(sandbox, sweep(0, 'pass'), store, atOnce);
    figures.push({
      what: `batches of 50 services, ${atOnce} at a time`,
      value: first.batches / first.seconds,
      unit: '/s',
    });
    if (run > 0) continue;
    const quiet = await play(sandbox, sweep(5, 'pass'), store, atOnce);
    const changed = await play(sandbox, sweep(10, 'fail'), store, atOnce);
    figures.push(
      atMost('storage requests per service and sweep, nothing changed', quiet.requests / shared, '', 0.5),
      atMost('storage requests per service and sweep, all changed', changed.requests / shared, '', 1),
    );
  }
  return figures;
}

/** Every service of a large estate is exposed between two sweeps. */
async function eventsLost(sandbox: Sandbox): Promise<readonly Figure[]> {
  const { telemetry, tls: material } = sandbox;
  if (!telemetry) throw new Error('the sandbox has no ingestion service');
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), material.ca]);
  process.env.APPLICATION_INSIGHTS_NO_STATSBEAT = '1';
  const sink = insightsSink({
    connectionString: telemetry.connectionString,
    role: 'bench',
    onLoss: (detail) => process.stderr.write(`${detail}\n`),
  });
  const store = storeOf(sandbox, 'flood');
  const given = { count: everything, startedAt: minutesOn(sandbox, 0), status: 'fail', estateChanged: true } as const;
  const sweep = sweepOf(given, store, sink);
  const { seconds } = await play(sandbox, sweep, store, 16);
  const table = telemetry.telemetryTables().get('AppEvents');
  const [name, properties] = ['Name', 'Properties'].map(
    (column) => table?.columns.findIndex((one) => one.name === column) ?? -1,
  );
  const opened = (table?.rows ?? [])
    .filter((row) => row[name ?? -1] === 'DriftOpened')
    .map((row) => row[properties ?? -1]);
  const told = opened.map((value) => (typeof value === 'string' ? JSON.parse(value) : value).driftId as string);
  return [
    atMost(`events lost of ${everything} drifts in one sweep`, everything - new Set(told).size, '', 0),
    atMost('events told twice', told.length - new Set(told).size, '', 0),
    { what: 'that sweep, from plan to heartbeat', value: seconds, unit: 's' },
  ];
}

interface Sweep {
  readonly plan: SweepPlan;
  readonly ports: BatchPorts & ClosePorts;
}

/** Opens the sweep, puts its batches on a queue of its own and works them off, so many at a time. */
async function play(sandbox: Sandbox, { plan, ports }: Sweep, store: Store, atOnce: number) {
  const queue = new QueueClient(connectionOf(sandbox), `bench-${plan.sweepId.toLowerCase()}`);
  await queue.create();
  const batches = planBatches(plan.services).length;
  const [started, asked] = [performance.now(), requests];
  await store.openSweep(plan, { schema: 1 });
  for (let index = 0; index < batches; index += 1) await queue.sendMessage(String(index));
  const worker = async (): Promise<void> => {
    for (;;) {
      const [message] = (await queue.receiveMessages({ visibilityTimeout: 600 })).receivedMessageItems;
      if (!message) return;
      await workBatch(plan, Number(message.messageText), ports, async () => ports);
      await queue.deleteMessage(message.messageId, message.popReceipt);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const ended = await store.sweep(plan.sweepId);
  if (ended?.outcome !== 'completed') throw new Error(`the sweep ended as ${ended?.outcome}`);
  return { batches, seconds: (performance.now() - started) / 1000, requests: requests - asked };
}

/** By the sandbox's clock: its ingestion service refuses what comes from another time. */
function minutesOn({ world }: Sandbox, minutes: number): string {
  return new Date(world.now().getTime() + minutes * 60_000).toISOString();
}

interface Given {
  readonly count: number;
  readonly startedAt: string;
  readonly status: Status;
  readonly estateChanged: boolean;
}

function sweepOf({ count, startedAt, status, estateChanged }: Given, store: Store, sink: SignalSink): Sweep {
  const services = Array.from({ length: count }, (_, i): Service => {
    const id = `/subscriptions/s/resourceGroups/rg/providers/Microsoft.HealthcareApis/services/n${i}`;
    const key = createHash('sha256').update(id).digest('hex').slice(0, 16);
    return {
      id,
      key,
      name: `n${i}`,
      kind: 'apiForFhir',
      subscriptionId: 's',
      resourceGroup: 'rg',
      location: 'x',
      tags: {},
    };
  });
  const check: Check<never, never> = {
    id: 'public-network-access',
    family: 'network',
    title: '',
    severity: 'critical',
    appliesTo: ['apiForFhir'],
    why: '',
    remediation: { summary: '', command: () => '' },
    references: [],
    controls: [],
    requires: [],
    evaluate: () => ({ status, message: status, observed: { status } }),
  };
  const ports: Sweep['ports'] = {
    checks: [check],
    gather: async () => new Map(),
    contextOf: (service) => ({ service }) as CheckContext,
    store,
    sink,
    speaker: 'network',
    retentionDays: 2190,
    now: () => new Date(startedAt),
    isExcepted: () => false,
    reportUrlOf: () => '',
    changeOf: async () => undefined,
    idOf: (...parts) => createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16),
  };
  const plan: SweepPlan = {
    schema: 1,
    sweepId: `${startedAt.replaceAll(/[-:]|\.\d+/g, '')}-network-${count}`,
    family: 'network',
    startedAt,
    intervalSeconds: 300,
    policySha256: '',
    services,
    gone: [],
    estateChanged,
    problems: [],
    confirm: [],
  };
  return { plan, ports };
}

const connectionOf = ({ environment }: Sandbox): string => environment.AzureWebJobsStorage ?? '';

function storeOf(sandbox: Sandbox, suffix: string): Store {
  const connection = connectionOf(sandbox);
  const table = (name: string) =>
    TableClient.fromConnectionString(connection, `${name}${suffix}`, { allowInsecureConnection: true });
  return azureStore({
    findings: table('findings'),
    drifts: table('drifts'),
    baselines: table('baselines'),
    sweeps: table('sweeps'),
    documents: new ContainerClient(connection, `documents${suffix}`),
  });
}

/** Counts what is asked of storage, which alone speaks plain HTTP here; returns the way back. */
function countRequests(): () => void {
  const send = http.request;
  http.request = ((...args: Parameters<typeof http.request>) => {
    requests += 1;
    return send(...args);
  }) as typeof http.request;
  syncBuiltinESMExports();
  return () => {
    http.request = send;
    syncBuiltinESMExports();
  };
}
