import type {
  DenyAssignment,
  EvidenceByKind,
  Failure,
  Gathered,
  Observed,
  Permission,
  RoleDefinition,
  RoleDefinitions,
  Service,
} from '../model.ts';
import { surelyDenied } from './deny-assignments.ts';
import { effectiveDataActions, isDataAccess, type Plane } from './role-actions.ts';
import { type Holding, holdingKey, holdingsOver } from './role-holdings.ts';

/** What roles really allow over a service: holdings joined with role definitions, less what deny assignments take. */

export const GRANT_EVIDENCE = [
  'roleAssignments',
  'roleDefinitions',
  'eligibleRoles',
  'activeRoles',
  'denyAssignments',
] as const;

export type GrantEvidenceKind = (typeof GRANT_EVIDENCE)[number];

export type GrantEvidence = { readonly [K in GrantEvidenceKind]: Gathered<EvidenceByKind[K]> };

export interface Grant extends Holding {
  readonly roleName: string;
  /** effective and not denied, spelled out; never empty */
  readonly actions: readonly string[];
}

export interface Grants {
  /** standing ones first, each part sorted by principal, role and scope */
  readonly grants: readonly Grant[];
  /** what stands between these grants and a pass, as sentences */
  readonly obstacles: readonly string[];
  /** what a reader should know though it prevents no pass, as sentences */
  readonly remarks: readonly string[];
  readonly evidence: GrantEvidence;
}

/** What the last one asked got: the checks of one service ask for the same one after the other. */
let last: { readonly evidence: GrantEvidence; readonly service: Service; readonly grants: Grants } | undefined;

/** Who has data access to a service: any effective data action but converting and validating. */
export function readDataGrants(evidence: GrantEvidence, service: Service): Grants {
  if (last?.service === service && GRANT_EVIDENCE.every((kind) => last?.evidence[kind] === evidence[kind])) {
    return last.grants;
  }
  const grants = findDataGrants(evidence, service);
  last = { evidence, service, grants };
  return grants;
}

function findDataGrants(evidence: GrantEvidence, service: Service): Grants {
  return readGrants(evidence, service.id, 'data', (permissions) =>
    effectiveDataActions(permissions, service.kind).filter(isDataAccess),
  );
}

/** Who has any of the actions that `actionsOf` finds in a role. */
export function readGrants(
  evidence: GrantEvidence,
  serviceId: string,
  plane: Plane,
  actionsOf: (permissions: readonly Permission[]) => readonly string[],
): Grants {
  const { roleAssignments, roleDefinitions, eligibleRoles, activeRoles, denyAssignments } = evidence;
  const holdings = holdingsOver(serviceId, roleAssignments, eligibleRoles, activeRoles);
  const grants: Grant[] = [];
  const unreadable = new Map<string, string>();
  for (const holding of holdings) {
    const definition = definitionOf(roleDefinitions, holding.roleId);
    if (!definition.ok) {
      unreadable.set(holding.roleId, unreadableRole(holding, definition));
      continue;
    }
    const { permissions, roleName } = definition.value;
    const actions = actionsOf(permissions).filter(
      (action) => !isDenied(denyAssignments, holding, serviceId, plane, action),
    );
    if (actions.length > 0) grants.push({ ...holding, roleName, actions });
  }
  return {
    grants,
    obstacles: [...lostSources(evidence), ...[...unreadable.keys()].sort().flatMap((id) => unreadable.get(id) ?? [])],
    remarks: lostSource(denyAssignments).map(
      (lost) => `The deny assignments could not be read${lost}; they could only take access away.`,
    ),
    evidence,
  };
}

/** One line a grant under the list it was read from, with what the verdict rests on besides (`suffix`). */
export function observeGrants(access: Grants, grants: readonly Grant[], suffix: (grant: Grant) => string): Observed {
  const lines = (eligible: boolean): readonly string[] =>
    [
      ...new Set(
        grants.filter((grant) => grant.eligible === eligible).map((grant) => `${holdingKey(grant)}${suffix(grant)}`),
      ),
    ].sort();
  const standing = lines(false);
  const eligible = lines(true);
  return {
    ...(access.evidence.roleAssignments.ok || standing.length > 0 ? { roleAssignments: standing } : {}),
    ...(access.evidence.eligibleRoles.ok || eligible.length > 0 ? { roleEligibilityScheduleInstances: eligible } : {}),
  };
}

function definitionOf(definitions: Gathered<RoleDefinitions>, roleId: string): Gathered<RoleDefinition> {
  if (!definitions.ok) return definitions;
  const found = Object.hasOwn(definitions.value, roleId) ? definitions.value[roleId] : undefined;
  return found ?? { ok: false, reason: 'not-found', detail: 'no such role definition was listed', sources: [] };
}

function isDenied(
  denials: Gathered<readonly DenyAssignment[]>,
  holding: Holding,
  serviceId: string,
  plane: Plane,
  action: string,
): boolean {
  const principal = { id: holding.principalId, ...(holding.principalType ? { type: holding.principalType } : {}) };
  return denials.ok && surelyDenied(denials.value, principal, serviceId, plane, action);
}

function unreadableRole(holding: Holding, failure: Failure): string {
  const verb = holding.eligible ? 'may activate' : 'holds';
  return (
    `${holding.principalType ?? 'Principal'} ${holding.principalId} ${verb} role ${holding.roleId} at ${holding.scope}, ` +
    `whose definition could not be read (${because(failure)}).`
  );
}

function lostSources(evidence: GrantEvidence): readonly string[] {
  const names: readonly (readonly [Gathered<unknown>, string])[] = [
    [evidence.roleAssignments, 'role assignments'],
    [evidence.eligibleRoles, 'eligible roles of PIM (roleEligibilityScheduleInstances)'],
    [evidence.activeRoles, 'active roles of PIM (roleAssignmentScheduleInstances)'],
  ];
  return names.flatMap(([gathered, name]) =>
    lostSource(gathered).map((lost) => `The ${name} could not be read${lost}.`),
  );
}

/** How it was lost, wholly or in part; nothing where it arrived. */
function lostSource(gathered: Gathered<unknown>): readonly string[] {
  if (!gathered.ok) return [` (${because(gathered)})`];
  return gathered.incomplete ? [` in full (${because(gathered.incomplete)})`] : [];
}

function because(failure: Failure): string {
  return `${failure.reason}: ${failure.detail}`;
}
