import { randomUUID } from 'node:crypto';
import type { TransactionAction } from '@azure/data-tables';
import type { Cause, Drift, DriftChanges, Family, Store } from '../../model.ts';
import { families } from '../families.ts';
import { wasOpen } from '../memory.ts';
import {
  afterAll,
  between,
  equals,
  findRows,
  findSome,
  fromRow,
  inTransactions,
  isConflict,
  keyPart,
  type Row,
  readRows,
  remove,
  startsWith,
  type Table,
  toRow,
} from './rows.ts';

/**
 * Drifts of a family: one partition, so that what one sweep decides is written together. Rows: `head`, which every write
 * changes (its ETag is the book's version), `now!<driftId>`, `was!<end>!<driftId>` and `cause!<causeId>`.
 */
export type DriftStore = Pick<Store, 'driftBook' | 'saveDrifts' | 'driftsBetween' | 'cause'>;

export function driftStore(table: Table): DriftStore {
  return {
    async driftBook(family) {
      const range = between('RowKey', 'head', afterAll('now!'));
      const rows = await findRows(table, `${equals('PartitionKey', family)} and ${range}`);
      const drifts = rows.filter(({ rowKey }) => rowKey !== 'head').map((row) => fromRow<Drift>(table, row));
      return {
        drifts: (await Promise.all(drifts)).map(withCause),
        version: rows.find(({ rowKey }) => rowKey === 'head')?.etag ?? '',
      };
    },
    async saveDrifts(family, version, changes) {
      const actions = await actionsOf(table, family, changes);
      let etag = version;
      for (const [i, part] of inTransactions(actions, 1).entries()) {
        const head = { partitionKey: family, rowKey: 'head', schema: 1, json: JSON.stringify(randomUUID()) };
        const turn: TransactionAction = etag === '' ? ['create', head] : ['update', head, 'Replace', { etag }];
        try {
          const answer = await table.client.submitTransaction([turn, ...part]);
          etag = answer.getResponseForEntity('head')?.etag ?? (await readEtag(table, family, head.json));
        } catch (error) {
          // Later parts are cut short by another's write: that is for the caller to begin anew.
          if (isConflict(error) && i === 0) return undefined;
          throw error;
        }
      }
      return etag;
    },
    async driftsBetween(from, to) {
      const ranges = [startsWith('RowKey', 'now!'), between('RowKey', afterAll(`was!${from}!`), afterAll('was!'))];
      const filters = families.flatMap((family) =>
        ranges.map((range) => `${equals('PartitionKey', family)} and ${range}`),
      );
      const found = (await Promise.all(filters.map((filter) => readRows<Drift>(table, filter)))).flat();
      const unique = new Map(found.map((drift) => [drift.driftId, withCause(drift)]));
      return [...unique.values()].filter((drift) => wasOpen(drift, from, to));
    },
    async cause(causeId) {
      const own = families.map(
        (family) => `${equals('PartitionKey', family)} and ${equals('RowKey', `cause!${keyPart(causeId)}`)}`,
      );
      const [cause] = (await Promise.all(own.map((filter) => readRows<Cause>(table, filter)))).flat();
      if (!cause) return undefined;
      const { drifts } = await this.driftBook(cause.family);
      return {
        cause: { ...cause, serviceName: cause.serviceName ?? cause.title },
        drifts: drifts.filter((drift) => drift.causeId === causeId),
      };
    },
  };
}

/** Before drifts named their cause's service and direction, its title and their own direction are the best words for it. */
function withCause(drift: Drift): Drift {
  const { causeServiceName = drift.causeTitle, causeDirection = drift.direction } = drift;
  return { ...drift, causeServiceName, causeDirection };
}

const neverMatches = `W/"datetime'1601-01-01T00%3A00%3A00.0000000Z'"`;

/** Of a head that we wrote, where the answer did not say; never of another writer's. */
async function readEtag(table: Table, family: Family, json: string): Promise<string> {
  const [head] = await findRows(table, `${equals('PartitionKey', family)} and ${equals('RowKey', 'head')}`);
  return head?.json === json && head.etag !== undefined ? head.etag : neverMatches;
}

/** Forgets drifts that ended before, and their causes. */
export async function purgeDrifts(table: Table, family: Family, before: string, limit: number): Promise<void> {
  const range = between('RowKey', 'was!', `was!${before}`);
  const rows = await findSome(table, `${equals('PartitionKey', family)} and ${range}`, limit);
  for (const row of rows) {
    const { causeId } = await fromRow<Drift>(table, row);
    const filter = `${equals('PartitionKey', family)} and ${equals('RowKey', `cause!${keyPart(causeId)}`)}`;
    await remove(table, [row, ...(await findRows(table, filter))]);
  }
}

async function actionsOf(table: Table, family: Family, changes: DriftChanges): Promise<readonly TransactionAction[]> {
  const put = async (rowKey: string, record: Drift | Cause): Promise<TransactionAction> => [
    'upsert',
    await toRow(table, family, rowKey, record),
    'Replace',
  ];
  const past = changes.past.flatMap((drift) => [
    put(`was!${drift.resolvedAt}!${drift.driftId}`, drift),
    Promise.resolve<TransactionAction>(['delete', { partitionKey: family, rowKey: `now!${drift.driftId}` } as Row]),
  ]);
  return Promise.all([
    ...changes.causes.map((cause) => put(`cause!${keyPart(cause.causeId)}`, cause)),
    ...changes.drifts.map((drift) => put(`now!${drift.driftId}`, drift)),
    ...past,
  ]);
}
