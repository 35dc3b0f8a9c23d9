import { toGuid, toInt, toLong } from './convert.ts';
import { parseDatetime, parseTimespan, printDatetime, printTimespan } from './datetime.ts';
import { parseDecimal } from './decimal.ts';
import type { KqlColumn, KqlTable, KqlType } from './engine.ts';
import { KqlFailure } from './failure.ts';
import { dynamicOf, plainJson } from './json.ts';
import { type Long, long, type Row, type Value } from './values.ts';

/** A table with its cells in the internal representation. */
export interface Table {
  readonly columns: readonly KqlColumn[];
  readonly rows: readonly Row[];
}

const parsed = new WeakMap<KqlTable, Table>();

/** A table from outside, its cells parsed once for all queries. A cell that its column's type cannot hold is null. */
export function parseTable(table: KqlTable): Table {
  const known = parsed.get(table);
  if (known !== undefined) return known;
  const parsers = table.columns.map(({ type }) => parserOf(type));
  const rows = table.rows.map((row) => parsers.map((parse, index) => parse(row[index])));
  const result = { columns: table.columns, rows };
  parsed.set(table, result);
  return result;
}

function parserOf(type: KqlType): (cell: unknown) => Value {
  switch (type) {
    case 'string':
      return (cell) => (typeof cell === 'string' ? cell : cell === null || cell === undefined ? '' : textOfJson(cell));
    case 'datetime':
      return (cell) => (typeof cell === 'string' ? parseDatetime(cell) : null);
    case 'timespan':
      return (cell) => (typeof cell === 'string' ? parseTimespan(cell) : null);
    case 'bool':
      return (cell) => (typeof cell === 'boolean' ? cell : cell === 1 ? true : cell === 0 ? false : null);
    case 'real':
      return realCell;
    case 'int':
      return (cell) => (typeof cell === 'number' ? toInt(cell, 'real') : null);
    case 'long':
      return (cell) =>
        typeof cell === 'number'
          ? toLong(cell, 'real')
          : typeof cell === 'bigint'
            ? long(cell)
            : typeof cell === 'string'
              ? toLong(cell, 'string')
              : null;
    case 'decimal':
      return (cell) => (typeof cell === 'number' || typeof cell === 'string' ? parseDecimal(String(cell)) : null);
    case 'guid':
      return toGuid;
    case 'dynamic':
      return dynamicOf;
  }
}

function textOfJson(cell: unknown): string {
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
}

function realCell(cell: unknown): number | null {
  if (typeof cell === 'number') return cell;
  if (cell === 'NaN') return Number.NaN;
  if (cell === 'Infinity') return Infinity;
  return cell === '-Infinity' ? -Infinity : null;
}

/** The table as it leaves the engine. */
export function printTable(table: Table, maxRows: number | undefined): KqlTable {
  if (maxRows !== undefined && table.rows.length > maxRows) {
    throw new KqlFailure('LimitExceeded', `the result has ${table.rows.length} rows, more than the allowed ${maxRows}`);
  }
  const printers = table.columns.map(({ type }) => printerOf(type));
  return { columns: table.columns, rows: table.rows.map((row) => printers.map((print, index) => print(row[index]))) };
}

function printerOf(type: KqlType): (value: Value) => unknown {
  switch (type) {
    case 'datetime':
      return (value) => (value === null ? null : printDatetime(value as Long));
    case 'timespan':
      return (value) => (value === null ? null : printTimespan(value as Long));
    case 'real':
      return (value) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value);
    case 'decimal':
      return (value) => (value === null ? null : String(value));
    case 'dynamic':
      return plainJson;
    default:
      return (value) => value;
  }
}
