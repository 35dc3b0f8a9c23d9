import type { Check, ScopeLevel, Severity } from '../model.ts';
import {
  GRANT_EVIDENCE,
  type Grant,
  type GrantEvidenceKind,
  observeGrants,
  readDataGrants,
} from '../rules/data-grants.ts';
import {
  culpritOf,
  gradeGrant,
  levelWords,
  tellDefects,
  tellObstacles,
  tellPass,
  worstOf,
} from '../rules/grant-words.ts';
import { isReading } from '../rules/role-actions.ts';
import { isWider } from '../rules/role-scope.ts';
import { shellWord } from '../rules/shell.ts';
import { blame, fail, pass, unknown } from './verdict.ts';

export const dataRoleScope: Check<never, GrantEvidenceKind> = {
  id: 'data-role-scope',
  family: 'access',
  title: 'FHIR and DICOM services grant data access at their own scope, not at a wider one',
  severity: 'high',
  appliesTo: ['fhirService', 'dicomService', 'apiForFhir'],
  why:
    'A data role at a resource group, subscription or management group does take effect on every service below it, ' +
    'also on those created later. One stolen identity then reads or destroys the records of all of them.',
  remediation: {
    summary:
      'Assign the role again at the service itself, see that its users still work, then delete the wider assignment ' +
      '(or the wider PIM eligibility). If the wider scope is meant, raise dataAccess.widestScope in the policy.',
    command: (service) =>
      `az role assignment create --assignee "<object id>" --role "<role>" --scope ${shellWord(service.id)}`,
  },
  references: [
    'https://learn.microsoft.com/azure/healthcare-apis/configure-azure-rbac',
    'https://learn.microsoft.com/azure/role-based-access-control/scope-overview',
  ],
  controls: [
    { framework: 'HIPAA', id: '164.308(a)(4)(ii)(B)', own: true },
    { framework: 'HIPAA', id: '164.308(a)(4)(ii)(C)', own: true },
    { framework: 'HIPAA', id: '164.312(a)(1)', own: true },
    { framework: 'HIPAA', id: '164.502(b)', own: true },
    { framework: 'NIST 800-53 r5', id: 'AC-2', own: true },
    { framework: 'NIST 800-53 r5', id: 'AC-3', own: true },
    { framework: 'NIST 800-53 r5', id: 'AC-6', own: true },
    { framework: 'NIST 800-53 r5', id: 'AC-6(9)', own: true },
    { framework: 'MCSB', id: 'PA-7', own: true },
  ],
  // an assignment takes up to ten minutes to act (HF 3.5)
  settling: { resolving: 600 },
  requires: [],
  considers: GRANT_EVIDENCE,
  evaluate(evidence, { service, expect }) {
    const { widestScope, principals } = expect.dataAccess;
    const access = readDataGrants(evidence, service);
    const observed = observeGrants(access, access.grants, (grant) => (onlyReads(grant) ? ' read' : ' write'));
    const defects = access.grants
      .filter((grant) => isWider(grant.level, widestScope))
      .map((grant) => ({
        grant,
        is: `which takes effect here with ${onlyReads(grant) ? 'read' : 'write'} access and is wider than the policy allows (${levelWords(widestScope)})`,
        severity: gradeGrant(grant, gradeScope(grant.level, onlyReads(grant))),
      }));
    if (defects.length > 0) {
      const verdict = fail(tellDefects(defects, access, principals), observed, worstOf(defects));
      return blame(verdict, culpritOf(defects));
    }
    if (access.obstacles.length > 0) return unknown(tellObstacles(access), observed);
    return pass(
      tellPass(`No data access is granted wider than the ${levelWords(widestScope)} scope.`, access, principals),
      observed,
    );
  },
};

function onlyReads(grant: Grant): boolean {
  return grant.actions.every(isReading);
}

function gradeScope(level: ScopeLevel, reading: boolean): Severity {
  const broad = isWider(level, 'resourceGroup');
  if (reading) return broad ? 'medium' : 'low';
  return broad ? 'high' : 'medium';
}
