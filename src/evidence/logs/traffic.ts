import type { Failure, Gathered, Service, ServiceKind, Traffic } from '../../model.ts';
import { normaliseId } from '../../rules/resource-id.ts';
import { type Azure, failed } from '../azure/client.ts';
import { CallError, inBrackets } from '../azure/failure.ts';
import { isObject, type JsonObject } from '../azure/json.ts';

export interface TrafficRequest {
  readonly service: Service;
  /** how many whole hours, counted back from 15 minutes ago */
  readonly hours: number;
}

const minute = 60_000;
const hour = 60 * minute;
/** rows of the last quarter of an hour may still be on their way (HF 4.5) */
const delay = 15 * minute;
const resourcesPerCall = 50;

/** Kinds with the metric `TotalRequests` (HF 8.3); DICOM has none. */
const namespaces: Partial<Record<ServiceKind, string>> = {
  apiForFhir: 'Microsoft.HealthcareApis/services',
  fhirService: 'Microsoft.HealthcareApis/workspaces/fhirservices',
};

/** `TotalRequests` of each service, by service id: one call per subscription, region and type for up to 50 services. */
export async function collectTraffic(
  requests: readonly TrafficRequest[],
  azure: Azure,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Gathered<Traffic>>> {
  const gathered = new Map<string, Gathered<Traffic>>();
  const asked: Asked[] = [];
  for (const request of requests) {
    const { id, kind, subscriptionId, location } = request.service;
    const namespace = namespaces[kind];
    // no metric: no series, so no hours
    if (namespace === undefined) gathered.set(id, { ok: true, value: { hours: [] }, sources: [], direct: true });
    else
      asked.push({ ...request, namespace, subscriptionId: subscriptionId.toLowerCase(), region: regionOf(location) });
  }
  const grouped = Map.groupBy(asked, ({ subscriptionId, region, namespace }) =>
    JSON.stringify([subscriptionId, region, namespace]),
  );
  await Promise.all(
    [...grouped.values()].flatMap(chunk).map(async (group) => {
      for (const [id, traffic] of await ask(group, azure, signal)) gathered.set(id, traffic);
    }),
  );
  return gathered;
}

interface Asked extends TrafficRequest {
  readonly namespace: string;
  readonly subscriptionId: string;
  readonly region: string;
}

/** `West Europe` and `westeurope` are one region. */
function regionOf(location: string): string {
  return location.toLowerCase().replaceAll(' ', '');
}

async function ask(
  group: readonly Asked[],
  azure: Azure,
  signal: AbortSignal,
): Promise<readonly (readonly [string, Gathered<Traffic>])[]> {
  const [first] = group;
  if (first === undefined) return [];
  const hours = Math.max(...group.map((one) => one.hours));
  // a day by the minute, longer spans by the quarter of an hour: 50 services then fit into one answer
  const grain = hours <= 24 ? minute : 15 * minute;
  const end = Math.floor((azure.now().getTime() - delay) / grain) * grain;
  const what = `metrics of ${group.length} services in ${first.region}`;
  const spread = (traffic: (one: Asked) => Gathered<Traffic>) =>
    group.map((one) => [one.service.id, traffic(one)] as const);
  // the region becomes part of a host name, and a token goes there
  if (!/^[a-z0-9]+$/.test(first.region)) {
    const failure = failed(new CallError('malformed', 'the location is no region'), 'metrics', azure.now());
    return spread(() => failure);
  }
  const query = new URLSearchParams({
    'api-version': '2024-02-01',
    metricnamespace: first.namespace,
    metricnames: 'TotalRequests',
    starttime: new Date(end - hours * hour).toISOString(),
    endtime: new Date(end).toISOString(),
    interval: grain === minute ? 'PT1M' : 'PT15M',
    aggregation: 'total',
  });
  const endpoint = azure.cloud.metrics.replace('{region}', first.region).replace(/\/+$/, '');
  const url = `${endpoint}/subscriptions/${encodeURIComponent(first.subscriptionId)}/metrics:getBatch?${query}`;
  const times = Array.from({ length: hours + 1 }, (_, hoursBack) => new Date(end - hoursBack * hour).toISOString());
  const body = { resourceids: group.map(({ service }) => service.id) };
  const answer = await azure.post(url, azure.cloud.metricsAudience, body, signal);
  if (!answer.ok && group.length > 1 && isAboutResources(answer)) {
    return (await Promise.all(group.map((one) => ask([one], azure, signal)))).flat();
  }
  if (!answer.ok) return spread(() => answer);
  return spread((one) => {
    try {
      return { ...answer, value: readTraffic(answer.value, one, times) };
    } catch (error) {
      return { ...failed(error, what, azure.now()), sources: answer.sources };
    }
  });
}

/** One resource that is gone or may not be read spoils a whole batch: then each is asked alone. */
function isAboutResources({ reason }: Failure): boolean {
  return reason === 'forbidden' || reason === 'not-found' || reason === 'malformed';
}

/**
 * Adds a resource's points up into hours. An answer without the resource is malformed; one without series has no hours.
 * `times` are the hours' ends, counted back.
 */
function readTraffic(answer: unknown, { service, hours }: TrafficRequest, times: readonly string[]): Traffic {
  if (isObject(answer) && isObject(answer.error)) {
    throw new CallError('malformed', `only part of the answer came${inBrackets(answer.error.code)}`);
  }
  const id = normaliseId(service.id);
  const resource = list(answer, 'values').find((one) => isObject(one) && normaliseId(text(one, 'resourceid')) === id);
  if (!isObject(resource)) throw new CallError('malformed', 'the answer lacks a service that was asked for');
  const metric = list(resource, 'value').find((one) => isObject(one) && isTotalRequests(one));
  if (!isObject(metric)) return { hours: [] };
  const { errorCode } = metric;
  if (errorCode !== undefined && errorCode !== null && errorCode !== 'Success') {
    throw new CallError('malformed', `the metric came with an error${inBrackets(errorCode)}`);
  }
  const series = list(metric, 'timeseries');
  if (series.length === 0) return { hours: [] };
  const requests = new Array<number>(hours).fill(0);
  const end = Date.parse(times[0] ?? '');
  for (const point of series.flatMap((one) => list(one, 'data'))) {
    const { at, total } = readPoint(point);
    const index = Math.ceil((end - at) / hour) - 1;
    if (index >= 0 && index < hours) requests[index] = (requests[index] ?? 0) + total;
  }
  return { hours: requests.map((count, i) => ({ from: times[i + 1] ?? '', to: times[i] ?? '', requests: count })) };
}

function isTotalRequests(metric: JsonObject): boolean {
  return isObject(metric.name) && text(metric.name, 'value').toLowerCase() === 'totalrequests';
}

/** A point without a total is a time without requests. */
function readPoint(point: unknown): { readonly at: number; readonly total: number } {
  if (!isObject(point)) throw new CallError('malformed', 'a point of the metric is no object');
  const at = Date.parse(text(point, 'timeStamp'));
  const total = point.total ?? 0;
  if (Number.isNaN(at)) throw new CallError('malformed', 'a point of the metric has no time');
  if (typeof total !== 'number' || !Number.isFinite(total) || total < 0) {
    throw new CallError('malformed', 'a point of the metric is no count');
  }
  return { at, total };
}

function list(holder: unknown, name: string): readonly unknown[] {
  const value = isObject(holder) ? holder[name] : undefined;
  if (!Array.isArray(value)) throw new CallError('malformed', `the answer has no list "${name}"`);
  return value;
}

function text(holder: JsonObject, name: string): string {
  const value = holder[name];
  if (typeof value !== 'string') throw new CallError('malformed', `the answer has no text "${name}"`);
  return value;
}

function chunk<T>(items: readonly T[]): readonly (readonly T[])[] {
  const count = Math.ceil(items.length / resourcesPerCall);
  return Array.from({ length: count }, (_, i) => items.slice(i * resourcesPerCall, (i + 1) * resourcesPerCall));
}
