import type { ApprovedPrincipal, Culprit, ScopeLevel, Severity } from '../model.ts';
import { listingsOf } from './approved-principals.ts';
import type { Grant, Grants } from './data-grants.ts';
import { lastSegment } from './resource-id.ts';
import { holdingKey, isGroup } from './role-holdings.ts';
import { isWider } from './role-scope.ts';

/** How a grant, and what is wrong with it, reads in a message. */

export interface Defect {
  readonly grant: Grant;
  /** what is wrong with it, after a comma: `which is wider than …` */
  readonly is: string;
  readonly severity: Severity;
}

const GRADES: readonly Severity[] = ['critical', 'high', 'medium', 'low'];
const LONGEST = 160;

const LEVEL_WORDS: { readonly [K in ScopeLevel]: string } = {
  service: 'service',
  workspace: 'workspace',
  resourceGroup: 'resource group',
  subscription: 'subscription',
  managementGroup: 'management group',
};

export function levelWords(level: ScopeLevel): string {
  return LEVEL_WORDS[level];
}

/** Someone who may activate a role counts as having it, graded `medium` at most. */
export function gradeGrant(grant: Grant, severity: Severity): Severity {
  return grant.eligible && GRADES.indexOf(severity) < GRADES.indexOf('medium') ? 'medium' : severity;
}

export function worstOf(defects: readonly Defect[]): Severity {
  return GRADES.find((grade) => defects.some((defect) => defect.severity === grade)) ?? 'low';
}

/** The assignment (or eligibility) behind the worst defect, the widest of equals: it may spoil many services at once. */
export function culpritOf(defects: readonly Defect[]): Culprit | undefined {
  const keyOf = ({ grant }: Defect): string => `role ${holdingKey(grant)}`;
  const widthOf = (a: Defect, b: Defect): number =>
    Number(isWider(b.grant.level, a.grant.level)) - Number(isWider(a.grant.level, b.grant.level));
  const [worst] = [...defects].sort(
    (a, b) =>
      GRADES.indexOf(a.severity) - GRADES.indexOf(b.severity) || widthOf(a, b) || (keyOf(a) < keyOf(b) ? -1 : 1),
  );
  if (!worst) return undefined;
  const { principalType, principalId, roleName, scope } = worst.grant;
  const holder = `${principalType ?? 'principal'} ${principalId}`;
  return { key: keyOf(worst), title: `${clip(roleName)} of ${holder} at ${scope}` };
}

/** Every defect, the worst first, then what else a reader should know. What holds of several principals is said once. */
export function tellDefects(
  defects: readonly Defect[],
  access: Grants,
  approved: readonly ApprovedPrincipal[],
): string {
  const sorted = [...defects].sort((a, b) => GRADES.indexOf(a.severity) - GRADES.indexOf(b.severity));
  const alike = Map.groupBy(sorted, ({ grant, is }) => JSON.stringify([grant.eligible, tellHeld(grant), is]));
  const sentences = [...alike.values()].flatMap((group) => {
    const [first] = group;
    const grants = group.map(({ grant }) => grant);
    return first ? [`${tellGrants(first.grant, grants, approved)}, ${first.is}.`] : [];
  });
  return [...sentences, ...access.obstacles, ...access.remarks].join(' ');
}

/** Why what arrived is not enough for a pass. */
export function tellObstacles(access: Grants): string {
  return ['Nothing that was read fails, but it was not all:', ...access.obstacles, ...access.remarks].join(' ');
}

/** A pass, with the conditions that stand behind it and with what no role list can show. */
export function tellPass(sentence: string, access: Grants, approved: readonly ApprovedPrincipal[]): string {
  const conditional = access.grants.filter((grant) => grant.condition !== undefined);
  return [
    sentence,
    ...conditional.map((grant) => `${tellGrant(grant, approved)}.`),
    ...access.remarks,
    'Azure Lighthouse delegations do not appear in role assignments.',
  ].join(' ');
}

function tellGrant(grant: Grant, approved: readonly ApprovedPrincipal[]): string {
  return tellGrants(grant, [grant], approved);
}

/** `one` stands for all: they differ in their principals alone. */
function tellGrants(one: Grant, all: readonly Grant[], approved: readonly ApprovedPrincipal[]): string {
  const holds = one.eligible ? 'may activate (eligible in PIM)' : all.length > 1 ? 'hold' : 'holds';
  return `${all.map((grant) => tellPrincipal(grant, approved)).join(', ')} ${holds} ${tellHeld(one)}`;
}

function tellHeld(grant: Grant): string {
  const condition = grant.condition
    ? ` (under the condition "${clip(grant.condition)}", which does not narrow this verdict)`
    : '';
  return `${clip(grant.roleName)} at ${tellScope(grant)}${condition}`;
}

function tellPrincipal(grant: Grant, approved: readonly ApprovedPrincipal[]): string {
  const name = listingsOf(approved, grant.principalId).find((listing) => listing.name)?.name;
  const asSuch = isGroup(grant.principalType) ? ' (judged as such, not by its members)' : '';
  const id = `${grant.principalType ?? 'principal of unknown type'} ${grant.principalId}`;
  return name ? `${clip(name)} (${id})${asSuch}` : `${id}${asSuch}`;
}

function tellScope(grant: Grant): string {
  // the scope is an ancestor of the service, so its own name says which
  return grant.level === 'service'
    ? 'the service'
    : `${LEVEL_WORDS[grant.level]} scope ${clip(lastSegment(grant.scope)) || '/'}`;
}

function clip(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
