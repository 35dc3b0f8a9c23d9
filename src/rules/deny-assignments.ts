import type { DenyAssignment } from '../model.ts';
import { sameId } from './resource-id.ts';
import { type Plane, permits } from './role-actions.ts';
import { scopeLevel } from './role-scope.ts';

interface Principal {
  readonly id: string;
  readonly type?: string;
}

const EVERYONE = '00000000-0000-0000-0000-000000000000';

/** Types that have no members. Anything else, also a type that is absent, may be a group. */
const SINGLE = new Set(['user', 'serviceprincipal', 'device', 'msi']);

/** Whether deny assignments surely take an action over this service from a principal; a doubt takes nothing away. */
export function surelyDenied(
  denials: readonly DenyAssignment[],
  principal: Principal,
  serviceId: string,
  plane: Plane,
  action: string,
): boolean {
  return denials.some((denial) => {
    const unconditional = denial.permissions.filter((permission) => !permission.condition);
    return (
      isEnforced(denial) &&
      reaches(denial, serviceId) &&
      surelyApplies(denial, principal) &&
      permits(unconditional, plane, action)
    );
  });
}

function isEnforced(denial: DenyAssignment): boolean {
  const effect = denial.effect ?? 'enforced';
  return !denial.condition && effect.toLowerCase() === 'enforced';
}

function reaches(denial: DenyAssignment, serviceId: string): boolean {
  if (denial.doNotApplyToChildScopes) return sameId(denial.scope, serviceId);
  return scopeLevel(denial.scope, serviceId) !== undefined;
}

/** The principal is named, or everyone is, and nobody is excluded that it is, may contain or may belong to. */
function surelyApplies(denial: DenyAssignment, principal: Principal): boolean {
  const named = denial.principals.some((one) => one.id === EVERYONE || samePrincipal(one, principal));
  return named && denial.excludePrincipals.every((excluded) => isApart(excluded, principal));
}

function isApart(excluded: Principal, principal: Principal): boolean {
  return isSingle(excluded) && isSingle(principal) && !samePrincipal(excluded, principal);
}

function isSingle(principal: Principal): boolean {
  return SINGLE.has(principal.type?.toLowerCase() ?? '');
}

function samePrincipal(a: Principal, b: Principal): boolean {
  return a.id.toLowerCase() === b.id.toLowerCase();
}
