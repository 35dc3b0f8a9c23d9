/** `Microsoft.Authorization`: role rows, role definitions, the caller's permissions, locks. */
import { builtInRoleDefinitions } from '../built-in-roles.ts';
import { asJson, at, listAt, textAt } from '../documents.ts';
import { parameter, type SandboxResponse } from '../http.ts';
import type { AzureDocument, Estate, Json, JsonObject } from '../types.ts';
import { failure, found, page } from './answers.ts';
import type { Call } from './call.ts';
import { membershipsOf, readRowFilter, scopeOf, selectRowsOnce } from './role-rows.ts';
import { isUnreadable, lacksRight, nameOf, normalise, relationOf } from './scopes.ts';
import { subscriptionOf } from './target.ts';

const rowKinds = {
  roleassignments: { list: 'roleAssignments', missing: 'RoleAssignmentNotFound' },
  denyassignments: { list: 'denyAssignments', missing: 'DenyAssignmentNotFound' },
  roleeligibilityscheduleinstances: {
    list: 'roleEligibilityScheduleInstances',
    missing: 'RoleEligibilityScheduleInstanceNotFound',
  },
  roleassignmentscheduleinstances: {
    list: 'roleAssignmentScheduleInstances',
    missing: 'RoleAssignmentScheduleInstanceNotFound',
  },
} as const;

/** Answers for a type of this namespace, or undefined for one that is not served here. */
export function authorization(call: Call): SandboxResponse | undefined {
  const type = call.target.type.toLowerCase();
  if (Object.hasOwn(rowKinds, type)) return roleRows(call, type as keyof typeof rowKinds);
  if (type === 'roledefinitions') return roleDefinitions(call);
  if (type === 'permissions' && call.target.isList) return permissions(call);
  if (type === 'locks' && call.target.isList) return locks(call);
  return undefined;
}

function roleRows({ request, estate, target }: Call, type: keyof typeof rowKinds): SandboxResponse {
  const { list, missing } = rowKinds[type];
  if (!target.isList) {
    const row = estate[list].find(({ id }) => normalise(id) === normalise(target.path));
    return row ? found(asJson(row)) : failure(404, missing, `The ${type} '${target.names[0]}' is not found.`);
  }
  const filter = readRowFilter(estate, parameter(request, '$filter'));
  return filter ? page(request, selectRowsOnce(estate, list, target.scope, filter).map(asJson)) : unsupportedFilter();
}

function roleDefinitions({ request, estate, target }: Call): SandboxResponse {
  const all = definitionsAt(estate, target.scope).filter(({ id }) => !isUnreadable(estate, id));
  if (!target.isList) {
    const name = target.names[0] ?? '';
    const definition = all.find((one) => nameOf(one.id) === name.toLowerCase());
    if (definition && isAssignable(estate, definition, target.scope, true)) return found(definition);
    return failure(
      404,
      'RoleDefinitionDoesNotExist',
      `The specified role definition with ID '${name}' does not exist.`,
    );
  }
  const filter = (parameter(request, '$filter') ?? '').trim();
  const terms = filter === '' ? [] : filter.split(/\s+and\s+/i);
  if (!terms.every((term) => definitionTerm.test(term))) return unsupportedFilter();
  const below = terms.some((term) => /^atScopeAndBelow\(\)$/i.test(term));
  const rows = all.filter(
    (definition) =>
      isAssignable(estate, definition, target.scope, below) && terms.every((term) => meetsTerm(definition, term)),
  );
  return page(request, rows);
}

const definitionTerm = /^(?:atScopeAndBelow\(\)|atScope\(\)|(type|roleName)\s+eq\s+'([^']*)')$/i;

function meetsTerm(definition: JsonObject, term: string): boolean {
  const [, key, value] = definitionTerm.exec(term) ?? [];
  if (key === undefined || value === undefined) return true;
  const actual = textAt(definition, 'properties', key.toLowerCase() === 'type' ? 'type' : 'roleName');
  return actual?.toLowerCase() === value.toLowerCase();
}

type Definition = JsonObject & { readonly id: string };

/** All role definitions as a caller at this scope sees them: the estate's documents unchanged, and the built-ins they do not replace. */
export function definitionsAt(estate: Estate, scope: string): readonly Definition[] {
  const subscription = subscriptionOf(scope);
  const own = estate.roleDefinitions.map((document) => asJson(document) as Definition);
  const replaced = new Set(own.map(({ id }) => nameOf(id)));
  const builtIn = builtInRoleDefinitions(subscription === undefined ? '' : `/subscriptions/${subscription}`);
  return [...builtIn.filter(({ name }) => !replaced.has(name)), ...own];
}

/** A custom role can be seen where it is assignable: at and above the scope, or below it too. */
function isAssignable(estate: Estate, definition: JsonObject, scope: string, below: boolean): boolean {
  const scopes = listAt(definition, 'properties', 'assignableScopes').filter((one) => typeof one === 'string');
  if (scopes.length === 0) return true;
  return scopes.some((one) => {
    const relation = relationOf(estate, one, scope === '' ? '/' : scope);
    return relation === 'at' || relation === 'above' || (below && relation === 'below');
  });
}

const readableTypes = ['roleDefinitions', 'locks', ...Object.values(rowKinds).map(({ list }) => list)];

/** What the monitor's own roles allow here, less what it may not read; an estate that gives it none means a Reader. */
function permissions(call: Call): SandboxResponse {
  const { request, estate, target } = call;
  const lost = readableTypes
    .filter((type) => lacksRight(estate, target.scope, type))
    .map((type) => `Microsoft.Authorization/${type}/read`);
  const allowed = allowedTo(call);
  if (lost.length === 0) return page(request, allowed);
  return page(
    request,
    allowed.map((one) => ({ ...(one as JsonObject), notActions: [...listAt(one, 'notActions'), ...lost] })),
  );
}

function allowedTo({ estate, target }: Call): readonly Json[] {
  const principals = membershipsOf(estate, estate.monitor.principalId);
  const rows = estate.roleAssignments.filter((row) =>
    principals.has(nameOf(textAt(row.properties, 'principalId') ?? '')),
  );
  if (rows.length === 0) return [{ actions: ['*/read'], notActions: [], dataActions: [], notDataActions: [] }];
  const definitions = new Map(definitionsAt(estate, target.scope).map((one) => [nameOf(one.id), one]));
  const here = rows.filter((row) => ['at', 'above'].includes(relationOf(estate, scopeOf(row), target.scope) ?? ''));
  return here.flatMap((row) => permissionsOf(row, definitions));
}

function permissionsOf(row: AzureDocument, definitions: ReadonlyMap<string, JsonObject>): readonly Json[] {
  const definition = definitions.get(nameOf(textAt(row.properties, 'roleDefinitionId') ?? ''));
  return listAt(definition && at(definition, 'properties'), 'permissions');
}

/** Locks at the scope and below it; with `atScope()` those at the scope and above, which it inherits. */
function locks({ request, estate, inventory, target }: Call): SandboxResponse {
  const filter = parameter(request, '$filter')?.trim();
  if (filter !== undefined && filter !== '' && !/^atScope\(\)$/i.test(filter)) return unsupportedFilter();
  const relations = filter ? ['at', 'above'] : ['at', 'below'];
  const all = inventory.byType.get('microsoft.authorization/locks') ?? [];
  const rows = all.filter((lock) => {
    const relation = relationOf(estate, scopeOf({ id: lock.id }), target.scope);
    return relations.includes(relation ?? '') && (relation !== 'below' || !isUnreadable(estate, lock.id));
  });
  return page(request, rows.map(asJson));
}

function unsupportedFilter(): SandboxResponse {
  return failure(
    400,
    'UnsupportedQuery',
    "The filter is not supported. Supported filters are 'atScope()', \"principalId eq '{value}'\" and \"assignedTo('{value}')\".",
  );
}
