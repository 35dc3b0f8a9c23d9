import { describe, expect, test } from 'vitest';
import { dataRolePrincipals } from '../../src/checks/data-role-principals.ts';
import type { ApprovedPrincipal, Directory, ServiceKind, Verdict } from '../../src/model.ts';
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
  dicomReader,
  eligible,
  guidOf,
  importer,
  owner,
  permission,
  person,
  reader,
  serviceScope,
  subscriptionScope,
  writer,
} from '../role-builders.ts';

const here = serviceScope('fhirService');

function judge(
  evidence: AccessEvidence,
  principals: readonly ApprovedPrincipal[] = [],
  kind: ServiceKind = 'fhirService',
): Verdict {
  const dataAccess = { widestScope: 'service' as const, principals };
  return dataRolePrincipals.evaluate(evidence, aContext(kind, { expect: someExpectations({ dataAccess }) }));
}
const grade = (verdict: Verdict): string => (verdict.status === 'fail' ? (verdict.severity ?? 'high') : verdict.status);
const listed = (...numbers: number[]): readonly ApprovedPrincipal[] => numbers.map((n) => ({ id: person(n) }));

describe('the approved list', () => {
  test('ruling: the principal must be listed, and if its `roles` are, with one of them', () => {
    const evidence = accessEvidence({ assignments: [assign(person(1), reader, here)] });
    const judgeRoles = (...roles: string[]) => grade(judge(evidence, [{ id: person(1), roles }]));
    expect(grade(judge(evidence))).toBe('high');
    expect(grade(judge(evidence, listed(2)))).toBe('high');
    expect(grade(judge(evidence, listed(1)))).toBe('pass');
    expect(grade(judge(evidence, [{ id: person(1).toUpperCase() }]))).toBe('pass');
    expect(judgeRoles('FHIR Data Writer', 'fhir data reader')).toBe('pass');
    expect(judgeRoles(guidOf(reader))).toBe('pass');
    expect(judgeRoles(reader.id.toUpperCase())).toBe('pass');
    expect(judgeRoles('FHIR Data Writer')).toBe('high');
    expect(judgeRoles()).toBe('high');
    expect(judge(evidence, [{ id: person(1), roles: ['x'] }]).message).toContain('other roles only');
  });

  test('ruling: A listed principal without `roles` passes here whatever it holds (privilege judges that)', () => {
    for (const role of [contributor, bulkOperator, writer]) {
      expect(grade(judge(accessEvidence({ assignments: [assign(person(1), role, '/')] }), listed(1)))).toBe('pass');
    }
  });

  test('who has no data access needs no approval', () => {
    const assignments = [assign(person(1), owner, subscriptionScope), assign(person(2), converter, here)];
    expect(grade(judge(accessEvidence({ assignments })))).toBe('pass');
    const old = [assign(person(1), importer, serviceScope('apiForFhir'))];
    expect(grade(judge(accessEvidence({ assignments: old }), [], 'apiForFhir'))).toBe('pass');
  });

  test('FHIR roles give nothing on a DICOM service, and DICOM roles nothing on FHIR', () => {
    const assignments = [
      assign(person(1), contributor, subscriptionScope),
      assign(person(2), dicomReader, subscriptionScope),
    ];
    expect(judge(accessEvidence({ assignments }), [], 'dicomService').observed.roleAssignments).toHaveLength(1);
    expect(grade(judge(accessEvidence({ assignments }), listed(2), 'dicomService'))).toBe('pass');
    expect(grade(judge(accessEvidence({ assignments }), listed(1)))).toBe('pass');
    expect(grade(judge(accessEvidence({ assignments }), listed(1), 'apiForFhir'))).toBe('pass');
  });

  test('ruling: Groups are judged as such, not by members', () => {
    const evidence = accessEvidence({ assignments: [assign(person(1), reader, here, { principalType: 'Group' })] });
    expect(grade(judge(evidence, listed(1)))).toBe('pass');
    const verdict = judge(evidence, listed(2));
    expect(grade(verdict)).toBe('high');
    expect(verdict.message).toContain(`Group ${person(1)} (judged as such, not by its members)`);
  });
});

test('trap: groups, foreign principals, orphans, Lighthouse unseen', () => {
  for (const principalType of ['ForeignGroup', 'Device', 'ServicePrincipal', 'Group']) {
    const evidence = accessEvidence({ assignments: [assign(person(1), reader, here, { principalType })] });
    const verdict = judge(evidence);
    expect(grade(verdict)).toBe('high');
    expect(verdict.message).toContain(principalType);
    expect(grade(judge(evidence, listed(1)))).toBe('pass');
  }
  const orphan = assign(person(1), reader, here, { principalType: 'Unknown' });
  expect(grade(judge(accessEvidence({ assignments: [orphan] }), listed(1)))).toBe('low');
  expect(judge(accessEvidence()).message).toContain('Lighthouse');
});

describe('orphans', () => {
  const asked = (principals: Extract<Directory, { asked: true }>['principals']): Directory => ({
    asked: true,
    principals,
  });

  test('ruling: An orphan (`principalType` Unknown, or gone according to the opt-in directory read; Resource Manager itself keeps the old type) fails `low`, listed or not', () => {
    for (const principals of [[], listed(1)]) {
      const unknown = accessEvidence({ assignments: [assign(person(1), writer, here, { principalType: 'Unknown' })] });
      expect(grade(judge(unknown, principals))).toBe('low');
      const gone = accessEvidence({
        assignments: [assign(person(1).toUpperCase(), writer, here)],
        directory: asked({ [person(1)]: 'gone' }),
      });
      expect(grade(judge(gone, principals))).toBe('low');
      expect(judge(gone, principals).message).toContain('directory');
    }
  });

  test('the directory says nothing of whom it knows or was not asked for', () => {
    const assignments = [assign(person(1), writer, here), assign('constructor', reader, here)];
    const directory = asked({ [person(1)]: 'User' });
    const principals = [...listed(1), { id: 'constructor' }];
    expect(grade(judge(accessEvidence({ assignments, directory }), principals))).toBe('pass');
  });

  test('an orphan beside an unlisted principal takes the worse grade, and both are named', () => {
    const verdict = judge(
      accessEvidence({
        assignments: [assign(person(1), reader, here, { principalType: 'Unknown' }), assign(person(2), reader, here)],
      }),
    );
    expect(grade(verdict)).toBe('high');
    expect(verdict.message).toContain(person(1));
    expect(verdict.message).toContain(person(2));
  });

  test('asked for and not answered, the directory may hide an orphan: what would pass is unknown, what fails fails', () => {
    const gap = { directory: lost('forbidden') };
    const evidence = accessEvidence({ assignments: [assign(person(1), reader, here)] }, gap);
    expect(judge(evidence, listed(1)).status).toBe('unknown');
    expect(grade(judge(evidence))).toBe('high');
    expect(judge(accessEvidence({}, gap)).status).toBe('pass');
  });
});

describe('PIM', () => {
  test('ruling: an eligible principal counts as one that has the role, graded `medium` at most', () => {
    const evidence = accessEvidence({ eligible: [eligible(person(1), writer, here)] });
    expect(grade(judge(evidence))).toBe('medium');
    expect(grade(judge(evidence, listed(1)))).toBe('pass');
    const orphan = accessEvidence({ eligible: [eligible(person(1), writer, here, { principalType: 'Unknown' })] });
    expect(grade(judge(orphan))).toBe('low');
  });

  test('trap: `Activated` PIM rows are churn', () => {
    const one = eligible(person(1), writer, here);
    const before = judge(accessEvidence({ eligible: [one] }));
    const during = accessEvidence({
      eligible: [one],
      active: [activate(person(1), writer, here)],
      assignments: [assign(person(1), writer, here)],
    });
    expect(judge(during)).toEqual(before);
  });

  test('ruling: an `Activated` instance, and the assignment it puts in the list, count as that eligibility, so activation changes neither status, severity nor `observed` - of a group, by one member', () => {
    const group = eligible(person(7), writer, subscriptionScope, {
      principalType: 'Group',
      scheduleId: '/x/schedule-7',
    });
    const before = judge(accessEvidence({ eligible: [group] }), listed(7));
    expect(before.status).toBe('pass');
    for (const link of [
      { linkedScheduleId: 'SCHEDULE-7' },
      { linkedInstanceId: group.id.split('/').at(-1) ?? '' },
      { memberType: 'Group' },
    ]) {
      const during = accessEvidence({
        eligible: [group],
        active: [activate(person(1), writer, here, link)],
        assignments: [assign(person(1), writer, here)],
      });
      expect(judge(during, listed(7))).toEqual(before);
    }
  });

  test("a member's own standing assignment is no activation of its group", () => {
    const group = eligible(person(7), writer, subscriptionScope, { principalType: 'Group' });
    const evidence = accessEvidence({ eligible: [group], assignments: [assign(person(1), writer, here)] });
    expect(grade(judge(evidence, listed(7)))).toBe('high');
  });

  test('ruling: PIM unreadable: what fails without it fails, what would pass is `unknown`', () => {
    const gap = { eligibleRoles: lost('forbidden'), activeRoles: lost('forbidden') };
    const evidence = accessEvidence({ assignments: [assign(person(1), reader, here)] }, gap);
    expect(judge(evidence, listed(1)).status).toBe('unknown');
    expect(grade(judge(evidence))).toBe('high');
  });

  test('ruling: Conditions are shown and do not narrow', () => {
    const condition = '@Request[x] BoolEquals true';
    const evidence = accessEvidence({ eligible: [eligible(person(1), reader, here, { condition })] });
    expect(grade(judge(evidence))).toBe('medium');
    expect(judge(evidence).message).toContain(condition);
    expect(judge(evidence, listed(1)).message).toContain(condition);
  });
});

describe('deny assignments and missing evidence', () => {
  test('a denied principal has no access to approve', () => {
    const assignments = [assign(person(1), reader, here)];
    expect(judge(accessEvidence({ assignments, denials: [deny()] })).status).toBe('pass');
    const groupOnly = deny({ doNotApplyToChildScopes: true });
    expect(grade(judge(accessEvidence({ assignments, denials: [groupOnly] })))).toBe('high');
  });

  test('ruling: An assignment whose role definition cannot be read: `unknown` for the three and for `privileged-control-plane`, where nothing else fails them', () => {
    const strange = assign(person(1), customRole([permission(['*'])]), here);
    expect(judge(accessEvidence({ assignments: [strange] }), listed(1)).status).toBe('unknown');
    const besides = accessEvidence({ assignments: [strange, assign(person(2), reader, here)] });
    expect(grade(judge(besides, listed(1)))).toBe('high');
  });

  test('unreadable assignments: nobody is assumed and nobody denied', () => {
    const verdict = judge(accessEvidence({}, { roleAssignments: lost('forbidden') }), listed(1));
    expect(verdict.status).toBe('unknown');
    expect(verdict.observed).toEqual({ roleEligibilityScheduleInstances: [] });
  });
});

test('`observed` names every principal with data access and marks orphans, sorted, in one spelling', () => {
  const verdict = judge(
    accessEvidence({
      assignments: [
        assign(person(2), reader, here.toUpperCase(), { principalType: 'Unknown' }),
        assign(person(1), writer, here),
      ],
      eligible: [eligible(person(3), reader, here)],
    }),
    listed(1, 2, 3),
  );
  const scope = here.toLowerCase();
  expect(verdict.observed).toEqual({
    roleAssignments: [`${person(1)} ${guidOf(writer)} ${scope}`, `${person(2)} ${guidOf(reader)} ${scope} orphan`],
    roleEligibilityScheduleInstances: [`${person(3)} ${guidOf(reader)} ${scope}`],
  });
});

test('ruling: Data-role checks: FHIR, DICOM, API for FHIR; workspace and MedTech `n/a`', () => {
  const statusOn = (kind: ServiceKind) =>
    assess([dataRolePrincipals], accessEvidence(), aContext(kind)).findings[0]?.status;
  for (const kind of ['fhirService', 'dicomService', 'apiForFhir'] as const) expect(statusOn(kind)).toBe('pass');
  for (const kind of ['workspace', 'medtechService', 'fhirServer'] as const) {
    expect(statusOn(kind)).toBe('not-applicable');
  }
});
