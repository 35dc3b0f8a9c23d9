import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type KqlColumn, type KqlDatabase, type KqlTable, runQuery } from '../../sandbox/kql/engine.ts';
import { NOW } from './kql-cases.ts';

interface Example {
  readonly id: string;
  readonly query: string;
  readonly now?: string;
  readonly ordered?: boolean;
  readonly sets?: readonly string[];
  readonly expect: {
    readonly columns?: readonly KqlColumn[];
    readonly rows?: readonly (readonly unknown[])[];
    readonly error?: true;
  };
}

const folder = new URL('../../../shared/examples/kql/', import.meta.url);
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));

function databaseOf(dialect: KqlDatabase['dialect']): KqlDatabase {
  const tables = read('tables.json') as Record<
    string,
    { columns: Record<string, KqlColumn['type']>; rows: unknown[][] }
  >;
  const all = Object.entries(tables).map(([name, { columns, rows }]): [string, KqlTable] => [
    name,
    { columns: Object.entries(columns).map(([column, type]) => ({ name: column, type })), rows },
  ]);
  return { tables: new Map(all), dialect };
}

/** A cell so that equal ones look equal: seven decimals of time, sorted keys, numbers to nine digits. */
function canonical(cell: unknown, { type }: KqlColumn, isSet: boolean): unknown {
  if (type === 'datetime' && typeof cell === 'string') {
    const [whole = '', fraction = ''] = cell.replace('Z', '').split('.');
    return `${whole}.${fraction.padEnd(7, '0')}`;
  }
  if (type === 'timespan' && typeof cell === 'string') return cell.replace(/\.0+$/, '');
  if (type === 'decimal' && cell !== null) return Number(Number(cell).toPrecision(9));
  if (type === 'string') return cell ?? '';
  const plain = deep(cell);
  return isSet && Array.isArray(plain) ? plain.map((item) => JSON.stringify(item)).sort() : plain;
}

function deep(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isInteger(value) ? value : Number(value.toPrecision(9));
  if (Array.isArray(value)) return value.map(deep);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, item]) => [name, deep(item)]),
  );
}

/** What is wrong with the answer to an example; undefined where it is right. */
function problem(example: Example, database: KqlDatabase): string | undefined {
  const now = example.now === undefined ? NOW : new Date(example.now);
  const result = runQuery(example.query, database, { now });
  const { columns = [], rows = [], error } = example.expect;
  if (error === true) return 'error' in result ? undefined : 'is not refused';
  if ('error' in result) return result.error.message;
  if (JSON.stringify(result.columns) !== JSON.stringify(columns))
    return `has columns ${JSON.stringify(result.columns)}`;
  const texts = (all: readonly (readonly unknown[])[]) => {
    const list = all.map((row) =>
      JSON.stringify(
        columns.map((column, index) => canonical(row[index], column, example.sets?.includes(column.name) === true)),
      ),
    );
    return example.ordered === true ? list : list.sort();
  };
  const [mine, wanted] = [texts(result.rows), texts(rows)];
  return mine.join('\n') === wanted.join('\n') ? undefined : `gives ${mine.join(' ').slice(0, 200)}`;
}

function failures(name: string, database: KqlDatabase, only: (example: Example) => boolean = () => true): string[] {
  return (read(name) as Example[]).filter(only).flatMap((example) => {
    const found = problem(example, database);
    return found === undefined ? [] : [`${example.id}: ${found}`];
  });
}

const present = existsSync(folder);
if (!present) console.warn('THE SHARED KQL EXAMPLES ARE NOT HERE: their tests are left out');

describe.runIf(present)('queries with known answers', () => {
  it('gives every answer of the samples', () => {
    expect(failures('samples.json', databaseOf('log-analytics'))).toEqual([]);
  });

  it('gives every answer that the reference prints', () => {
    expect(failures('documentation.json', databaseOf('log-analytics'))).toEqual([]);
  });

  it('gives the answers about resources in the dialect of Resource Graph too', () => {
    const aboutResources = ({ query }: Example) => /\b(authorization)?resources\b/.test(query);
    expect(failures('samples.json', databaseOf('resource-graph'), aboutResources)).toEqual([]);
  });
});
