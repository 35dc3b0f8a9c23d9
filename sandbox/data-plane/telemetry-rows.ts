/** From the envelopes of the ingestion protocol to rows of the App* tables, and what the service refuses on the way. */
import { textOf } from '../dns/resource-ids.ts';
import { at, listAt } from '../documents.ts';
import type { Json, JsonObject } from '../types.ts';

export interface TelemetryRow {
  readonly table: string;
  readonly row: JsonObject;
}

/** what is needed beside the envelope */
export interface Reception {
  readonly instrumentationKey: string;
  readonly resourceId: string;
  readonly customerId: string;
  readonly now: Date;
}

const TABLES: Readonly<Record<string, string>> = {
  EventData: 'AppEvents',
  AvailabilityData: 'AppAvailabilityResults',
  MetricData: 'AppMetrics',
  MessageData: 'AppTraces',
  ExceptionData: 'AppExceptions',
};
/** accepted as Azure accepts them; nothing here reads them */
const UNREAD = ['RequestData', 'RemoteDependencyData', 'PageViewData', 'PageViewPerfData'];
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  EventData: ['name'],
  AvailabilityData: ['id', 'name', 'duration', 'success'],
  MetricData: ['metrics'],
  MessageData: ['message'],
  ExceptionData: ['exceptions'],
};
const SEVERITIES = ['Verbose', 'Information', 'Warning', 'Error', 'Critical'];
const OLDEST_MS = 172_800_000;
const NEWEST_MS = 7_200_000;
const LARGEST_ITEM = 65_536;
const LONGEST_VALUE = 8192;

/** Why the service refuses the item, in its words; undefined: it takes it. */
export function refusalOf(item: Json, reception: Reception): string | undefined {
  if (!isObject(item)) return '100: Invalid JSON';
  if (JSON.stringify(item).length > LARGEST_ITEM) return '104: Telemetry item exceeds the maximum size of 65536 bytes';
  if (textOf(item.iKey)?.toLowerCase() !== reception.instrumentationKey) return 'Invalid instrumentation key';
  for (const field of ['name', 'time', 'data']) {
    if (item[field] === undefined || item[field] === null || item[field] === '') {
      return `102: Field '${field}' on type 'Envelope' is required but missing`;
    }
  }
  const age = reception.now.getTime() - Date.parse(String(item.time));
  if (Number.isNaN(age)) return "105: Field 'time' on type 'Envelope' is not a valid time";
  if (age > OLDEST_MS) return staleness('older than the allowed min date', `- ${OLDEST_MS}`, `- ${age}`);
  if (age < -NEWEST_MS) return staleness('newer than the allowed max date', `+ ${NEWEST_MS}`, `+ ${-age}`);
  const type = textOf(at(item.data, 'baseType')) ?? '';
  if (UNREAD.includes(type)) return undefined;
  if (TABLES[type] === undefined) return `107: Field 'baseType' on type 'Data' has the unknown value '${type}'`;
  const data = objectFrom(at(item.data, 'baseData'));
  const missing = REQUIRED[type]?.find(
    (field) => data[field] === undefined || data[field] === null || data[field] === '',
  );
  if (missing !== undefined) return `102: Field '${missing}' on type '${type}' is required but missing`;
  const duration = type === 'AvailabilityData' ? durationMs(data.duration) : 0;
  return duration === undefined
    ? "105: Field 'duration' on type 'AvailabilityData' is not a valid time span"
    : undefined;
}

function staleness(what: string, allowed: string, actual: string): string {
  return `103: Field 'time' on type 'Envelope' is ${what}. Expected: now ${allowed}ms, Actual: now ${actual}ms`;
}

/** The rows of an item that was taken: one, one for each metric, or none of the kinds that nobody reads. */
export function rowsOf(item: Json, reception: Reception): readonly TelemetryRow[] {
  const envelope = objectFrom(item);
  const type = textOf(at(envelope.data, 'baseType')) ?? '';
  const table = TABLES[type];
  if (table === undefined) return [];
  const data = objectFrom(at(envelope.data, 'baseData'));
  const common = commonColumns(envelope, data, table, reception);
  const bodies = type === 'MetricData' ? listAt(data, 'metrics').map(metric) : [BODIES[type]?.(data) ?? {}];
  return bodies.map((body) => ({ table, row: { ...common, ...body } }));
}

const BODIES: Readonly<Record<string, (data: JsonObject) => JsonObject>> = {
  EventData: (data) => ({ Name: text(data.name) }),
  AvailabilityData: (data) => ({
    Id: text(data.id),
    Name: text(data.name),
    Location: text(data.runLocation),
    Success: data.success === true || String(data.success).toLowerCase() === 'true',
    Message: text(data.message),
    DurationMs: durationMs(data.duration) ?? null,
  }),
  MessageData: (data) => ({ Message: text(data.message), SeverityLevel: severity(data.severityLevel) }),
  ExceptionData: (data) => {
    const chain = listAt(data, 'exceptions');
    const [outer, inner] = [chain[0], chain.at(-1)];
    return {
      ProblemId: text(data.problemId) ?? text(at(outer, 'typeName')),
      ExceptionType: text(at(outer, 'typeName')),
      OuterType: text(at(outer, 'typeName')),
      OuterMessage: text(at(outer, 'message')),
      InnermostType: text(at(inner, 'typeName')),
      InnermostMessage: text(at(inner, 'message')),
      SeverityLevel: severity(data.severityLevel),
      Details: chain,
    };
  },
};

function metric(one: Json): JsonObject {
  const value = at(one, 'value') ?? null;
  return {
    Name: text(at(one, 'name')),
    Sum: value,
    ItemCount: at(one, 'count') ?? 1,
    Min: at(one, 'min') ?? value,
    Max: at(one, 'max') ?? value,
  };
}

function commonColumns(envelope: JsonObject, data: JsonObject, table: string, reception: Reception): JsonObject {
  const tag = (name: string) => text(at(envelope.tags, `ai.${name}`));
  const rate = typeof envelope.sampleRate === 'number' && envelope.sampleRate > 0 ? envelope.sampleRate : 100;
  return {
    TenantId: reception.customerId,
    TimeGenerated: new Date(String(envelope.time)).toISOString(),
    _TimeReceived: reception.now.toISOString(),
    OperationId: tag('operation.id'),
    OperationName: tag('operation.name'),
    ParentId: tag('operation.parentId'),
    AppRoleName: tag('cloud.role'),
    AppRoleInstance: tag('cloud.roleInstance'),
    AppVersion: tag('application.ver'),
    SDKVersion: tag('internal.sdkVersion'),
    IKey: reception.instrumentationKey,
    ItemCount: Math.round(100 / rate),
    Properties: cut(objectFrom(data.properties)),
    Measurements: objectFrom(data.measurements),
    SourceSystem: 'Azure',
    Type: table,
    _ResourceId: reception.resourceId.toLowerCase(),
  };
}

/** the service cuts what is too long, and says nothing */
function cut(properties: JsonObject): JsonObject {
  const entries = Object.entries(properties).map(([name, value]) => {
    const printed = typeof value === 'string' ? value : JSON.stringify(value);
    return [name.slice(0, 150), printed.slice(0, LONGEST_VALUE)] as const;
  });
  return Object.fromEntries(entries);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectFrom(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function text(value: Json | undefined): string | null {
  return value === undefined || value === null ? null : String(value);
}

function severity(value: Json | undefined): number | null {
  if (typeof value === 'number') return value;
  const index = SEVERITIES.indexOf(String(value));
  return index < 0 ? null : index;
}

/** `[d.]hh:mm:ss[.fffffff]` in milliseconds */
function durationMs(value: Json | undefined): number | undefined {
  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2}(?:\.\d+)?)$/.exec(String(value));
  if (match === null) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}
