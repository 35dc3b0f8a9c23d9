import { expect, test } from 'vitest';
import { readDataGrants, readGrants } from '../../src/rules/data-grants.ts';
import { permits } from '../../src/rules/role-actions.ts';
import { aService, lost } from '../builders.ts';
import {
  accessEvidence,
  assign,
  converter,
  deny,
  eligible,
  groupScope,
  owner,
  permission,
  person,
  reader,
  serviceScope,
  subscriptionScope,
  writer,
} from '../role-builders.ts';

const here = serviceScope('fhirService');
const RESOURCES = 'Microsoft.HealthcareApis/workspaces/fhirservices/resources';

test('data access leaves out what only works on what the caller sends', () => {
  const evidence = accessEvidence({
    assignments: [assign(person(1), writer, here), assign(person(2), converter, here)],
  });
  const { grants } = readDataGrants(evidence, aService('fhirService'));
  expect(grants.map((one) => one.principalId)).toEqual([person(1)]);
  expect(grants[0]?.actions).toContain(`${RESOURCES}/delete`);
  expect(grants[0]?.actions).not.toContain(`${RESOURCES}/convertData/action`);
});

test('a deny takes single actions, and a grant with nothing left is none', () => {
  const assignments = [assign(person(1), writer, here), assign(person(2), reader, here)];
  const denials = [deny({ permissions: [permission(['*/read', '*/delete'])] })];
  const { grants } = readDataGrants(accessEvidence({ assignments, denials }), aService('fhirService'));
  expect(grants.map((one) => one.principalId)).toEqual([person(1)]);
  expect(grants[0]?.actions).not.toContain(`${RESOURCES}/delete`);
});

test('standing grants come first, in one order whatever order Azure lists them in', () => {
  const assignments = [2, 3, 1].map((n) => assign(person(n), reader, groupScope));
  const given = { assignments, eligible: [eligible(person(0), reader, here)] };
  const { grants } = readDataGrants(accessEvidence(given), aService('fhirService'));
  expect(grants.map((one) => one.principalId)).toEqual([1, 2, 3, 0].map(person));
});

test('an unreadable role is told once, with who holds it and why it is unreadable', () => {
  const assignments = [1, 2].map((n) => assign(person(n), { ...reader, id: '/x/UNKNOWN-ROLE' }, here));
  const { grants, obstacles } = readDataGrants(accessEvidence({ assignments }), aService('fhirService'));
  expect(grants).toEqual([]);
  expect(obstacles).toHaveLength(1);
  expect(obstacles[0]).toMatch(/unknown-role.*not-found/);
});

test('control actions are read by the same rules', () => {
  const action = 'Microsoft.Authorization/roleAssignments/write';
  const evidence = accessEvidence({
    assignments: [assign(person(1), owner, subscriptionScope), assign(person(2), writer, here)],
    eligible: [eligible(person(3), owner, groupScope)],
  });
  const { grants } = readGrants(evidence, here, 'control', (permissions) =>
    permits(permissions, 'control', action) ? [action] : [],
  );
  expect(grants.map((one) => [one.principalId, one.eligible])).toEqual([
    [person(1), false],
    [person(3), true],
  ]);
});

test('every lost source but deny assignments stands between the grants and a pass', () => {
  const evidence = accessEvidence(
    {},
    {
      roleAssignments: lost('forbidden'),
      eligibleRoles: lost('throttled'),
      activeRoles: lost('malformed'),
      denyAssignments: lost('unreachable'),
    },
  );
  const { obstacles, remarks } = readDataGrants(evidence, aService('fhirService'));
  expect(obstacles).toHaveLength(3);
  expect(remarks).toHaveLength(1);
});
