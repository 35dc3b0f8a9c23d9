/** Platform metrics of the estate as Azure Monitor prints them: points put into buckets, gaps without a value. */
import { documentAt, isOfType, keyOf } from '../dns/resource-ids.ts';
import { typeOfId } from '../resource-manager/target.ts';
import type { Estate, Json, JsonObject } from '../types.ts';
import type { Span } from './log-tables.ts';

export interface MetricQuery {
  readonly namespace: string;
  readonly names: readonly string[];
  readonly span: Span;
  /** as asked for, e.g. PT1H, and its length; `FULL` is one bucket */
  readonly interval: string;
  readonly intervalMs: number;
  readonly aggregations: readonly Aggregation[];
}

export type Aggregation = (typeof AGGREGATIONS)[number];

export const AGGREGATIONS = ['average', 'count', 'maximum', 'minimum', 'total'] as const;
/** grains that the platform keeps */
export const INTERVALS = ['PT1M', 'PT5M', 'PT15M', 'PT30M', 'PT1H', 'PT6H', 'PT12H', 'P1D'];

/** metrics that exist per type (HF 8.3), with their units; another type may have any */
const OFFERED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'microsoft.healthcareapis/services': {
    Availability: 'Percent',
    TotalErrors: 'Count',
    TotalLatency: 'MilliSeconds',
    TotalRequests: 'Count',
    CosmosDbCollectionSize: 'Bytes',
    CosmosDbIndexSize: 'Bytes',
    CosmosDbRequestCharge: 'Count',
    CosmosDbRequests: 'Count',
    CosmosDbThrottleRate: 'Count',
    IoTConnectorDeviceEvent: 'Count',
    IoTConnectorTotalErrors: 'Count',
  },
  'microsoft.healthcareapis/workspaces/fhirservices': {
    Availability: 'Percent',
    TotalErrors: 'Count',
    TotalDataSize: 'Bytes',
    TotalLatency: 'MilliSeconds',
    TotalRequests: 'Count',
  },
  'microsoft.healthcareapis/workspaces/dicomservices': { ImportsProcessed: 'Count' },
  'microsoft.healthcareapis/workspaces/iotconnectors': {
    IotConnectorStatus: 'Percent',
    TotalErrors: 'Count',
    DeviceEvent: 'Count',
    DroppedEvent: 'Count',
    NormalizedEvent: 'Count',
    Measurement: 'Count',
    MeasurementGroup: 'Count',
    FhirResourceSaved: 'Count',
    DeviceEventProcessingLatencyMs: 'Milliseconds',
    MeasurementIngestionLatencyMs: 'Milliseconds',
  },
};

/** why a metric cannot be asked of the type; undefined: it can */
export function unknownMetric(query: MetricQuery): string | undefined {
  const offered = OFFERED[query.namespace.toLowerCase()];
  if (offered === undefined) return undefined;
  const valid = Object.keys(offered);
  const wrong = query.names.find((name) => !valid.some((one) => one.toLowerCase() === name.toLowerCase()));
  if (wrong === undefined) return undefined;
  const [provider, ...type] = query.namespace.split('/');
  return `Failed to find metric configuration for provider: ${provider}, resource Type: ${type.join('/')}, metric: ${wrong}, Valid metrics: ${valid.join(',')}`;
}

/** The metrics of one resource; a resource without the series has no time series at all. */
export function metricsOf(estate: Estate, resourceId: string, query: MetricQuery): readonly Json[] {
  return query.names.map((asked) => {
    const offered = OFFERED[query.namespace.toLowerCase()] ?? {};
    const [name, unit] = Object.entries(offered).find(([one]) => one.toLowerCase() === asked.toLowerCase()) ?? [
      asked,
      'Count',
    ];
    const localizedValue = name.replaceAll(/([a-z])([A-Z])/g, '$1 $2');
    const points = pointsOf(estate, resourceId, name);
    return {
      id: `${resourceId}/providers/Microsoft.Insights/metrics/${name}`,
      type: 'Microsoft.Insights/metrics',
      name: { value: name, localizedValue },
      displayDescription: localizedValue,
      errorCode: 'Success',
      unit,
      timeseries: points === undefined ? [] : [{ metadatavalues: [], data: bucket(points, query) }],
    };
  });
}

export function regionOf(estate: Estate, resourceId: string): string {
  const type = typeOfId(resourceId);
  const found = documentAt(estate, keyOf(resourceId));
  const document = found && isOfType(found, type) ? found : undefined;
  return typeof document?.location === 'string' ? document.location.toLowerCase().replaceAll(' ', '') : 'global';
}

type Point = readonly [time: string, value: number];

const holders = new WeakMap<Estate, ReadonlyMap<string, readonly [string, Estate['metrics'][string]][]>>();

function pointsOf(estate: Estate, resourceId: string, name: string): readonly Point[] | undefined {
  const known = holders.get(estate) ?? Map.groupBy(Object.entries(estate.metrics), ([id]) => keyOf(id));
  holders.set(estate, known);
  const series = (known.get(keyOf(resourceId)) ?? [])
    .flatMap(([, byName]) => Object.entries(byName))
    .filter(([one]) => one.toLowerCase() === name.toLowerCase());
  return series.length === 0 ? undefined : series.flatMap(([, points]) => points);
}

/** Buckets begin at the start of the span, to the minute; one without a point has a time and no value. */
function bucket(points: readonly Point[], { span, intervalMs, aggregations }: MetricQuery): readonly JsonObject[] {
  const start = Math.floor(span.from.getTime() / 60_000) * 60_000;
  const buckets: { readonly timeStamp: string; readonly values: number[] }[] = [];
  for (let time = start; time < span.to.getTime(); time += intervalMs) {
    buckets.push({ timeStamp: printTime(time), values: [] });
  }
  for (const [time, value] of points) {
    const at = Date.parse(time);
    if (at >= start && at < span.to.getTime()) buckets[Math.floor((at - start) / intervalMs)]?.values.push(value);
  }
  return buckets.map(({ timeStamp, values }) => {
    if (values.length === 0) return { timeStamp };
    const chosen = aggregations.map((aggregation) => [aggregation, aggregate(aggregation, values)] as const);
    return { timeStamp, ...Object.fromEntries(chosen) };
  });
}

function aggregate(aggregation: Aggregation, values: readonly number[]): number {
  const total = values.reduce((sum, value) => sum + value, 0);
  switch (aggregation) {
    case 'total':
      return total;
    case 'count':
      return values.length;
    case 'average':
      return total / values.length;
    case 'minimum':
      return Math.min(...values);
    case 'maximum':
      return Math.max(...values);
  }
}

export function printTime(time: number): string {
  return new Date(time).toISOString().replace('.000Z', 'Z');
}
