import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { document, ehr, fhir, group, openAzure, otherSub, sub, ward, workspace } from './azure-fixture.ts';

const version = 'api-version=2024-03-31';

describe('the gate', () => {
  test.each([
    ['no token', undefined, 'AuthenticationFailed'],
    ['something that is no token', 'Bearer abc', 'InvalidAuthenticationToken'],
    ['another scheme', 'Basic YTpi', 'InvalidAuthenticationToken'],
  ])('%s: 401', async (_, authorization, code) => {
    const azure = await openAzure({ resources: [ward] });
    const url = `${azure.sandbox.endpoints.resourceManager}${workspace}?${version}`;
    const reply = await azure.send(url, authorization === undefined ? {} : { headers: { authorization } });
    expect(reply).toMatchObject({ status: 401, body: { error: { code } } });
    expect(reply.headers['www-authenticate']).toMatch(/^Bearer authorization_uri=.*error="invalid_token"/);
  });

  test('a token for another audience: 401 that names both', async () => {
    const azure = await openAzure({ resources: [ward] });
    const authorization = `Bearer ${azure.token('https://api.loganalytics.io')}`;
    expect(await azure.ask(`${workspace}?${version}`, { headers: { authorization } })).toMatchObject({
      status: 401,
      body: {
        error: {
          code: 'InvalidAuthenticationTokenAudience',
          message: expect.stringContaining("'https://api.loganalytics.io'. It should exactly match"),
        },
      },
    });
  });

  test('the classic audience and one with a slash are good too', async () => {
    const azure = await openAzure({ resources: [ward] });
    for (const audience of ['https://management.core.windows.net/', 'https://management.azure.com/']) {
      const headers = { authorization: `Bearer ${azure.token(audience)}` };
      expect((await azure.ask(`${workspace}?${version}`, { headers })).status).toBe(200);
    }
  });

  test('the audience of another cloud is not', async () => {
    const azure = await openAzure({ resources: [ward], cloud: 'AzureUSGovernment' });
    expect((await azure.ask(`${workspace}?${version}`)).body.error.code).toBe('InvalidAuthenticationTokenAudience');
  });

  test.each([
    ['', 400, 'MissingApiVersionParameter'],
    ['?api-version=latest', 400, 'InvalidApiVersionParameter'],
    ['?api-version=2024-03-30', 400, 'NoRegisteredProviderFound'],
    ['?api-version=2021-01-11', 400, 'NoRegisteredProviderFound'],
    ['?API-Version=2024-03-31', 200, undefined],
    ['?api-version=2025-04-01-PREVIEW', 200, undefined],
  ])('a workspace asked for with "%s": %i', async (query, status, code) => {
    const azure = await openAzure({ resources: [ward] });
    const reply = await azure.ask(`${workspace}${query}`);
    expect([reply.status, reply.body.error?.code]).toEqual([status, code]);
  });

  test('another method: 405 that says which is allowed', async () => {
    const azure = await openAzure({ resources: [ward] });
    expect(await azure.ask(`${workspace}?${version}`, { method: 'PUT', body: {} })).toMatchObject({
      status: 405,
      headers: { allow: 'GET' },
    });
  });
});

describe('what is not there', () => {
  test.each([
    [`${workspace}/fhirservices/gone?${version}`, 404, 'ResourceNotFound'],
    [
      `${group}/providers/Microsoft.HealthcareApis/workspaces/gone/fhirservices?${version}`,
      404,
      'ParentResourceNotFound',
    ],
    [`${workspace}/nosuchthings?${version}`, 404, 'InvalidResourceType'],
    [`/subscriptions/${sub}/resourceGroups/gone?api-version=2021-04-01`, 404, 'ResourceGroupNotFound'],
    [
      `/subscriptions/${sub}/resourceGroups/gone/providers/Microsoft.HealthcareApis/workspaces?${version}`,
      404,
      'ResourceGroupNotFound',
    ],
    [`/subscriptions/${otherSub}?api-version=2022-12-01`, 404, 'SubscriptionNotFound'],
    [`/subscriptions/no-guid/resourcegroups?api-version=2021-04-01`, 400, 'InvalidSubscriptionId'],
    [
      `${workspace}/fhirservices/gone/providers/Microsoft.Insights/diagnosticSettings?api-version=2021-05-01-preview`,
      404,
      'ResourceNotFound',
    ],
    ['/nowhere?api-version=2021-04-01', 404, 'NotFound'],
  ])('%s', async (path, status, code) => {
    const azure = await openAzure({ resources: [ward, ehr] });
    expect(await azure.ask(path)).toMatchObject({ status, body: { error: { code } } });
  });
});

describe('what is there', () => {
  test('comes back unchanged, whatever the case and the slashes of the path', async () => {
    const azure = await openAzure({ resources: [ward, ehr] });
    expect((await azure.ask(`/${workspace.toUpperCase()}/?${version}`)).body).toEqual(ward);
  });

  test('is listed by subscription, by group and by parent, each only what belongs there', async () => {
    const elsewhere = document(
      `/subscriptions/${sub}/resourceGroups/rg-two/providers/Microsoft.HealthcareApis/workspaces/two`,
      'Microsoft.HealthcareApis/workspaces',
    );
    const azure = await openAzure({ resources: [ward, ehr, elsewhere] });
    const list = async (path: string) => (await azure.ask(`${path}?${version}`)).body.value;
    expect(await list(`/subscriptions/${sub}/providers/Microsoft.HealthcareApis/workspaces`)).toEqual([
      ward,
      elsewhere,
    ]);
    expect(await list(`${group}/providers/Microsoft.HealthcareApis/workspaces`)).toEqual([ward]);
    expect(await list(`${workspace}/fhirservices`)).toEqual([ehr]);
    expect(await list(`${workspace}/dicomservices`)).toEqual([]);
  });

  test('connections: documents of their own win, else those inside the parent', async () => {
    const inside = { id: `${workspace}/privateEndpointConnections/inside`, name: 'inside' };
    const own = document(
      `${workspace}/privateEndpointConnections/own`,
      'Microsoft.HealthcareApis/workspaces/privateEndpointConnections',
    );
    const parent = { ...ward, properties: { privateEndpointConnections: [inside, null, 'odd'] } };
    const path = `${workspace}/privateEndpointConnections`;
    const azure = await openAzure({ resources: [parent] });
    expect((await azure.ask(`${path}?${version}`)).body.value).toEqual([inside]);
    expect((await azure.ask(`${path}/Inside?${version}`)).body).toEqual(inside);
    const other = await openAzure({ resources: [parent, own] });
    expect((await other.ask(`${path}?${version}`)).body.value).toEqual([own]);
  });

  test('record sets of every type come under ALL, links do not', async () => {
    const zone = `${group}/providers/Microsoft.Network/privateDnsZones/privatelink.example`;
    const record = document(`${zone}/A/ehr`, 'Microsoft.Network/privateDnsZones/A');
    const alias = document(`${zone}/CNAME/www`, 'Microsoft.Network/privateDnsZones/CNAME');
    const link = document(`${zone}/virtualNetworkLinks/l`, 'Microsoft.Network/privateDnsZones/virtualNetworkLinks');
    const azure = await openAzure({
      resources: [document(zone, 'Microsoft.Network/privateDnsZones'), record, alias, link],
    });
    const names = async (last: string) =>
      (await azure.ask(`${zone}/${last}?api-version=2024-06-01`)).body.value.map(({ name }: { name: string }) => name);
    expect(await names('aLL')).toEqual(['ehr', 'www']);
    expect(await names('A')).toEqual(['ehr']);
    expect(await names('virtualNetworkLinks')).toEqual(['l']);
  });

  test('a list longer than a page goes on behind an absolute link on the same host, to the last row', async () => {
    const services = Array.from({ length: 250 }, (_, index) =>
      document(`${workspace}/fhirservices/s${index}`, 'Microsoft.HealthcareApis/workspaces/fhirservices'),
    );
    const azure = await openAzure({ resources: services });
    const { resourceManager = '' } = azure.sandbox.endpoints;
    const seen: unknown[] = [];
    let next: string | undefined = `${resourceManager}${workspace}/fhirservices?${version}`;
    for (let pages = 0; next !== undefined; pages += 1) {
      expect(next.startsWith(`${resourceManager}/`)).toBe(true);
      expect(pages).toBeLessThan(4);
      const reply = await azure.ask(next);
      seen.push(...reply.body.value);
      next = reply.body.nextLink;
    }
    expect(seen).toEqual(services);
  });

  test('a type that nobody listed here is served as it stands', async () => {
    const plan = document(`${group}/providers/Microsoft.Web/serverfarms/plan`, 'Microsoft.Web/serverfarms');
    const azure = await openAzure({ resources: [plan] });
    expect((await azure.ask(`${plan.id}?api-version=2024-11-01`)).body).toEqual(plan);
  });

  test('names that every object inherits are just names', async () => {
    const odd = document(
      `${group}/providers/Microsoft.HealthcareApis/workspaces/__proto__`,
      'Microsoft.HealthcareApis/workspaces',
    );
    const azure = await openAzure({ resources: [odd] });
    expect((await azure.ask(`${odd.id}?${version}`)).body).toEqual(odd);
    expect((await azure.ask(`${group}/providers/constructor/toString?${version}`)).body).toEqual({ value: [] });
  });
});

describe('what the monitor may not read', () => {
  const hidden = `/subscriptions/${otherSub}/resourceGroups/rg-x/providers/Microsoft.HealthcareApis/workspaces/x`;
  const estate = {
    resources: [ward, ehr, document(hidden, 'Microsoft.HealthcareApis/workspaces')],
    monitor: { principalId: 'me', unreadable: [`/subscriptions/${otherSub}`, `${workspace}/FhirServices/ehr`] },
  };

  test.each([
    [`${hidden}?${version}`],
    [`${fhir}?${version}`],
    [`${hidden}-that-never-was?${version}`],
    [`/subscriptions/${otherSub}?api-version=2022-12-01`],
    [`${fhir}/providers/Microsoft.Insights/diagnosticSettings?api-version=2021-05-01-preview`],
    [`${fhir}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter=atScope()`],
  ])('%s: 403 in the words of Azure', async (path) => {
    const azure = await openAzure(estate);
    const reply = await azure.ask(path);
    expect(reply).toMatchObject({ status: 403, body: { error: { code: 'AuthorizationFailed' } } });
    expect(reply.body.error.message).toMatch(
      /^The client 'me' with object id 'me' does not have authorization to perform action '[\w./]+\/read' over scope '\/subscriptions\/.+' or the scope is invalid\./,
    );
  });

  test('is left out of lists without a word', async () => {
    const azure = await openAzure(estate);
    expect((await azure.ask(`${workspace}/fhirservices?${version}`)).body).toEqual({ value: [] });
    const subscriptions = (await azure.ask('/subscriptions?api-version=2022-12-01')).body.value;
    expect(subscriptions.map(({ subscriptionId }: { subscriptionId: string }) => subscriptionId)).toEqual([sub]);
  });

  test('a neighbour with a longer name is no part of it', async () => {
    const near = document(`${workspace}/fhirservices/ehr2`, 'Microsoft.HealthcareApis/workspaces/fhirservices');
    const azure = await openAzure({ ...estate, resources: [...estate.resources, near] });
    expect((await azure.ask(`${near.id}?${version}`)).status).toBe(200);
  });
});

test('groups and subscriptions follow from what stands in them', async () => {
  const azure = await openAzure({
    tenantId: 'tenant-1',
    resources: [ward],
    managementGroups: [{ id: 'mg', parent: null, subscriptions: [otherSub] }],
  });
  const groups = (await azure.ask(`/subscriptions/${sub}/resourcegroups?api-version=2021-04-01`)).body.value;
  expect(groups).toMatchObject([{ id: group, name: 'rg-health', location: 'westeurope' }]);
  const subscriptions = (await azure.ask('/subscriptions?api-version=2021-01-01')).body.value;
  expect(subscriptions).toMatchObject([
    { id: `/subscriptions/${sub}`, tenantId: 'tenant-1', state: 'Enabled' },
    { id: `/subscriptions/${otherSub}` },
  ]);
  const below = await azure.ask(
    '/providers/Microsoft.Management/managementGroups/MG/descendants?api-version=2020-05-01',
  );
  expect(below.body.value).toMatchObject([{ id: `/subscriptions/${otherSub}`, type: '/subscriptions' }]);
});

test('the activity log demands a time and tells who changed what', async () => {
  const azure = await openAzure({
    resources: [ward],
    activity: [
      {
        resourceId: workspace,
        operation: 'Microsoft.HealthcareApis/workspaces/write',
        caller: 'a@b.example',
        at: '2026-11-22T07:00:00Z',
      },
    ],
  });
  const path = `/subscriptions/${sub}/providers/Microsoft.Insights/eventtypes/management/values?api-version=2015-04-01`;
  expect((await azure.ask(path)).status).toBe(400);
  const since = (time: string) =>
    azure.ask(`${path}&$filter=eventTimestamp ge '${time}' and resourceUri eq '${workspace}'`);
  expect((await since('2026-11-22T06:00:00Z')).body.value).toMatchObject([
    { caller: 'a@b.example', resourceId: workspace },
  ]);
  expect((await since('2026-11-22T07:30:00Z')).body.value).toEqual([]);
});

test('what Azure Policy says of a resource, at the scope that is asked', async () => {
  const state = (resourceId: string, complianceState: string) => ({
    resourceId,
    policyDefinitionId: '/p',
    complianceState,
  });
  const azure = await openAzure({
    resources: [ward, ehr],
    policyStates: [state(fhir, 'NonCompliant'), state(workspace, 'Compliant')],
  });
  const states = async (scope: string) => {
    const path = `${scope}/providers/Microsoft.PolicyInsights/policyStates/latest/queryResults?api-version=2024-10-01`;
    const { body } = await azure.ask(path, { method: 'POST' });
    return body.value.map((one: { complianceState: string }) => one.complianceState);
  };
  expect(await states(fhir)).toEqual(['NonCompliant']);
  expect(await states(group)).toEqual(['NonCompliant', 'Compliant']);
});

test('metrics of a resource, or Azure says that there is no such resource', async () => {
  const metrics = { [fhir]: { TotalRequests: [['2026-11-22T07:30:00Z', 12]] } };
  const azure = await openAzure({ resources: [ward, ehr], metrics });
  const query = 'api-version=2024-02-01&metricnames=TotalRequests&aggregation=Total&interval=PT1H';
  const found = await azure.ask(`${fhir}/providers/Microsoft.Insights/metrics?${query}`);
  expect(found.body.value).toMatchObject([{ name: { value: 'TotalRequests' } }]);
  expect(await azure.ask(`${fhir}x/providers/Microsoft.Insights/metrics?${query}`)).toMatchObject({
    status: 404,
    body: {
      error: {
        code: 'ResourceNotFound',
        message: expect.stringContaining("fhirservices/ehrx' under resource group 'rg-health'"),
      },
    },
  });
});

test('a connection that is still shaking hands does not hold the sandbox open', async () => {
  const azure = await openAzure({ resources: [] });
  const { port } = new URL(azure.sandbox.endpoints.resourceManager ?? '');
  const socket = connect(Number(port), '127.0.0.1');
  await once(socket, 'connect');
  await azure.ask('/subscriptions?api-version=2022-12-01');
  const closed = once(socket, 'close');
  await azure.sandbox.close();
  await closed;
});
