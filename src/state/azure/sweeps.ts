import type { TransactionAction } from '@azure/data-tables';
import type { BatchRecord, Family, Store, SweepPlan, SweepRecord } from '../../model.ts';
import { families } from '../families.ts';
import { isLater } from '../intervals.ts';
import { slotsOf } from '../memory.ts';
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
} from './rows.ts';

/**
 * Sweeps: one partition. Rows: `open!<family>!<sweep>!` holds the plan until the sweep is closed, `done!<sweep>!<batch>`
 * what is done of it, `id!<family>!<sweep>!` how it ended, `latest!<family>-…` the last ones.
 */
export type SweepStore = Pick<
  Store,
  'openSweep' | 'openSweeps' | 'saveBatch' | 'savedBatches' | 'saveSweep' | 'sweep' | 'latestSweeps'
>;

const partition = 'sweeps';
const rowsOf = (prefix: string): string => `${equals('PartitionKey', partition)} and ${startsWith('RowKey', prefix)}`;

export function sweepStore(table: Table): SweepStore {
  return {
    async openSweep(plan) {
      const row = await toRow(table, partition, `open!${plan.family}!${keyPart(plan.sweepId)}!`, plan);
      await table.client.upsertEntity(row, 'Replace');
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

/** Forgets how sweeps ended that began before. */
export async function purgeSweeps(table: Table, family: Family, before: string, limit: number): Promise<void> {
  const end = `id!${family}!${keyPart(before.replaceAll(/[-:]|\.\d+/g, ''))}`;
  const range = between('RowKey', `id!${family}!`, end);
  await remove(table, await findSome(table, `${equals('PartitionKey', partition)} and ${range}`, limit));
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
  const ended = await toRow(table, partition, `id!${record.family}!${id}!`, record);
  const gone = [...plans, ...batches];
  await submit(table, [
    ...slots,
    ['upsert', ended, 'Replace'],
    ...gone.map((row): TransactionAction => ['delete', row]),
  ]);
  await discard(table, [...gone, ...replaced]);
}
