/** `Microsoft.Insights`: diagnostic settings and their categories, metric definitions, the activity log. */
import { asJson, textAt } from '../documents.ts';
import { deriveId } from '../estate.ts';
import { parameter, type SandboxResponse } from '../http.ts';
import type { AzureDocument, Estate, Json, JsonObject } from '../types.ts';
import { failure, found, page, resourceNotFound } from './answers.ts';
import type { Call } from './call.ts';
import { isAtOrBelow, isUnreadable, normalise } from './scopes.ts';
import { readTarget, resourceGroupOf, subscriptionOf, typeOfId } from './target.ts';

/** Log categories per type (fact base 4.1) and metrics (8.3). */
const offers: Readonly<Record<string, { readonly logs: readonly string[]; readonly metrics: readonly string[] }>> = {
  'microsoft.healthcareapis/services': {
    logs: ['AuditLogs', 'DiagnosticLogs'],
    metrics: [
      'Availability',
      'TotalErrors',
      'TotalLatency',
      'TotalRequests',
      'CosmosDbCollectionSize',
      'CosmosDbThrottleRate',
    ],
  },
  'microsoft.healthcareapis/workspaces/fhirservices': {
    logs: ['AuditLogs'],
    metrics: ['Availability', 'TotalErrors', 'TotalDataSize', 'TotalLatency', 'TotalRequests'],
  },
  'microsoft.healthcareapis/workspaces/dicomservices': {
    logs: ['AuditLogs', 'DiagnosticLogs'],
    metrics: ['ImportsProcessed'],
  },
  'microsoft.healthcareapis/workspaces/iotconnectors': {
    logs: ['DiagnosticLogs'],
    metrics: ['IotConnectorStatus', 'TotalErrors', 'DeviceEvent', 'DroppedEvent', 'NormalizedEvent', 'Measurement'],
  },
};

/** Answers for a type of this namespace, or undefined for one that is not served here. */
export function insights(call: Call): SandboxResponse | undefined {
  const { target } = call;
  const type = target.type.toLowerCase();
  if (type === 'diagnosticsettings') return onResource(call, diagnosticSettings);
  if (type === 'diagnosticsettingscategories') return onResource(call, categories);
  if (type === 'metricdefinitions' && target.isList) return onResource(call, metricDefinitions);
  if (type === 'eventtypes/values' && target.names[0]?.toLowerCase() === 'management') return activityLog(call);
  return undefined;
}

/** Extension reads of a resource that is not there answer 404. */
function onResource(call: Call, answer: (call: Call) => SandboxResponse): SandboxResponse {
  if (call.inventory.paths.has(normalise(call.target.scope))) return answer(call);
  return resourceNotFound(readTarget(call.target.scope) ?? call.target);
}

const settings = new WeakMap<Estate, ReadonlyMap<string, readonly AzureDocument[]>>();

/** By the collection that they stand in. */
function settingsOf(estate: Estate): ReadonlyMap<string, readonly AzureDocument[]> {
  const known =
    settings.get(estate) ??
    Map.groupBy(estate.diagnosticSettings, ({ id }) => {
      const path = normalise(id);
      return path.slice(0, path.lastIndexOf('/'));
    });
  settings.set(estate, known);
  return known;
}

function diagnosticSettings({ request, estate, target }: Call): SandboxResponse {
  const collection = normalise(`${target.scope}/providers/microsoft.insights/diagnosticSettings`);
  const rows = settingsOf(estate).get(collection) ?? [];
  if (target.isList) return page(request, rows.map(asJson));
  const one = rows.find(({ id }) => normalise(id) === normalise(target.path));
  return one
    ? found(asJson(one))
    : failure(404, 'ResourceNotFound', `The diagnostic setting '${target.names[0]}' doesn't exist.`);
}

function categories({ request, inventory, target }: Call): SandboxResponse {
  const own = (inventory.byType.get('microsoft.insights/diagnosticsettingscategories') ?? []).filter(({ id }) =>
    isAtOrBelow(id, target.scope),
  );
  const rows: readonly Json[] = own.length > 0 ? own.map(asJson) : categoriesOf(target.scope);
  if (target.isList) return page(request, rows);
  const one = rows.find((row) => normalise(textAt(row, 'id') ?? '') === normalise(target.path));
  return one === undefined
    ? failure(404, 'ResourceNotFound', `The category '${target.names[0]}' doesn't exist.`)
    : found(one);
}

function categoriesOf(scope: string): readonly JsonObject[] {
  const offer = offerOf(scope);
  const category = (name: string, properties: JsonObject): JsonObject => ({
    id: `${scope}/providers/microsoft.insights/diagnosticSettingsCategories/${name}`,
    type: 'microsoft.insights/diagnosticSettingsCategories',
    name,
    properties,
  });
  return [
    ...offer.logs.map((name) => category(name, { categoryType: 'Logs', categoryGroups: ['allLogs'] })),
    ...(offer.metrics.length > 0 ? [category('AllMetrics', { categoryType: 'Metrics' })] : []),
  ];
}

function metricDefinitions({ request, target }: Call): SandboxResponse {
  const rows = offerOf(target.scope).metrics.map((name) => ({
    id: `${target.scope}/providers/microsoft.insights/metricdefinitions/${name}`,
    resourceId: target.scope,
    namespace: typeOfId(target.scope),
    name: { value: name, localizedValue: name },
    isDimensionRequired: false,
    unit: 'Count',
    primaryAggregationType: name === 'Availability' || name === 'TotalLatency' ? 'Average' : 'Total',
    metricAvailabilities: [{ timeGrain: 'PT1M', retention: 'P93D' }],
  }));
  return page(request, rows);
}

function offerOf(scope: string): (typeof offers)[string] {
  const type = typeOfId(scope);
  return (Object.hasOwn(offers, type) ? offers[type] : undefined) ?? { logs: [], metrics: [] };
}

/** The activity log of a subscription; Azure demands a time in the filter. */
function activityLog({ request, estate, target }: Call): SandboxResponse {
  const filter = parameter(request, '$filter') ?? '';
  const term = (key: string, operator: string) =>
    new RegExp(`\\b${key}\\s+${operator}\\s+'([^']+)'`, 'i').exec(filter)?.[1];
  const from = Date.parse(term('eventTimestamp', 'ge') ?? '');
  const to = term('eventTimestamp', 'le');
  if (Number.isNaN(from))
    return failure(400, 'BadRequest', 'The $filter query parameter must hold eventTimestamp ge and a time.');
  const [uri, group] = [term('resourceUri', 'eq') ?? term('resourceId', 'eq'), term('resourceGroupName', 'eq')];
  const rows = estate.activity
    .filter(({ resourceId }) => typeof resourceId === 'string' && isAtOrBelow(resourceId, target.scope))
    .filter((entry) => {
      const [id, at] = [String(entry.resourceId), Date.parse(String(entry.at))];
      if (isUnreadable(estate, id) || at < from || (to !== undefined && at > Date.parse(to))) return false;
      if (uri !== undefined && !isAtOrBelow(id, uri)) return false;
      return group === undefined || resourceGroupOf(id)?.toLowerCase() === group.toLowerCase();
    })
    .toSorted((one, other) => Date.parse(String(other.at)) - Date.parse(String(one.at)));
  return page(
    request,
    rows.map((entry) => event(estate, entry)),
  );
}

function event(estate: Estate, entry: JsonObject): JsonObject {
  const resourceId = String(entry.resourceId);
  const at = new Date(String(entry.at)).toISOString();
  const operation = textAt(entry, 'operation') ?? `${typeOfId(resourceId)}/write`;
  const caller = textAt(entry, 'caller') ?? null;
  const eventDataId = deriveId('event', resourceId, at, operation);
  return {
    authorization: { action: operation, scope: resourceId },
    caller,
    channels: 'Operation',
    correlationId: deriveId('correlation', eventDataId),
    description: '',
    eventDataId,
    eventName: { value: 'EndRequest', localizedValue: 'End request' },
    category: { value: 'Administrative', localizedValue: 'Administrative' },
    eventTimestamp: at,
    submissionTimestamp: at,
    id: `${resourceId}/events/${eventDataId}/ticks/${Date.parse(at)}0000`,
    level: 'Informational',
    operationId: deriveId('operation', eventDataId),
    operationName: { value: operation, localizedValue: operation },
    resourceGroupName: resourceGroupOf(resourceId) ?? '',
    resourceId,
    resourceType: { value: typeOfId(resourceId), localizedValue: typeOfId(resourceId) },
    status: { value: 'Succeeded', localizedValue: 'Succeeded' },
    subStatus: { value: '', localizedValue: '' },
    subscriptionId: subscriptionOf(resourceId) ?? '',
    tenantId: estate.tenantId,
    properties: entry.changes === undefined ? {} : { changes: entry.changes },
  };
}
