import { describe, expect, test } from 'vitest';
import type { AzureDocument } from '../../sandbox/types.ts';
import { ehr, fhir, group, openAzure, otherSub, sub, ward, workspace } from './azure-fixture.ts';

const authorization = 'providers/Microsoft.Authorization';
const version = 'api-version=2022-04-01';
const subscription = `/subscriptions/${sub}`;
const managementGroup = '/providers/Microsoft.Management/managementGroups/mg-clinics';
const reader = '4c8d0bbc-75d3-4935-991f-5f3c56d81508';

function row(name: string, scope: string, principalId = 'ada', type = 'roleAssignments'): AzureDocument {
  const properties = {
    scope,
    principalId,
    roleDefinitionId: `${subscription}/${authorization}/roleDefinitions/${reader}`,
  };
  const prefix = scope === '/' ? '' : scope;
  return {
    id: `${prefix}/${authorization}/${type}/${name}`,
    name,
    type: `Microsoft.Authorization/${type}`,
    properties,
  };
}

const rows = [
  row('root', '/'),
  row('mg', managementGroup),
  row('sub', subscription, 'nurses'),
  row('group', group.replace('rg-health', 'RG-Health'), 'ALL-STAFF'),
  row('ward', workspace),
  row('service', fhir, 'ada'),
  row('neighbour', `${fhir}2`),
];
const estate = {
  resources: [ward, ehr],
  roleAssignments: rows,
  managementGroups: [
    { id: 'mg-clinics', parent: 'mg-top', subscriptions: [sub] },
    { id: 'mg-top', parent: null, subscriptions: [otherSub] },
  ],
  directory: [
    { id: 'Nurses', type: 'Group', members: ['ADA'] },
    { id: 'all-staff', type: 'Group', members: ['nurses'] },
  ],
};

async function namesAt(scope: string, filter = '', from: object = estate): Promise<readonly string[]> {
  const azure = await openAzure(from);
  const query = filter === '' ? version : `${version}&$filter=${filter}`;
  const reply = await azure.ask(`${scope}/${authorization}/roleAssignments?${query}`);
  expect(reply.status).toBe(200);
  return reply.body.value.map(({ name }: { name: string }) => name);
}

describe('role assignments', () => {
  test('without a filter: at the scope, below it, and inherited', async () => {
    expect(await namesAt(workspace)).toEqual(['root', 'mg', 'sub', 'group', 'ward', 'service', 'neighbour']);
    expect(await namesAt(fhir)).toEqual(['root', 'mg', 'sub', 'group', 'ward', 'service']);
  });

  test('atScope(): at the scope and above', async () => {
    expect(await namesAt(group, 'atScope()')).toEqual(['root', 'mg', 'sub', 'group']);
    expect(await namesAt(`/subscriptions/${otherSub}`, 'atScope()')).toEqual(['root']);
  });

  test("principalId eq: that principal's own rows, at any level", async () => {
    expect(await namesAt(subscription, "principalId eq 'Ada'")).toEqual(['root', 'mg', 'ward', 'service', 'neighbour']);
  });

  test('assignedTo(): also through groups of groups', async () => {
    expect(await namesAt(fhir, "atScope() and assignedTo('ada')")).toEqual([
      'root',
      'mg',
      'sub',
      'group',
      'ward',
      'service',
    ]);
    expect(await namesAt(fhir, "assignedTo('nurses')")).toEqual(['sub', 'group']);
  });

  test('a filter that Azure does not support is refused, not ignored', async () => {
    const azure = await openAzure(estate);
    const reply = await azure.ask(`${fhir}/${authorization}/roleAssignments?${version}&$filter=principalName eq 'ada'`);
    expect(reply).toMatchObject({ status: 400, body: { error: { code: 'UnsupportedQuery' } } });
  });

  test('a management group that the estate does not describe is above every subscription', async () => {
    const unknown = row('unknown', '/providers/Microsoft.Management/managementGroups/elsewhere');
    expect(await namesAt(fhir, 'atScope()', { ...estate, roleAssignments: [unknown] })).toEqual(['unknown']);
  });

  test('a row without a scope of its own stands where its id says', async () => {
    const { properties: _, ...bare } = row('bare', workspace);
    expect(await namesAt(fhir, 'atScope()', { ...estate, roleAssignments: [bare] })).toEqual(['bare']);
  });

  test('what is inherited from where the monitor may not read is seen, what is below there is not', async () => {
    const unreadable = [managementGroup, `${workspace}/fhirservices/ehr`];
    const names = await namesAt(workspace, '', { ...estate, monitor: { unreadable } });
    expect(names).toEqual(['root', 'mg', 'sub', 'group', 'ward', 'neighbour']);
  });

  test('that may not be read at a scope may not be read below it, but a list above still tells of them', async () => {
    const unreadable = [`${group}/${authorization}/ROLEassignments`, `${fhir}/${authorization}`];
    const azure = await openAzure({ ...estate, monitor: { unreadable } });
    const statusOf = async (scope: string, type: string) =>
      (await azure.ask(`${scope}/${authorization}/${type}?api-version=2022-04-01`)).status;
    expect(await statusOf(group, 'roleAssignments')).toBe(403);
    expect(await statusOf(workspace, 'roleAssignments')).toBe(403);
    expect(await statusOf(workspace, 'denyAssignments')).toBe(200);
    expect(await statusOf(fhir, 'denyAssignments')).toBe(403);
    expect(await statusOf(subscription, 'roleAssignments')).toBe(200);
    const names = await namesAt(subscription, '', { ...estate, monitor: { unreadable } });
    expect(names).toEqual(await namesAt(subscription, '', estate));
  });

  test('one by id, or Azure says that there is none', async () => {
    const azure = await openAzure(estate);
    expect((await azure.ask(`${rows[4]?.id}?${version}`)).body).toEqual(rows[4]);
    expect(await azure.ask(`${workspace}/${authorization}/roleAssignments/none?${version}`)).toMatchObject({
      status: 404,
      body: { error: { code: 'RoleAssignmentNotFound' } },
    });
  });
});

test('PIM instances and deny assignments follow the same rules', async () => {
  const eligible = row('eligible', subscription, 'ada', 'roleEligibilityScheduleInstances');
  const active = row('active', workspace, 'ada', 'roleAssignmentScheduleInstances');
  const deny = {
    ...row('deny', group, '', 'denyAssignments'),
    properties: { scope: group, principals: [{ id: 'ada' }] },
  };
  const azure = await openAzure({
    ...estate,
    roleEligibilityScheduleInstances: [eligible],
    roleAssignmentScheduleInstances: [active],
    denyAssignments: [deny],
  });
  const list = async (type: string, query: string) =>
    (await azure.ask(`${fhir}/${authorization}/${type}?${query}`)).body.value;
  expect(await list('roleEligibilityScheduleInstances', "api-version=2020-10-01&$filter=assignedTo('ada')")).toEqual([
    eligible,
  ]);
  expect(await list('roleAssignmentScheduleInstances', 'api-version=2020-10-01&$filter=atScope()')).toEqual([active]);
  expect(await list('denyAssignments', "api-version=2022-04-01&$filter=principalId eq 'ada'")).toEqual([deny]);
  expect((await azure.ask(`${fhir}/${authorization}/denyAssignments?api-version=2020-10-01`)).status).toBe(400);
});

describe('role definitions', () => {
  const custom = (name: string, assignableScopes: readonly string[]) => ({
    id: `${subscription}/${authorization}/roleDefinitions/${name}`,
    name,
    type: 'Microsoft.Authorization/roleDefinitions',
    properties: { roleName: name, type: 'CustomRole', assignableScopes, permissions: [{ dataActions: ['*'] }] },
  });
  const names = async (scope: string, filter: string, from: object) => {
    const azure = await openAzure(from);
    const reply = await azure.ask(`${scope}/${authorization}/roleDefinitions?${version}&$filter=${filter}`);
    return reply.body.value.map((one: { properties: { roleName: string } }) => one.properties.roleName);
  };

  test('the built-ins of the fact base are there, with ids of the subscription that is asked', async () => {
    const azure = await openAzure(estate);
    const { body } = await azure.ask(
      `${subscription}/${authorization}/roleDefinitions/${reader.toUpperCase()}?${version}`,
    );
    expect(body).toMatchObject({
      id: `${subscription}/${authorization}/roleDefinitions/${reader}`,
      properties: {
        roleName: 'FHIR Data Reader',
        type: 'BuiltInRole',
        permissions: [{ dataActions: expect.any(Array) }],
      },
    });
  });

  test('a writer may delete, export, import and reindex, but not delete for good', async () => {
    const azure = await openAzure(estate);
    const path = `/${authorization}/roleDefinitions/3f88fce4-5892-4214-ae73-ba5294559913?${version}`;
    const { dataActions } = (await azure.ask(path)).body.properties.permissions[0];
    const ends = (end: string) => dataActions.filter((action: string) => action.endsWith(end)).length;
    expect(['/delete', '/export/action', '/import/action', '/reindex/action', '/hardDelete/action'].map(ends)).toEqual([
      2, 2, 2, 2, 0,
    ]);
  });

  test('custom roles are seen where they can be assigned, below only when asked', async () => {
    const from = {
      ...estate,
      roleDefinitions: [
        custom('up', [subscription]),
        custom('down', [group]),
        custom('away', [`/subscriptions/${otherSub}`]),
      ],
    };
    expect(await names(subscription, "type eq 'CustomRole'", from)).toEqual(['up']);
    expect(await names(subscription, "atScopeAndBelow() and type eq 'CustomRole'", from)).toEqual(['up', 'down']);
    expect(await names(fhir, "type eq 'CustomRole'", from)).toEqual(['up', 'down']);
  });

  test('a document with the id of a built-in replaces it, unchanged', async () => {
    const own = { ...custom('Reader of ours', ['/']), id: `/${authorization}/roleDefinitions/${reader}`, name: reader };
    const azure = await openAzure({ ...estate, roleDefinitions: [own] });
    expect((await azure.ask(`${subscription}/${authorization}/roleDefinitions/${reader}?${version}`)).body).toEqual(
      own,
    );
    const all = (await azure.ask(`${subscription}/${authorization}/roleDefinitions?${version}`)).body.value;
    expect(all.filter(({ name }: { name: string }) => name === reader)).toEqual([own]);
  });

  test('one that does not exist', async () => {
    const azure = await openAzure(estate);
    expect(await azure.ask(`${subscription}/${authorization}/roleDefinitions/${otherSub}?${version}`)).toMatchObject({
      status: 404,
      body: { error: { code: 'RoleDefinitionDoesNotExist' } },
    });
  });
});

describe("the monitor's own permissions", () => {
  const permissions = async (from: object) => {
    const azure = await openAzure({ ...estate, ...from });
    return (await azure.ask(`${group}/${authorization}/permissions?${version}`)).body.value;
  };

  test('an estate that gives it no role means a Reader', async () => {
    expect(await permissions({ monitor: { principalId: 'me' } })).toEqual([
      { actions: ['*/read'], notActions: [], dataActions: [], notDataActions: [] },
    ]);
  });

  test('never hold a right to read role rows that is refused', async () => {
    const unreadable = [`${subscription}/${authorization}/roleAssignments`, `${fhir}/${authorization}/denyAssignments`];
    expect(await permissions({ monitor: { principalId: 'me', unreadable } })).toEqual([
      {
        actions: ['*/read'],
        notActions: ['Microsoft.Authorization/roleAssignments/read'],
        dataActions: [],
        notDataActions: [],
      },
    ]);
  });

  test('else what its roles say that apply there, groups included', async () => {
    const roleAssignments = [row('a', subscription, 'nurses'), row('b', `/subscriptions/${otherSub}`, 'ada')];
    const found = await permissions({ monitor: { principalId: 'ada' }, roleAssignments });
    expect(found).toHaveLength(1);
    expect(found[0].dataActions).toContain('Microsoft.HealthcareApis/workspaces/fhirservices/resources/read');
  });

  test('and nothing where its roles apply elsewhere only', async () => {
    expect(
      await permissions({
        monitor: { principalId: 'ada' },
        roleAssignments: [row('b', `/subscriptions/${otherSub}`, 'ada')],
      }),
    ).toEqual([]);
  });
});

test('locks: at the scope and below; with atScope() those that it inherits', async () => {
  const lock = (scope: string, name: string) => ({
    id: `${scope}/${authorization}/locks/${name}`,
    name,
    type: 'Microsoft.Authorization/locks',
    properties: { level: 'CanNotDelete' },
  });
  const locks = [lock(subscription, 'all'), lock(group, 'group'), lock(workspace, 'ward')];
  const azure = await openAzure({ resources: [ward, ehr, ...locks] });
  const names = async (query: string) =>
    (await azure.ask(`${group}/${authorization}/locks?api-version=2020-05-01${query}`)).body.value.map(
      ({ name }: { name: string }) => name,
    );
  expect(await names('')).toEqual(['group', 'ward']);
  expect(await names('&$filter=atScope()')).toEqual(['all', 'group']);
});
