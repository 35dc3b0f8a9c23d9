/** Application Insights: takes telemetry as its ingestion endpoint does, and keeps it as tables of the app's workspace. */

import { keyOf, segmentsOf } from '../dns/resource-ids.ts';
import { deriveId } from '../estate.ts';
import { type SandboxRequest, type SandboxResponse, startServer } from '../http.ts';
import type { KqlTable } from '../kql/engine.ts';
import { checkToken } from '../tokens.ts';
import type { Json, JsonObject, RunningServer, TlsMaterial, World } from '../types.ts';
import { KNOWN_TABLES } from './known-tables.ts';
import type { TelemetryWorkspace } from './log-query.ts';
import { knownTable, type Tables } from './log-tables.ts';
import { type Reception, refusalOf, rowsOf, type TelemetryRow } from './telemetry-rows.ts';

export interface IngestionOptions {
  /** the app's own workspace; default: one of a subscription of its own, beside the estate */
  readonly workspace?: { readonly id: string; readonly customerId: string };
}

export interface RunningIngestion extends RunningServer {
  /** what APPLICATIONINSIGHTS_CONNECTION_STRING holds */
  readonly connectionString: string;
  /** where the rows are queried; give it to the log query API */
  readonly workspace: TelemetryWorkspace;
  /** everything accepted so far: AppEvents, AppAvailabilityResults, AppMetrics, AppTraces, AppExceptions */
  telemetryTables(): Tables;
  /** adds rows that others than the app wrote, such as the results of web tests from outside */
  addRows(table: string, rows: readonly JsonObject[]): void;
}

/** a batch as it arrived; a fault may take back a part of it */
interface Batch {
  rows: readonly (readonly TelemetryRow[])[];
}

interface Refused {
  readonly index: number;
  readonly statusCode: number;
  readonly message: string;
}

const APP_TABLES = ['AppEvents', 'AppAvailabilityResults', 'AppMetrics', 'AppTraces', 'AppExceptions'];

export async function startIngestion(
  world: World,
  tls: TlsMaterial,
  options: IngestionOptions = {},
): Promise<RunningIngestion> {
  const { name, tenantId } = world.estate();
  const group = `/subscriptions/${deriveId('monitor subscription', name)}/resourceGroups/rg-fhirwatch/providers`;
  const { id, customerId } = options.workspace ?? {
    id: `${group}/Microsoft.OperationalInsights/workspaces/log-fhirwatch`,
    customerId: deriveId('monitor workspace', name),
  };
  const instrumentationKey = deriveId('instrumentation key', name);
  const resourceId = `${group}/Microsoft.Insights/components/appi-fhirwatch`;
  const reception = (): Reception => ({ instrumentationKey, resourceId, customerId, now: world.now() });

  const batches: Batch[] = [];
  const batchOf = new WeakMap<SandboxRequest, Batch>();
  const added: TelemetryRow[] = [];
  let tables: Tables | undefined;
  const telemetryTables = (): Tables => {
    tables ??= toTables([...batches.flatMap((batch) => batch.rows.flat()), ...added]);
    return tables;
  };
  const track = (request: SandboxRequest): SandboxResponse => {
    const items = readItems(request.body);
    if (items === undefined) return acknowledge(0, [{ index: 0, statusCode: 400, message: '100: Invalid JSON' }]);
    const received = reception();
    const refused = items.flatMap((item, index): Refused[] => {
      const message = refusalOf(item, received);
      return message === undefined ? [] : [{ index, statusCode: 400, message }];
    });
    const bad = new Set(refused.map(({ index }) => index));
    const batch: Batch = { rows: items.map((item, index) => (bad.has(index) ? [] : rowsOf(item, received))) };
    batches.push(batch);
    batchOf.set(request, batch);
    tables = undefined;
    return acknowledge(items.length, refused);
  };
  /** `partial`: the second half of a batch is not accepted and may be sent again */
  const halve = (response: SandboxResponse, request: SandboxRequest): SandboxResponse => {
    const batch = batchOf.get(request);
    if (batch === undefined) return response;
    const count = batch.rows.length;
    const kept = Math.floor(count / 2);
    batch.rows = batch.rows.slice(0, kept);
    tables = undefined;
    const refused = Array.from({ length: count - kept }, (_, index) => ({
      index: kept + index,
      statusCode: 500,
      message: 'Internal Server Error',
    }));
    return acknowledge(count, refused, 206);
  };

  const server = await startServer({
    world,
    tls,
    target: 'insights',
    handle: (request) => answer(request, world, track),
    errorBody: (status) => ({
      itemsReceived: 0,
      itemsAccepted: 0,
      errors: [{ index: 0, statusCode: status, message: 'Request failed' }],
    }),
    partial: halve,
  });
  const connectionString = [
    `InstrumentationKey=${instrumentationKey}`,
    `IngestionEndpoint=${server.url}/`,
    `LiveEndpoint=${server.url}/`,
    `ApplicationId=${deriveId('application', name, tenantId)}`,
  ].join(';');
  return {
    ...server,
    connectionString,
    workspace: {
      id,
      customerId: customerId.toLowerCase(),
      name: segmentsOf(keyOf(id)).at(-1) ?? '',
      tables: telemetryTables,
    },
    telemetryTables,
    addRows: (table, rows) => {
      added.push(...rows.map((row) => ({ table, row: { TenantId: customerId, Type: table, ...row } })));
      tables = undefined;
    },
  };
}

function answer(
  request: SandboxRequest,
  world: World,
  track: (request: SandboxRequest) => SandboxResponse,
): SandboxResponse {
  const path = request.path.toLowerCase();
  // Live metrics asks every few seconds whether anybody watches: nobody does.
  if (path.startsWith('/quickpulseservice.svc/')) return { status: 200, headers: { 'x-ms-qps-subscribed': 'false' } };
  if (path !== '/v2.1/track' && path !== '/v2/track') return { status: 404 };
  if (request.method !== 'POST') return { status: 405 };
  // The key in each item opens the door; a token is checked where the client sends one.
  if (
    request.headers.authorization !== undefined &&
    checkToken(request, world, ['https://monitor.azure.com']) !== undefined
  ) {
    return acknowledge(0, [{ index: 0, statusCode: 401, message: 'Unauthorized' }], 401);
  }
  return track(request);
}

/** 200 if all was accepted, 206 if some, 400 if nothing */
function acknowledge(received: number, refused: readonly Refused[], status?: number): SandboxResponse {
  const accepted = Math.max(0, received - refused.length);
  const body: Json = {
    itemsReceived: received,
    itemsAccepted: accepted,
    appId: null,
    errors: refused.map((one) => ({ ...one })),
  };
  return { status: status ?? (refused.length === 0 ? 200 : accepted > 0 ? 206 : 400), body };
}

/** a JSON array, one object, or one object a line */
function readItems(text: string): readonly Json[] | undefined {
  const whole = parse(text);
  if (Array.isArray(whole)) return whole;
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const items = lines.map(parse).filter((item) => item !== undefined);
  if (items.length > 0 && items.length === lines.length) return items;
  return whole === undefined ? undefined : [whole];
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The tables of Application Insights exist in a workspace from the start, with or without rows. */
function toTables(rows: readonly TelemetryRow[]): Tables {
  const named = Map.groupBy(rows, ({ table }) => table);
  const names = new Set([...APP_TABLES, ...named.keys()]);
  return new Map<string, KqlTable>(
    [...names].map((name) => [
      name,
      knownTable(
        (named.get(name) ?? []).map(({ row }) => row),
        KNOWN_TABLES.get(name),
      ),
    ]),
  );
}
