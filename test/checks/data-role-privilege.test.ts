import { describe, expect, test } from 'vitest';
import { dataRolePrivilege } from '../../src/checks/data-role-privilege.ts';
import type { ApprovedPrincipal, ServiceKind, Verdict } from '../../src/model.ts';
import { assess } from '../../src/posture/assess.ts';
import { aContext, lost, someExpectations } from '../builders.ts';
import {
  type AccessEvidence,
  accessEvidence,
  activate,
  assign,
  bulkOperator,
  contributor,
  converter,
  customRole,
  deny,
  dicomOwner,
  dicomReader,
  eligible,
  exporter,
  guidOf,
  importer,
  managementGroupScope,
  permission,
  person,
  reader,
  serviceScope,
  smartUser,
  subscriptionScope,
  writer,
} from '../role-builders.ts';

const W = 'Microsoft.HealthcareApis/workspaces/fhirservices/resources';
const here = serviceScope('fhirService');

function judge(
  evidence: AccessEvidence,
  principals: readonly ApprovedPrincipal[] = [],
  kind: ServiceKind = 'fhirService',
): Verdict {
  const dataAccess = { widestScope: 'service' as const, principals };
  return dataRolePrivilege.evaluate(evidence, aContext(kind, { expect: someExpectations({ dataAccess }) }));
}
const grade = (verdict: Verdict): string => (verdict.status === 'fail' ? (verdict.severity ?? 'high') : verdict.status);

const holding = (role: typeof reader, listed: readonly ApprovedPrincipal[] = [], kind: ServiceKind = 'fhirService') =>
  judge(accessEvidence({ assignments: [assign(person(1), role, serviceScope(kind))], roles: [role] }), listed, kind);

describe('traps', () => {
  test('trap: FHIR Data Writer deletes, exports, imports, reindexes', () => {
    for (const kind of ['fhirService', 'apiForFhir'] as const) {
      const verdict = holding(writer, [], kind);
      expect(grade(verdict)).toBe('high');
      for (const power of ['delete', 'export', 'import', 'reindex']) expect(verdict.message).toContain(power);
    }
  });

  test('trap: Bulk Operator hard-deletes (HF 3.1)', () => {
    const verdict = holding(bulkOperator);
    expect(grade(verdict)).toBe('high');
    expect(verdict.message).toContain('hardDelete');
    expect(verdict.message).toContain('FHIR Data Bulk Operator');
  });

  test('the importer has power over an AHDS FHIR service only (HF 3.1)', () => {
    expect(grade(holding(importer))).toBe('high');
    expect(grade(holding(importer, [], 'apiForFhir'))).toBe('pass');
  });

  test('readers, SMART users and converters have no power; wildcards have all of it', () => {
    for (const role of [reader, smartUser, converter]) expect(grade(holding(role))).toBe('pass');
    for (const role of [contributor, exporter]) expect(grade(holding(role))).toBe('high');
    expect(grade(holding(dicomReader, [], 'dicomService'))).toBe('pass');
    expect(grade(holding(dicomOwner, [], 'dicomService'))).toBe('high');
    expect(grade(holding(contributor, [], 'dicomService'))).toBe('pass');
  });
});

describe('what is powerful', () => {
  test.each([
    'delete',
    'hardDelete/action',
    'bulkOperator/action',
    'import/action',
    'export/action',
    'reindex/action',
    'searchParameter/action',
    'editProfileDefinitions/action',
  ])(
    'ruling: Powerful = `delete`, `hardDelete`, `bulkOperator`, `import`, `export`, `reindex`, `searchParameter`, `editProfileDefinitions` - a role with %s alone fails',
    (action) => {
      const verdict = holding(customRole([permission([`${W}/${action}`])]));
      expect(grade(verdict)).toBe('high');
      expect(verdict.message).toContain(action.replace('/action', ''));
    },
  );

  test('writing, creating, updating and query tags are not', () => {
    const role = customRole([permission([`${W}/write`, `${W}/create/action`, `${W}/update/action`])]);
    expect(grade(holding(role))).toBe('pass');
    const tags = customRole([
      permission(['Microsoft.HealthcareApis/workspaces/dicomservices/resources/manageExtendedQueryTags/action']),
    ]);
    expect(grade(holding(tags, [], 'dicomService'))).toBe('pass');
  });

  test("ruling: Effective means after wildcards and after each permission object's own `notDataActions`; a wildcard that only matches reading is reading", () => {
    expect(grade(holding(customRole([permission(['*/read'])])))).toBe('pass');
    expect(grade(holding(customRole([permission(['*'], ['*/action', '*/delete'])])))).toBe('pass');
    const given = customRole([permission(['*'], ['*/action', '*/delete']), permission([`${W}/DELETE`])]);
    expect(grade(holding(given))).toBe('high');
    const named = customRole([permission([`${W}/*`], [`${W}/hardDelete/action`])], 1, 'FHIR Data Reader');
    const verdict = holding(named);
    expect(grade(verdict)).toBe('high');
    expect(verdict.message).not.toContain('hardDelete');
  });
});

describe('the policy', () => {
  test('ruling: a powerful action fails unless the policy lists the principal with `roles` that include that role', () => {
    const listed = (...roles: string[]) => grade(holding(writer, [{ id: person(1), roles }]));
    expect(listed('FHIR Data Writer')).toBe('pass');
    expect(listed('fhir data WRITER')).toBe('pass');
    expect(listed(guidOf(writer).toUpperCase())).toBe('pass');
    expect(listed(`/subscriptions/x/providers/Microsoft.Authorization/roleDefinitions/${guidOf(writer)}`)).toBe('pass');
    expect(listed('FHIR Data Reader')).toBe('high');
    expect(listed()).toBe('high');
    expect(grade(holding(writer, [{ id: person(1).toUpperCase(), roles: ['FHIR Data Writer'] }]))).toBe('pass');
    expect(grade(holding(writer, [{ id: person(2), roles: ['FHIR Data Writer'] }]))).toBe('high');
  });

  test('a principal listed without roles fails here, and the message says why', () => {
    const verdict = holding(writer, [{ id: person(1), name: 'Nightly job' }]);
    expect(grade(verdict)).toBe('high');
    expect(verdict.message).toContain('Nightly job');
    expect(verdict.message).toContain('does not list it with that role');
  });

  test('two entries for one principal add up', () => {
    const principals = [{ id: person(1) }, { id: person(1), roles: ['FHIR Data Exporter', 'FHIR Data Writer'] }];
    expect(grade(holding(writer, principals))).toBe('pass');
  });
});

describe('PIM, deny assignments, conditions', () => {
  test('ruling: an eligible principal counts as one that has the role, graded `medium` at most', () => {
    const verdict = judge(accessEvidence({ eligible: [eligible(person(1), writer, subscriptionScope)] }));
    expect(grade(verdict)).toBe('medium');
    expect(verdict.message).toContain('eligible');
  });

  test('ruling: an `Activated` instance, and the assignment it puts in the list, count as that eligibility, so activation changes neither status, severity nor `observed`', () => {
    const one = eligible(person(1), writer, here);
    const before = judge(accessEvidence({ eligible: [one] }));
    const during = accessEvidence({
      eligible: [one],
      active: [activate(person(1), writer, here)],
      assignments: [assign(person(1), writer, here)],
    });
    expect(judge(during)).toEqual(before);
  });

  test('an activation counts as eligibility where the eligible roles are unreadable', () => {
    const evidence = accessEvidence(
      { active: [activate(person(1), writer, here)], assignments: [assign(person(1), writer, here)] },
      { eligibleRoles: lost('forbidden') },
    );
    expect(grade(judge(evidence))).toBe('medium');
  });

  test("ruling: Several defects in one finding: all named, the worst one's severity - a standing one outranks an eligible one", () => {
    const verdict = judge(
      accessEvidence({
        eligible: [eligible(person(1), writer, here)],
        assignments: [assign(person(2), exporter, here, { principalType: 'ServicePrincipal' })],
      }),
    );
    expect(grade(verdict)).toBe('high');
    expect(verdict.message.indexOf(person(2))).toBeLessThan(verdict.message.indexOf(person(1)));
  });

  test('ruling: A deny assignment subtracts only where it surely applies (principal named or everyone, nobody excluded that the principal is, may contain or may belong to)', () => {
    const assignments = [assign(person(1), writer, here)];
    const judgeDeny = (...denials: Parameters<typeof deny>[0][]) =>
      grade(judge(accessEvidence({ assignments, denials: denials.map((one) => deny(one)) })));
    expect(judgeDeny({})).toBe('pass');
    expect(judgeDeny({ principals: [{ id: person(1).toUpperCase(), type: 'User' }] })).toBe('pass');
    expect(judgeDeny({ principals: [{ id: person(2), type: 'User' }] })).toBe('high');
    expect(judgeDeny({ principals: [{ id: person(2), type: 'Group' }] })).toBe('high');
    expect(judgeDeny({ excludePrincipals: [{ id: person(1), type: 'User' }] })).toBe('high');
    expect(judgeDeny({ excludePrincipals: [{ id: person(2), type: 'User' }] })).toBe('pass');
    expect(judgeDeny({ permissions: [permission(['*/delete'])] })).toBe('high');
  });

  test('ruling: Conditions are shown and do not narrow', () => {
    const condition = 'only in a full moon';
    const verdict = judge(accessEvidence({ assignments: [assign(person(1), writer, here, { condition })] }));
    expect(grade(verdict)).toBe('high');
    expect(verdict.message).toContain(condition);
  });
});

describe('missing evidence', () => {
  test('ruling: PIM unreadable: what fails without it fails, what would pass is `unknown`', () => {
    const gap = { eligibleRoles: lost('forbidden'), activeRoles: lost('forbidden') };
    expect(judge(accessEvidence({ assignments: [assign(person(1), reader, here)] }, gap)).status).toBe('unknown');
    expect(grade(judge(accessEvidence({ assignments: [assign(person(1), writer, here)] }, gap)))).toBe('high');
  });

  test('ruling: a tenant without the licence for PIM (`AadPremiumLicenseRequired`) has none - nothing eligible, nothing active: a pass', () => {
    expect(judge(accessEvidence({ assignments: [assign(person(1), reader, here)] })).status).toBe('pass');
  });

  test('ruling: An assignment whose role definition cannot be read: `unknown` for the three and for `privileged-control-plane`, where nothing else fails them', () => {
    const strange = assign(person(1), customRole([permission(['*'])]), here);
    expect(judge(accessEvidence({ assignments: [strange] })).status).toBe('unknown');
    const listed = [{ id: person(1), roles: [strange.roleDefinitionId] }];
    expect(judge(accessEvidence({ assignments: [strange] }), listed).status).toBe('unknown');
    expect(grade(judge(accessEvidence({ assignments: [strange, assign(person(2), writer, here)] })))).toBe('high');
  });

  test('ruling: Fail on part, pass on the whole - rows beside one that was not understood still fail', () => {
    const gapWith = (role: typeof reader) => ({
      roleAssignments: {
        ok: true as const,
        value: [assign(person(1), role, here)],
        sources: [],
        direct: true,
        incomplete: { reason: 'malformed' as const, detail: 'one row was not understood' },
      },
    });
    expect(grade(judge(accessEvidence({}, gapWith(writer))))).toBe('high');
    expect(judge(accessEvidence({}, gapWith(reader))).status).toBe('unknown');
  });

  test('unreadable assignments are unknown, but an eligibility still fails', () => {
    const gap = { roleAssignments: lost('throttled') };
    expect(judge(accessEvidence({}, gap)).status).toBe('unknown');
    expect(grade(judge(accessEvidence({ eligible: [eligible(person(1), writer, here)] }, gap)))).toBe('medium');
  });
});

test('`observed` holds the powerful grants and what they may do, nothing else', () => {
  const verdict = judge(
    accessEvidence({
      assignments: [assign(person(2), reader, here), assign(person(1), exporter, managementGroupScope)],
    }),
  );
  expect(verdict.observed).toEqual({
    roleAssignments: [`${person(1)} ${guidOf(exporter)} ${managementGroupScope.toLowerCase()} export`],
    roleEligibilityScheduleInstances: [],
  });
});

test('a policy with names like __proto__ lists nobody else', () => {
  const principals = [{ id: '__proto__', roles: ['__proto__'] }];
  expect(grade(holding(writer, principals))).toBe('high');
});

test('ruling: Data-role checks: FHIR, DICOM, API for FHIR; workspace and MedTech `n/a`', () => {
  const statusOn = (kind: ServiceKind) =>
    assess([dataRolePrivilege], accessEvidence(), aContext(kind)).findings[0]?.status;
  for (const kind of ['fhirService', 'dicomService', 'apiForFhir'] as const) expect(statusOn(kind)).toBe('pass');
  for (const kind of ['workspace', 'medtechService', 'fhirServer'] as const) {
    expect(statusOn(kind)).toBe('not-applicable');
  }
});
