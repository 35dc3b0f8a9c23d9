import type { KqlColumn, KqlTable, KqlType } from './engine.ts';

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/;

/**
 * A table from JSON records. The given columns come first and always exist; the type of any other is inferred from its
 * values: ISO times are datetime, integers long, fractions real, booleans bool, objects and arrays dynamic, the rest string.
 */
export function tableFromRecords(
  records: readonly Readonly<Record<string, unknown>>[],
  columns: Readonly<Record<string, KqlType>> = {},
): KqlTable {
  const types = new Map<string, KqlType>(Object.entries(columns));
  const values = new Map<string, unknown[]>();
  for (const record of records) {
    for (const [name, value] of Object.entries(record)) {
      if (types.has(name)) continue;
      const seen = values.get(name);
      if (seen === undefined) values.set(name, [value]);
      else seen.push(value);
    }
  }
  for (const [name, seen] of values) types.set(name, inferType(seen));
  const all: KqlColumn[] = [...types].map(([name, type]) => ({ name, type }));
  return { columns: all, rows: records.map((record) => all.map(({ name }) => record[name] ?? null)) };
}

function inferType(values: readonly unknown[]): KqlType {
  const types = new Set(values.filter((value) => value !== null && value !== undefined).map(typeOf));
  if (types.size === 1) return [...types][0] ?? 'string';
  if (types.size === 2 && types.has('long') && types.has('real')) return 'real';
  return types.has('dynamic') ? 'dynamic' : 'string';
}

function typeOf(value: unknown): KqlType {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'long';
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'long' : 'real';
  if (typeof value === 'object') return 'dynamic';
  return typeof value === 'string' && ISO.test(value) ? 'datetime' : 'string';
}
