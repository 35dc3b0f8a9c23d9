import { createHash } from 'node:crypto';
import type { Change, Store } from '../../model.ts';
import { isRecent } from '../intervals.ts';
import { afterAll, between, equals, findRows, fromRow, type Row, type Table, toRow, unlessLate } from './rows.ts';

/**
 * Changes that wait: partition `changes` of the sweeps' table, a row `change!<hash>` each, so that the same change is there
 * once, and `head`, which whoever sees to the list has made. Who notes a change writes it before he looks for the head, and
 * who takes the list removes the head before he reads it: a change is never left without somebody who sees to it.
 */
export type ChangeStore = Pick<Store, 'noteChanges' | 'dueChanges' | 'forgetChanges'>;

const partition = 'changes';
const own = equals('PartitionKey', partition);

export function changeStore(table: Table): ChangeStore {
  return {
    async noteChanges(changes, at, seconds) {
      for (const change of changes) {
        const row = await toRow(table, partition, keyOf(change), { schema: 1, ...change });
        await table.client.upsertEntity(row, 'Replace');
      }
      return lead(table, at, seconds);
    },
    async dueChanges() {
      await unlessLate(() => table.client.deleteEntity(partition, 'head'));
      const rows = await findRows(table, `${own} and ${between('RowKey', 'change!', afterAll('change!'))}`);
      return Promise.all(
        rows.map(async (row) => {
          const { id, operation } = await fromRow<Change & { schema: 1 }>(table, row);
          return { id, operation, version: row.etag ?? '' };
        }),
      );
    },
    async forgetChanges(changes) {
      for (const change of changes) {
        await unlessLate(() => table.client.deleteEntity(partition, keyOf(change), { etag: change.version }));
      }
    },
  };
}

function keyOf({ id, operation }: Change): string {
  return `change!${createHash('sha256').update(`${operation} ${id}`.toLowerCase()).digest('hex')}`;
}

/** Makes the head, or takes over one whose maker has not been heard of since. */
async function lead(table: Table, at: string, seconds: number): Promise<boolean> {
  const head: Row = { partitionKey: partition, rowKey: 'head', schema: 1, claimedAt: at };
  if (await unlessLate(() => table.client.createEntity(head))) return true;
  const [found] = await findRows(table, `${own} and ${equals('RowKey', 'head')}`);
  // One that is gone by now was removed by somebody who reads the list after it, with our change.
  if (!found?.etag || isRecent(found.claimedAt, at, seconds)) return false;
  const { etag } = found;
  return unlessLate(() => table.client.updateEntity(head, 'Replace', { etag }));
}
