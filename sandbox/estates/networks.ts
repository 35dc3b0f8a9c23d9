/** The hub and the clinical network, the private endpoints with their cards, and the zones with links and records. */
import { deriveId } from '../estate.ts';
import type { AzureDocument, JsonObject } from '../types.ts';
import { clinicalNetworkId, hubId, hubNetworkId, type Owner, ownersOf, type Plan } from './plan.ts';

const succeeded = { provisioningState: 'Succeeded' };
const approved = { status: 'Approved', description: 'Auto-Approved', actionsRequired: 'None' };

/** The connection as the service's side lists it. */
export function connectionOf(plan: Plan, owner: Owner): JsonObject {
  const name = deriveId('connection', owner.id);
  const kind = owner.groupId === 'fhir' ? 'services' : 'workspaces';
  return {
    id: `${owner.id}/privateEndpointConnections/${name}`,
    name,
    type: `Microsoft.HealthcareApis/${kind}/privateEndpointConnections`,
    properties: {
      ...succeeded,
      privateEndpoint: { id: endpointId(plan, owner) },
      privateLinkServiceConnectionState: approved,
    },
  };
}

export function networkDocuments(plan: Plan): readonly AzureDocument[] {
  const owners = ownersOf(plan);
  const networks = [
    ...network(plan, hubNetworkId(plan), '10.10.0.0/16', clinicalNetworkId(plan), '10.20.0.0/16'),
    ...network(plan, clinicalNetworkId(plan), '10.20.0.0/16', hubNetworkId(plan), '10.10.0.0/16'),
  ];
  let taken = 0;
  const endpoints = owners.flatMap((owner) => {
    const first = taken;
    taken += owner.hosts.length;
    return endpoint(plan, owner, (host) => addressAt(first + host));
  });
  const zones = [...new Set(owners.flatMap(({ hosts }) => hosts.map(({ zone }) => zone)))];
  return [...networks, ...endpoints, ...zones.flatMap((zone) => zoneDocuments(plan, zone, owners))];
}

/** One after the other over the hosts of all owners. */
function addressAt(place: number): string {
  return `10.10.${1 + Math.floor(place / 250)}.${4 + (place % 250)}`;
}

function network(
  plan: Plan,
  id: string,
  prefix: string,
  remote: string,
  remotePrefix: string,
): readonly AzureDocument[] {
  const name = id.split('/').at(-1) ?? '';
  const remoteName = remote.split('/').at(-1) ?? '';
  const peering = {
    id: `${id}/virtualNetworkPeerings/to-${remoteName}`,
    name: `to-${remoteName}`,
    type: 'Microsoft.Network/virtualNetworks/virtualNetworkPeerings',
    properties: {
      ...succeeded,
      peeringState: 'Connected',
      peeringSyncLevel: 'FullyInSync',
      remoteVirtualNetwork: { id: remote },
      allowVirtualNetworkAccess: true,
      allowForwardedTraffic: false,
      allowGatewayTransit: false,
      useRemoteGateways: false,
      remoteAddressSpace: { addressPrefixes: [remotePrefix] },
    },
  };
  const subnet = (part: string, third: number) => ({
    id: `${id}/subnets/${part}`,
    name: part,
    type: 'Microsoft.Network/virtualNetworks/subnets',
    properties: {
      ...succeeded,
      addressPrefix: prefix.replace('0.0/16', `${third}.0/24`),
      serviceEndpoints: [],
      privateEndpointNetworkPolicies: 'Disabled',
    },
  });
  return [
    {
      id,
      name,
      type: 'Microsoft.Network/virtualNetworks',
      location: plan.location,
      tags: {},
      properties: {
        ...succeeded,
        addressSpace: { addressPrefixes: [prefix] },
        subnets: [subnet('snet-endpoints', 1), subnet('snet-functions', 200)],
        virtualNetworkPeerings: [peering],
        enableDdosProtection: false,
      },
    },
    peering,
  ];
}

function endpointId(plan: Plan, owner: Owner): string {
  return hubId(plan, 'Microsoft.Network/privateEndpoints', `pe-${owner.name}`);
}

function endpoint(plan: Plan, owner: Owner, address: (host: number) => string): readonly AzureDocument[] {
  const id = endpointId(plan, owner);
  const name = `pe-${owner.name}`;
  const subnet = { id: `${hubNetworkId(plan)}/subnets/snet-endpoints` };
  const card = `${name}.nic.${deriveId('card', id)}`;
  const cardId = hubId(plan, 'Microsoft.Network/networkInterfaces', card);
  return [
    {
      id,
      name,
      type: 'Microsoft.Network/privateEndpoints',
      location: plan.location,
      tags: {},
      properties: {
        ...succeeded,
        subnet,
        privateLinkServiceConnections: [
          {
            id: `${id}/privateLinkServiceConnections/${name}`,
            name,
            properties: {
              ...succeeded,
              privateLinkServiceId: owner.id,
              groupIds: [owner.groupId],
              privateLinkServiceConnectionState: approved,
            },
          },
        ],
        manualPrivateLinkServiceConnections: [],
        networkInterfaces: [{ id: cardId }],
        customDnsConfigs: [],
        ipConfigurations: [],
      },
    },
    {
      id: cardId,
      name: card,
      type: 'Microsoft.Network/networkInterfaces',
      location: plan.location,
      properties: {
        ...succeeded,
        privateEndpoint: { id },
        ipConfigurations: owner.hosts.map(({ host, member }, index) => ({
          id: `${cardId}/ipConfigurations/ip-${index}`,
          name: `ip-${index}`,
          properties: {
            ...succeeded,
            privateIPAddress: address(index),
            privateIPAllocationMethod: 'Dynamic',
            primary: index === 0,
            subnet,
            privateLinkConnectionProperties: { groupId: owner.groupId, requiredMemberName: member, fqdns: [host] },
          },
        })),
      },
    },
    zoneGroup(plan, owner, address),
    ...recordSets(plan, owner, address),
  ];
}

function zoneId(plan: Plan, zone: string): string {
  return hubId(plan, 'Microsoft.Network/privateDnsZones', zone, 'rg-dns');
}

function zoneGroup(plan: Plan, owner: Owner, address: (host: number) => string): AzureDocument {
  const records = owner.hosts.map((host, index) => ({ ...host, address: address(index) }));
  const zones = Map.groupBy(records, ({ zone }) => zone);
  return {
    id: `${endpointId(plan, owner)}/privateDnsZoneGroups/default`,
    name: 'default',
    type: 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups',
    properties: {
      ...succeeded,
      privateDnsZoneConfigs: [...zones].map(([zone, held]) => ({
        name: zone.replaceAll('.', '-'),
        properties: {
          privateDnsZoneId: zoneId(plan, zone),
          recordSets: held.map((one) => ({
            recordType: 'A',
            recordSetName: one.record,
            fqdn: `${one.record}.${zone}`,
            ttl: 10,
            ipAddresses: [one.address],
            provisioningState: 'Succeeded',
          })),
        },
      })),
    },
  };
}

function recordSets(plan: Plan, owner: Owner, address: (host: number) => string): readonly AzureDocument[] {
  return owner.hosts.map(({ zone, record }, index) => ({
    id: `${zoneId(plan, zone)}/A/${record}`,
    name: record,
    type: 'Microsoft.Network/privateDnsZones/A',
    properties: {
      fqdn: `${record}.${zone}.`,
      ttl: 10,
      isAutoRegistered: false,
      metadata: { creator: `created by private endpoint pe-${owner.name}` },
      aRecords: [{ ipv4Address: address(index) }],
    },
  }));
}

function zoneDocuments(plan: Plan, zone: string, owners: readonly Owner[]): readonly AzureDocument[] {
  const records = owners.flatMap(({ hosts }) => hosts).filter((host) => host.zone === zone).length;
  const id = zoneId(plan, zone);
  const link = (network: string): AzureDocument => ({
    id: `${id}/virtualNetworkLinks/link-${network.split('/').at(-1)}`,
    name: `link-${network.split('/').at(-1)}`,
    type: 'Microsoft.Network/privateDnsZones/virtualNetworkLinks',
    location: 'global',
    properties: {
      ...succeeded,
      virtualNetwork: { id: network },
      registrationEnabled: false,
      resolutionPolicy: 'Default',
      virtualNetworkLinkState: 'Completed',
    },
  });
  return [
    {
      id,
      name: zone,
      type: 'Microsoft.Network/privateDnsZones',
      location: 'global',
      tags: {},
      properties: {
        ...succeeded,
        numberOfRecordSets: records + 1,
        maxNumberOfRecordSets: 25000,
        numberOfVirtualNetworkLinks: 2,
        numberOfVirtualNetworkLinksWithRegistration: 0,
      },
    },
    link(hubNetworkId(plan)),
    link(clinicalNetworkId(plan)),
  ];
}
