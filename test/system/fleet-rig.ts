/** An estate of several batches, and the app that watches it through its queue, as it is deployed. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TableClient } from '@azure/data-tables';
import { ContainerClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { parseEstate } from '../../sandbox/estate.ts';
import { manyHospitals, storyStart } from '../../sandbox/estates/index.ts';
import { type RunningHost, startHost } from '../../sandbox/host/start.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { operatorOf } from '../../sandbox/story/posture.ts';
import type { Estate } from '../../sandbox/types.ts';
import { ensureBundle } from '../../scripts/build.mjs';
import type { Store } from '../../src/model.ts';
import { azureStore } from '../../src/state/azure.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Told {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly measurements: Readonly<Record<string, number>>;
}

export interface Fleet {
  readonly sandbox: Sandbox;
  readonly estate: Estate;
  readonly log: string[];
  /** a host that works on so many messages at a time, on the clock of the estate */
  open(atOnce: number, more?: { readonly skippedMs?: number; readonly queues?: object }): Promise<RunningHost>;
  /** events of a name that the ingestion service took, in order */
  told(name: string): readonly Told[];
  /** puts a message on a queue as others do */
  send(queue: string, message: unknown): Promise<void>;
  waiting(queue: string): Promise<number>;
  /** takes all messages off, those too that a killed worker holds for a while yet */
  clear(queue: string): Promise<void>;
  /** the app's own memory */
  store(): Store;
  close(): Promise<void>;
}

/** Hospitals in four subscriptions: a batch each, or more where one has more than 50 services. */
export async function openFleet(hospitals: number): Promise<Fleet> {
  await ensureBundle(root);
  const parsed = parseEstate(manyHospitals(storyStart, { count: hospitals }), new Date());
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  const { estate } = parsed;
  const sandbox = await startSandbox(estate, { app: true });
  const folders: string[] = [];
  const hosts: RunningHost[] = [];
  const log: string[] = [];
  const queue = (name: string) =>
    QueueServiceClient.fromConnectionString(sandbox.environment.AzureWebJobsStorage ?? '').getQueueClient(name);
  return {
    sandbox,
    estate,
    log,
    async open(atOnce, { skippedMs = 0, queues = {} } = {}) {
      const folder = mkdtempSync(join(tmpdir(), 'fleet-'));
      folders.push(folder);
      cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
      const host = JSON.parse(readFileSync(join(root, 'host.json'), 'utf8'));
      Object.assign(
        host.extensions.queues,
        { batchSize: atOnce, newBatchThreshold: 0, visibilityTimeout: '00:00:00' },
        queues,
      );
      writeFileSync(join(folder, 'host.json'), JSON.stringify(host));
      const running = await startHost({
        bundle: join(folder, 'dist', 'functions.cjs'),
        env: { ...sandbox.environment, WEBSITE_AUTH_ENABLED: 'True', WEBSITE_SITE_NAME: 'fhirwatch-fleet' },
        clockOffsetMs: sandbox.world.now().getTime() - Date.now() + skippedMs,
        caller: operatorOf(estate.tenantId),
        onLog: (line) => void log.push(line),
      });
      hosts.push(running);
      return running;
    },
    told(name) {
      const table = sandbox.telemetry?.telemetryTables().get('AppEvents');
      const columns = table?.columns.map((column) => column.name) ?? [];
      const rows = (table?.rows ?? []).map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]])));
      const read = (value: unknown) => (typeof value === 'string' ? JSON.parse(value) : value);
      return rows
        .filter((row) => row.Name === name)
        .map((row) => ({ name, properties: read(row.Properties), measurements: read(row.Measurements) }));
    },
    async send(name, message) {
      await queue(name).createIfNotExists();
      await queue(name).sendMessage(Buffer.from(JSON.stringify(message)).toString('base64'));
    },
    async clear(name) {
      await queue(name).createIfNotExists();
      await queue(name).clearMessages();
    },
    async waiting(name) {
      await queue(name).createIfNotExists();
      return (await queue(name).getProperties()).approximateMessagesCount ?? 0;
    },
    store() {
      const connection = sandbox.environment.AzureWebJobsStorage ?? '';
      const table = (name: string) =>
        TableClient.fromConnectionString(connection, `fhirwatch${name}`, { allowInsecureConnection: true });
      return azureStore({
        findings: table('findings'),
        drifts: table('drifts'),
        baselines: table('baselines'),
        sweeps: table('sweeps'),
        documents: new ContainerClient(connection, 'fhirwatch'),
      });
    },
    async close() {
      await Promise.all(hosts.map((host) => host.close()));
      await sandbox.close();
      for (const folder of folders) rmSync(folder, { recursive: true });
    },
  };
}

/** The service documents of the estate that are watched, by their ids. */
export function watchedIds({ resources }: Estate): readonly string[] {
  return resources
    .filter(({ type }) => /^microsoft\.healthcareapis\/workspaces(\/\w+services)?$/i.test(type ?? ''))
    .map(({ id }) => id);
}
