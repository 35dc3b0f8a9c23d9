import type { Check } from '../model.ts';
import { listingsOf, namesRole } from '../rules/approved-principals.ts';
import {
  GRANT_EVIDENCE,
  type Grant,
  type GrantEvidenceKind,
  observeGrants,
  readDataGrants,
} from '../rules/data-grants.ts';
import { culpritOf, gradeGrant, tellDefects, tellObstacles, tellPass, worstOf } from '../rules/grant-words.ts';
import { isPowerful, shortAction } from '../rules/role-actions.ts';
import { shellWord } from '../rules/shell.ts';
import { blame, fail, pass, unknown } from './verdict.ts';

export const dataRolePrivilege: Check<never, GrantEvidenceKind> = {
  id: 'data-role-privilege',
  family: 'access',
  title: 'FHIR and DICOM services allow deletion and bulk operations only to principals whose role the policy lists',
  severity: 'high',
  appliesTo: ['fhirService', 'dicomService', 'apiForFhir'],
  why:
    'FHIR Data Writer also deletes, exports, imports and reindexes; Bulk Operator and wildcards delete for good. One ' +
    'such identity, stolen or careless, copies out or destroys every record in a single call.',
  remediation: {
    summary:
      'Give the principal a role without these actions, e.g. FHIR Data Reader, and delete the powerful assignment or ' +
      'eligibility. If the power is meant, list the principal with that role under dataAccess.principals in the policy.',
    command: (service) =>
      `az role assignment delete --assignee "<object id>" --role "<role>" --scope ${shellWord(service.id)}`,
  },
  references: [
    'https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/integration',
    'https://learn.microsoft.com/azure/role-based-access-control/role-definitions',
  ],
  controls: [
    { framework: 'HIPAA', id: '164.308(a)(4)(ii)(C)', own: true },
    { framework: 'HIPAA', id: '164.502(b)', own: true },
    { framework: 'NIST 800-53 r5', id: 'AC-5', own: true },
    { framework: 'NIST 800-53 r5', id: 'AC-6', own: true },
    { framework: 'NIST 800-53 r5', id: 'AC-6(5)', own: true },
    { framework: 'MCSB', id: 'PA-1', own: true },
    { framework: 'MCSB', id: 'PA-7', own: true },
  ],
  // an assignment takes up to ten minutes to act (HF 3.5)
  settling: { resolving: 600 },
  requires: [],
  considers: GRANT_EVIDENCE,
  evaluate(evidence, { service, expect }) {
    const { principals } = expect.dataAccess;
    const access = readDataGrants(evidence, service);
    const powerful = access.grants.filter((grant) => grant.actions.some(isPowerful));
    const observed = observeGrants(access, powerful, (grant) => ` ${powersOf(grant)}`);
    const defects = powerful.flatMap((grant) => {
      const listings = listingsOf(principals, grant.principalId);
      if (listings.some((listing) => namesRole(listing, grant))) return [];
      const listed = listings.length > 0 ? 'the policy does not list it with that role' : 'the policy does not list it';
      return [{ grant, is: `which allows ${powersOf(grant)}; ${listed}`, severity: gradeGrant(grant, 'high') }];
    });
    if (defects.length > 0) {
      const verdict = fail(tellDefects(defects, access, principals), observed, worstOf(defects));
      return blame(verdict, culpritOf(defects));
    }
    if (access.obstacles.length > 0) return unknown(tellObstacles(access), observed);
    const sentence =
      'No principal may delete, import, export or change the service in bulk but those the policy lists.';
    return pass(tellPass(sentence, access, principals), observed);
  },
};

function powersOf(grant: Grant): string {
  return grant.actions.filter(isPowerful).map(shortAction).sort().join(', ');
}
