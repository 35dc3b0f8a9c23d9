import { isRecord } from '../checks.ts';
import { clouds } from '../clouds.ts';
import { keyOf } from '../dns/resource-ids.ts';
import { parameter, type SandboxRequest, type SandboxResponse, startServer } from '../http.ts';
import type { KqlTable } from '../kql/engine.ts';
import { isAtOrBelow, isUnreadable } from '../resource-manager/scopes.ts';
import { checkToken } from '../tokens.ts';
import type { Estate, Json, JsonObject, RunningServer, TlsMaterial, World } from '../types.ts';
import {
  badArgument,
  partialError,
  queryFailure,
  refusal,
  statusBody,
  unauthorized,
  workspaceNotFound,
} from './log-errors.ts';
import { type QueryScope, runInScope, type TelemetryWorkspace } from './log-query.ts';
import { findByCustomerId, findWorkspace, type LogWorkspace, workspacesOf } from './log-workspaces.ts';
import { parseTimeSpan } from './time-span.ts';

/** limits of one answer (HF 7): rows, and bytes before compression */
const MOST_ROWS = 500_000;
const MOST_BYTES = 100_000_000;
const MOST_RESOURCES = 100;

interface Asked {
  readonly query: string;
  readonly timespan: string | undefined;
  readonly workspaces: readonly string[];
}

export interface LogsOptions {
  /** the app's own workspace, if it is to be queried here too */
  readonly telemetry?: TelemetryWorkspace;
}

/** The log query API, v1: queries of a workspace and of a resource, in Azure's shapes. */
export function startLogs(world: World, tls: TlsMaterial, options: LogsOptions = {}): Promise<RunningServer> {
  return startServer({
    world,
    tls,
    target: 'logs',
    handle: (request) => answer(request, world, options.telemetry),
    errorBody: (status) => statusBody(status),
    partial: halved,
  });
}

function answer(request: SandboxRequest, world: World, telemetry: TelemetryWorkspace | undefined): SandboxResponse {
  const estate = world.estate();
  const failure = checkToken(request, world, clouds[estate.cloud].logs);
  if (failure !== undefined) return unauthorized(failure);
  const target = /^\/v1(\/.+)\/query$/i.exec(request.path)?.[1];
  if (target === undefined || (request.method !== 'GET' && request.method !== 'POST')) return refusal(404);
  const asked = readAsked(request);
  if ('status' in asked) return asked;
  const scope = scopeOf(estate, target, telemetry);
  if ('status' in scope) return scope;
  const more = additional(estate, asked.workspaces, telemetry);
  if ('status' in more) return more;
  const span = asked.timespan === undefined ? undefined : parseTimeSpan(asked.timespan, world.now());
  if (asked.timespan !== undefined && span === undefined) {
    return badArgument({ code: 'QueryValidationError', message: `Failed parsing timespan '${asked.timespan}'` });
  }
  const workspaces = [
    ...new Map([...scope.workspaces, ...more.workspaces].map((one) => [keyOf(one.id), one])).values(),
  ];
  const result = runInScope(world, { ...scope, workspaces }, asked.query, span, telemetry);
  return 'error' in result ? queryFailure(result.error) : success(request, result);
}

function readAsked(request: SandboxRequest): Asked | SandboxResponse {
  const named = (value: unknown) => (Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []);
  let asked: Asked;
  if (request.method === 'GET') {
    const workspaces = parameter(request, 'workspaces')?.split(',') ?? [];
    asked = { query: parameter(request, 'query') ?? '', timespan: parameter(request, 'timespan'), workspaces };
  } else {
    const body = parseBody(request.body);
    if (body === undefined) return badArgument({ code: 'InvalidJsonBody', message: 'Unable to parse the JSON body' });
    const { query, timespan = parameter(request, 'timespan'), workspaces } = body;
    asked = {
      query: typeof query === 'string' ? query : '',
      timespan: typeof timespan === 'string' && timespan !== '' ? timespan : undefined,
      workspaces: named(workspaces),
    };
  }
  if (asked.query.trim() === '')
    return badArgument({ code: 'QueryValidationError', message: 'Query cannot be null or empty' });
  return asked;
}

function parseBody(text: string): { readonly [key: string]: unknown } | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return isRecord(body) ? body : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** the workspaces behind `/workspaces/{customer id}` or behind a resource id */
function scopeOf(
  estate: Estate,
  target: string,
  telemetry: TelemetryWorkspace | undefined,
): QueryScope | SandboxResponse {
  const customerId = /^\/workspaces\/([^/]+)$/i.exec(target)?.[1];
  if (customerId !== undefined) {
    const own = telemetry?.customerId === customerId.toLowerCase() ? telemetry : undefined;
    return readable(estate, findByCustomerId(estate, customerId) ?? own);
  }
  if (!/^\/subscriptions\/[^/]+/i.test(target)) return refusal(404);
  const workspace =
    findWorkspace(estate, keyOf(target)) ?? (keyOf(telemetry?.id) === keyOf(target) ? telemetry : undefined);
  if (workspace !== undefined) return readable(estate, workspace);
  const exists = estate.resources.some((document) => isAtOrBelow(document.id, target));
  if (!exists) return refusal(404);
  if (isUnreadable(estate, target)) return refusal(403);
  return { workspaces: workspacesOf(estate), resource: target };
}

function additional(
  estate: Estate,
  names: readonly string[],
  telemetry: TelemetryWorkspace | undefined,
): QueryScope | SandboxResponse {
  if (names.length >= MOST_RESOURCES) {
    return badArgument({
      code: 'QueryValidationError',
      message: `A query may span ${MOST_RESOURCES} resources at most`,
    });
  }
  const found: LogWorkspace[] = [];
  for (const name of names) {
    const own = [telemetry?.customerId, telemetry?.id.toLowerCase()].includes(name.toLowerCase())
      ? telemetry
      : undefined;
    const one = readable(estate, findWorkspace(estate, name) ?? own);
    if ('status' in one) return one;
    found.push(...one.workspaces);
  }
  return { workspaces: found };
}

function readable(estate: Estate, workspace: LogWorkspace | undefined): QueryScope | SandboxResponse {
  if (workspace === undefined) return workspaceNotFound();
  return isUnreadable(estate, workspace.id) ? refusal(403) : { workspaces: [workspace] };
}

function success(request: SandboxRequest, table: KqlTable): SandboxResponse {
  const { rows, problem } = withinLimits(table.rows.map((row) => row.map(toJson)));
  const tables: Json = [
    { name: 'PrimaryResult', columns: table.columns.map(({ name, type }) => ({ name, type })), rows },
  ];
  const prefer = String(request.headers.prefer ?? '').toLowerCase();
  const size = { tableRowCount: rows.length, tableSize: rows.length === 0 ? 0 : JSON.stringify(rows).length };
  return {
    status: 200,
    body: {
      tables,
      ...(prefer.includes('include-statistics=true')
        ? { statistics: { query: { executionTime: 0.0156, datasetStatistics: [size] } } }
        : {}),
      ...(prefer.includes('include-render=true') ? { render: { visualization: null } } : {}),
      ...(problem === undefined ? {} : { error: partialError(problem) }),
    },
  };
}

/** What exceeds a limit is cut off and told beside the tables, with status 200: a partial result. */
function withinLimits(rows: readonly (readonly Json[])[]): {
  readonly rows: readonly (readonly Json[])[];
  readonly problem?: string;
} {
  if (rows.length > MOST_ROWS) {
    return {
      rows: rows.slice(0, MOST_ROWS),
      problem: `The results of this query exceed the set limit of ${MOST_ROWS} records.`,
    };
  }
  let bytes = 0;
  for (const [index, row] of rows.entries()) {
    bytes += JSON.stringify(row).length;
    if (bytes > MOST_BYTES) {
      return {
        rows: rows.slice(0, index),
        problem: `The results of this query exceed the set limit of ${MOST_BYTES} bytes.`,
      };
    }
  }
  return { rows };
}

/** The API prints a long in full, also where JavaScript's numbers end. */
function toJson(cell: unknown): Json {
  if (typeof cell !== 'bigint') return (cell ?? null) as Json;
  const raw = JSON as typeof JSON & { rawJSON(text: string): Json };
  return raw.rawJSON(String(cell));
}

/** `partial`: 200 with the first half of the rows and an error beside the tables. */
function halved(response: SandboxResponse): SandboxResponse {
  const body = response.body;
  if (response.status !== 200 || !isRecord(body) || !Array.isArray(body.tables)) return response;
  const tables = (body.tables as readonly JsonObject[]).map((table) => {
    const rows = Array.isArray(table.rows) ? table.rows : [];
    return { ...table, rows: rows.slice(0, Math.floor(rows.length / 2)) };
  });
  return {
    ...response,
    body: { ...body, tables, error: partialError('Query execution lacks memory resources to complete.') } as JsonObject,
  };
}
