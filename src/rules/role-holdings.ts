import type { Gathered, RoleAssignment, ScheduleInstance, ScopeLevel } from '../model.ts';
import { lastSegment, normaliseId } from './resource-id.ts';
import { isWider, scopeLevel } from './role-scope.ts';

/** Who holds or may activate which role over a service: role assignments and PIM (HF 3.6) joined into one list. */

export interface Holding {
  readonly principalId: string;
  readonly principalType?: string;
  /** the role definition's guid in lower case */
  readonly roleId: string;
  readonly scope: string;
  readonly level: ScopeLevel;
  readonly condition?: string;
  /** may activate the role, or has just done so */
  readonly eligible: boolean;
}

interface Pim {
  readonly eligible: readonly ScheduleInstance[];
  readonly activated: readonly ScheduleInstance[];
  /** active without an activation: the same as a role assignment */
  readonly assigned: readonly ScheduleInstance[];
}

/**
 * What is unreadable holds nothing here; the caller says so. An activation counts as the eligibility behind it, so that
 * it changes nothing: neither its instance nor the assignment it puts in the list appears beside that eligibility.
 */
export function holdingsOver(
  serviceId: string,
  roleAssignments: Gathered<readonly RoleAssignment[]>,
  eligibleRoles: Gathered<readonly ScheduleInstance[]>,
  activeRoles: Gathered<readonly ScheduleInstance[]>,
): readonly Holding[] {
  const above = <T extends { readonly scope: string }>(gathered: Gathered<readonly T[]>): readonly T[] =>
    gathered.ok ? gathered.value.filter((row) => scopeLevel(row.scope, serviceId) !== undefined) : [];
  const active = above(activeRoles);
  const assignments = above(roleAssignments);
  const activated = active.filter(isActivated);
  const pim: Pim = {
    eligible: above(eligibleRoles),
    activated,
    assigned: active.filter((instance) => !isActivated(instance)),
  };
  const own = assignments.filter((assignment) => !activated.some((one) => putsInList(one, assignment, assignments)));
  const groupsHold = (instance: ScheduleInstance, rows: readonly RoleAssignment[]): boolean =>
    rows.some((row) => isThroughGroup(instance, row, serviceId));
  const standing = [...own, ...pim.assigned.filter((instance) => !groupsHold(instance, own))];
  const eligible = [
    ...pim.eligible,
    ...activated.filter((instance) => !pim.eligible.some((one) => isBehind(one, instance, serviceId))),
  ];
  return distinct([
    ...standing.flatMap((row) => toHolding(row, serviceId, false)),
    ...eligible.flatMap((row) => toHolding(row, serviceId, true)),
  ]);
}

/** One line for each holding, the same however Azure spells it. */
export function holdingKey(holding: Holding): string {
  return `${holding.principalId.toLowerCase()} ${holding.roleId} ${normaliseId(holding.scope)}`;
}

function isActivated(instance: ScheduleInstance): boolean {
  return instance.assignmentType?.toLowerCase() === 'activated';
}

/** By the id that the instance names; where the list holds no such id, by scope, as Azure allows one such row only. */
function putsInList(instance: ScheduleInstance, assignment: RoleAssignment, list: readonly RoleAssignment[]): boolean {
  if (!samePrincipal(instance, assignment) || !sameRole(instance, assignment)) return false;
  const isNamed = (row: RoleAssignment): boolean => sameLast(instance.roleAssignmentId, row.id);
  if (list.some(isNamed)) return isNamed(assignment);
  return normaliseId(instance.scope) === normaliseId(assignment.scope);
}

/** Whether `eligibility` is what the instance activated: someone may activate less than the whole, or as a member. */
function isBehind(eligibility: ScheduleInstance, instance: ScheduleInstance, serviceId: string): boolean {
  return (
    sameLast(instance.linkedScheduleId, eligibility.scheduleId) ||
    sameLast(instance.linkedInstanceId, eligibility.id) ||
    (samePrincipal(eligibility, instance) && coversRole(eligibility, instance, serviceId)) ||
    isThroughGroup(instance, eligibility, serviceId)
  );
}

/** A member's share of what a group holds: the group is judged for it. */
function isThroughGroup(
  instance: ScheduleInstance,
  held: RoleAssignment | ScheduleInstance,
  serviceId: string,
): boolean {
  return (
    instance.memberType?.toLowerCase() === 'group' &&
    isGroup(held.principalType) &&
    coversRole(held, instance, serviceId)
  );
}

export function isGroup(principalType: string | undefined): boolean {
  const type = principalType?.toLowerCase();
  return type === 'group' || type === 'foreigngroup';
}

function coversRole(outer: RoleAssignment | ScheduleInstance, inner: ScheduleInstance, serviceId: string): boolean {
  const level = scopeLevel(outer.scope, serviceId);
  const innerLevel = scopeLevel(inner.scope, serviceId);
  return sameRole(outer, inner) && level !== undefined && innerLevel !== undefined && !isWider(innerLevel, level);
}

function samePrincipal(a: { readonly principalId: string }, b: { readonly principalId: string }): boolean {
  return a.principalId.toLowerCase() === b.principalId.toLowerCase();
}

function sameRole(a: { readonly roleDefinitionId: string }, b: { readonly roleDefinitionId: string }): boolean {
  return sameLast(a.roleDefinitionId, b.roleDefinitionId);
}

/** The guid at an id's end is what stays the same in the several spellings Azure has for one thing. */
function sameLast(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  const last = lastSegment(a).toLowerCase();
  return last !== '' && last === lastSegment(b).toLowerCase();
}

function toHolding(row: RoleAssignment | ScheduleInstance, serviceId: string, eligible: boolean): readonly Holding[] {
  const level = scopeLevel(row.scope, serviceId);
  if (level === undefined) return [];
  const { principalId, principalType, scope, condition } = row;
  return [
    {
      principalId,
      ...(principalType ? { principalType } : {}),
      roleId: lastSegment(row.roleDefinitionId).toLowerCase(),
      scope,
      level,
      ...(condition ? { condition } : {}),
      eligible,
    },
  ];
}

/** Each holding once, standing ones first, in an order that does not hang on Azure's. */
function distinct(holdings: readonly Holding[]): readonly Holding[] {
  const spelt = ({ principalType, condition }: Holding): string => `${principalType ?? ''} ${condition ?? ''}`;
  const sorted = [...holdings].sort(
    (a, b) =>
      Number(a.eligible) - Number(b.eligible) || compare(holdingKey(a), holdingKey(b)) || compare(spelt(a), spelt(b)),
  );
  return sorted.filter((one, i) => {
    const before = sorted[i - 1];
    return before === undefined || before.eligible !== one.eligible || holdingKey(before) !== holdingKey(one);
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
