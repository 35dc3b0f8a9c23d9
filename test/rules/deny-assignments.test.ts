import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DenyAssignment } from '../../src/model.ts';
import { surelyDenied } from '../../src/rules/deny-assignments.ts';
import {
  deny,
  groupScope,
  managementGroupScope,
  permission,
  person,
  serviceScope,
  workspaceScope,
} from '../role-builders.ts';

fc.configureGlobal({ seed: 20_261_122 });

const here = serviceScope('fhirService');
const DELETE = 'Microsoft.HealthcareApis/workspaces/fhirservices/resources/delete';
const everyone = { id: '00000000-0000-0000-0000-000000000000', type: 'SystemDefined' };

function denied(overrides: Partial<DenyAssignment>, type: string | undefined = 'User', id = person(1)): boolean {
  const principal = { id, ...(type === undefined ? {} : { type }) };
  return surelyDenied([deny(overrides)], principal, here, 'data', DELETE);
}

test('everyone, or the principal itself in any case, is denied', () => {
  expect(denied({})).toBe(true);
  expect(denied({ principals: [{ id: person(1).toUpperCase(), type: 'User' }] })).toBe(true);
  expect(denied({ principals: [{ id: person(7), type: 'Group' }] }, 'Group', person(7))).toBe(true);
});

test('a principal that is only a possible member of whom it names is not surely denied', () => {
  expect(denied({ principals: [{ id: person(7), type: 'Group' }] })).toBe(false);
  expect(denied({ principals: [] })).toBe(false);
});

test.each([
  ['that the principal is', 'User', { id: person(1), type: 'User' }],
  ['that a group may contain', 'Group', { id: person(2), type: 'User' }],
  ['that a group may contain or belong to', 'Group', { id: person(2), type: 'Group' }],
  ['that the principal may belong to', 'User', { id: person(2), type: 'Group' }],
  ['of a type that nobody knows', 'User', { id: person(2) }],
  ['that is everyone', 'User', everyone],
  ['while the principal may be a group', undefined, { id: person(2), type: 'User' }],
  ['while the principal is an orphan', 'Unknown', { id: person(2), type: 'User' }],
  ['while the principal is a foreign group', 'ForeignGroup', { id: person(2), type: 'ServicePrincipal' }],
])('an exclusion %s takes the certainty away', (_, type, excluded) => {
  const principal = { id: person(1), ...(type === undefined ? {} : { type }) };
  const denials = [deny({ excludePrincipals: [{ id: person(5), type: 'User' }, excluded] })];
  expect(surelyDenied(denials, principal, here, 'data', DELETE)).toBe(false);
});

test('an exclusion of another single identity changes nothing for a single identity', () => {
  for (const type of ['User', 'ServicePrincipal', 'serviceprincipal', 'Device']) {
    expect(denied({ excludePrincipals: [{ id: person(2), type: 'ServicePrincipal' }] }, type)).toBe(true);
  }
});

test('it reaches the service from above, unless it stays at its own scope', () => {
  expect(denied({ scope: here.toUpperCase() })).toBe(true);
  expect(denied({ scope: workspaceScope })).toBe(true);
  expect(denied({ scope: managementGroupScope })).toBe(true);
  expect(denied({ scope: `${groupScope}-dev` })).toBe(false);
  expect(denied({ scope: `${here}/below` })).toBe(false);
  expect(denied({ scope: workspaceScope, doNotApplyToChildScopes: true })).toBe(false);
  expect(denied({ scope: here.toUpperCase(), doNotApplyToChildScopes: true })).toBe(true);
});

test('what it leaves out is not denied, by each permission object for itself', () => {
  expect(denied({ permissions: [permission(['*'], ['*/delete'])] })).toBe(false);
  expect(denied({ permissions: [permission(['*'], ['*/delete']), permission(['*/delete'])] })).toBe(true);
  expect(denied({ permissions: [permission(['*/read'])] })).toBe(false);
  expect(denied({ permissions: [{ ...permission([]), actions: ['*'] }] })).toBe(false);
});

test('one that only watches, or only under a condition, denies nothing surely', () => {
  expect(denied({ effect: 'enforced' })).toBe(true);
  expect(denied({ effect: 'Enforced' })).toBe(true);
  expect(denied({ effect: 'audit' })).toBe(false);
  expect(denied({ condition: "@Resource[x] StringEquals 'y'" })).toBe(false);
  expect(denied({ permissions: [{ ...permission(['*']), condition: 'x' }] })).toBe(false);
  expect(denied({ permissions: [{ ...permission(['*']), condition: 'x' }, permission(['*/delete'])] })).toBe(true);
});

test('one more exclusion never makes it deny more', () => {
  const principal = fc.record({
    id: fc.constantFrom(person(1), person(2), everyone.id),
    type: fc.constantFrom('User', 'Group', 'ServicePrincipal', 'Unknown', 'SystemDefined'),
  });
  fc.assert(
    fc.property(principal, fc.array(principal), fc.array(principal), principal, (who, principals, excluded, more) => {
      const judge = (excludePrincipals: DenyAssignment['excludePrincipals']): boolean =>
        surelyDenied([deny({ principals, excludePrincipals })], who, here, 'data', DELETE);
      if (judge([...excluded, more])) expect(judge(excluded)).toBe(true);
    }),
  );
});
