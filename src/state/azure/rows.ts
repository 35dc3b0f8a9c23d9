import { createHash } from 'node:crypto';
import type { TableClient, TransactionAction } from '@azure/data-tables';
import type { ContainerClient } from '@azure/storage-blob';
import { readText, removeBlob, writeText } from './documents.ts';

/** A table row that holds a record as JSON, or names the blob that does. */
export type Row = {
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly etag?: string;
  readonly schema: number;
  readonly json?: string;
  readonly blob?: string;
  /** when somebody last took it upon himself to end what the row stands for */
  readonly claimedAt?: string;
  /** a blob of the same sweep holds what its batches share */
  readonly shared?: boolean;
};

interface Versioned {
  readonly schema: number;
}

/** A property holds 32 Ki characters at most. */
const longestInline = 30_000;
/** What one transaction takes at most: operations, all of one partition, and bytes. */
const transactionLimit = 100;
const transactionBytes = 2_000_000;

/** One table, and the container for records that are too long for a row. */
export interface Table {
  readonly client: TableClient;
  readonly blobs: ContainerClient;
}

/** A long record goes to a blob first, so that no row names one that is not there. */
export async function toRow(table: Table, partitionKey: string, rowKey: string, record: Versioned): Promise<Row> {
  const json = JSON.stringify(record);
  const row = { partitionKey, rowKey, schema: record.schema };
  if (json.length <= longestInline) return { ...row, json };
  const hash = createHash('sha256').update(`${partitionKey}\n${rowKey}\n${json}`).digest('hex');
  const blob = `long/${table.client.tableName}/${hash}.json`;
  await writeText(table.blobs, blob, json);
  return { ...row, blob };
}

/** Throws on a record of another schema: a newer app wrote it, and guessing would be worse. */
export async function fromRow<T extends Versioned>(table: Table, row: Row): Promise<T> {
  if (row.schema !== 1)
    throw new Error(`a record of schema ${row.schema} was found in storage; this version reads schema 1`);
  const json = row.blob === undefined ? row.json : await readText(table.blobs, row.blob);
  if (json === undefined) throw new Error(`the record ${row.partitionKey} ${row.rowKey} was found without its text`);
  return JSON.parse(json) as T;
}

export async function readRows<T extends Versioned>(table: Table, filter: string): Promise<readonly T[]> {
  const rows = await findRows(table, filter);
  return Promise.all(rows.map((row) => fromRow<T>(table, row)));
}

export async function findRows({ client }: Table, filter: string): Promise<readonly Row[]> {
  const found: Row[] = [];
  for await (const row of client.listEntities<Row>({ queryOptions: { filter } })) found.push(row);
  return found;
}

/** The first rows, by key. */
export async function findSome({ client }: Table, filter: string, limit: number): Promise<readonly Row[]> {
  const pages = client.listEntities<Row>({ queryOptions: { filter } }).byPage({ maxPageSize: limit });
  for await (const page of pages) return page;
  return [];
}

/** What one transaction takes; `reserved` operations are left for the caller's own. */
export function inTransactions(actions: readonly TransactionAction[], reserved = 0): readonly TransactionAction[][] {
  const parts: TransactionAction[][] = [];
  let bytes = 0;
  for (const action of actions) {
    const row = action[1] as Partial<Row>;
    // JSON inside JSON: every quote is escaped
    const size = 2 * (row.json?.length ?? 0) + 1_000;
    const last = parts.at(-1);
    if (last && last.length + reserved < transactionLimit && bytes + size <= transactionBytes) {
      last.push(action);
      bytes += size;
    } else {
      parts.push([action]);
      bytes = size;
    }
  }
  return parts;
}

/** All of one partition. */
export async function submit({ client }: Table, actions: readonly TransactionAction[]): Promise<void> {
  for (const part of inTransactions(actions)) await client.submitTransaction(part);
}

export async function remove(table: Table, rows: readonly Row[]): Promise<void> {
  for (const own of Map.groupBy(rows, (row) => row.partitionKey).values()) {
    await submit(
      table,
      own.map((row): TransactionAction => ['delete', row]),
    );
  }
  await discard(table, rows);
}

/** Removes the blobs of rows that are no more. */
export async function discard({ blobs }: Table, rows: readonly Row[]): Promise<void> {
  for (const { blob } of rows) if (blob !== undefined) await removeBlob(blobs, blob);
}

/** Another wrote first. */
export function isConflict(error: unknown): boolean {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
  return status === 409 || status === 412;
}

/** Whether a write took place; false where another wrote first, or removed what was to be written. */
export async function unlessLate(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    const isGone = typeof error === 'object' && error !== null && 'statusCode' in error && error.statusCode === 404;
    if (isConflict(error) || isGone) return false;
    throw error;
  }
}

/** Runs again what another writer came before. */
export async function retryConflicts<T>(work: () => Promise<T>, attempts = 5): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isConflict(error) || attempt === attempts) throw error;
    }
  }
}

/** Part of a key: `/ \ # ?` and control characters may not stand in one, and `!` divides its parts. */
export function keyPart(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9._:-]/g, '_');
}

/** OData for keys that begin with a prefix, which ends in `!`. */
export function startsWith(key: 'PartitionKey' | 'RowKey', prefix: string): string {
  return between(key, prefix, afterAll(prefix));
}

/** From `first` on, before `end`. */
export function between(key: 'PartitionKey' | 'RowKey', first: string, end: string): string {
  return `${key} ge '${quote(first)}' and ${key} lt '${quote(end)}'`;
}

export function equals(key: 'PartitionKey' | 'RowKey', value: string): string {
  return `${key} eq '${quote(value)}'`;
}

/** The first key after all that begin with the prefix: `"` follows `!`. */
export function afterAll(prefix: string): string {
  return `${prefix.slice(0, -1)}"`;
}

function quote(text: string): string {
  return text.replaceAll("'", "''");
}
