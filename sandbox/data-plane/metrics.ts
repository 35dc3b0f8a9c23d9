/** Azure Monitor metrics: the regional batch endpoint, and what Resource Manager answers below a resource. */
import { isRecord } from '../checks.ts';
import { clouds } from '../clouds.ts';
import { parameter, type SandboxRequest, type SandboxResponse, startServer } from '../http.ts';
import { isAtOrBelow, isUnreadable } from '../resource-manager/scopes.ts';
import { typeOfId } from '../resource-manager/target.ts';
import { checkToken } from '../tokens.ts';
import type { Estate, Json, JsonObject, RunningServer, TlsMaterial, World } from '../types.ts';
import type { Span } from './log-tables.ts';
import {
  AGGREGATIONS,
  type Aggregation,
  INTERVALS,
  type MetricQuery,
  metricsOf,
  printTime,
  regionOf,
  unknownMetric,
} from './metric-series.ts';
import { parseDuration, parseTime, parseTimeSpan } from './time-span.ts';

const API_VERSIONS = ['2023-10-01', '2024-02-01'];
const MOST_RESOURCES = 50;
const MOST_METRICS = 20;

/** `POST /subscriptions/{id}/metrics:getBatch`; every region of the sandbox is behind this one server. */
export function startMetrics(world: World, tls: TlsMaterial): Promise<RunningServer> {
  return startServer({
    world,
    tls,
    target: 'metrics',
    handle: (request) => batch(request, world),
    errorBody: (status) => faultBody(status),
    partial: halved,
  });
}

/**
 * What `GET {resourceId}/providers/Microsoft.Insights/metrics` answers; the caller has checked token, api-version and
 * that the resource exists and may be read.
 */
export function resourceMetrics(world: World, resourceId: string, request: SandboxRequest): SandboxResponse {
  const timespan = parameter(request, 'timespan');
  const span = timespan === undefined ? lastHour(world) : parseTimeSpan(timespan, world.now());
  const namespace = parameter(request, 'metricnamespace') ?? typeOfId(resourceId);
  const query = readQuery(request, span, namespace);
  if ('status' in query) return query;
  const estate = world.estate();
  return {
    status: 200,
    body: {
      cost: Math.round((query.span.to.getTime() - query.span.from.getTime()) / 60_000),
      timespan: `${printTime(query.span.from.getTime())}/${printTime(query.span.to.getTime())}`,
      interval: query.interval,
      value: metricsOf(estate, resourceId, query),
      namespace: query.namespace,
      resourceregion: regionOf(estate, resourceId),
    },
  };
}

function batch(request: SandboxRequest, world: World): SandboxResponse {
  const estate = world.estate();
  if (checkToken(request, world, clouds[estate.cloud].metrics) !== undefined) {
    return refuse(401, 'InvalidAuthenticationToken', 'The access token is missing, expired or for another audience.');
  }
  const subscription = /^\/subscriptions\/([^/]+)\/metrics:getBatch$/i.exec(request.path)?.[1];
  if (subscription === undefined || request.method !== 'POST')
    return refuse(404, 'NotFound', 'The path does not exist.');
  if (!API_VERSIONS.includes(parameter(request, 'api-version') ?? '')) {
    return refuse(400, 'UnsupportedApiVersion', `The api-version must be one of ${API_VERSIONS.join(', ')}.`);
  }
  const namespace = parameter(request, 'metricnamespace');
  if (namespace === undefined) return badRequest('The metricnamespace parameter is required.');
  const query = readQuery(request, batchSpan(request, world), namespace);
  if ('status' in query) return query;
  const ids = resourceIds(request.body);
  const problem = ids === undefined ? 'The body must hold resourceids.' : idsProblem(ids, subscription, namespace);
  if (ids === undefined || problem !== undefined) return badRequest(problem ?? '');
  const unreadable = ids.find((id) => isUnreadable(estate, id));
  if (unreadable !== undefined) return forbidden(estate, unreadable);
  const about = {
    starttime: printTime(query.span.from.getTime()),
    endtime: printTime(query.span.to.getTime()),
    interval: query.interval,
    namespace: query.namespace,
  };
  const values = ids.map((id) => ({
    ...about,
    resourceregion: regionOf(estate, id),
    resourceid: id,
    value: metricsOf(estate, id, query),
  }));
  return { status: 200, body: { values } };
}

function readQuery(request: SandboxRequest, span: Span | undefined, namespace: string): MetricQuery | SandboxResponse {
  if (span === undefined || span.from >= span.to) return badRequest('The time range is not valid.');
  const names = split(parameter(request, 'metricnames'));
  if (names.length === 0 || names.length > MOST_METRICS) return badRequest(`Name 1 to ${MOST_METRICS} metrics.`);
  const interval = (parameter(request, 'interval') ?? 'PT1M').toUpperCase();
  const whole = interval === 'FULL';
  if (!whole && !INTERVALS.includes(interval)) {
    return badRequest(`Detected invalid time grain input '${interval}'. Valid: ${INTERVALS.join(',')}`);
  }
  const intervalMs = whole ? span.to.getTime() - span.from.getTime() : (parseDuration(interval) ?? 0);
  const asked = split(parameter(request, 'aggregation') ?? 'average').map((one) => one.toLowerCase());
  const aggregations = AGGREGATIONS.filter((one: Aggregation) => asked.includes(one));
  if (aggregations.length !== new Set(asked).size)
    return badRequest(`The aggregation '${asked.join(',')}' is not valid.`);
  const query = { namespace, names, span, interval, intervalMs, aggregations };
  const problem = unknownMetric(query);
  return problem === undefined ? query : badRequest(problem);
}

function batchSpan(request: SandboxRequest, world: World): Span | undefined {
  const [start, end] = [parameter(request, 'starttime'), parameter(request, 'endtime')];
  if (start === undefined) return end === undefined ? lastHour(world) : undefined;
  const from = parseTime(start);
  const to = end === undefined ? world.now() : parseTime(end);
  return from === undefined || to === undefined ? undefined : { from, to };
}

function lastHour(world: World): Span {
  const to = world.now();
  return { from: new Date(to.getTime() - 3_600_000), to };
}

function resourceIds(text: string): readonly string[] | undefined {
  try {
    const body: unknown = JSON.parse(text);
    const ids = isRecord(body) ? body.resourceids : undefined;
    return Array.isArray(ids) && ids.every((id) => typeof id === 'string') ? ids : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function idsProblem(ids: readonly string[], subscription: string, namespace: string): string | undefined {
  if (ids.length === 0 || ids.length > MOST_RESOURCES) return `A batch holds 1 to ${MOST_RESOURCES} resources.`;
  const scope = `/subscriptions/${subscription}`;
  if (!ids.every((id) => isAtOrBelow(id, scope))) return 'All resources must be in the subscription of the path.';
  if (!ids.every((id) => typeOfId(id) === namespace.toLowerCase()))
    return `All resources must be of type ${namespace}.`;
  return undefined;
}

function split(list: string | undefined): readonly string[] {
  return (list ?? '').split(',').flatMap((one) => one.trim() || []);
}

function refuse(status: number, code: string, message: string): SandboxResponse {
  return { status, body: { error: { code, message } } };
}

function badRequest(message: string): SandboxResponse {
  return refuse(400, 'BadRequest', message);
}

function forbidden(estate: Estate, id: string): SandboxResponse {
  const action = 'Microsoft.Insights/metrics/read';
  const message = `The client '${estate.monitor.principalId}' does not have authorization to perform action '${action}' over scope '${id}'.`;
  return refuse(403, 'AuthorizationFailed', message);
}

function faultBody(status: number): Json {
  const codes: Readonly<Record<number, string>> = {
    401: 'InvalidAuthenticationToken',
    403: 'AuthorizationFailed',
    429: 'TooManyRequests',
  };
  return { error: { code: codes[status] ?? 'InternalServerError', message: 'The metrics could not be read.' } };
}

/** `partial`: 200 with the first half of the resources and an error beside them. */
function halved(response: SandboxResponse): SandboxResponse {
  const body = response.body;
  if (!isRecord(body) || !Array.isArray(body.values)) return response;
  const values = body.values.slice(0, Math.floor(body.values.length / 2)) as readonly JsonObject[];
  const error = { code: 'PartialResult', message: 'The service could return only a part of the result.' };
  return { ...response, body: { values, error } };
}
