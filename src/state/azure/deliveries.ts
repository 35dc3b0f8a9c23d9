import type { Store, TeamsTrouble, TestAlert } from '../../model.ts';
import { isRecent } from '../intervals.ts';
import { equals, findRows, findSome, fromRow, type Row, remove, type Table, toRow, unlessLate } from './rows.ts';

/**
 * What went to Teams: partition `teams` of the sweeps' table. Rows: `delivery!<key>`, whose making decides who posts,
 * `test!<id>`, a test alert, and `trouble`. All but the last say in `claimedAt` how old they are.
 */
export type DeliveryStore = Pick<
  Store,
  | 'claimDelivery'
  | 'saveDelivery'
  | 'releaseDelivery'
  | 'saveTeamsTrouble'
  | 'teamsTrouble'
  | 'saveTestAlert'
  | 'testAlert'
>;

const partition = 'teams';
const own = equals('PartitionKey', partition);
const deliveryKey = (key: string): string => `delivery!${key}`;

interface Delivery {
  readonly schema: 1;
  readonly state: 'claimed' | 'posted';
}

export function deliveryStore(table: Table): DeliveryStore {
  const { client } = table;
  const deliveryRow = async (key: string, state: Delivery['state'], at: string): Promise<Row> => {
    const record: Delivery = { schema: 1, state };
    return { ...(await toRow(table, partition, deliveryKey(key), record)), claimedAt: at };
  };
  const find = async (rowKey: string): Promise<Row | undefined> =>
    (await findRows(table, `${own} and ${equals('RowKey', rowKey)}`))[0];
  return {
    async claimDelivery(key, at, seconds) {
      const claimed = await deliveryRow(key, 'claimed', at);
      if (await unlessLate(() => client.createEntity(claimed))) return 'mine';
      const row = await find(deliveryKey(key));
      if (!row?.etag) return 'busy'; // just released: the next call claims it
      const { etag } = row;
      if ((await fromRow<Delivery>(table, row)).state === 'posted') return 'posted';
      if (isRecent(row.claimedAt, at, seconds)) return 'busy';
      return (await unlessLate(() => client.updateEntity(claimed, 'Replace', { etag }))) ? 'mine' : 'busy';
    },
    async saveDelivery(key, at) {
      await client.upsertEntity(await deliveryRow(key, 'posted', at), 'Replace');
    },
    async releaseDelivery(key) {
      await unlessLate(() => client.deleteEntity(partition, deliveryKey(key)));
    },
    async saveTeamsTrouble(trouble) {
      if (trouble) await client.upsertEntity(await toRow(table, partition, 'trouble', trouble), 'Replace');
      else await unlessLate(() => client.deleteEntity(partition, 'trouble'));
    },
    async teamsTrouble() {
      const row = await find('trouble');
      return row && fromRow<TeamsTrouble>(table, row);
    },
    async saveTestAlert(record) {
      const row = await toRow(table, partition, `test!${record.testId}`, record);
      await client.upsertEntity({ ...row, claimedAt: record.sentAt }, 'Replace');
    },
    async testAlert(testId) {
      const row = await find(`test!${testId}`);
      return row && fromRow<TestAlert>(table, row);
    },
  };
}

/** Forgets deliveries and test alerts that are older. */
export async function purgeDeliveries(table: Table, before: string, limit: number): Promise<void> {
  await remove(table, await findSome(table, `${own} and claimedAt lt '${before}'`, limit));
}
