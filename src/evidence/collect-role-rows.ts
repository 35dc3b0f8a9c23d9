import type {
  DenyAssignment,
  Gathered,
  Permission,
  RoleAssignment,
  RoleDefinition,
  ScheduleInstance,
} from '../model.ts';
import { normaliseId } from '../rules/resource-id.ts';
import { scopeLevel } from '../rules/role-scope.ts';
import { listIn, textAt, valueAt } from './azure/documents.ts';
import { CallError } from './azure/failure.ts';
import { isObject } from './azure/json.ts';

/** Rows of `Microsoft.Authorization` as values. A reader throws a {@link CallError} for a row it does not understand. */

/**
 * The rows at or above a service: what stands below or beside it gives nobody anything here. A row that is not
 * understood makes the listing incomplete for the services that it may concern, since it may be the one that matters;
 * the others are still evidence.
 */
export function atOrAbove<T>(
  listing: Gathered<readonly unknown[]>,
  serviceId: string,
  read: (row: unknown) => T,
): Gathered<readonly T[]> {
  if (!listing.ok) return listing;
  const value: T[] = [];
  let odd: CallError | undefined;
  for (const row of coveringRows(listing.value, serviceId)) {
    try {
      value.push(read(row));
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      odd ??= error;
    }
  }
  if (!odd) return { ...listing, value };
  return { ...listing, value, incomplete: { reason: odd.reason, detail: odd.message } };
}

interface RowIndex {
  /** places of the rows with a scope in a subscription, by that scope */
  readonly byScope: ReadonlyMap<string, readonly number[]>;
  /** places of those whose scope is not in a path: management groups, and rows that name none */
  readonly others: readonly number[];
}

/** A subscription's list is long, and each of its services asks for its own few rows. */
const rowIndexes = new WeakMap<readonly unknown[], RowIndex>();

/** The rows that may be at or above a service, in their order. */
function coveringRows(rows: readonly unknown[], serviceId: string): readonly unknown[] {
  const index = rowIndexes.get(rows) ?? indexRows(rows);
  rowIndexes.set(rows, index);
  const parts = normaliseId(serviceId).split('/').slice(1);
  const scopes = ['/', ...parts.map((_, depth) => `/${parts.slice(0, depth + 1).join('/')}`)];
  const others = index.others.filter((place) => {
    const scope = scopeIn(rows[place]);
    return scope === undefined || scopeLevel(scope, serviceId) !== undefined;
  });
  const places = [...scopes.flatMap((scope) => index.byScope.get(scope) ?? []), ...others];
  return places.sort((a, b) => a - b).map((place) => rows[place]);
}

function indexRows(rows: readonly unknown[]): RowIndex {
  const byScope = new Map<string, number[]>();
  const others: number[] = [];
  for (const [place, row] of rows.entries()) {
    const scope = scopeIn(row);
    const key = scope === undefined ? undefined : normaliseId(scope);
    if (key === undefined || key.startsWith('/providers/')) others.push(place);
    else if (byScope.get(key)?.push(place) === undefined) byScope.set(key, [place]);
  }
  return { byScope, others };
}

/** The scope a row names, or the one its id stands at. */
export function scopeIn(row: unknown): string | undefined {
  const named = textAt(row, 'properties', 'scope');
  if (named?.startsWith('/')) return named;
  const id = textAt(row, 'id') ?? '';
  const at = id.toLowerCase().lastIndexOf('/providers/microsoft.authorization/');
  if (at < 0) return undefined;
  return id.slice(0, at) || '/';
}

export function toRoleAssignment(row: unknown): RoleAssignment {
  return { id: need(row, 'id'), ...grantOf(row) };
}

export function toScheduleInstance(row: unknown): ScheduleInstance {
  return {
    id: need(row, 'id'),
    ...grantOf(row),
    ...optional('assignmentType', row, 'properties', 'assignmentType'),
    ...optional('roleAssignmentId', row, 'properties', 'originRoleAssignmentId'),
    ...optional('memberType', row, 'properties', 'memberType'),
    ...optional('scheduleId', row, 'properties', 'roleEligibilityScheduleId'),
    ...optional('linkedScheduleId', row, 'properties', 'linkedRoleEligibilityScheduleId'),
    ...optional('linkedInstanceId', row, 'properties', 'linkedRoleEligibilityScheduleInstanceId'),
  };
}

export function toDenyAssignment(row: unknown): DenyAssignment {
  const narrow = valueAt(row, 'properties', 'doNotApplyToChildScopes');
  return {
    id: need(row, 'id'),
    scope: scopeOf(row),
    ...optional('name', row, 'properties', 'denyAssignmentName'),
    // where it is not said, a denial counts for its own scope only: it must never hide a right that exists
    doNotApplyToChildScopes: narrow !== false,
    permissions: needList(row, 'properties', 'permissions').map(toPermission),
    principals: needList(row, 'properties', 'principals').map(toPrincipal),
    excludePrincipals: needList(row, 'properties', 'excludePrincipals').map(toPrincipal),
    ...optional('condition', row, 'properties', 'condition'),
    ...optional('effect', row, 'properties', 'denyAssignmentEffect'),
  };
}

export function toRoleDefinition(row: unknown): RoleDefinition {
  return {
    id: need(row, 'id'),
    roleName: need(row, 'properties', 'roleName'),
    permissions: needList(row, 'properties', 'permissions').map(toPermission),
  };
}

export function toPermission(row: unknown): Permission {
  if (!isObject(row)) throw misread(row, 'permissions');
  return {
    actions: texts(row, 'actions'),
    notActions: texts(row, 'notActions'),
    dataActions: texts(row, 'dataActions'),
    notDataActions: texts(row, 'notDataActions'),
    ...optional('condition', row, 'condition'),
  };
}

function grantOf(row: unknown) {
  return {
    scope: scopeOf(row),
    principalId: need(row, 'properties', 'principalId'),
    roleDefinitionId: need(row, 'properties', 'roleDefinitionId'),
    ...optional('principalType', row, 'properties', 'principalType'),
    ...optional('condition', row, 'properties', 'condition'),
  };
}

function scopeOf(row: unknown): string {
  const scope = scopeIn(row);
  if (scope === undefined) throw misread(row, 'scope');
  return scope;
}

function toPrincipal(row: unknown): { readonly id: string; readonly type?: string } {
  return { id: need(row, 'id'), ...optional('type', row, 'type') };
}

function need(row: unknown, ...path: readonly string[]): string {
  const text = textAt(row, ...path);
  if (!text) throw misread(row, path.at(-1) ?? '');
  return text;
}

/** Absent and null are none; any other type is not understood. */
function optional<K extends string>(name: K, row: unknown, ...path: readonly string[]): { readonly [P in K]?: string } {
  const value = valueAt(row, ...path) ?? '';
  if (typeof value !== 'string') throw misread(row, name);
  // the key is the type parameter's own, which a computed property does not tell the compiler
  return value === '' ? {} : ({ [name]: value } as { readonly [P in K]: string });
}

function needList(row: unknown, ...path: readonly string[]): readonly unknown[] {
  const list = listIn(valueAt(row, ...path));
  if (list === undefined) throw misread(row, path.at(-1) ?? '');
  return list;
}

function texts(row: unknown, name: string): readonly string[] {
  const list = needList(row, name);
  if (!list.every((one) => typeof one === 'string')) throw misread(row, name);
  return list;
}

function misread(row: unknown, field: string): CallError {
  const id = textAt(row, 'id');
  return new CallError('malformed', `${id ? id.slice(0, 300) : 'a row'}: ${field} was not understood`);
}
