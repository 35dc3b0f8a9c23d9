/** The table `resourcecontainers`: subscriptions with their chain of management groups, resource groups, management groups. */

import { at } from '../documents.ts';
import { inventoryOf, resourceGroupDocument, subscriptionDocument } from '../resource-manager/inventory.ts';
import { chainOf, isUnreadable, managementGroupOf, nameOf } from '../resource-manager/scopes.ts';
import type { AzureDocument, Estate, Json } from '../types.ts';
import { type GraphRow, rowOf } from './rows.ts';

const prefix = '/providers/Microsoft.Management/managementGroups/';

export function containerRows(estate: Estate): readonly GraphRow[] {
  const { subscriptions, resourceGroups } = inventoryOf(estate);
  return [
    ...subscriptions.map((subscription) => {
      const document = subscriptionDocument(estate, subscription);
      const properties = {
        state: at(document, 'state') ?? 'Enabled',
        subscriptionPolicies: at(document, 'subscriptionPolicies') ?? null,
        managedByTenants: at(document, 'managedByTenants') ?? [],
        managementGroupAncestorsChain: ancestorsOf(estate, subscription.id),
      };
      const name = at(document, 'displayName') ?? subscription.displayName;
      return rowOf(estate, { id: subscription.id, type: 'microsoft.resources/subscriptions', properties }, { name });
    }),
    ...resourceGroups.map((group) => {
      const document = resourceGroupDocument(estate, group) as unknown as AzureDocument;
      return rowOf(estate, document, { type: 'microsoft.resources/subscriptions/resourcegroups' });
    }),
    ...estate.managementGroups.map(({ id }) => {
      const name = shortName(id);
      const chain = ancestorsOf(estate, `${prefix}${name}`);
      const properties = {
        displayName: name,
        tenantId: estate.tenantId,
        details: { parent: chain[0] ?? null, managementGroupAncestorsChain: chain },
      };
      return rowOf(estate, { id: `${prefix}${name}`, name, type: 'microsoft.management/managementgroups', properties });
    }),
  ].filter(({ id }) => !isUnreadable(estate, id));
}

/** The management groups above a scope, nearest first. */
function ancestorsOf(estate: Estate, scope: string): readonly Json[] {
  return chainOf(estate, scope)
    .slice(1)
    .flatMap((above) => {
      const group = estate.managementGroups.find(({ id }) => nameOf(id) === managementGroupOf(above));
      return group ? [{ displayName: shortName(group.id), name: shortName(group.id) }] : [];
    });
}

function shortName(id: string): string {
  return id.split('/').findLast((segment) => segment !== '') ?? id;
}
