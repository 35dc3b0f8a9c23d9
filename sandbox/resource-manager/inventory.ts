/** What an estate holds, indexed once for all requests that see the same estate. */
import type { AzureDocument, Estate, JsonObject } from '../types.ts';
import { nameOf, normalise } from './scopes.ts';
import { resourceGroupOf, subscriptionOf, typeOfId } from './target.ts';

export interface Subscription {
  /** `/subscriptions/<id>` */
  readonly id: string;
  readonly subscriptionId: string;
  readonly displayName: string;
}

export interface ResourceGroup {
  readonly id: string;
  readonly name: string;
  readonly subscriptionId: string;
  readonly location: string;
}

export interface Inventory {
  /** the estate's `resources` by normalised id */
  readonly documents: ReadonlyMap<string, AzureDocument>;
  /** the estate's `resources` by the type that their id says, lower case */
  readonly byType: ReadonlyMap<string, readonly AzureDocument[]>;
  /** the same by the collection that they stand in, normalised: `…/workspaces/a/fhirservices` */
  readonly byCollection: ReadonlyMap<string, readonly AzureDocument[]>;
  /** every path at or above a document of any kind, normalised */
  readonly paths: ReadonlySet<string>;
  readonly subscriptions: readonly Subscription[];
  readonly resourceGroups: readonly ResourceGroup[];
}

const inventories = new WeakMap<Estate, Inventory>();

export function inventoryOf(estate: Estate): Inventory {
  const known = inventories.get(estate);
  if (known) return known;
  const fresh = take(estate);
  inventories.set(estate, fresh);
  return fresh;
}

/** The standing document of a subscription; the estate may hold one of its own. */
export function subscriptionDocument(estate: Estate, { id, subscriptionId, displayName }: Subscription): JsonObject {
  const own = inventoryOf(estate).documents.get(normalise(id));
  if (own) return own as JsonObject;
  return {
    id,
    authorizationSource: 'RoleBased',
    managedByTenants: [],
    subscriptionId,
    tenantId: estate.tenantId,
    displayName,
    state: 'Enabled',
    subscriptionPolicies: {
      locationPlacementId: 'Public_2014-09-01',
      quotaId: 'EnterpriseAgreement_2014-09-01',
      spendingLimit: 'Off',
    },
  };
}

export function resourceGroupDocument(estate: Estate, { id, name, location }: ResourceGroup): JsonObject {
  const own = inventoryOf(estate).documents.get(normalise(id));
  if (own) return own as JsonObject;
  const type = 'Microsoft.Resources/resourceGroups';
  return { id, name, type, location, properties: { provisioningState: 'Succeeded' } };
}

function take(estate: Estate): Inventory {
  const ids = [
    ...estate.resources,
    ...estate.roleDefinitions,
    ...estate.roleAssignments,
    ...estate.roleEligibilityScheduleInstances,
    ...estate.roleAssignmentScheduleInstances,
    ...estate.denyAssignments,
    ...estate.diagnosticSettings,
  ].map((document) => document.id);
  const byType = Map.groupBy(estate.resources, (document) => typeOfId(document.id));
  return {
    documents: new Map(estate.resources.map((document) => [normalise(document.id), document])),
    byType,
    byCollection: Map.groupBy(estate.resources, ({ id }) => normalise(normalise(id).split('/').slice(0, -1).join('/'))),
    paths: new Set(ids.flatMap(pathsTo)),
    subscriptions: subscriptionsOf(estate, ids),
    resourceGroups: resourceGroupsOf(estate.resources, ids),
  };
}

/** The normalised path and each of its beginnings. */
function pathsTo(id: string): string[] {
  const segments = normalise(id).slice(1).split('/');
  return segments.map((_, index) => `/${segments.slice(0, index + 1).join('/')}`);
}

function subscriptionsOf(estate: Estate, ids: readonly string[]): readonly Subscription[] {
  const named = [
    ...[...ids, ...estate.monitor.unreadable].flatMap((id) => subscriptionOf(id) ?? []),
    ...estate.managementGroups.flatMap(({ subscriptions }) => subscriptions.map((id) => id.split('/').at(-1) ?? id)),
  ];
  const distinct = new Map(named.map((id) => [id.toLowerCase(), id]).toReversed() as [string, string][]);
  return [...distinct.values()].toReversed().map((subscriptionId) => ({
    id: `/subscriptions/${subscriptionId}`,
    subscriptionId,
    displayName: `Subscription ${nameOf(subscriptionId).slice(0, 8)}`,
  }));
}

function resourceGroupsOf(resources: readonly AzureDocument[], ids: readonly string[]): readonly ResourceGroup[] {
  const groups = new Map<string, ResourceGroup>();
  const locations = new Map(
    resources
      .toReversed()
      .flatMap(({ id, location }) => (typeof location === 'string' ? [[groupKey(id), location]] : [])),
  );
  for (const id of ids) {
    const [subscriptionId, name, key] = [subscriptionOf(id), resourceGroupOf(id), groupKey(id)];
    if (subscriptionId === undefined || name === undefined || groups.has(key)) continue;
    const path = `/subscriptions/${subscriptionId}/resourceGroups/${name}`;
    groups.set(key, { id: path, name, subscriptionId, location: locations.get(key) ?? 'westeurope' });
  }
  return [...groups.values()];
}

function groupKey(id: string): string {
  return `${subscriptionOf(id)}/${resourceGroupOf(id)}`.toLowerCase();
}
