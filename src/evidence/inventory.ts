import type { Failure, Gathered, Problem, ResourceDocument, Service } from '../model.ts';
import { lastSegment, normaliseId } from '../rules/resource-id.ts';
import type { Azure } from './azure/client.ts';
import { textAt, toDocument, valueAt } from './azure/documents.ts';
import { type GraphQuery, queryGraph } from './azure/resource-graph.ts';
import {
  healthcareQuery,
  logWorkspacesQuery,
  networkInterfacesQuery,
  privateEndpointsQuery,
  subscriptionsQuery,
  zoneQueries,
} from './inventory/queries.ts';
import { toService } from './inventory/services.ts';
import { isExcluded, scopeOf, unjudgedServers, unseenProblems } from './inventory/watched.ts';

/** A subscription that the identity can see. */
export interface Subscription {
  /** the lower-case subscription id */
  readonly id: string;
  /** lower-case names of the management groups above it; absent where Resource Graph does not say */
  readonly ancestors?: readonly string[];
}

/** What the planner reads from Resource Graph, once for all batches. Plain data: it can be stored and handed on. */
export interface Inventory {
  readonly subscriptions: Gathered<readonly Subscription[]>;
  /** health resources of every type */
  readonly healthcare: Gathered<readonly ResourceDocument[]>;
  readonly privateEndpoints: Gathered<readonly ResourceDocument[]>;
  readonly networkInterfaces: Gathered<readonly ResourceDocument[]>;
  readonly zones: Gathered<readonly ResourceDocument[]>;
  readonly zoneLinks: Gathered<readonly ResourceDocument[]>;
  readonly zoneRecords: Gathered<readonly ResourceDocument[]>;
  readonly logWorkspaces: Gathered<readonly ResourceDocument[]>;
}

/** Which part of what is visible is watched: the policy's `estate`. */
export interface PolicyEstate {
  readonly subscriptions: readonly string[];
  /** names or full ids */
  readonly managementGroups: readonly string[];
  readonly exclude: readonly string[];
  /** self-hosted FHIR servers */
  readonly servers: readonly { readonly url: string }[];
}

export interface Estate {
  /** sorted by id */
  readonly services: readonly Service[];
  readonly inventory: Inventory;
  readonly problems: readonly Problem[];
}

/** Nothing at all could be listed: a timer keeps the estate it knew, a first scan cannot run. */
export class EstateUnlistable extends Error {
  override readonly name = 'EstateUnlistable';
  readonly failure: Failure;
  /** it failed for want of a token */
  readonly identity: boolean;

  constructor(failure: Failure, identity: boolean) {
    super(failure.detail);
    this.failure = { reason: failure.reason, detail: failure.detail };
    this.identity = identity;
  }
}

/** Finds the watched services and reads all that Resource Graph knows of them. Throws {@link EstateUnlistable}. */
export async function discoverEstate(policy: PolicyEstate, azure: Azure, signal: AbortSignal): Promise<Estate> {
  const refused = await azure.signIn(signal);
  if (refused) throw new EstateUnlistable(refused, true);
  const [listed, others] = await Promise.all([queryGraph(azure, healthcareQuery, signal), readOthers(azure, signal)]);
  if (!listed.ok) throw new EstateUnlistable(listed, false);
  const scope = scopeOf(policy, others.subscriptions);
  if ('reason' in scope) throw new EstateUnlistable(scope, false);
  const services = new Map<string, Service>();
  for (const row of listed.value) {
    const id = textAt(row, 'id');
    const service = id === undefined ? undefined : toService(id, valueAt(row, 'location'), valueAt(row, 'tags'));
    if (service === undefined || !scope.watches(service.subscriptionId)) continue;
    if (!isExcluded(service.id, policy.exclude)) services.set(normaliseId(service.id), service);
  }
  return {
    services: [...services.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    inventory: { ...others, healthcare: usableDocuments(listed) },
    problems: [...unseenProblems(scope, others), ...namelessProblems(listed.value), ...unjudgedServers(policy)],
  };
}

/** Whether a subscription is visible to the identity: only there does a 404 mean that something is gone. */
export function isVisible({ subscriptions }: Inventory, subscriptionId: string | undefined): boolean {
  return subscriptions.ok && subscriptions.value.some(({ id }) => id === subscriptionId?.toLowerCase());
}

async function readOthers(azure: Azure, signal: AbortSignal): Promise<Omit<Inventory, 'healthcare'>> {
  const ask = (query: GraphQuery) => queryGraph(azure, query, signal);
  const zoneAnd = zoneQueries(azure.cloud);
  const [subscriptions, privateEndpoints, networkInterfaces, logWorkspaces, zones, zoneLinks, zoneRecords] =
    await Promise.all([
      ask(subscriptionsQuery),
      ask(privateEndpointsQuery),
      ask(networkInterfacesQuery),
      ask(logWorkspacesQuery),
      ask(zoneAnd.zones),
      ask(zoneAnd.zoneLinks),
      ask(zoneAnd.zoneRecords),
    ]);
  return {
    subscriptions: readRows(subscriptions, toSubscription),
    privateEndpoints: usableDocuments(privateEndpoints),
    networkInterfaces: usableDocuments(networkInterfaces),
    logWorkspaces: usableDocuments(logWorkspaces),
    zones: readRows(zones, toDocument),
    zoneLinks: readRows(zoneLinks, toDocument),
    zoneRecords: readRows(zoneRecords, toDocument),
  };
}

/** Rows that are no documents are left out: whoever misses one reads it directly. */
function usableDocuments(rows: Gathered<readonly unknown[]>): Gathered<readonly ResourceDocument[]> {
  return rows.ok ? { ...rows, value: rows.value.flatMap((row) => toDocument(row) ?? []) } : rows;
}

/** One row that is not understood fails them all, where nothing else would miss it. */
function readRows<T>(
  rows: Gathered<readonly unknown[]>,
  read: (row: unknown) => T | undefined,
): Gathered<readonly T[]> {
  if (!rows.ok) return rows;
  const value = rows.value.flatMap((row) => read(row) ?? []);
  if (value.length === rows.value.length) return { ...rows, value };
  const detail = `${rows.sources[0]?.source ?? 'Resource Graph'}: a row was not understood`;
  return { ok: false, reason: 'malformed', detail, sources: rows.sources };
}

function toSubscription(row: unknown): Subscription | undefined {
  const id = textAt(row, 'id');
  if (id === undefined || lastSegment(id) === '') return undefined;
  const chain = valueAt(row, 'properties', 'managementGroupAncestorsChain');
  const names = Array.isArray(chain) ? chain.map((group) => textAt(group, 'name')?.toLowerCase()) : [undefined];
  const ancestors = names.filter((name) => name !== undefined);
  return { id: lastSegment(id).toLowerCase(), ...(ancestors.length === names.length ? { ancestors } : {}) };
}

function namelessProblems(rows: readonly unknown[]): readonly Problem[] {
  const nameless = rows.filter((row) => !textAt(row, 'id')?.startsWith('/')).length;
  if (nameless === 0) return [];
  const detail = `Resource Graph: health services: ${nameless} of ${rows.length} rows have no usable id`;
  return [{ scope: '/', reason: 'malformed', detail }];
}
