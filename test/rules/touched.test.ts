import { describe, expect, test } from 'vitest';
import { clouds } from '../../src/clouds.ts';
import type { ResourceDocument, Service } from '../../src/model.ts';
import { touchOf } from '../../src/rules/touched.ts';

const subscription = '/subscriptions/11111111-1111-4111-8111-111111111111';
const group = `${subscription}/resourceGroups/rg`;
const workspaceId = `${group}/providers/Microsoft.HealthcareApis/workspaces/ward`;
const endpointId = `${group}/providers/Microsoft.Network/privateEndpoints/pe`;
const zone = (name: string) => `${group}/providers/Microsoft.Network/privateDnsZones/${name}`;

const workspace: Service = {
  id: workspaceId,
  key: 'w',
  name: 'ward',
  kind: 'workspace',
  subscriptionId: '11111111-1111-4111-8111-111111111111',
  resourceGroup: 'rg',
  location: 'x',
  tags: {},
};
const child = (name: string): Service => ({
  ...workspace,
  id: `${workspaceId}/fhirservices/${name}`,
  key: name,
  name,
  kind: 'fhirService',
  workspaceId,
});
const elsewhere: Service = {
  ...workspace,
  id: `${workspaceId}2`,
  key: 'w2',
  name: 'ward2',
};
const services = [workspace, child('ehr'), child('lab'), elsewhere];
const document = (id: string, properties: object): ResourceDocument => ({
  id,
  type: '',
  name: '',
  properties: { ...properties },
});

/** families and names of the services that a change touches; null where no check cares */
function touched(
  id: string,
  operation: string,
  known: { health?: ResourceDocument[]; endpoints?: ResourceDocument[] } = {},
) {
  const touch = touchOf({ id, operation }, clouds.AzureCloud);
  if (!touch) return null;
  const { health = [], endpoints = [] } = known;
  const names = services.filter((one) => touch.touches(one, { health, endpoints })).map(({ name }) => name);
  return [touch.families.length > 1 ? 'all' : touch.families[0], ...names];
}

describe('a change touches', () => {
  test.each([
    ['a workspace', workspaceId, 'Microsoft.HealthcareApis/workspaces/write', ['all', 'ward', 'ehr', 'lab']],
    [
      'a service',
      `${workspaceId}/fhirservices/ehr`,
      'Microsoft.HealthcareApis/workspaces/fhirservices/delete',
      ['all', 'ehr'],
    ],
    [
      'a connection of a workspace',
      `${workspaceId}/privateEndpointConnections/c`,
      'Microsoft.HealthcareApis/workspaces/privateEndpointConnectionsApproval/action',
      ['all', 'ward', 'ehr', 'lab'],
    ],
    [
      'a role at a service, whatever the case',
      `${workspaceId.toUpperCase()}/fhirservices/EHR/providers/Microsoft.Authorization/roleAssignments/r`,
      'MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE',
      ['access', 'ehr'],
    ],
    [
      'a role at the subscription',
      `${subscription}/providers/Microsoft.Authorization/roleAssignments/r`,
      'Microsoft.Authorization/roleAssignments/delete',
      ['access', 'ward', 'ehr', 'lab', 'ward2'],
    ],
    [
      'a role at something else',
      `${group}/providers/Microsoft.Storage/storageAccounts/s/providers/Microsoft.Authorization/roleAssignments/r`,
      'Microsoft.Authorization/roleAssignments/write',
      ['access'],
    ],
    [
      'a diagnostic setting',
      `${workspaceId}/fhirservices/lab/providers/Microsoft.Insights/diagnosticSettings/to log`,
      'Microsoft.Insights/diagnosticSettings/delete',
      ['audit', 'lab'],
    ],
    [
      'the record of a service',
      `${zone('privatelink.fhir.azurehealthcareapis.com')}/A/ward-ehr`,
      'Microsoft.Network/privateDnsZones/A/write',
      ['network', 'ehr'],
    ],
    [
      'a zone of ours',
      zone('privatelink.azurehealthcareapis.com'),
      'Microsoft.Network/privateDnsZones/delete',
      ['network', 'ward', 'ehr', 'lab', 'ward2'],
    ],
    [
      'a link of a zone of ours',
      `${zone('privatelink.azurehealthcareapis.com')}/virtualNetworkLinks/l`,
      'Microsoft.Network/privateDnsZones/virtualNetworkLinks/delete',
      ['network', 'ward', 'ehr', 'lab', 'ward2'],
    ],
    ['a zone of others', zone('privatelink.blob.core.windows.net'), 'Microsoft.Network/privateDnsZones/write', null],
    [
      'a name that only ends alike',
      zone('notazurehealthcareapis.com'),
      'Microsoft.Network/privateDnsZones/write',
      null,
    ],
    [
      'a virtual machine',
      `${group}/providers/Microsoft.Compute/virtualMachines/v`,
      'Microsoft.Compute/virtualMachines/write',
      null,
    ],
    [
      'what only claims to be ours',
      `${group}/providers/Microsoft.Compute/x/y`,
      'Microsoft.HealthcareApis/workspaces/write',
      null,
    ],
  ])('%s', (_, id, operation, expected) => {
    expect(touched(id, operation)).toEqual(expected);
  });

  test.each([
    [
      'which the endpoint names',
      { endpoints: [document(endpointId, { privateLinkServiceConnections: [{ id: workspaceId }] })] },
    ],
    [
      'whose connections name the endpoint',
      { health: [document(workspaceId, { privateEndpointConnections: [{ id: endpointId }] })] },
    ],
  ])('an endpoint: the services %s', (_, known) => {
    const operation = 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups/write';
    expect(touched(`${endpointId}/privateDnsZoneGroups/g`, operation, known)?.slice(0, 4)).toEqual([
      'network',
      'ward',
      'ehr',
      'lab',
    ]);
    expect(touched(`${endpointId}-of-another`, operation, known)).toEqual(['network']);
  });
});
