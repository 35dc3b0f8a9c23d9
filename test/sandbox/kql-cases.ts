import { expect } from 'vitest';
import { type KqlDatabase, runQuery } from '../../sandbox/kql/engine.ts';

/** A query, its columns as "name:type name:type", and its rows in order. */
export type Case = readonly [query: string, columns: string, rows: readonly (readonly unknown[])[]];

export const NOW = new Date('2026-03-10T00:00:00Z');
export const EMPTY: KqlDatabase = { tables: new Map(), dialect: 'log-analytics' };

/** Runs a case without tables; a real may differ in its last digits. */
export function check([query, columns, rows]: Case): void {
  const result = runQuery(query, EMPTY, { now: NOW });
  if ('error' in result) throw new Error(`${query}: ${result.error.message}`);
  expect(result.columns.map(({ name, type }) => `${name}:${type}`).join(' ')).toBe(columns);
  expect(result.rows.map((row) => row.map(rounded))).toEqual(rows.map((row) => row.map(rounded)));
}

function rounded(cell: unknown): unknown {
  return typeof cell === 'number' && !Number.isInteger(cell) ? Number(cell.toPrecision(12)) : cell;
}
