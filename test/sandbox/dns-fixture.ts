import type { AzureDocument, Estate, Fault, World } from '../../sandbox/types.ts';

export const SUBSCRIPTION = '/subscriptions/11111111-1111-4111-8111-111111111111';
export const NETWORK = `${SUBSCRIPTION}/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet-hub`;
export const HEALTH = `${SUBSCRIPTION}/resourceGroups/rg-fhir/providers/Microsoft.HealthcareApis`;
const ENDPOINT = `${SUBSCRIPTION}/resourceGroups/rg-net/providers/Microsoft.Network/privateEndpoints/pe`;
const ZONES = `${SUBSCRIPTION}/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones`;

export function makeEstate(parts: Partial<Estate> = {}): Estate {
  return {
    name: 'test',
    now: new Date('2026-11-22T08:00:00Z'),
    cloud: 'AzureCloud',
    tenantId: '22222222-2222-4222-8222-222222222222',
    managementGroups: [],
    policy: undefined,
    monitor: {
      principalId: '33333333-3333-4333-8333-333333333333',
      network: NETWORK,
      publicVantage: true,
      unreadable: [],
    },
    resources: [],
    roleDefinitions: [],
    roleAssignments: [],
    roleEligibilityScheduleInstances: [],
    roleAssignmentScheduleInstances: [],
    denyAssignments: [],
    diagnosticSettings: [],
    directory: [],
    dns: { private: [], public: [] },
    logs: {},
    metrics: {},
    endpoints: {},
    policyStates: [],
    activity: [],
    faults: [],
    graph: { resources: [], without: [] },
    ...parts,
  };
}

/** a world whose clock stands still; each fault is given for every match of its expression */
export function makeWorld(first: Estate, now: Date = first.now): World {
  let estate = first;
  return {
    estate: () => estate,
    replace: (next) => {
      estate = next;
    },
    now: () => now,
    fault: (target, subject): Fault | undefined =>
      estate.faults.find((fault) => fault.target === target && new RegExp(fault.match, 'i').test(subject)),
  };
}

export function connection(owner: string, status: string, endpoint = ENDPOINT) {
  return {
    id: `${owner}/privateEndpointConnections/c1`,
    type: 'x/privateEndpointConnections',
    properties: { privateEndpoint: { id: endpoint }, privateLinkServiceConnectionState: { status } },
  };
}

export function apiForFhir(name: string, status?: string): AzureDocument {
  const id = `${HEALTH}/services/${name}`;
  const connections = status === undefined ? [] : [connection(id, status)];
  return { id, type: 'Microsoft.HealthcareApis/services', properties: { privateEndpointConnections: connections } };
}

/** a workspace with one FHIR service `ehr` and one DICOM service `pacs` */
export function clinic(name: string, status = 'Approved'): readonly AzureDocument[] {
  const id = `${HEALTH}/workspaces/${name}`;
  const properties = { privateEndpointConnections: [connection(id, status)] };
  return [
    { id, type: 'Microsoft.HealthcareApis/workspaces', properties },
    { id: `${id}/fhirservices/ehr`, type: 'Microsoft.HealthcareApis/workspaces/fhirservices', properties: {} },
    { id: `${id}/dicomservices/pacs`, type: 'Microsoft.HealthcareApis/workspaces/dicomservices', properties: {} },
  ];
}

export function zoneGroup(fqdns: readonly string[]): AzureDocument {
  return {
    id: `${ENDPOINT}/privateDnsZoneGroups/default`,
    type: 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups',
    properties: { privateDnsZoneConfigs: [{ properties: { recordSets: fqdns.map((fqdn) => ({ fqdn })) } }] },
  };
}

/** a zone, linked to the monitor's network, with A records by relative name */
export function zone(
  name: string,
  records: Readonly<Record<string, string>>,
  link: Readonly<Record<string, string>> = {},
): readonly AzureDocument[] {
  const type = 'Microsoft.Network/privateDnsZones';
  return [
    { id: `${ZONES}/${name}`, type, properties: {} },
    {
      id: `${ZONES}/${name}/virtualNetworkLinks/hub`,
      type: `${type}/virtualNetworkLinks`,
      properties: { virtualNetwork: { id: NETWORK.toUpperCase() }, virtualNetworkLinkState: 'Completed', ...link },
    },
    ...Object.entries(records).map(([relative, address]) => ({
      id: `${ZONES}/${name}/A/${relative}`,
      type: `${type}/A`,
      properties: { ttl: 10, aRecords: [{ ipv4Address: address }] },
    })),
  ];
}

export function aliasRecord(zoneName: string, relative: string, target: string): AzureDocument {
  return {
    id: `${ZONES}/${zoneName}/CNAME/${relative}`,
    type: 'Microsoft.Network/privateDnsZones/CNAME',
    properties: { ttl: 10, cnameRecord: { cname: target } },
  };
}
