import type { ApprovedPrincipal, Check, Directory, Gathered } from '../model.ts';
import { listingsOf, namesRole } from '../rules/approved-principals.ts';
import {
  GRANT_EVIDENCE,
  type Grant,
  type GrantEvidenceKind,
  observeGrants,
  readDataGrants,
} from '../rules/data-grants.ts';
import { culpritOf, gradeGrant, tellDefects, tellObstacles, tellPass, worstOf } from '../rules/grant-words.ts';
import { shellWord } from '../rules/shell.ts';
import { blame, fail, pass, unknown } from './verdict.ts';

export const dataRolePrincipals: Check<never, GrantEvidenceKind | 'directory'> = {
  id: 'data-role-principals',
  family: 'access',
  title: 'FHIR and DICOM services give data access only to principals on the approved list',
  severity: 'high',
  appliesTo: ['fhirService', 'dicomService', 'apiForFhir'],
  why:
    'Whoever holds a data role, or may activate one, can read patient records. An identity that nobody approved, a ' +
    'foreign or a forgotten one, is how records leave unnoticed.',
  remediation: {
    summary:
      'Delete the assignment (or the PIM eligibility) of whoever should have no access, and of every deleted ' +
      'principal. Whoever should have it goes under dataAccess.principals in the policy.',
    command: (service) =>
      `az role assignment delete --assignee "<object id>" --role "<role>" --scope ${shellWord(service.id)}`,
  },
  references: [
    'https://learn.microsoft.com/azure/healthcare-apis/configure-azure-rbac',
    'https://learn.microsoft.com/azure/role-based-access-control/troubleshooting',
  ],
  controls: [
    { framework: 'HIPAA', id: '164.308(a)(3)(ii)(C)', own: true },
    { framework: 'HIPAA', id: '164.308(a)(4)(ii)(B)', own: true },
    { framework: 'HIPAA', id: '164.312(a)(1)', own: true },
    { framework: 'NIST 800-53 r5', id: 'AC-2', own: true },
    { framework: 'NIST 800-53 r5', id: 'AC-2(3)', own: true },
    { framework: 'NIST 800-53 r5', id: 'AC-3', own: true },
    { framework: 'MCSB', id: 'PA-3', own: true },
    { framework: 'MCSB', id: 'PA-4', own: true },
  ],
  // an assignment takes up to ten minutes to act (HF 3.5)
  settling: { resolving: 600 },
  requires: [],
  considers: [...GRANT_EVIDENCE, 'directory'],
  evaluate(evidence, { service, expect }) {
    const { principals } = expect.dataAccess;
    const access = withDirectory(readDataGrants(evidence, service), evidence.directory);
    const orphan = (grant: Grant): string | undefined => orphanhood(grant, evidence.directory);
    const observed = observeGrants(access, access.grants, (grant) => (orphan(grant) ? ' orphan' : ''));
    const defects = access.grants.flatMap((grant) => {
      const gone = orphan(grant);
      if (gone) return [{ grant, is: gone, severity: 'low' as const }];
      const is = disapproval(grant, listingsOf(principals, grant.principalId));
      return is ? [{ grant, is, severity: gradeGrant(grant, 'high') }] : [];
    });
    if (defects.length > 0) {
      const verdict = fail(tellDefects(defects, access, principals), observed, worstOf(defects));
      return blame(verdict, culpritOf(defects));
    }
    if (access.obstacles.length > 0) return unknown(tellObstacles(access), observed);
    return pass(tellPass('Every principal with data access is on the approved list.', access, principals), observed);
  },
};

/** Resource Manager keeps the type of a principal that was deleted, so the directory knows more. */
function orphanhood(grant: Grant, directory: Gathered<Directory>): string | undefined {
  if (grant.principalType?.toLowerCase() === 'unknown')
    return 'by a principal that is gone (deleted: its principal type is Unknown)';
  if (!directory.ok || !directory.value.asked) return undefined;
  const known = directory.value.principals;
  const id = grant.principalId.toLowerCase();
  return Object.hasOwn(known, id) && known[id] === 'gone'
    ? 'by a principal that is gone (deleted: the directory does not know it)'
    : undefined;
}

function disapproval(grant: Grant, listings: readonly ApprovedPrincipal[]): string | undefined {
  if (listings.length === 0) return 'not on the approved list';
  const allows = listings.some((listing) => listing.roles === undefined || namesRole(listing, grant));
  return allows ? undefined : 'named by the approved list for other roles only';
}

/** Asked for by the policy and refused: a deleted principal may hide among the approved ones. */
function withDirectory<T extends { readonly grants: readonly Grant[]; readonly obstacles: readonly string[] }>(
  access: T,
  directory: Gathered<Directory>,
): T {
  if (directory.ok || access.grants.length === 0) return access;
  const lost = `The directory could not be asked for deleted principals (${directory.reason}: ${directory.detail}).`;
  return { ...access, obstacles: [...access.obstacles, lost] };
}
