import type { TableClient, TransactionAction } from '@azure/data-tables';
import type { ContainerClient } from '@azure/storage-blob';
import type { BaselineEntry, Family, PolicyRecord, Service, Store } from '../model.ts';
import { changeStore } from './azure/changes.ts';
import { deliveryStore, purgeDeliveries } from './azure/deliveries.ts';
import { inTime, readDocument, writeDocument } from './azure/documents.ts';
import { driftStore, purgeDrifts } from './azure/drifts.ts';
import { findingStore, purgeFindings } from './azure/findings.ts';
import { equals, keyPart, type Row, readRows, submit, type Table, toRow } from './azure/rows.ts';
import { purgeSweeps, sweepStore } from './azure/sweeps.ts';

/** Clients of the app's own storage account; the composition root makes them. */
export interface StorageClients {
  readonly findings: TableClient;
  readonly drifts: TableClient;
  readonly baselines: TableClient;
  readonly sweeps: TableClient;
  readonly documents: ContainerClient;
}

/** The store in Azure Tables and Blobs. Which keys answer which question: findings.ts, drifts.ts, sweeps.ts, deliveries.ts. */
export function azureStore(clients: StorageClients): Store {
  const { documents } = clients;
  const tableOf = (client: TableClient): Table => ({ client, blobs: documents });
  const [findings, drifts, baselines, sweeps] = [
    tableOf(clients.findings),
    tableOf(clients.drifts),
    tableOf(clients.baselines),
    tableOf(clients.sweeps),
  ];
  const made = [findings, drifts, baselines, sweeps].map(
    ({ client }) =>
      () =>
        client.createTable(),
  );
  const ready = once(async () => {
    await Promise.all([documents.createIfNotExists(inTime()), ...made.map((make) => make())]);
  });
  const store: Store = {
    ...findingStore(findings),
    ...driftStore(drifts),
    ...sweepStore(sweeps),
    ...changeStore(sweeps),
    ...deliveryStore(sweeps),
    async saveEstate(family, services) {
      await writeDocument(documents, estateName(family), { schema: 1, services });
    },
    async knownEstate(family) {
      const document = await readDocument<{ schema: 1; services: readonly Service[] }>(documents, estateName(family));
      return document?.services ?? [];
    },
    async baseline(family) {
      return readRows<BaselineEntry>(baselines, equals('PartitionKey', family));
    },
    async saveBaseline(family, entries, dropped) {
      const kept = new Set(entries.map(baselineKey));
      const gone = dropped.map(baselineKey).filter((rowKey) => !kept.has(rowKey));
      const rows = await Promise.all(entries.map((entry) => toRow(baselines, family, baselineKey(entry), entry)));
      await submit(baselines, [
        ...rows.map((row): TransactionAction => ['upsert', row, 'Replace']),
        ...gone.map((rowKey): TransactionAction => ['delete', { partitionKey: family, rowKey } as Row]),
      ]);
    },
    async savePolicy(record) {
      await writeDocument(documents, 'policy.json', record);
    },
    async policy() {
      return readDocument<PolicyRecord>(documents, 'policy.json');
    },
    async purge(family, before, limit) {
      await purgeFindings(findings, family, before, limit);
      await purgeDrifts(drifts, family, before, limit);
      await purgeSweeps(sweeps, family, before, limit);
      await purgeDeliveries(sweeps, before, limit);
    },
  };
  return whenReady(store, ready);
}

const estateName = (family: Family): string => `estate-${family}.json`;

function baselineKey({ serviceKey, check }: BaselineEntry): string {
  return `${keyPart(serviceKey)}!${keyPart(check)}`;
}

/** Every method waits until the tables are there; a failure to make them is tried again by the next. */
function whenReady(store: Store, ready: () => Promise<void>): Store {
  const methods = Object.entries(store).map(([name, method]) => [
    name,
    async (...args: unknown[]) => {
      await ready();
      return method.apply(store, args);
    },
  ]);
  return Object.fromEntries(methods) as Store;
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
