import type { Failure, Gathered, Problem } from '../../model.ts';
import { lastSegment, normaliseId } from '../../rules/resource-id.ts';
import type { Inventory, PolicyEstate, Subscription } from '../inventory.ts';

/** Which subscriptions the policy's `estate` means. */
export interface WatchedScope {
  /** lower-case ids that the policy names */
  readonly subscriptions: readonly string[];
  /** lower-case names of the management groups that the policy names */
  readonly groups: readonly string[];
  watches(subscriptionId: string): boolean;
}

/** A failure where the policy names management groups and nobody says what lies under them. */
export function scopeOf(policy: PolicyEstate, visible: Gathered<readonly Subscription[]>): WatchedScope | Failure {
  const subscriptions = policy.subscriptions.map((id) => lastSegment(id).toLowerCase());
  const groups = policy.managementGroups.map((id) => lastSegment(id).toLowerCase());
  if (groups.length > 0 && !visible.ok) return { reason: visible.reason, detail: visible.detail };
  const members = visible.ok ? visible.value.filter((one) => groups.some((group) => liesUnder(one, group))) : [];
  const watched = new Set([...subscriptions, ...members.map(({ id }) => id)]);
  const everything = subscriptions.length === 0 && groups.length === 0;
  return { subscriptions, groups, watches: (id) => everything || watched.has(id.toLowerCase()) };
}

/** Whatever the policy names and this identity cannot see: a gap that would otherwise look like an empty estate. */
export function unseenProblems(scope: WatchedScope, { subscriptions }: Pick<Inventory, 'subscriptions'>): Problem[] {
  if (!subscriptions.ok) {
    return [{ scope: '/', reason: subscriptions.reason, detail: subscriptions.detail }];
  }
  const visible = subscriptions.value;
  const hidden = scope.subscriptions.filter((id) => !visible.some((one) => one.id === id));
  const empty = scope.groups.filter((group) => !visible.some((one) => liesUnder(one, group)));
  const homeless = scope.groups.length === 0 ? [] : visible.filter(({ ancestors }) => ancestors === undefined);
  return [
    ...hidden.map((id) => ({
      scope: `/subscriptions/${id}`,
      reason: 'forbidden' as const,
      detail: 'the policy names this subscription, and it is not visible to this identity',
    })),
    ...empty.map((group) => ({
      scope: `/providers/Microsoft.Management/managementGroups/${group}`,
      reason: 'forbidden' as const,
      detail: 'the policy names this management group, and no subscription under it is visible to this identity',
    })),
    ...homeless.map(({ id }) => ({
      scope: `/subscriptions/${id}`,
      reason: 'malformed' as const,
      detail: 'Resource Graph does not say which management groups this subscription lies under',
    })),
  ];
}

/** No check is made of self-hosted servers yet. Whoever names one must not read its absence as a pass. */
export function unjudgedServers({ servers }: PolicyEstate): readonly Problem[] {
  return servers.map(({ url }) => ({
    scope: url,
    reason: 'unreachable' as const,
    detail: 'the policy names this self-hosted server, and this version of fhirwatch does not judge such servers',
  }));
}

/** Whether the policy excludes a resource id. A pattern that ends in `*` means everything that begins so. */
export function isExcluded(id: string, patterns: readonly string[]): boolean {
  const own = normaliseId(id);
  return patterns.some((pattern) =>
    pattern.endsWith('*') ? own.startsWith(pattern.slice(0, -1).toLowerCase()) : own === normaliseId(pattern),
  );
}

function liesUnder({ ancestors }: Subscription, group: string): boolean {
  return ancestors?.includes(group) ?? false;
}
