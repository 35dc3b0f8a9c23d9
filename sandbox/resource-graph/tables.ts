/** Which documents stand in which table of Resource Graph, as far as the monitor may read them. */
import { builtInRoleDefinitions } from '../built-in-roles.ts';
import { at, listAt, textAt } from '../documents.ts';
import { deriveId } from '../estate.ts';
import { policyStateRows } from '../resource-manager/policy-insights.ts';
import { scopeOf } from '../resource-manager/role-rows.ts';
import { isUnreadable, lacksRight, nameOf, normalise } from '../resource-manager/scopes.ts';
import { typeOfId } from '../resource-manager/target.ts';
import type { AzureDocument, Estate, JsonObject } from '../types.ts';
import { containerRows } from './containers.ts';
import { type GraphRow, graphType, rowOf } from './rows.ts';

/** Types that Resource Manager serves and Resource Graph does not hold, or holds only inside their parent. */
const absent = [
  'microsoft.authorization/locks',
  'microsoft.insights/diagnosticsettings',
  'microsoft.insights/diagnosticsettingscategories',
  'microsoft.network/privateendpoints/privatednszonegroups',
  'microsoft.network/virtualnetworks/subnets',
  'microsoft.network/virtualnetworks/virtualnetworkpeerings',
];
const recordSet = /^microsoft\.network\/privatednszones\/(a|aaaa|cname|mx|ptr|soa|srv|txt)$/;
const container =
  /^microsoft\.(resources\/(subscriptions|resourcegroups|subscriptions\/resourcegroups)|management\/managementgroups)$/;
const connection = /\/(privateendpointconnections|privatelinkresources)$/;

/** Every table: its name → what makes its rows. */
export const tables: Readonly<Record<string, (estate: Estate) => readonly GraphRow[]>> = {
  resources: (estate) =>
    seen(estate, estate.resources)
      .filter((document) => isTracked(graphType(document)))
      .map((document) => rowOf(estate, document)),
  resourcecontainers: containerRows,
  authorizationresources: (estate) => [...assignmentRows(estate), ...definitionRows(estate)],
  dnsresources: (estate) =>
    seen(estate, estate.resources)
      .filter((document) => recordSet.test(graphType(document)))
      .map((document) => rowOf(estate, document, { managedBy: document.id.split('/').slice(0, -2).join('/') })),
  resourcechanges: changeRows,
  policyresources: policyRows,
};

/** Whether rows of this table are inherited along scopes, and so obey `authorizationScopeFilter`. */
export function isInherited(table: string, { type }: GraphRow): boolean {
  return table === 'authorizationresources' && type === 'microsoft.authorization/roleassignments';
}

function isTracked(type: string): boolean {
  if (type.startsWith('microsoft.authorization/')) return false;
  return !absent.includes(type) && ![recordSet, container, connection].some((pattern) => pattern.test(type));
}

/** The documents as Resource Graph has them: some older or newer than Resource Manager's, some missing. */
function seen(estate: Estate, documents: readonly AzureDocument[]): readonly AzureDocument[] {
  const { resources, without } = estate.graph;
  const hidden = new Set(without.map(normalise));
  const other = new Map(resources.map((document) => [normalise(document.id), document]));
  const known = new Set(documents.map(({ id }) => normalise(id)));
  const added = documents === estate.resources ? resources.filter(({ id }) => !known.has(normalise(id))) : [];
  return [...documents.map((document) => other.get(normalise(document.id)) ?? document), ...added].filter(
    ({ id }) => !hidden.has(normalise(id)) && !isUnreadable(estate, id),
  );
}

function assignmentRows(estate: Estate): readonly GraphRow[] {
  const known = new Set(estate.roleAssignments.map(({ id }) => normalise(id)));
  const added = seen(estate, estate.resources).filter(
    (document) =>
      graphType(document) === 'microsoft.authorization/roleassignments' && !known.has(normalise(document.id)),
  );
  return [...seen(estate, estate.roleAssignments), ...added]
    .filter((document) => {
      const scope = scopeOf(document);
      return !isUnreadable(estate, scope) && !lacksRight(estate, scope, 'roleAssignments');
    })
    .map((document) => rowOf(estate, document, { type: 'microsoft.authorization/roleassignments' }));
}

function definitionRows(estate: Estate): readonly GraphRow[] {
  const replaced = new Set(estate.roleDefinitions.map(({ id }) => nameOf(id)));
  const builtIn = builtInRoleDefinitions().filter(({ name }) => !replaced.has(name)) as unknown as AzureDocument[];
  return [...builtIn, ...seen(estate, estate.roleDefinitions)].map((document) =>
    rowOf(estate, document, { type: 'microsoft.authorization/roledefinitions' }),
  );
}

function changeRows(estate: Estate): readonly GraphRow[] {
  return estate.activity.flatMap((entry, index) => {
    const resourceId = textAt(entry, 'resourceId');
    if (resourceId === undefined || isUnreadable(estate, resourceId)) return [];
    const name = deriveId('change', resourceId, String(index));
    const changes = listAt(entry, 'changes');
    const properties: JsonObject = {
      targetResourceId: resourceId,
      targetResourceType: typeOfId(resourceId),
      changeType: 'Update',
      changeAttributes: {
        timestamp: textAt(entry, 'at') ?? '',
        changedBy: textAt(entry, 'caller') ?? '',
        changedByType: textAt(entry, 'caller')?.includes('@') ? 'User' : 'Application',
        clientType: 'Unspecified',
        operation: textAt(entry, 'operation') ?? '',
        changesCount: changes.length,
        correlationId: deriveId('correlation', name),
      },
      changes: Object.fromEntries(
        changes.map((change) => [
          textAt(change, 'path') ?? '',
          {
            previousValue: at(change, 'before') ?? null,
            newValue: at(change, 'after') ?? null,
            propertyChangeType: 'Update',
            changeCategory: 'User',
          },
        ]),
      ),
    };
    const id = `${resourceId}/providers/Microsoft.Resources/changes/${name}`;
    return [rowOf(estate, { id, name, type: 'microsoft.resources/changes', properties })];
  });
}

function policyRows(estate: Estate): readonly GraphRow[] {
  return policyStateRows(estate).map((properties) => {
    const resourceId = textAt(properties, 'resourceId') ?? '';
    const name = deriveId('policy', resourceId, textAt(properties, 'policyDefinitionId') ?? '');
    const id = `${resourceId}/providers/Microsoft.PolicyInsights/policyStates/${name}`;
    return rowOf(estate, { id, name, type: 'microsoft.policyinsights/policystates', properties });
  });
}
