import type { TransactionAction } from '@azure/data-tables';
import type { BatchRecord, Family, Store, SweepPlan, SweepRecord } from '../../model.ts';
import { families } from '../families.ts';
import { isLater, isRecent } from '../intervals.ts';
import { slotsOf } from '../memory.ts';
import { readPacked, removeBlob, writePacked } from './documents.ts';
import {
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
  unlessLate,
} from './rows.ts';

/**
 * Sweeps: one partition. Rows: `open!<family>!<sweep>!` holds the plan until the sweep is closed, and who is closing it,
 * `done!<sweep>!<batch>` what is done of it, `id!<family>!<sweep>!` how it ended, `latest!<family>-…` the last ones. The
 * blob `sweeps/<sweep>.json.gz` is what its batches share.
 */
export type SweepStore = Pick<
  Store,
  | 'openSweep'
  | 'openSweeps'
  | 'openPlan'
  | 'sharedOf'
  | 'claimSweep'
  | 'releaseSweep'
  | 'saveBatch'
  | 'savedBatches'
  | 'saveSweep'
  | 'sweep'
  | 'latestSweeps'
>;

const partition = 'sweeps';
const openKey = ({ family, sweepId }: Pick<SweepPlan, 'family' | 'sweepId'>): string =>
  `open!${family}!${keyPart(sweepId)}!`;
const openRow = (plan: Pick<SweepPlan, 'family' | 'sweepId'>): string =>
  `${equals('PartitionKey', partition)} and ${equals('RowKey', openKey(plan))}`;
const sharedName = (sweepId: string): string => `sweeps/${keyPart(sweepId)}.json.gz`;
const rowsOf = (prefix: string): string => `${equals('PartitionKey', partition)} and ${startsWith('RowKey', prefix)}`;

export function sweepStore(table: Table): SweepStore {
  return {
    async openSweep(plan, shared) {
      if (shared) await writePacked(table.blobs, sharedName(plan.sweepId), shared);
      const row = await toRow(table, partition, openKey(plan), plan);
      await table.client.upsertEntity(shared ? { ...row, shared: true } : row, 'Replace');
    },
    async openPlan(family, sweepId) {
      return (await readRows<SweepPlan>(table, openRow({ family, sweepId })))[0];
    },
    async sharedOf(sweepId) {
      return readPacked(table.blobs, sharedName(sweepId));
    },
    async claimSweep(plan, at, seconds) {
      const [row] = await findRows(table, openRow(plan));
      if (!row?.etag || isRecent(row.claimedAt, at, seconds)) return false;
      return markClaim(table, row, at);
    },
    async releaseSweep(plan) {
      const [row] = await findRows(table, openRow(plan));
      if (row) await markClaim(table, row, '');
    },
    async openSweeps(family) {
      return readRows<SweepPlan>(table, rowsOf(`open!${family}!`));
    },
    async saveBatch(sweepId, record) {
      const index = String(record.index).padStart(5, '0');
      await table.client.upsertEntity(
        await toRow(table, partition, `done!${keyPart(sweepId)}!${index}`, record),
        'Replace',
      );
    },
    async savedBatches(sweepId) {
      return readRows<BatchRecord>(table, rowsOf(`done!${keyPart(sweepId)}!`));
    },
    async saveSweep(record) {
      await retryConflicts(() => save(table, record));
    },
    async sweep(sweepId) {
      const filters = families.map((family) => rowsOf(`id!${family}!${keyPart(sweepId)}!`));
      return (await Promise.all(filters.map((filter) => readRows<SweepRecord>(table, filter)))).flat()[0];
    },
    async latestSweeps() {
      const records = await readRows<SweepRecord>(table, rowsOf('latest!'));
      return [...new Map(records.map((record) => [record.sweepId, record])).values()];
    },
  };
}

/** False where another came before. */
function markClaim({ client }: Table, { partitionKey, rowKey, etag = '*' }: Row, at: string): Promise<boolean> {
  return unlessLate(() => client.updateEntity({ partitionKey, rowKey, claimedAt: at }, 'Merge', { etag }));
}

/** Forgets how sweeps ended that began before, and batches that were done after their sweep had been closed. */
export async function purgeSweeps(table: Table, family: Family, before: string, limit: number): Promise<void> {
  const moment = keyPart(before.replaceAll(/[-:]|\.\d+/g, ''));
  for (const [first, end] of [
    [`id!${family}!`, `id!${family}!${moment}`],
    ['done!', `done!${moment}`],
  ] as const) {
    const filter = `${equals('PartitionKey', partition)} and ${between('RowKey', first, end)}`;
    await remove(table, await findSome(table, filter, limit));
  }
}

async function save(table: Table, record: SweepRecord): Promise<void> {
  const id = keyPart(record.sweepId);
  const [latest, batches, plans] = await Promise.all([
    findRows(table, rowsOf('latest!')),
    findRows(table, rowsOf(`done!${id}!`)),
    findRows(table, rowsOf(`open!${record.family}!${id}!`)),
  ]);
  const slots: TransactionAction[] = [];
  const replaced: Row[] = [];
  for (const slot of slotsOf(record)) {
    const row = latest.find(({ rowKey }) => rowKey === `latest!${slot}`);
    if (!isLater(record, row ? await fromRow<SweepRecord>(table, row) : undefined)) continue;
    const entity = await toRow(table, partition, `latest!${slot}`, record);
    slots.push(row?.etag ? ['update', entity, 'Replace', { etag: row.etag }] : ['create', entity]);
    if (row) replaced.push(row);
  }
  // First, since a sweep that is not open any more is nobody's to clean up after.
  if (plans.some(({ shared }) => shared)) await removeBlob(table.blobs, sharedName(record.sweepId));
  const ended = await toRow(table, partition, `id!${record.family}!${id}!`, record);
  const gone = [...plans, ...batches];
  await submit(table, [
    ...slots,
    ['upsert', ended, 'Replace'],
    ...gone.map((row): TransactionAction => ['delete', row]),
  ]);
  await discard(table, [...gone, ...replaced]);
}
