import { describe, expect, test } from 'vitest';
import type { RoleAssignment, ScheduleInstance } from '../../src/model.ts';
import { type Holding, holdingKey, holdingsOver } from '../../src/rules/role-holdings.ts';
import { got, lost } from '../builders.ts';
import {
  activate,
  assign,
  eligible,
  groupScope,
  managementGroupScope,
  person,
  reader,
  serviceScope,
  subscriptionScope,
  workspaceScope,
  writer,
} from '../role-builders.ts';

const here = serviceScope('fhirService');

function join(
  assignments: readonly RoleAssignment[],
  eligibles: readonly ScheduleInstance[] = [],
  active: readonly ScheduleInstance[] = [],
): readonly Holding[] {
  return holdingsOver(here, got(assignments), got(eligibles), got(active));
}
const told = (holdings: readonly Holding[]): readonly string[] =>
  holdings.map((one) => `${one.eligible ? 'eligible' : 'standing'} ${one.principalId} ${one.level}`);

describe('an activation', () => {
  test('without a known eligibility counts as one of its own', () => {
    const joined = join([assign(person(1), writer, here)], [], [activate(person(1), writer, here)]);
    expect(told(joined)).toEqual([`eligible ${person(1)} service`]);
  });

  test('takes the one assignment that it names, not one of the same kind beside it', () => {
    const put = assign(person(1), writer, here, { id: '/x/roleAssignments/PUT' });
    const own = assign(person(1), writer, groupScope, { id: '/x/roleAssignments/own' });
    const instance = activate(person(1), writer, here, { roleAssignmentId: '/y/roleAssignments/put' });
    expect(told(join([put, own], [], [instance]))).toEqual([
      `standing ${person(1)} resourceGroup`,
      `eligible ${person(1)} service`,
    ]);
  });

  test('that names no assignment, or one that is not listed, takes the one with its principal, role and scope', () => {
    const rows = [assign(person(1), writer, here.toUpperCase(), { id: '/x/roleAssignments/1' })];
    const { roleAssignmentId: _, ...nameless } = activate(person(1).toUpperCase(), writer, here);
    expect(told(join(rows, [], [nameless]))).toHaveLength(1);
    const stale = activate(person(1), writer, here, { roleAssignmentId: '/x/roleAssignments/other' });
    expect(told(join(rows, [], [stale]))).toEqual([`eligible ${person(1)} service`]);
  });

  test('never takes an assignment of another principal or role, whatever id it names', () => {
    const rows = [assign(person(2), writer, here, { id: '/x/1' }), assign(person(1), reader, here, { id: '/x/2' })];
    const liars = ['/x/1', '/x/2'].map((roleAssignmentId) => activate(person(1), writer, here, { roleAssignmentId }));
    expect(told(join(rows, [], liars)).filter((one) => one.startsWith('standing'))).toHaveLength(2);
  });

  test('of a wider scope than the eligibility known is more than it', () => {
    const joined = join([], [eligible(person(1), writer, here)], [activate(person(1), writer, groupScope)]);
    expect(told(joined)).toEqual([`eligible ${person(1)} resourceGroup`, `eligible ${person(1)} service`]);
  });

  test('below an eligibility at a management group is that eligibility', () => {
    const joined = join([], [eligible(person(1), writer, managementGroupScope)], [activate(person(1), writer, here)]);
    expect(told(joined)).toEqual([`eligible ${person(1)} managementGroup`]);
  });

  test('of another role is not', () => {
    const joined = join([], [eligible(person(1), reader, managementGroupScope)], [activate(person(1), writer, here)]);
    expect(joined).toHaveLength(2);
  });

  test('elsewhere is no business of this service', () => {
    expect(join([], [], [activate(person(1), writer, `${workspaceScope}/fhirservices/other`)])).toEqual([]);
  });
});

describe('an active instance that nobody activated', () => {
  const assigned = { assignmentType: 'Assigned' };

  test('is the assignment in the list, once', () => {
    const joined = join([assign(person(1), writer, here)], [], [activate(person(1), writer, here, assigned)]);
    expect(told(joined)).toEqual([`standing ${person(1)} service`]);
  });

  test('stands by itself where the list lacks it or is unreadable', () => {
    const instance = activate(person(1), writer, here, assigned);
    expect(told(join([], [], [instance]))).toEqual([`standing ${person(1)} service`]);
    const joined = holdingsOver(here, lost('forbidden'), got([]), got([instance]));
    expect(told(joined)).toEqual([`standing ${person(1)} service`]);
  });

  test('without an assignment type is not taken for an activation', () => {
    const { assignmentType: _, ...untyped } = activate(person(1), writer, here);
    expect(told(join([], [], [untyped]))).toEqual([`standing ${person(1)} service`]);
  });

  test("of a group's member is the group's", () => {
    const group = assign(person(7), writer, subscriptionScope, { principalType: 'Group' });
    const member = activate(person(1), writer, here, { ...assigned, memberType: 'Group' });
    expect(told(join([group], [], [member]))).toEqual([`standing ${person(7)} subscription`]);
    expect(told(join([], [], [member]))).toEqual([`standing ${person(1)} service`]);
  });
});

test('one row listed twice in two spellings is one holding', () => {
  const rows = [assign(person(1), writer, here), assign(person(1).toUpperCase(), writer, `${here.toUpperCase()}/`)];
  const [only, ...rest] = join(rows);
  expect(rest).toEqual([]);
  expect(only && holdingKey(only)).toBe(`${person(1)} 3f88fce4-5892-4214-ae73-ba5294559913 ${here.toLowerCase()}`);
});

test('what is unreadable holds nothing', () => {
  expect(holdingsOver(here, lost('forbidden'), lost('forbidden'), lost('forbidden'))).toEqual([]);
});

test('the order and the spelling of rows change nothing, also where two rows of one holding differ', () => {
  const rows = [
    assign(person(2), reader, here),
    assign(person(1), writer, here, { principalType: 'Unknown', condition: 'x' }),
    assign(person(1), writer, here),
  ];
  expect(join(rows.toReversed())).toEqual(join(rows));
  expect(join(rows)).toHaveLength(2);
});
