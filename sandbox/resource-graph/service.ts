/** Azure Resource Graph: KQL over the tables of the estate, 1,000 rows a page. */
import { randomUUID } from 'node:crypto';
import { parameter, type SandboxRequest, type SandboxResponse } from '../http.ts';
import {
  type KqlDatabase,
  type KqlError,
  type KqlResult,
  type KqlTable,
  runQuery,
  tableFromRecords,
} from '../kql/engine.ts';
import { scopeOf } from '../resource-manager/role-rows.ts';
import { type Relation, relationOf } from '../resource-manager/scopes.ts';
import type { AzureDocument, Estate, Json, JsonObject, World } from '../types.ts';
import { type GraphQuery, readGraphQuery, type ScopeFilter, skipTokenOf } from './request.ts';
import { columns, type GraphRow } from './rows.ts';
import { isInherited, tables } from './tables.ts';

const quota = { 'x-ms-user-quota-remaining': '14', 'x-ms-user-quota-resets-after': '00:00:05' };

const relations: Readonly<Record<ScopeFilter, readonly Relation[]>> = {
  AtScopeAndBelow: ['at', 'below'],
  AtScopeAndAbove: ['at', 'above'],
  AtScopeExact: ['at'],
  AtScopeAboveAndBelow: ['above', 'at', 'below'],
};

/** Answers `POST /providers/Microsoft.ResourceGraph/resources`. */
export function resourceGraph(request: SandboxRequest, world: World): SandboxResponse {
  const estate = world.estate();
  const newest = (parameter(request, 'api-version') ?? '') >= '2021-06-01';
  const read = readGraphQuery(estate, request.body, newest);
  if (!read.ok) return refuse(world, [{ code: read.code, message: read.message }]);
  const result = runQuery(read.query.query, databaseOf(estate, read.query), { now: world.now() });
  return 'error' in result ? refuse(world, describe(result.error)) : answer(read.query, result);
}

/** One query over everything that the monitor can read, for the command line. */
export function queryGraph(world: World, query: string): KqlResult {
  const read = readGraphQuery(world.estate(), JSON.stringify({ query }), true);
  if (!read.ok) return { error: { code: 'SyntaxError', message: read.message } };
  return runQuery(query, databaseOf(world.estate(), read.query), { now: world.now() });
}

/** Loads the query language ahead of the first query, which else waits for it. */
export function warmUp(world: World): void {
  queryGraph(world, 'resources | take 0');
}

/** All tables, those that the query names filled and under the spelling it uses: Resource Graph does not mind the case. */
function databaseOf(estate: Estate, asked: GraphQuery): KqlDatabase {
  const filled = Object.entries(tables).flatMap(([name, rows]): [string, KqlTable][] => {
    const spellings = new Set(asked.query.match(new RegExp(`\\b${name}\\b`, 'gi')) ?? []);
    const kept =
      spellings.size > 0 ? rowsOnce(estate, name, rows).filter((row) => isAsked(estate, name, row, asked)) : [];
    const table = tableFromRecords(kept, columns);
    return [...spellings.add(name)].map((spelling) => [spelling, table]);
  });
  return { dialect: 'resource-graph', tables: new Map(filled) };
}

const rowsOf = new WeakMap<Estate, Map<string, readonly GraphRow[]>>();

/** A table's rows, which every page of every query begins with. */
function rowsOnce(estate: Estate, table: string, make: (estate: Estate) => readonly GraphRow[]): readonly GraphRow[] {
  const known = rowsOf.get(estate) ?? new Map<string, readonly GraphRow[]>();
  rowsOf.set(estate, known);
  const rows = known.get(table) ?? make(estate);
  known.set(table, rows);
  return rows;
}

function isAsked(estate: Estate, table: string, row: GraphRow, asked: GraphQuery): boolean {
  if (isInherited(table, row)) {
    const scope = scopeOf(row as unknown as AzureDocument);
    const wanted = relations[asked.scopeFilter];
    return asked.scopes.some((from) => wanted.some((one) => one === relationOf(estate, scope, from)));
  }
  const { subscriptionId } = row;
  return (
    typeof subscriptionId !== 'string' || subscriptionId === '' || asked.subscriptions.has(subscriptionId.toLowerCase())
  );
}

/** Without an `id` column, or behind a limit of its own, a result cannot be paged: what does not fit is cut off. */
function answer({ query, top, skip, format }: GraphQuery, table: KqlTable): SandboxResponse {
  const rows = table.rows.slice(skip, skip + top);
  const end = skip + rows.length;
  const more = end < table.rows.length;
  const pages = table.columns.some(({ name }) => name === 'id') && !/\|\s*(limit|take|sample)\b/i.test(query);
  const body: JsonObject = {
    totalRecords: table.rows.length,
    count: rows.length,
    resultTruncated: more && !pages ? 'true' : 'false',
    facets: [],
    ...(more && pages ? { $skipToken: skipTokenOf(query, end) } : {}),
    data: format === 'table' ? asTable(table, rows) : rows.map((row) => asObject(table, row)),
  };
  return { status: 200, headers: { ...quota, 'x-ms-ratelimit-remaining-tenant-resource-requests': '14' }, body };
}

function asObject({ columns: all }: KqlTable, row: readonly unknown[]): JsonObject {
  return Object.fromEntries(all.map(({ name }, index) => [name, (row[index] ?? null) as Json]));
}

function asTable(table: KqlTable, rows: KqlTable['rows']): JsonObject {
  const names: Readonly<Record<string, string>> = {
    bool: 'boolean',
    datetime: 'datetime',
    decimal: 'number',
    dynamic: 'object',
    int: 'integer',
    long: 'integer',
    real: 'number',
  };
  const described = table.columns.map(({ name, type }) => ({ name, type: names[type] ?? 'string' }));
  return { columns: described, rows: rows as readonly Json[] };
}

function describe({ code, message, line, column }: KqlError): readonly JsonObject[] {
  const general = {
    code: 'InvalidQuery',
    message:
      'Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the error before retrying.',
  };
  const where = line === undefined ? {} : { line, characterPositionInLine: column ?? 0 };
  return [general, { code: code === 'SyntaxError' ? 'ParserFailure' : code, message, ...where }];
}

function refuse(world: World, details: readonly JsonObject[]): SandboxResponse {
  const message = `Please provide below info when asking for support: timestamp = ${world.now().toISOString()}, correlationId = ${randomUUID()}.`;
  return { status: 400, headers: quota, body: { error: { code: 'BadRequest', message, details } } };
}
