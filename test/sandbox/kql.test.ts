import { describe, expect, it } from 'vitest';
import { type KqlDatabase, type KqlTable, runQuery, tableFromRecords } from '../../sandbox/kql/engine.ts';
import { EMPTY, NOW } from './kql-cases.ts';

function errorOf(query: string, database: KqlDatabase = EMPTY) {
  const result = runQuery(query, database, { now: NOW });
  return 'error' in result ? result.error : undefined;
}

function rowsOf(
  query: string,
  database: KqlDatabase,
  options: { readonly workspaces?: Map<string, KqlDatabase> } = {},
) {
  const result = runQuery(query, database, { now: NOW, ...options });
  if ('error' in result) throw new Error(result.error.message);
  return result.rows;
}

describe('a refusal', () => {
  it.each([
    ['print 1 |', 'SyntaxError'],
    ['Nowhere | take 1', 'SemanticError'],
    ['print x = 1 | where y == 1', 'SemanticError'],
    ['print not("x")', 'SemanticError'],
    ['range x from 1 to 3 step 1 | summarize max(sum(x))', 'SemanticError'],
    ['range x from 1 to 100000000 step 1', 'LimitExceeded'],
    ['print x = 1 | where assert(x == 2, "no")', 'RuntimeError'],
    ['.show tables', 'SyntaxError'],
  ])('of %s is a %s', (query, code) => {
    expect(errorOf(query)?.code).toBe(code);
  });

  it.each([
    ['print geo_point_to_geohash(1.0, 2.0)', 'geo_point_to_geohash()'],
    ['print x = 1 | reduce by tostring(x)', 'ReduceByOperator'],
    ['print x = 1 | evaluate autocluster()', 'autocluster'],
    ['range x from 1 to 3 step 1 | summarize hll(x)', 'hll()'],
    ['externaldata(x:string)["https://example.org/x"]', 'ExternalData'],
  ])('of %s names %s', (query, name) => {
    expect(errorOf(query)).toMatchObject({ code: 'Unsupported', message: expect.stringContaining(name) });
  });

  it('tells the line and the column', () => {
    expect(errorOf('print x = 1\n| where nope == 1')).toMatchObject({ line: 2, column: 9 });
  });
});

describe('a table', () => {
  const table = tableFromRecords(
    [
      { id: 1, at: '2026-03-01T00:00:00Z', ok: true, ratio: 0.5, tags: { a: 1 } },
      { id: 2, at: '2026-03-02T00:00:00.1234567Z', ok: false, ratio: 2, note: 'x' },
    ],
    { given: 'string' },
  );
  const database: KqlDatabase = { tables: new Map([['Things', table]]), dialect: 'log-analytics' };

  it('of records has the types of their values, the given columns first', () => {
    expect(table.columns.map(({ name, type }) => `${name}:${type}`).join(' ')).toBe(
      'given:string id:long at:datetime ok:bool ratio:real tags:dynamic note:string',
    );
  });

  it('is read with absent cells as null, and as nothing in a string', () => {
    expect(rowsOf('Things | where id == 1 | project given, note, at, tags.a', database)).toEqual([
      ['', '', '2026-03-01T00:00:00.0000000Z', 1],
    ]);
  });

  it('reads timespans with and without days', () => {
    const spans = ['01:02:03', '1.02:03:04.5', '-00:30:00', 'x'].map((cell) => [cell]);
    const own: KqlTable = { columns: [{ name: 't', type: 'timespan' }], rows: spans };
    expect(rowsOf('Spans', { tables: new Map([['Spans', own]]), dialect: 'log-analytics' })).toEqual([
      ['01:02:03'],
      ['1.02:03:04.5000000'],
      ['-00:30:00'],
      [null],
    ]);
  });

  it('keeps longs beyond 2^53 exact', () => {
    const big: KqlTable = { columns: [{ name: 'n', type: 'long' }], rows: [[9007199254740993n]] };
    expect(rowsOf('Big | extend n + 1', { tables: new Map([['Big', big]]), dialect: 'log-analytics' })).toEqual([
      [9007199254740993n, 9007199254740994n],
    ]);
  });

  it('of another workspace is read by workspace() and app(), but not in texts', () => {
    const workspaces = new Map([['other', database]]);
    expect(rowsOf('workspace("other").Things | count', EMPTY, { workspaces })).toEqual([[2]]);
    expect(rowsOf('union app("other").Things | count', EMPTY, { workspaces })).toEqual([[2]]);
    expect(rowsOf('print "workspace(x)"', EMPTY, { workspaces })).toEqual([['workspace(x)']]);
  });

  it('is found by a name that the query holds as a constant', () => {
    expect(rowsOf('let t = "Things"; table(t) | count', database)).toEqual([[2]]);
    expect(rowsOf('let f = (t:string) { table(t) | where id == 1 | project id }; f("Things")', database)).toEqual([
      [1],
    ]);
  });

  it('is refused beyond the allowed number of rows', () => {
    const result = runQuery('Things', database, { now: NOW, maxRows: 1 });
    expect(result).toMatchObject({ error: { code: 'LimitExceeded' } });
  });
});

describe('Resource Graph', () => {
  const graph: KqlDatabase = {
    tables: new Map([['resources', tableFromRecords([{ id: 'a', tags: Array.from({ length: 200 }, () => 'x') }])]]),
    dialect: 'resource-graph',
  };

  it.each([
    'resources | lookup (resources) on id',
    'resources | join kind=leftanti (resources) on id',
    'resources | make-series count() on strlen(id) step 1',
    'resources | mv-apply tags on (take 1)',
    'resources | mv-expand tags limit 2001',
    'union isfuzzy=true resources, nowhere',
    'resources | join resources on id | join resources on id | join resources on id | join resources on id',
  ])('refuses %s', (query) => {
    expect(errorOf(query, graph)?.code).toBe('Unsupported');
  });

  it('expands an array to 128 rows unless told', () => {
    expect(rowsOf('resources | mv-expand tags | count', graph)).toEqual([[128]]);
    expect(rowsOf('resources | mv-expand tags limit 150 | count', graph)).toEqual([[150]]);
  });
});
