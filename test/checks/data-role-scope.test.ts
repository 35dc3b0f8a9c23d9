import { describe, expect, test } from 'vitest';
import { dataRoleScope } from '../../src/checks/data-role-scope.ts';
import type { ScopeLevel, ServiceKind, Verdict } from '../../src/model.ts';
import { assess } from '../../src/posture/assess.ts';
import { aContext, got, lost, OTHER_SUBSCRIPTION, someExpectations } from '../builders.ts';
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
  groupScope,
  importer,
  managementGroupScope,
  owner,
  permission,
  person,
  reader,
  serviceScope,
  smartUser,
  subscriptionScope,
  workspaceScope,
  writer,
} from '../role-builders.ts';

const W = 'Microsoft.HealthcareApis/workspaces/fhirservices/resources';
const D = 'Microsoft.HealthcareApis/workspaces/dicomservices/resources';

function judge(
  evidence: AccessEvidence,
  kind: ServiceKind = 'fhirService',
  widestScope: ScopeLevel = 'service',
): Verdict {
  const dataAccess = { widestScope, principals: [{ id: person(1), name: 'EHR integration' }] };
  return dataRoleScope.evaluate(evidence, aContext(kind, { expect: someExpectations({ dataAccess }) }));
}
const grade = (verdict: Verdict): string => (verdict.status === 'fail' ? (verdict.severity ?? 'high') : verdict.status);

const at = (role: typeof reader, scope: string, kind: ServiceKind = 'fhirService', widest: ScopeLevel = 'service') =>
  grade(judge(accessEvidence({ assignments: [assign(person(1), role, scope)] }), kind, widest));

describe('grading', () => {
  test('nobody at all passes', () => {
    expect(judge(accessEvidence())).toMatchObject({
      status: 'pass',
      observed: { roleAssignments: [], roleEligibilityScheduleInstances: [] },
    });
  });

  test('any role at the service itself passes', () => {
    for (const role of [reader, writer, contributor, bulkOperator]) {
      expect(at(role, serviceScope('fhirService'))).toBe('pass');
      expect(at(role, serviceScope('apiForFhir'), 'apiForFhir')).toBe('pass');
    }
    expect(at(dicomOwner, serviceScope('dicomService'), 'dicomService')).toBe('pass');
  });

  test('ruling: wider than `widestScope` (which overrules the table): write or powerful actions at subscription, management group or `/` `high`, at resource group or workspace `medium`; reading only, one grade lower', () => {
    for (const role of [writer, contributor, bulkOperator, exporter, importer]) {
      expect(at(role, subscriptionScope)).toBe('high');
      expect(at(role, managementGroupScope)).toBe('high');
      expect(at(role, '/')).toBe('high');
      expect(at(role, groupScope)).toBe('medium');
      expect(at(role, workspaceScope)).toBe('medium');
    }
    for (const role of [reader, smartUser]) {
      expect(at(role, subscriptionScope)).toBe('medium');
      expect(at(role, managementGroupScope)).toBe('medium');
      expect(at(role, '/')).toBe('medium');
      expect(at(role, groupScope)).toBe('low');
      expect(at(role, workspaceScope)).toBe('low');
    }
    const scopes = [workspaceScope, groupScope, subscriptionScope, managementGroupScope];
    const widest = ['workspace', 'resourceGroup', 'subscription', 'managementGroup'] as const;
    for (const [i, level] of widest.entries()) {
      for (const [j, scope] of scopes.entries()) {
        expect(at(writer, scope, 'fhirService', level) === 'pass').toBe(j <= i);
      }
    }
    expect(at(writer, '/', 'fhirService', 'managementGroup')).toBe('pass');
    expect(at(writer, '/', 'fhirService', 'subscription')).toBe('high');
  });

  test('an assignment is judged for each product by the actions it has there', () => {
    expect(at(importer, groupScope, 'apiForFhir')).toBe('pass');
    expect(at(reader, groupScope, 'apiForFhir')).toBe('low');
    expect(at(contributor, subscriptionScope, 'dicomService')).toBe('pass');
    expect(at(dicomOwner, subscriptionScope, 'fhirService')).toBe('pass');
    expect(at(dicomOwner, workspaceScope, 'dicomService')).toBe('medium');
    expect(at(dicomReader, workspaceScope, 'dicomService')).toBe('low');
  });

  test('control-plane roles grant no data access (HF 3.3)', () => {
    expect(at(owner, subscriptionScope)).toBe('pass');
  });
});

describe('traps', () => {
  test('trap: parent assignments **do** take effect (the folklore says not): report as over-broad, graded (HF 3.5)', () => {
    const verdict = judge(accessEvidence({ assignments: [assign(person(1), writer, subscriptionScope)] }));
    expect(verdict).toMatchObject({ status: 'fail', severity: 'high' });
    expect(verdict.message).toContain('EHR integration (User ');
    expect(verdict.message).toContain(
      `FHIR Data Writer at subscription scope ${subscriptionScope.split('/').at(-1)}, `,
    );
    expect(verdict.message).toContain('takes effect');
    expect(verdict.message).not.toMatch(/no effect|does nothing/);
  });

  test("ruling: Several defects in one finding: all named, the worst one's severity. - what holds of many is said once", () => {
    const strangers = [2, 3, 4, 5, 6, 7, 8, 9].map((one) => assign(person(one), writer, subscriptionScope));
    const verdict = judge(accessEvidence({ assignments: [assign(person(1), reader, groupScope), ...strangers] }));
    expect(verdict).toMatchObject({ status: 'fail', severity: 'high' });
    for (const one of [1, 2, 3, 4, 5, 6, 7, 8, 9]) expect(verdict.message).toContain(person(one));
    expect(verdict.message).toContain(`${person(9)} hold FHIR Data Writer at subscription scope`);
    expect(verdict.message.length).toBeLessThan(900);
  });

  test('trap: compare scopes case-insensitively', () => {
    const shouted = groupScope.toUpperCase();
    const verdict = judge(accessEvidence({ assignments: [assign(person(1), reader, shouted)] }));
    expect(verdict).toMatchObject({ status: 'fail', severity: 'low' });
    const quiet = judge(accessEvidence({ assignments: [assign(person(1), reader, groupScope)] }));
    expect(verdict.observed).toEqual(quiet.observed);
  });

  test('ruling: Ids and scopes compare without case, segment by segment (`…/a` is not a parent of `…/ab`)', () => {
    const shorter = groupScope.slice(0, -1);
    expect(at(writer, shorter)).toBe('pass');
    expect(at(writer, `${groupScope}-dev`)).toBe('pass');
  });

  test('trap: effective actions, not role names: wildcards, custom roles, `notDataActions` (HF 3.3)', () => {
    const wild = (...actions: string[]) => customRole([permission(actions)]);
    const judgeRole = (role: typeof reader) =>
      grade(judge(accessEvidence({ assignments: [assign(person(1), role, subscriptionScope)], roles: [role] })));
    for (const action of ['*', 'Microsoft.HealthcareApis/*', 'microsoft.healthcareapis/WORKSPACES/*/write']) {
      expect(judgeRole(wild(action))).toBe('high');
    }
    for (const action of ['*/read', 'Microsoft.HealthcareApis/workspaces/*/resources/read', `${W}/r*ad*`]) {
      expect(judgeRole(wild(action))).toBe('medium');
    }
    expect(judgeRole(customRole([permission(['*'], [`${W}/*`])]))).toBe('pass');
    expect(judgeRole(customRole([permission(['*'], ['*/action', '*/write', '*/delete'])]))).toBe('medium');
    expect(judgeRole(customRole([permission(['*'], ['*']), permission([`${W}/write`])]))).toBe('high');
    expect(judgeRole(customRole([permission([`${W}/*`], [`${D}/*`])], 1, 'FHIR Data Reader'))).toBe('high');
  });
});

describe('what counts', () => {
  test('ruling: Data access = any effective data action on resources except `convertData` and `resourceValidate`', () => {
    expect(at(converter, subscriptionScope)).toBe('pass');
    const role = customRole([permission([`${W}/resourceValidate/action`, `${W}/convertData/action`])]);
    const evidence = accessEvidence({ assignments: [assign(person(1), role, subscriptionScope)], roles: [role] });
    expect(judge(evidence).status).toBe('pass');
  });

  test('ruling: a wildcard that only matches reading is reading', () => {
    const role = customRole([permission(['*/read'])]);
    const evidence = accessEvidence({ assignments: [assign(person(1), role, groupScope)], roles: [role] });
    expect(grade(judge(evidence))).toBe('low');
  });

  test('ruling: `smart` reads; `manageExtendedQueryTags` writes; `/` counts as a management group', () => {
    const smart = customRole([permission([`${W}/smart/action`])], 1);
    const tags = customRole([permission([`${D}/manageExtendedQueryTags/action`])], 2);
    const roles = [smart, tags];
    const graded = (role: typeof smart, scope: string, kind: ServiceKind, widest: ScopeLevel = 'service') =>
      grade(judge(accessEvidence({ assignments: [assign(person(1), role, scope)], roles }), kind, widest));
    expect(graded(smart, subscriptionScope, 'fhirService')).toBe('medium');
    expect(graded(tags, subscriptionScope, 'dicomService')).toBe('high');
    expect(graded(tags, '/', 'dicomService', 'managementGroup')).toBe('pass');
    expect(graded(tags, '/', 'dicomService', 'subscription')).toBe('high');
  });

  test('ruling: Assignments below the service or at ids that no longer exist are ignored', () => {
    const below = assign(person(1), writer, `${serviceScope('fhirService')}/something/below`);
    const moved = assign(person(1), writer, `/subscriptions/${OTHER_SUBSCRIPTION}/resourceGroups/rg-fhir`);
    const sibling = assign(person(1), writer, `${workspaceScope}/fhirservices/gone`);
    const verdict = judge(accessEvidence({ assignments: [below, moved, sibling] }));
    expect(verdict).toMatchObject({ status: 'pass', observed: { roleAssignments: [] } });
  });

  test('ruling: A management group without known hierarchy is above every subscription', () => {
    expect(at(writer, '/providers/Microsoft.Management/managementGroups/anything')).toBe('high');
    expect(at(writer, '/PROVIDERS/microsoft.management/MANAGEMENTGROUPS/anything')).toBe('high');
  });

  test("ruling: Several defects in one finding: all named, the worst one's severity", () => {
    const verdict = judge(
      accessEvidence({
        assignments: [
          assign(person(2), reader, workspaceScope),
          assign(person(3), writer, managementGroupScope),
          assign(person(4), exporter, groupScope),
        ],
      }),
    );
    expect(verdict).toMatchObject({ status: 'fail', severity: 'high' });
    const [third, fourth, second] = [3, 4, 2].map((n) => verdict.message.indexOf(person(n)));
    expect(third).toBeGreaterThan(-1);
    expect(fourth).toBeGreaterThan(third ?? 0);
    expect(second).toBeGreaterThan(fourth ?? 0);
  });
});

describe('PIM', () => {
  test('ruling: an eligible principal counts as one that has the role, graded `medium` at most', () => {
    const graded = (role: typeof reader, scope: string) =>
      grade(judge(accessEvidence({ eligible: [eligible(person(1), role, scope)] })));
    expect(graded(writer, managementGroupScope)).toBe('medium');
    expect(graded(writer, groupScope)).toBe('medium');
    expect(graded(reader, subscriptionScope)).toBe('medium');
    expect(graded(reader, groupScope)).toBe('low');
    expect(graded(writer, serviceScope('fhirService'))).toBe('pass');
    const verdict = judge(accessEvidence({ eligible: [eligible(person(1), writer, groupScope)] }));
    expect(verdict.message).toContain('eligible');
  });

  test('ruling: an `Activated` instance, and the assignment it puts in the list, count as that eligibility, so activation changes neither status, severity nor `observed`', () => {
    const before = accessEvidence({ eligible: [eligible(person(1), writer, subscriptionScope)] });
    const during = accessEvidence({
      eligible: [eligible(person(1), writer, subscriptionScope)],
      active: [activate(person(1), writer, subscriptionScope)],
      assignments: [assign(person(1), writer, subscriptionScope)],
    });
    expect(judge(during)).toEqual(judge(before));
    expect(grade(judge(before))).toBe('medium');
  });

  test('an activation of a part of the eligible scope changes nothing either', () => {
    const one = eligible(person(1), writer, subscriptionScope);
    const before = judge(accessEvidence({ eligible: [one] }));
    for (const scope of [groupScope, serviceScope('fhirService').toUpperCase()]) {
      const during = accessEvidence({
        eligible: [one],
        active: [activate(person(1), writer, scope)],
        assignments: [assign(person(1), writer, scope)],
      });
      expect(judge(during)).toEqual(before);
    }
  });

  test('a standing assignment beside an eligibility stands', () => {
    const evidence = accessEvidence({
      eligible: [eligible(person(1), writer, subscriptionScope)],
      assignments: [assign(person(1), writer, subscriptionScope)],
      active: [activate(person(1), writer, subscriptionScope, { assignmentType: 'Assigned' })],
    });
    expect(grade(judge(evidence))).toBe('high');
  });

  test('ruling: Conditions are shown and do not narrow', () => {
    const condition = "@Resource[a:b] StringEquals 'c'";
    const wide = judge(accessEvidence({ assignments: [assign(person(1), writer, groupScope, { condition })] }));
    expect(wide).toMatchObject({ status: 'fail', severity: 'medium' });
    expect(wide.message).toContain(condition);
    const narrow = assign(person(1), writer, serviceScope('fhirService'), { condition });
    const verdict = judge(accessEvidence({ assignments: [narrow] }));
    expect(verdict.status).toBe('pass');
    expect(verdict.message).toContain(condition);
  });

  test('ruling: PIM unreadable: what fails without it fails, what would pass is `unknown` - either half of PIM', () => {
    for (const half of ['eligibleRoles', 'activeRoles'] as const) {
      const gap = { [half]: lost('forbidden') };
      expect(judge(accessEvidence({}, gap)).status).toBe('unknown');
      const verdict = judge(accessEvidence({ assignments: [assign(person(1), writer, subscriptionScope)] }, gap));
      expect(grade(verdict)).toBe('high');
      expect(verdict.message).toContain('forbidden');
    }
  });
});

describe('deny assignments', () => {
  const assignments = [assign(person(1), writer, subscriptionScope)];

  test('ruling: A deny assignment subtracts only where it surely applies (principal named or everyone, nobody excluded that the principal is, may contain or may belong to)', () => {
    expect(judge(accessEvidence({ assignments, denials: [deny()] })).status).toBe('pass');
    const group = deny({ excludePrincipals: [{ id: person(9), type: 'Group' }] });
    expect(grade(judge(accessEvidence({ assignments, denials: [group] })))).toBe('high');
  });

  test('a deny of writing leaves reading, which is graded as reading', () => {
    const denials = [deny({ permissions: [permission(['*'], ['*/read'])] })];
    expect(grade(judge(accessEvidence({ assignments, denials })))).toBe('medium');
  });

  test('unreadable ones could only take away: a fail stays, a pass stays, and both say so', () => {
    const gap = { denyAssignments: lost('forbidden') };
    expect(grade(judge(accessEvidence({ assignments }, gap)))).toBe('high');
    const verdict = judge(accessEvidence({}, gap));
    expect(verdict.status).toBe('pass');
    expect(verdict.message).toContain('deny assignments could not be read (forbidden');
  });
});

describe('missing evidence', () => {
  test('ruling: Fail on part, pass on the whole: a check may fail on the evidence that did arrive; it passes only if everything it needs arrived', () => {
    const gap = { roleAssignments: lost('throttled') };
    const verdict = judge(accessEvidence({}, gap));
    expect(verdict.status).toBe('unknown');
    expect(verdict.message).toContain('throttled');
    expect(verdict.observed).not.toHaveProperty('roleAssignments');
    const failing = judge(accessEvidence({ eligible: [eligible(person(1), writer, groupScope)] }, gap));
    expect(grade(failing)).toBe('medium');
  });

  test("ruling: One lost source takes no other source's evidence with it - active instances prove a grant while assignments are unreadable", () => {
    const active = [activate(person(1), writer, subscriptionScope, { assignmentType: 'Assigned' })];
    expect(grade(judge(accessEvidence({ active }, { roleAssignments: lost('forbidden') })))).toBe('high');
  });

  test('ruling: An assignment whose role definition cannot be read: `unknown` for the three and for `privileged-control-plane`, where nothing else fails them', () => {
    const role = customRole([permission(['*'])]);
    const atService = assign(person(1), role, serviceScope('fhirService'));
    const verdict = judge(accessEvidence({ assignments: [atService] }));
    expect(verdict.status).toBe('unknown');
    expect(verdict.message).toContain(role.id.split('/').at(-1));
    const besides = [atService, assign(person(2), writer, groupScope)];
    expect(grade(judge(accessEvidence({ assignments: besides })))).toBe('medium');
    const all = accessEvidence({ assignments: [atService] }, { roleDefinitions: lost('unreachable') });
    expect(judge(all).status).toBe('unknown');
  });

  test("an unreadable definition of a role held elsewhere is nobody's concern here", () => {
    const elsewhere = assign(person(1), customRole([permission(['*'])]), `${groupScope}-dev`);
    expect(judge(accessEvidence({ assignments: [elsewhere] })).status).toBe('pass');
  });
});

describe('hostile input', () => {
  test('odd names and ids neither throw nor pass for what they are not', () => {
    const assignments = [
      assign('__proto__', { ...reader, id: '__proto__' }, groupScope),
      assign('', { ...reader, id: '' }, '//'),
      assign(person(1), writer, `${'/a'.repeat(10_000)}`),
    ];
    const verdict = judge(accessEvidence({ assignments }));
    expect(verdict.status).toBe('unknown');
  });

  test('a condition and a role name of hostile length are cut', () => {
    const role = { ...writer, roleName: 'x'.repeat(100_000) };
    const evidence = accessEvidence(
      { assignments: [assign(person(1), role, groupScope, { condition: 'y'.repeat(100_000) })] },
      { roleDefinitions: got({ [role.id.split('/').at(-1) ?? '']: got(role) }) },
    );
    expect(judge(evidence).message.length).toBeLessThan(1000);
  });
});

test('`observed` names principal, role and scope in one spelling, sorted', () => {
  const verdict = judge(
    accessEvidence({
      assignments: [
        assign(person(2).toUpperCase(), reader, groupScope.toUpperCase()),
        assign(person(1), writer, serviceScope('fhirService')),
      ],
      eligible: [eligible(person(3), exporter, workspaceScope)],
    }),
  );
  expect(verdict.observed).toEqual({
    roleAssignments: [
      `${person(1)} 3f88fce4-5892-4214-ae73-ba5294559913 ${serviceScope('fhirService').toLowerCase()} write`,
      `${person(2)} 4c8d0bbc-75d3-4935-991f-5f3c56d81508 ${groupScope.toLowerCase()} read`,
    ],
    roleEligibilityScheduleInstances: [
      `${person(3)} 3db33094-8700-4567-8da5-1501d4e7e843 ${workspaceScope.toLowerCase()} write`,
    ],
  });
});

test('ruling: Data-role checks: FHIR, DICOM, API for FHIR; workspace and MedTech `n/a`', () => {
  const statusOn = (kind: ServiceKind) => assess([dataRoleScope], accessEvidence(), aContext(kind)).findings[0]?.status;
  for (const kind of ['fhirService', 'dicomService', 'apiForFhir'] as const) expect(statusOn(kind)).toBe('pass');
  for (const kind of ['workspace', 'medtechService', 'fhirServer'] as const) {
    expect(statusOn(kind)).toBe('not-applicable');
  }
});
