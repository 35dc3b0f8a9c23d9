import type { Gathered, RoleAssignment, ScheduleInstance, Service } from '../model.ts';
import { lastSegment, segmentAfter } from '../rules/resource-id.ts';
import { permits } from '../rules/role-actions.ts';
import { isObject } from './azure/json.ts';
import { type Listing, type ListingOptions, listPages } from './azure/pages.ts';
import { queryGraph } from './azure/resource-graph.ts';
import { type Batch, type Collected, failureOf, perService } from './batch.ts';
import {
  atOrAbove,
  scopeIn,
  toDenyAssignment,
  toPermission,
  toRoleAssignment,
  toScheduleInstance,
} from './collect-role-rows.ts';

const readAssignments = 'Microsoft.Authorization/roleAssignments/read';
const noPremiumLicence = ['AadPremiumLicenseRequired'];

/**
 * The role assignments at and above each service. Resource Manager's list of the subscription holds them all; where it
 * fails, Resource Graph's rows count only if the right to read them is confirmed, since it leaves out silently.
 */
export function collectRoleAssignments(batch: Batch): Promise<Collected<'roleAssignments'>> {
  return perService(batch.services, async (service) => {
    const listed = await listOver(batch, service, 'roleAssignments', {
      ofSubscription: async (id, options) =>
        (await batch.azure.authorization(id)).roleAssignments.listForSubscription(options),
    });
    if (listed.ok) return atOrAbove(listed, service.id, toRoleAssignment);
    if (!(await mayReadAssignments(batch, service))) return listed;
    const rows = await assignmentsFromGraph(batch, service);
    return rows.ok ? { ...rows, unconfirmed: failureOf(listed) } : listed;
  });
}

/** Who may activate a role. A tenant without the licence for PIM has nobody who may. */
export function collectEligibleRoles(batch: Batch): Promise<Collected<'eligibleRoles'>> {
  return collectInstances(batch, 'roleEligibilityScheduleInstances');
}

/** Which roles are active, and whether by activation. */
export function collectActiveRoles(batch: Batch): Promise<Collected<'activeRoles'>> {
  return collectInstances(batch, 'roleAssignmentScheduleInstances');
}

export function collectDenyAssignments(batch: Batch): Promise<Collected<'denyAssignments'>> {
  return perService(batch.services, async (service) => {
    const listed = await listOver(batch, service, 'denyAssignments', {
      ofSubscription: async (id, options) => (await batch.azure.authorization(id)).denyAssignments.list(options),
    });
    return atOrAbove(listed, service.id, toDenyAssignment);
  });
}

function collectInstances(
  batch: Batch,
  operation: 'roleEligibilityScheduleInstances' | 'roleAssignmentScheduleInstances',
): Promise<ReadonlyMap<string, Gathered<readonly ScheduleInstance[]>>> {
  return perService(batch.services, async (service) => {
    const listed = await listOver(batch, service, operation, {
      ofSubscription: async (id, options) =>
        (await batch.azure.authorization(id))[operation].listForScope(`subscriptions/${id}`, options),
      emptyCodes: noPremiumLicence,
    });
    return atOrAbove(listed, service.id, toScheduleInstance);
  });
}

type RoleRows =
  | 'roleAssignments'
  | 'denyAssignments'
  | 'roleEligibilityScheduleInstances'
  | 'roleAssignmentScheduleInstances';

interface HowToList {
  readonly ofSubscription: (subscriptionId: string, options: ListingOptions) => Promise<Listing>;
  /** error codes that mean none */
  readonly emptyCodes?: readonly string[];
}

/**
 * What stands over a service: in the list of its subscription, which is one call for all of them; or, for a monitor that
 * may read no more than the service or its group, in the list that the service's own id answers.
 */
async function listOver(
  batch: Batch,
  service: Service,
  name: RoleRows,
  how: HowToList,
): Promise<Gathered<readonly unknown[]>> {
  const listed = await listOfSubscription(batch, service, name, how);
  if (listed.ok || listed.reason !== 'forbidden') return listed;
  const what = `ARM GET ${service.id}/providers/Microsoft.Authorization/${name}`;
  const scope = service.id.replace(/^\/+/, '');
  const own = await listPages(
    batch.azure,
    what,
    batch.signal,
    async (options) =>
      (await batch.azure.authorization(service.subscriptionId))[name].listForScope(scope, {
        ...options,
        filter: 'atScope()',
      }),
    how.emptyCodes,
  );
  return own.ok ? own : listed;
}

/** A listing of the service's subscription, read once per sweep. */
function listOfSubscription(
  batch: Batch,
  { subscriptionId }: Service,
  name: RoleRows,
  { ofSubscription, emptyCodes }: HowToList,
): Promise<Gathered<readonly unknown[]>> {
  const what = `ARM GET /subscriptions/${subscriptionId}/providers/Microsoft.Authorization/${name}`;
  return batch.onceForSweep(what.toLowerCase(), async () => {
    const listed = await listPages(
      batch.azure,
      what,
      batch.signal,
      (options) => ofSubscription(subscriptionId, options),
      emptyCodes,
    );
    return listed.ok ? { ...listed, value: shareTexts(listed.value) } : listed;
  });
}

/** The same rows with one copy of each text in their properties: roles, principals and scopes are few, rows are many. */
function shareTexts(rows: readonly unknown[]): readonly unknown[] {
  const texts = new Map<string, string>();
  const shared = (value: unknown): unknown => {
    if (typeof value !== 'string') return value;
    const first = texts.get(value) ?? value;
    texts.set(value, first);
    return first;
  };
  return rows.map((row) => {
    if (!isObject(row) || !isObject(row.properties)) return row;
    const properties = Object.entries(row.properties).map(([key, value]) => [key, shared(value)]);
    return { ...row, type: shared(row.type), properties: Object.fromEntries(properties) };
  });
}

/** Azure's own answer to whether this identity may read role assignments in the service's resource group. */
async function mayReadAssignments(batch: Batch, { subscriptionId, resourceGroup }: Service): Promise<boolean> {
  const group = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
  const what = `ARM GET ${group}/providers/Microsoft.Authorization/permissions`;
  const listed = await batch.onceForSweep(what.toLowerCase(), () =>
    listPages(batch.azure, what, batch.signal, async (options) =>
      (await batch.azure.authorization(subscriptionId)).permissions.listForResourceGroup(resourceGroup, options),
    ),
  );
  const permissions = atOrAbove(listed, group, toPermission);
  return permissions.ok && permits(permissions.value, 'control', readAssignments);
}

async function assignmentsFromGraph(batch: Batch, service: Service): Promise<Gathered<readonly RoleAssignment[]>> {
  const { subscriptionId } = service;
  const rows = await batch.once(`graph roles ${subscriptionId.toLowerCase()}`, () =>
    queryGraph(
      batch.azure,
      {
        subject: `role assignments of subscription ${subscriptionId}`,
        query: `authorizationresources | where type =~ 'microsoft.authorization/roleassignments' | project id, name, type, properties | order by id asc`,
        subscriptions: [subscriptionId],
        above: true,
      },
      batch.signal,
    ),
  );
  if (!rows.ok) return rows;
  const value = rows.value.filter((row) => !standsElsewhere(batch, subscriptionId, row));
  return atOrAbove({ ...rows, value }, service.id, toRoleAssignment);
}

/** A management group that is known not to be above the subscription; without a known hierarchy each one is. */
function standsElsewhere({ inventory }: Batch, subscriptionId: string, row: unknown): boolean {
  const scope = scopeIn(row);
  if (scope === undefined || segmentAfter(scope, 'managementGroups') === undefined) return false;
  const { subscriptions } = inventory;
  const own = subscriptions.ok ? subscriptions.value.find(({ id }) => id === subscriptionId.toLowerCase()) : undefined;
  return own?.ancestors !== undefined && !own.ancestors.includes(lastSegment(scope).toLowerCase());
}
