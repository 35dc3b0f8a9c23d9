import { keyOf } from '../dns/resource-ids.ts';
import { type KqlColumn, type KqlTable, type KqlType, tableFromRecords } from '../kql/engine.ts';
import type { Estate, Json, JsonObject, LogTable } from '../types.ts';
import { KNOWN_TABLES, type KnownTable } from './known-tables.ts';

export type Tables = ReadonlyMap<string, KqlTable>;

/** The tables of one workspace. */
export interface WorkspaceTables {
  readonly tables: Tables;
  /**
   * The same, where a table of Azure's that declares its columns in the estate has Azure's other ones as well. They are
   * kept apart so that a query of whole rows shows the declared columns alone.
   */
  readonly widened: Tables;
}

/** a span of time; rows belong to it from `from` on and up to, not including, `to` */
export interface Span {
  readonly from: Date;
  readonly to: Date;
}

const NONE: WorkspaceTables = { tables: new Map(), widened: new Map() };
const cache = new WeakMap<Estate, ReadonlyMap<string, WorkspaceTables>>();

/** What the estate's logs hold for a workspace; a table that is not there does not exist. */
export function tablesOf(estate: Estate, workspaceId: string): WorkspaceTables {
  let all = cache.get(estate);
  if (all === undefined) {
    all = readLogs(estate);
    cache.set(estate, all);
  }
  return all.get(keyOf(workspaceId)) ?? NONE;
}

export function holdsLogsOf(estate: Estate, workspaceId: string): boolean {
  return Object.keys(estate.logs).some((id) => keyOf(id) === keyOf(workspaceId));
}

function readLogs(estate: Estate): ReadonlyMap<string, WorkspaceTables> {
  const grouped = Map.groupBy(Object.entries(estate.logs), ([id]) => keyOf(id));
  return new Map(
    [...grouped].map(([key, entries]) => {
      const spellings = entries.map(([, tables]) => tables);
      return [key, { tables: readTables(spellings, false), widened: readTables(spellings, true) }];
    }),
  );
}

function readTables(spellings: readonly Readonly<Record<string, LogTable>>[], widen: boolean): Tables {
  return mergeTables(
    spellings.map(
      (tables) => new Map(Object.entries(tables).map(([name, table]) => [name, toTable(name, table, widen)])),
    ),
  );
}

function toTable(name: string, table: LogTable, widen: boolean): KqlTable {
  const known = KNOWN_TABLES.get(name);
  if (!('columns' in table)) return knownTable(table, known);
  const declared = Object.entries(table.columns).map(([column, type]) => ({ name: column, type: typeOf(type) }));
  const missing = widen ? Object.entries(known?.columns ?? {}).filter(([column]) => !(column in table.columns)) : [];
  const columns = [...declared, ...missing.map(([column, type]) => ({ name: column, type }))];
  return store(
    columns,
    table.rows.map((row) => (isList(row) ? row : declared.map(({ name: column }) => row[column] ?? null))),
  );
}

/** Azure keeps of a record what its table has a column for; the rest is lost at ingestion. */
export function knownTable(records: readonly JsonObject[], known: KnownTable | undefined): KqlTable {
  if (known === undefined) return tableFromRecords(records);
  if (known.growing) {
    const { columns, rows } = tableFromRecords(records, known.columns);
    return store(columns, rows);
  }
  const columns = Object.entries(known.columns).map(([name, type]) => ({ name, type }));
  return store(
    columns,
    records.map((record) => columns.map(({ name }) => record[name] ?? null)),
  );
}

/** A text that spells the number or the truth value of its column is stored as that: `"403"` in a column of `int`. */
function store(columns: KqlTable['columns'], rows: KqlTable['rows']): KqlTable {
  const spelled = columns.flatMap(({ type }, place) =>
    type === 'int' || type === 'real' || type === 'bool' ? [place] : [],
  );
  const isSpelled = (row: readonly unknown[]) => spelled.some((place) => typeof row[place] === 'string');
  const read = (cell: unknown, type: KqlType | undefined): unknown => {
    if (typeof cell !== 'string') return cell;
    const text = cell.trim();
    if (type === 'bool') return /^(true|false)$/i.test(text) ? text.toLowerCase() === 'true' : cell;
    return (type === 'int' || type === 'real') && NUMBER.test(text) ? Number(text) : cell;
  };
  return {
    columns,
    rows: rows.map((row) => (isSpelled(row) ? row.map((cell, place) => read(cell, columns[place]?.type)) : row)),
  };
}

const NUMBER = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i;

function isList(row: readonly Json[] | JsonObject): row is readonly Json[] {
  return Array.isArray(row);
}

const SPELLINGS: Readonly<Record<string, KqlType>> = {
  boolean: 'bool',
  date: 'datetime',
  time: 'timespan',
  double: 'real',
  float: 'real',
  int64: 'long',
  int32: 'int',
  object: 'dynamic',
  uuid: 'guid',
};
const TYPES: readonly string[] = 'bool datetime decimal dynamic guid int long real string timespan'.split(' ');

/** a declared type; what KQL does not know is dynamic, which holds anything */
function typeOf(spelled: string): KqlType {
  const lower = spelled.toLowerCase();
  if (TYPES.includes(lower)) return lower as KqlType;
  return SPELLINGS[lower] ?? 'dynamic';
}

/** One database out of several, as a query over more than one workspace sees them: a table's rows one after another. */
export function mergeTables(sources: readonly Tables[]): Tables {
  const [first, ...others] = sources;
  if (others.length === 0) return first ?? new Map();
  const named = Map.groupBy(
    sources.flatMap((tables) => [...tables]),
    ([name]) => name,
  );
  return new Map(
    [...named].map(([name, found]) => {
      const columns = new Map<string, KqlColumn>();
      for (const [, table] of found)
        for (const column of table.columns) if (!columns.has(column.name)) columns.set(column.name, column);
      const rows = found.flatMap(([, table]) => {
        const places = [...columns.keys()].map((column) => table.columns.findIndex((one) => one.name === column));
        return table.rows.map((row) => places.map((place) => row[place] ?? null));
      });
      return [name, { columns: [...columns.values()], rows }];
    }),
  );
}

/**
 * The tables with only the rows that the test lets through; a table without the column loses all or none of its rows. Rows
 * are tested when a query reads them: most queries read one table of many.
 */
export function filterTables(
  tables: Tables,
  column: string,
  keep: (cell: unknown) => boolean,
  without: 'all' | 'none',
): Tables {
  return new Map(
    [...tables].map(([name, table]) => {
      const place = table.columns.findIndex((one) => one.name === column);
      if (place < 0) return [name, without === 'all' ? table : { ...table, rows: [] }];
      return [name, whenRead(table.columns, () => table.rows.filter((row) => keep(row[place])))];
    }),
  );
}

function whenRead(columns: KqlTable['columns'], read: () => KqlTable['rows']): KqlTable {
  let rows: KqlTable['rows'] | undefined;
  return {
    columns,
    get rows() {
      rows ??= read();
      return rows;
    },
  };
}

export function withinSpan(tables: Tables, span: Span | undefined): Tables {
  if (span === undefined) return tables;
  const keep = (cell: unknown) => {
    const time = typeof cell === 'string' ? Date.parse(cell) : Number.NaN;
    return time >= span.from.getTime() && time < span.to.getTime();
  };
  return filterTables(tables, 'TimeGenerated', keep, 'all');
}
