import type { TableClient, TransactionAction } from '@azure/data-tables';
import type { ContainerClient } from '@azure/storage-blob';
import type { FindingRecord, PolicyRecord, Posture, Service, Store, SweepRecord } from '../model.ts';
import { type Entity, fromEntity, toEntity } from './entity.ts';
import { isLater, type Observation, step } from './intervals.ts';
import { slotsOf } from './memory.ts';

/** Clients of the app's own storage account; the composition root makes them. */
export interface StorageClients {
  readonly findings: TableClient;
  readonly sweeps: TableClient;
  readonly documents: ContainerClient;
}

/** Operations that one table transaction takes at most, all of one partition. */
const transactionLimit = 100;
/** Two workers may write one service's findings at the same time; the loser reads again. */
const writeAttempts = 5;

/**
 * The store in Azure Tables and Blobs. Findings: partition = service key, row `now!<check>` for the interval that lasts
 * and `was!<check>!<from>` for ended ones, so that now, one service and one finding's history are each one range.
 */
export function azureStore(clients: StorageClients): Store {
  const ready = once(async () => {
    await Promise.all([
      clients.findings.createTable(),
      clients.sweeps.createTable(),
      clients.documents.createIfNotExists(),
    ]);
  });
  return {
    async saveFindings(sweepId, at, postures) {
      await ready();
      for (const posture of postures) await saveService(clients.findings, sweepId, at, posture);
    },
    async currentFindings(serviceKey) {
      await ready();
      const rows = "RowKey ge 'now!' and RowKey lt 'now\"'";
      const filter = serviceKey === undefined ? rows : `PartitionKey eq '${odataText(serviceKey)}' and ${rows}`;
      return (await entitiesOf(clients.findings, filter)).map((entity) => fromEntity<FindingRecord>(entity));
    },
    async forgetServices(serviceKeys) {
      await ready();
      for (const key of serviceKeys) {
        const rows = await entitiesOf(clients.findings, `PartitionKey eq '${odataText(key)}'`);
        await submit(
          clients.findings,
          rows.map((row): TransactionAction => ['delete', row]),
        );
      }
    },
    async saveEstate(services) {
      await ready();
      await writeDocument(clients.documents, 'estate.json', { schema: 1, services });
    },
    async knownEstate() {
      await ready();
      const document = await readDocument<{ services: readonly Service[] }>(clients.documents, 'estate.json');
      return document?.services ?? [];
    },
    async saveSweep(record) {
      await ready();
      for (const slot of slotsOf(record)) await saveSlot(clients.sweeps, slot, record);
    },
    async latestSweeps() {
      await ready();
      const records = (await entitiesOf(clients.sweeps, "PartitionKey eq 'latest'")).map((entity) =>
        fromEntity<SweepRecord>(entity),
      );
      return [...new Map(records.map((record) => [record.sweepId, record])).values()];
    },
    async savePolicy(record) {
      await ready();
      await writeDocument(clients.documents, 'policy.json', record);
    },
    async lastGoodPolicy() {
      await ready();
      return readDocument<PolicyRecord>(clients.documents, 'policy.json');
    },
  };
}

async function saveService(table: TableClient, sweepId: string, at: string, posture: Posture): Promise<void> {
  const { service, findings } = posture;
  for (let attempt = 1; ; attempt += 1) {
    const rows = await entitiesOf(
      table,
      `PartitionKey eq '${odataText(service.key)}' and RowKey ge 'now!' and RowKey lt 'now"'`,
    );
    const current = new Map(rows.map((row) => [row.rowKey, row]));
    const actions = findings.flatMap((finding) =>
      actionsOf({ service, finding, at, sweepId }, current.get(`now!${finding.check}`)),
    );
    try {
      await submit(table, actions);
      return;
    } catch (error) {
      const conflict = [409, 412].includes(statusOf(error));
      if (!conflict || attempt === writeAttempts) throw error;
    }
  }
}

function actionsOf(seen: Observation, row: Entity | undefined): readonly TransactionAction[] {
  const before = row ? fromEntity<FindingRecord>(row) : undefined;
  const { current, ended } = step(before, seen);
  if (current === before) return [];
  const entity = toEntity(seen.service.key, `now!${seen.finding.check}`, current);
  const write: TransactionAction = row?.etag ? ['update', entity, 'Replace', { etag: row.etag }] : ['create', entity];
  if (!ended) return [write];
  return [write, ['upsert', toEntity(seen.service.key, `was!${seen.finding.check}!${ended.from}`, ended), 'Replace']];
}

async function saveSlot(table: TableClient, slot: string, record: SweepRecord): Promise<void> {
  const [row] = await entitiesOf(table, `PartitionKey eq 'latest' and RowKey eq '${odataText(slot)}'`);
  if (isLater(record, row ? fromEntity<SweepRecord>(row) : undefined)) {
    await table.upsertEntity(toEntity('latest', slot, record), 'Replace');
  }
}

async function submit(table: TableClient, actions: readonly TransactionAction[]): Promise<void> {
  for (let start = 0; start < actions.length; start += transactionLimit) {
    await table.submitTransaction(actions.slice(start, start + transactionLimit));
  }
}

async function entitiesOf(table: TableClient, filter: string): Promise<readonly Entity[]> {
  const found: Entity[] = [];
  for await (const entity of table.listEntities<Entity>({ queryOptions: { filter } })) found.push(entity);
  return found;
}

async function writeDocument(container: ContainerClient, name: string, document: object): Promise<void> {
  const text = JSON.stringify(document);
  await container.getBlockBlobClient(name).upload(text, Buffer.byteLength(text), {
    blobHTTPHeaders: { blobContentType: 'application/json' },
  });
}

async function readDocument<T>(container: ContainerClient, name: string): Promise<T | undefined> {
  try {
    const body = await container.getBlockBlobClient(name).downloadToBuffer();
    return JSON.parse(body.toString('utf8')) as T;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

function statusOf(error: unknown): number {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' ? status : 0;
}

function odataText(text: string): string {
  return text.replaceAll("'", "''");
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= work().catch((error: unknown) => {
      running = undefined;
      throw error;
    });
    return running;
  };
}
