/** The words in which the network cases are written: the parts of two named estates, and one line for each expectation. */
import { apiForFhirLegacy, compliantClinic, storyStart } from '../../sandbox/estates/index.ts';
import type { Expected, ScanCase } from './case-runner.ts';
import { type Change, changed, estateKey } from './estate-changes.ts';

export const workspace = 'workspaces/contosoclinic';
export const ehr = 'fhirservices/ehr';
export const legacy = 'services/contosolegacy';
export const endpoint = 'privateEndpoints/pe-contosoclinic';
export const nic = /networkInterfaces\/pe-contosoclinic\.nic/;
export const legacyNic = /networkInterfaces\/pe-contosolegacy\.nic/;
export const zoneGroup = 'pe-contosoclinic/privateDnsZoneGroups/default';
export const legacyZoneGroup = 'pe-contosolegacy/privateDnsZoneGroups/default';
export const zone = 'privateDnsZones/privatelink.fhir.azurehealthcareapis.com';
export const link = `${zone}/virtualNetworkLinks/link-vnet-hub`;
export const record = `${zone}/A/contosoclinic-ehr`;
export const host = 'contosoclinic-ehr.fhir.azurehealthcareapis.com';
export const alias = 'contosoclinic-ehr.privatelink.fhir.azurehealthcareapis.com';

export const flag = 'properties.publicNetworkAccess';
export const connections = 'properties.privateEndpointConnections';
export const first = `${connections}.0.properties`;
export const status = `${first}.privateLinkServiceConnectionState.status`;
export const address = 'properties.aRecords.0.ipv4Address';
/** the endpoint's own side of its connection */
export const ownSide = 'properties.privateLinkServiceConnections.0.properties';
export const ownStatus = `${ownSide}.privateLinkServiceConnectionState.status`;

const [clinicFile, legacyFile] = [compliantClinic(storyStart), apiForFhirLegacy(storyStart)];
export const workspaceId = idOf(workspace);
export const ehrId = idOf(ehr);
export const endpointId = idOf(endpoint);
export const zoneId = idOf(zone);
export const legacyId = idOf(legacy, legacyFile);
export const legacyEndpointId = idOf('privateEndpoints/pe-contosolegacy', legacyFile);
export const nicId = clinicFile.resources.find(({ id }) => nic.test(id))?.id ?? '';
export const hubNetwork = clinicFile.monitor.network;
export const hub = endpointId.split('/')[2] ?? '';
export const clinic = workspaceId.split('/')[2] ?? '';
export const stranger = '99999999-0000-4000-8000-000000000001';
export const strangerEndpoint = `/subscriptions/${stranger}/resourceGroups/rg/providers/Microsoft.Network/privateEndpoints/pe-x`;

function idOf(end: string, file = clinicFile): string {
  return file.resources.find(({ id }) => id.endsWith(`/${end}`))?.id ?? '';
}

/** A private endpoint beside the clinic's own, in the same resource group. */
export function beside(name: string): string {
  return endpointId.replace('pe-contosoclinic', name);
}

/** A connection of the workspace to this endpoint. */
export function connection(name: string, privateEndpoint: string | object | null, state: unknown, owner = workspaceId) {
  return {
    id: `${owner}/privateEndpointConnections/${name}`,
    name,
    type: `Microsoft.HealthcareApis/${owner.split('/').at(-2)}/privateEndpointConnections`,
    properties: {
      provisioningState: 'Succeeded',
      privateEndpoint: typeof privateEndpoint === 'string' ? { id: privateEndpoint } : privateEndpoint,
      privateLinkServiceConnectionState: { status: state, description: '', actionsRequired: 'None' },
    },
  };
}

/** A private zone, linked to the hub, with A records by relative name. */
export function linkedZone(name: string, records: Readonly<Record<string, string>> = {}, group = 'rg-dns') {
  const id = zoneId.replace('rg-dns', group).replace(/[^/]+$/, name);
  const type = 'Microsoft.Network/privateDnsZones';
  return [
    { id, name, type, location: 'global', properties: {} },
    {
      id: `${id}/virtualNetworkLinks/hub`,
      name: 'hub',
      type: `${type}/virtualNetworkLinks`,
      properties: { virtualNetwork: { id: hubNetwork }, virtualNetworkLinkState: 'Completed' },
    },
    ...Object.entries(records).map(([relative, ipv4Address]) => ({
      id: `${id}/A/${relative}`,
      name: relative,
      type: `${type}/A`,
      properties: { ttl: 10, aRecords: [{ ipv4Address }] },
    })),
  ];
}

/** What the resolver inside says instead. */
export function answers(...records: readonly object[]): Change {
  return estateKey('dns', { private: records });
}

export function faults(...list: readonly object[]): Change {
  return estateKey('faults', list);
}

export const checkIds = {
  flag: 'public-network-access',
  approval: 'private-endpoint-approval',
  dns: 'private-dns-resolution',
} as const;

/** `service flag|approval|dns status [severity]`, with what the message must match. */
export type Line = string | readonly [line: string, message: RegExp];
type More = Partial<Omit<ScanCase, 'name' | 'estate' | 'expect'>>;

/** The compliant clinic with these changes must get these verdicts. */
export function inClinic(name: string, changes: readonly Change[], lines: readonly Line[], more: More = {}): ScanCase {
  return { name, estate: (now) => changed(compliantClinic(now), changes), expect: lines.map(read), ...more };
}

/** The same for the estate that also has a service of Azure API for FHIR. */
export function inLegacy(name: string, changes: readonly Change[], lines: readonly Line[], more: More = {}): ScanCase {
  return { name, estate: (now) => changed(apiForFhirLegacy(now), changes), expect: lines.map(read), ...more };
}

function read(line: Line): Expected {
  const [text, message] = typeof line === 'string' ? [line] : line;
  const [service = '', check = '', wanted = '', severity] = text.split(' ');
  return {
    service,
    check: Object.entries(checkIds).find(([short]) => short === check)?.[1] ?? check,
    status: wanted,
    ...(severity === undefined ? {} : { severity }),
    ...(message === undefined ? {} : { message }),
  };
}
