/** Tenants, subscriptions, resource groups and management groups. */
import type { SandboxResponse } from '../http.ts';
import type { Estate, Json, JsonObject } from '../types.ts';
import { failure, found, page } from './answers.ts';
import type { Call } from './call.ts';
import { resourceGroupDocument, subscriptionDocument } from './inventory.ts';
import { chainOf, isUnreadable, managementGroupOf, nameOf, normalise } from './scopes.ts';

const prefix = '/providers/Microsoft.Management/managementGroups/';

export function tenants({ request, estate }: Call): SandboxResponse {
  const { tenantId } = estate;
  const tenant = {
    id: `/tenants/${tenantId}`,
    tenantId,
    countryCode: 'DE',
    displayName: 'Contoso Health',
    tenantCategory: 'Home',
  };
  return page(request, [tenant]);
}

export function subscription({ estate, inventory, target }: Call): SandboxResponse {
  const one = inventory.subscriptions.find(({ id }) => normalise(id) === normalise(target.path));
  return one
    ? found(subscriptionDocument(estate, one))
    : failure(404, 'SubscriptionNotFound', `The subscription '${target.names[0]}' could not be found.`);
}

export function subscriptionList({ request, estate, inventory }: Call): SandboxResponse {
  const readable = inventory.subscriptions.filter(({ id }) => !isUnreadable(estate, id));
  return page(
    request,
    readable.map((one) => subscriptionDocument(estate, one)),
  );
}

export function resourceGroup({ estate, inventory, target }: Call): SandboxResponse {
  const one = inventory.resourceGroups.find(({ id }) => normalise(id) === normalise(target.path));
  return one
    ? found(resourceGroupDocument(estate, one))
    : failure(404, 'ResourceGroupNotFound', `Resource group '${target.names[1]}' could not be found.`);
}

export function resourceGroupList({ request, estate, inventory, target }: Call): SandboxResponse {
  const rows = inventory.resourceGroups.filter(
    ({ id, subscriptionId }) =>
      subscriptionId.toLowerCase() === target.names[0]?.toLowerCase() && !isUnreadable(estate, id),
  );
  return page(
    request,
    rows.map((one) => resourceGroupDocument(estate, one)),
  );
}

export function managementGroup({ estate, target }: Call): SandboxResponse {
  const group = estate.managementGroups.find(({ id }) => nameOf(id) === nameOf(target.path));
  if (!group) return failure(404, 'NotFound', `'${target.path}' not found, correlationId: ${crypto.randomUUID()}`);
  return found(groupDocument(estate, group));
}

export function managementGroupList({ request, estate }: Call): SandboxResponse {
  const readable = estate.managementGroups.filter(({ id }) => !isUnreadable(estate, `${prefix}${nameOf(id)}`));
  return page(
    request,
    readable.map((group) => groupDocument(estate, group)),
  );
}

/** Everything below a management group that the monitor may read: groups and subscriptions, flat. */
export function descendants({ request, estate, inventory, target }: Call): SandboxResponse {
  const root = normalise(target.parent);
  const isBelow = (scope: string) => normalise(scope) !== root && chainOf(estate, scope).includes(root);
  const groups = estate.managementGroups.filter(({ id }) => isBelow(`${prefix}${nameOf(id)}`));
  const subscriptions = inventory.subscriptions.filter(({ id }) => isBelow(id) && !isUnreadable(estate, id));
  const rows: Json[] = [
    ...groups.map(({ id, parent }) => ({
      id: `${prefix}${shortName(id)}`,
      type: 'Microsoft.Management/managementGroups',
      name: shortName(id),
      properties: { displayName: shortName(id), parent: { id: `${prefix}${shortName(parent ?? '')}` } },
    })),
    ...subscriptions.map(({ id, subscriptionId, displayName }) => ({
      id,
      type: '/subscriptions',
      name: subscriptionId,
      properties: { displayName, parent: { id: parentGroup(estate, id) } },
    })),
  ];
  return page(request, rows);
}

/** `getEntities`: the management groups and subscriptions that the monitor may read. */
export function entities({ request, estate, inventory }: Call): SandboxResponse {
  const entity = (id: string, type: string, name: string, displayName: string): JsonObject => ({
    id,
    type,
    name,
    properties: {
      tenantId: estate.tenantId,
      displayName,
      parent: { id: parentGroup(estate, id) },
      permissions: 'view',
      inheritedPermissions: 'noaccess',
      parentNameChain: chainOf(estate, id)
        .slice(1)
        .flatMap((scope) => managementGroupOf(scope) ?? [])
        .toReversed(),
    },
  });
  const groups = estate.managementGroups
    .map(({ id }) =>
      entity(`${prefix}${shortName(id)}`, 'Microsoft.Management/managementGroups', shortName(id), shortName(id)),
    )
    .filter(({ id }) => !isUnreadable(estate, String(id)));
  const subscriptions = inventory.subscriptions
    .filter(({ id }) => !isUnreadable(estate, id))
    .map(({ id, subscriptionId, displayName }) => entity(id, '/subscriptions', subscriptionId, displayName));
  return page(request, [...groups, ...subscriptions]);
}

function groupDocument(estate: Estate, { id, parent }: Estate['managementGroups'][number]): JsonObject {
  const name = shortName(id);
  return {
    id: `${prefix}${name}`,
    type: 'Microsoft.Management/managementGroups',
    name,
    properties: {
      tenantId: estate.tenantId,
      displayName: name,
      details:
        parent === null
          ? {}
          : {
              parent: { id: `${prefix}${shortName(parent)}`, name: shortName(parent), displayName: shortName(parent) },
            },
    },
  };
}

/** The id of the group right above, as written in the estate, or null. */
function parentGroup(estate: Estate, scope: string): string | null {
  const above = managementGroupOf(chainOf(estate, scope)[1] ?? '/');
  const group = estate.managementGroups.find(({ id }) => nameOf(id) === above);
  return group ? `${prefix}${shortName(group.id)}` : null;
}

/** The last segment, in its own case. */
function shortName(id: string): string {
  return id.split('/').findLast((segment) => segment !== '') ?? id;
}
