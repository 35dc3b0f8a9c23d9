import { describe, expect, test } from 'vitest';
import { document, ehr, group, openAzure, otherSub, sub, ward, workspace } from './azure-fixture.ts';

const subscription = `/subscriptions/${sub}`;
const zone = `${group}/providers/Microsoft.Network/privateDnsZones/privatelink.example`;
const endpoint = `${group}/providers/Microsoft.Network/privateEndpoints/pe`;
const assignment = (scope: string, name: string) => ({
  id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`,
  name,
  type: 'Microsoft.Authorization/roleAssignments',
  properties: { scope, principalId: 'ada' },
});

async function rows(estate: object, query: string, more: object = {}) {
  const azure = await openAzure(estate);
  const reply = await azure.graph(query, more);
  expect(reply.body.error).toBeUndefined();
  return reply.body.data;
}

describe('tables', () => {
  test('a resource as a row: lower-case type and group, what is missing is empty or null', async () => {
    const estate = { tenantId: 'tenant-1', resources: [{ ...ward, id: workspace.replace('rg-health', 'RG-Health') }] };
    expect(await rows(estate, 'resources')).toEqual([
      {
        id: workspace.replace('rg-health', 'RG-Health'),
        name: 'ward',
        type: 'microsoft.healthcareapis/workspaces',
        tenantId: 'tenant-1',
        kind: '',
        location: 'westeurope',
        resourceGroup: 'rg-health',
        subscriptionId: sub,
        managedBy: '',
        sku: null,
        plan: null,
        properties: ward.properties,
        tags: null,
        identity: null,
        zones: null,
        extendedLocation: null,
      },
    ]);
  });

  test('zone groups, connections, locks, settings and link resources are not in it, record sets have a table of their own', async () => {
    const estate = {
      resources: [
        ward,
        document(endpoint, 'Microsoft.Network/privateEndpoints'),
        document(`${endpoint}/privateDnsZoneGroups/default`, 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups'),
        document(
          `${workspace}/privateEndpointConnections/c`,
          'Microsoft.HealthcareApis/workspaces/privateEndpointConnections',
        ),
        document(`${workspace}/privateLinkResources/l`, 'Microsoft.HealthcareApis/workspaces/privateLinkResources'),
        document(`${group}/providers/Microsoft.Authorization/locks/l`, 'Microsoft.Authorization/locks'),
        document(zone, 'Microsoft.Network/privateDnsZones'),
        document(`${zone}/virtualNetworkLinks/l`, 'Microsoft.Network/privateDnsZones/virtualNetworkLinks'),
        document(`${zone}/A/ehr`, 'Microsoft.Network/privateDnsZones/A'),
      ],
      diagnosticSettings: [document(`${workspace}/providers/microsoft.insights/diagnosticSettings/s`, 'x')],
    };
    expect((await rows(estate, 'Resources | project type')).map(({ type }: { type: string }) => type)).toEqual([
      'microsoft.healthcareapis/workspaces',
      'microsoft.network/privateendpoints',
      'microsoft.network/privatednszones',
      'microsoft.network/privatednszones/virtualnetworklinks',
    ]);
    expect(await rows(estate, 'dnsresources | project id, type, managedBy')).toEqual([
      { id: `${zone}/A/ehr`, type: 'microsoft.network/privatednszones/a', managedBy: zone },
    ]);
  });

  test('subscriptions know the management groups above them, nearest first', async () => {
    const managementGroups = [
      { id: 'mg-top', parent: null, subscriptions: [] },
      { id: 'mg-clinics', parent: 'mg-top', subscriptions: [sub] },
    ];
    const query =
      'ResourceContainers | project type, name, chain = properties.managementGroupAncestorsChain | order by type asc, name asc';
    const found = await rows({ resources: [ward], managementGroups }, query);
    expect(found.map(({ type }: { type: string }) => type)).toEqual([
      'microsoft.management/managementgroups',
      'microsoft.management/managementgroups',
      'microsoft.resources/subscriptions',
      'microsoft.resources/subscriptions/resourcegroups',
    ]);
    expect(found[2].chain).toEqual([
      { displayName: 'mg-clinics', name: 'mg-clinics' },
      { displayName: 'mg-top', name: 'mg-top' },
    ]);
  });

  test('changes tell what was and what is', async () => {
    const activity = [
      {
        resourceId: workspace,
        caller: 'a@b.example',
        at: '2026-11-22T07:00:00Z',
        changes: [{ path: 'properties.publicNetworkAccess', before: 'Disabled', after: 'Enabled' }],
      },
    ];
    const found = await rows({ resources: [ward], activity }, 'resourcechanges | project properties');
    expect(found[0].properties).toMatchObject({
      targetResourceId: workspace,
      changeAttributes: { changedBy: 'a@b.example' },
      changes: { 'properties.publicNetworkAccess': { previousValue: 'Disabled', newValue: 'Enabled' } },
    });
  });
});

describe('where it lags', () => {
  test('it holds other documents than Resource Manager, or none', async () => {
    const older = { ...ward, properties: { publicNetworkAccess: 'Enabled' } };
    const gone = document(
      `${group}/providers/Microsoft.HealthcareApis/workspaces/gone`,
      'Microsoft.HealthcareApis/workspaces',
    );
    const estate = { resources: [ward, ehr], graph: { resources: [older, gone], without: [ehr.id.toUpperCase()] } };
    const azure = await openAzure(estate);
    const found = (await azure.graph('resources | project id, properties')).body.data;
    expect(found).toEqual([
      { id: ward.id, properties: older.properties },
      { id: gone.id, properties: {} },
    ]);
    expect((await azure.ask(`${workspace}?api-version=2024-03-31`)).body).toEqual(ward);
    expect((await azure.ask(`${ehr.id}?api-version=2024-03-31`)).body).toEqual(ehr);
    expect((await azure.ask(`${gone.id}?api-version=2024-03-31`)).status).toBe(404);
  });
});

describe('scope', () => {
  const other = document(
    `/subscriptions/${otherSub}/resourceGroups/rg/providers/Microsoft.Web/serverfarms/p`,
    'Microsoft.Web/serverfarms',
  );
  const estate = {
    resources: [ward, other],
    managementGroups: [{ id: 'mg', parent: null, subscriptions: [sub] }],
    roleAssignments: [
      assignment('/providers/Microsoft.Management/managementGroups/mg', 'mg'),
      assignment(subscription, 'sub'),
      assignment(workspace, 'ward'),
    ],
  };

  test('subscriptions and management groups narrow it', async () => {
    const ids = async (more: object) =>
      (await rows(estate, 'resources | project name', more)).map(({ name }: { name: string }) => name);
    expect(await ids({})).toEqual(['ward', 'p']);
    expect(await ids({ subscriptions: [otherSub] })).toEqual(['p']);
    expect(await ids({ managementGroups: ['mg'] })).toEqual(['ward']);
  });

  test('role assignments that are inherited are hidden unless they are asked for', async () => {
    const names = async (authorizationScopeFilter?: string) => {
      const options = authorizationScopeFilter === undefined ? {} : { authorizationScopeFilter };
      const query = "authorizationresources | where type =~ 'microsoft.authorization/roleassignments' | project name";
      return (await rows(estate, query, { subscriptions: [sub], options })).map(({ name }: { name: string }) => name);
    };
    expect(await names()).toEqual(['sub', 'ward']);
    expect(await names('AtScopeExact')).toEqual(['sub']);
    expect(await names('AtScopeAndAbove')).toEqual(['mg', 'sub']);
    expect(await names('AtScopeAboveAndBelow')).toEqual(['mg', 'sub', 'ward']);
  });

  test('what cannot be read is missing without a word, and only if nothing is left does it refuse', async () => {
    const hidden = { ...estate, monitor: { unreadable: [`/subscriptions/${otherSub}`] } };
    expect(await rows(hidden, 'resources | project name', { subscriptions: [sub, otherSub] })).toEqual([
      { name: 'ward' },
    ]);
    const azure = await openAzure(hidden);
    expect(await azure.graph('resources', { subscriptions: [otherSub] })).toMatchObject({
      status: 400,
      body: { error: { code: 'BadRequest', details: [{ code: 'NoValidSubscriptionsInQueryRequest' }] } },
    });
  });
});

describe('pages', () => {
  const many = Array.from({ length: 1203 }, (_, index) =>
    document(`${group}/providers/Microsoft.Web/serverfarms/p${index}`, 'Microsoft.Web/serverfarms'),
  );

  test('a thousand rows, then a token for the rest', async () => {
    const azure = await openAzure({ resources: many });
    const first = await azure.graph('resources | project id');
    expect(first.body).toMatchObject({ totalRecords: 1203, count: 1000, resultTruncated: 'false' });
    expect(first.headers).toMatchObject({
      'x-ms-user-quota-remaining': '14',
      'x-ms-user-quota-resets-after': '00:00:05',
    });
    const second = await azure.graph('resources | project id', { options: { $skipToken: first.body.$skipToken } });
    expect(second.body).toMatchObject({ count: 203 });
    expect(second.body).not.toHaveProperty('$skipToken');
    expect(new Set([...first.body.data, ...second.body.data].map(({ id }) => id)).size).toBe(1203);
  });

  test('a result without ids cannot be paged: it is cut off', async () => {
    const azure = await openAzure({ resources: many });
    const reply = await azure.graph('resources | project name');
    expect(reply.body).toMatchObject({ count: 1000, totalRecords: 1203, resultTruncated: 'true' });
    expect(reply.body).not.toHaveProperty('$skipToken');
  });

  test('$top and $skip, and a token of another query', async () => {
    const azure = await openAzure({ resources: many });
    const page = await azure.graph('resources | project id', { options: { $top: 2, $skip: 1 } });
    expect(page.body.data.map(({ id }: { id: string }) => id)).toEqual([many[1]?.id, many[2]?.id]);
    expect(
      (await azure.graph('resources | project name, id', { options: { $skipToken: page.body.$skipToken } })).status,
    ).toBe(400);
    expect((await azure.graph('resources', { options: { $top: 1001 } })).status).toBe(400);
  });

  test('as a table', async () => {
    const found = await rows({ resources: [ward] }, 'resources | project id, n = 1, properties', {
      options: { resultFormat: 'table' },
    });
    expect(found).toEqual({
      columns: [
        { name: 'id', type: 'string' },
        { name: 'n', type: 'integer' },
        { name: 'properties', type: 'object' },
      ],
      rows: [[workspace, 1, ward.properties]],
    });
  });
});

test('a query that is wrong, and a fault that cuts off', async () => {
  const azure = await openAzure({
    resources: [ward, ehr],
    faults: [{ target: 'resource-graph', match: 'project id', kind: 'partial' }],
  });
  expect(await azure.graph('resources | wher x')).toMatchObject({
    status: 400,
    body: { error: { code: 'BadRequest', details: [{ code: 'InvalidQuery' }, { message: expect.any(String) }] } },
  });
  expect((await azure.graph('resources | project id')).body).toMatchObject({
    count: 1,
    resultTruncated: 'true',
    data: [{ id: workspace }],
  });
  expect((await azure.ask('/providers/Microsoft.ResourceGraph/resources?api-version=2024-04-01')).status).toBe(405);
});
