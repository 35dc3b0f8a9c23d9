import type { TransactionAction } from '@azure/data-tables';
import type { Family, FindingRecord, Part, Posture, Service, Store } from '../../model.ts';
import { families } from '../families.ts';
import { inOrder, type Observation, overlaps, step } from '../intervals.ts';
import {
  afterAll,
  between,
  discard,
  equals,
  findRows,
  findSome,
  fromRow,
  keyPart,
  type Row,
  readRows,
  remove,
  retryConflicts,
  startsWith,
  submit,
  type Table,
  toRow,
} from './rows.ts';

/**
 * Findings as intervals. One that lasts: partition `now!<family>!<subscription>`, row `<service key>!<check>`, so that a
 * batch (services of one subscription) is one range and the estate's posture is one range of partitions. One that ended:
 * partition `was!<family>!<month of its end>`, row `<end>!<service key>!<check>`, so that a moment or a period reads no
 * more than what has changed since, and retention takes from the front. An ended interval is written before the new one.
 */
export type FindingStore = Pick<Store, 'saveFindings' | 'currentFindings' | 'findingsBetween' | 'forgetServices'>;

export function findingStore(table: Table): FindingStore {
  return {
    async saveFindings(sweep, at, postures) {
      const bySubscription = Map.groupBy(postures, ({ service }) => nowPartition(sweep.family, service.subscriptionId));
      for (const [partition, own] of bySubscription) {
        await retryConflicts(() => saveBatch(table, partition, sweep, at, own));
      }
    },
    async currentFindings(part = {}) {
      const filters = nowFilters(part);
      return (await Promise.all(filters.map((filter) => readRows<FindingRecord>(table, filter)))).flat();
    },
    async findingsBetween(from, to, part = {}) {
      // What lasts first: an interval that ends meanwhile is then seen twice, not never.
      const now = await Promise.all(nowFilters(part).map((filter) => readRows<FindingRecord>(table, filter)));
      const filters = (part.family ? [part.family] : families).map((family) => endedSince(family, from));
      const was = await Promise.all(filters.map((filter) => readRows<FindingRecord>(table, filter)));
      const mine = was.flat().filter(({ service }) => part.service === undefined || service.key === part.service.key);
      return inOrder([...now.flat(), ...mine]).filter((record) => overlaps(record, from, to));
    },
    async forgetServices(family, at, services) {
      for (const service of services) {
        const rows = await findRows(table, ownRows(family, service));
        for (const row of rows) {
          const record = await fromRow<FindingRecord>(table, row);
          const ended = await endedRow(table, { ...record, to: at });
          await table.client.upsertEntity(ended, 'Replace');
        }
        await remove(table, rows);
      }
    },
  };
}

/** Forgets intervals that ended before. */
export async function purgeFindings(table: Table, family: Family, before: string, limit: number): Promise<void> {
  const months = between('PartitionKey', `was!${family}!`, `was!${family}!${before.slice(0, 7)}~`);
  await remove(table, await findSome(table, `${months} and RowKey lt '${before}'`, limit));
}

async function saveBatch(
  table: Table,
  partition: string,
  sweep: Parameters<Store['saveFindings']>[0],
  at: string,
  postures: readonly Posture[],
): Promise<void> {
  const keys = postures.map(({ service }) => service.key).sort();
  const range = between('RowKey', `${keys[0]}!`, afterAll(`${keys.at(-1)}!`));
  const rows = new Map(
    (await findRows(table, `${equals('PartitionKey', partition)} and ${range}`)).map((row) => [row.rowKey, row]),
  );
  const writes: TransactionAction[] = [];
  const ends: TransactionAction[] = [];
  const replaced: Row[] = [];
  for (const { service, findings } of postures) {
    for (const finding of findings) {
      const rowKey = `${service.key}!${finding.check}`;
      const row = rows.get(rowKey);
      const before = row ? await fromRow<FindingRecord>(table, row) : undefined;
      const seen: Observation = { service, finding, at, ...sweep };
      const { current, ended } = step(before, seen);
      if (current === before) continue;
      const entity = await toRow(table, partition, rowKey, current);
      writes.push(row?.etag ? ['update', entity, 'Replace', { etag: row.etag }] : ['create', entity]);
      if (row) replaced.push(row);
      if (ended) ends.push(['upsert', await endedRow(table, ended), 'Replace']);
    }
  }
  await submit(table, ends);
  await submit(table, writes);
  await discard(table, replaced);
}

function endedRow(table: Table, record: FindingRecord): Promise<Row> {
  const { service, finding, to = '' } = record;
  return toRow(table, `was!${finding.family}!${to.slice(0, 7)}`, `${to}!${service.key}!${finding.check}`, record);
}

function endedSince(family: Family, from: string): string {
  const months = between('PartitionKey', `was!${family}!${from.slice(0, 7)}`, afterAll(`was!${family}!`));
  return `${months} and RowKey ge '${afterAll(`${from}!`)}'`;
}

function nowFilters({ family, service }: Part): readonly string[] {
  if (service) return (family ? [family] : families).map((one) => ownRows(one, service));
  return [startsWith('PartitionKey', family ? `now!${family}!` : 'now!')];
}

function ownRows(family: Family, service: Pick<Service, 'key' | 'subscriptionId'>): string {
  const partition = equals('PartitionKey', nowPartition(family, service.subscriptionId));
  return `${partition} and ${startsWith('RowKey', `${service.key}!`)}`;
}

function nowPartition(family: Family, subscriptionId: string): string {
  return `now!${family}!${keyPart(subscriptionId)}`;
}
