import { createHash } from 'node:crypto';
import { clouds } from '../clouds.ts';
import { asJson, at, listAt } from '../documents.ts';
import type { AzureDocument, CloudName, Estate, Json } from '../types.ts';
import { childrenOfType, documentAt, isOfType, keyOf, lastSegment, parentKey, textOf } from './resource-ids.ts';

export type HostKind = 'apiForFhir' | 'fhir' | 'dicom' | 'workspace';

/** A public host name of the platform and what follows from it in public DNS. */
export interface ServiceHost {
  readonly host: string;
  readonly kind: HostKind;
  /** the resource that answers at this host, as the estate spells its id */
  readonly id: string;
  /** `privatelink` alias; undefined while no connection is approved */
  readonly hop: string | undefined;
  /** aliases behind the host or its hop, outermost first */
  readonly platform: readonly string[];
  readonly publicAddress: string;
}

function platformSuffixes(cloud: CloudName): readonly [trafficManager: string, cloudApp: string] {
  if (cloud === 'AzureUSGovernment') return ['usgovtrafficmanager.net', 'usgovcloudapp.net'];
  return cloud === 'AzureChinaCloud'
    ? ['trafficmanager.cn', 'chinacloudapp.cn']
    : ['trafficmanager.net', 'cloudapp.azure.com'];
}

/** All host names of the estate's health services, by lower-case name. */
export function serviceHosts(estate: Estate): ReadonlyMap<string, ServiceHost> {
  const hosts = new Map<string, ServiceHost>();
  for (const document of estate.resources) {
    const named = nameOf(estate, document);
    if (named !== undefined) hosts.set(named.host, named);
  }
  return hosts;
}

const PREFIXES: Readonly<Record<Exclude<HostKind, 'apiForFhir'>, string>> = {
  fhir: 'Microsoft.HealthcareApis/workspaces/fhirservices',
  dicom: 'Microsoft.HealthcareApis/workspaces/dicomservices',
  workspace: 'Microsoft.HealthcareApis/workspaces',
};

function nameOf(estate: Estate, document: AzureDocument): ServiceHost | undefined {
  const suffix = clouds[estate.cloud].fhirSuffix;
  const own = lastSegment(document.id);
  if (isOfType(document, 'Microsoft.HealthcareApis/services')) {
    // The alias of Azure API for FHIR is the platform's alone: no zone group changes it (HF 2.1, 2.2).
    const hop = isApproved(estate, document) ? `${own}.privatelink.${suffix}` : undefined;
    return describe(estate.cloud, document, 'apiForFhir', `${own}.${suffix}`, hop);
  }
  for (const kind of ['fhir', 'dicom', 'workspace'] as const) {
    if (!isOfType(document, PREFIXES[kind])) continue;
    const workspaceId = kind === 'workspace' ? keyOf(document.id) : parentKey(document.id);
    const label = kind === 'workspace' ? own : `${lastSegment(workspaceId)}-${own}`;
    const hop = childHop(estate, document, workspaceId, kind, label, suffix);
    return describe(estate.cloud, document, kind, `${label}.${kind}.${suffix}`, hop);
  }
  return undefined;
}

function describe(
  cloud: CloudName,
  document: AzureDocument,
  kind: HostKind,
  host: string,
  hop: string | undefined,
): ServiceHost {
  const digest = createHash('sha256').update(host).digest();
  const region = (textOf(document.location) ?? 'global').toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const [trafficManager, cloudApp] = platformSuffixes(cloud);
  const stamp = `${kind === 'apiForFhir' ? 'fhir' : kind}-${region}-${digest.toString('hex', 0, 4)}`;
  const nets = ['203.0.113', '198.51.100', '192.0.2'];
  return {
    host,
    kind,
    id: document.id,
    hop,
    platform: [`${stamp}.${trafficManager}`, `${stamp}.${cloudApp}`],
    publicAddress: `${nets[digest.readUInt8(4) % nets.length]}.${1 + (digest.readUInt8(5) % 254)}`,
  };
}

/** The alias of a workspace or of its child: zone group, else the estate's own privateLinkResources, else HF 2.1. */
function childHop(
  estate: Estate,
  document: AzureDocument,
  workspaceId: string,
  kind: Exclude<HostKind, 'apiForFhir'>,
  label: string,
  suffix: string,
): string | undefined {
  const parent = documentAt(estate, workspaceId);
  const workspace = parent && isOfType(parent, PREFIXES.workspace) ? parent : undefined;
  // Children only mirror the workspace's connections (HF 0.5): the mirror counts where the owner cannot be asked.
  const owner = workspace !== undefined && hasConnections(estate, workspace) ? workspace : document;
  if (!isApproved(estate, owner)) return undefined;
  const zone = requiredZone(estate, workspaceId, kind, suffix) ?? `privatelink.${kind}.${suffix}`;
  return zoneGroupHop(estate, owner, kind, label, suffix) ?? `${label}.${zone}`;
}

function connectionsOf(estate: Estate, owner: AzureDocument): readonly Json[] {
  const separate = childrenOfType(estate, `${owner.type}/privateEndpointConnections`, keyOf(owner.id));
  return separate.length > 0 ? separate.map(asJson) : listAt(owner.properties, 'privateEndpointConnections');
}

function hasConnections(estate: Estate, owner: AzureDocument): boolean {
  return Array.isArray(at(owner.properties, 'privateEndpointConnections')) || connectionsOf(estate, owner).length > 0;
}

function approvedConnections(estate: Estate, owner: AzureDocument): readonly Json[] {
  return connectionsOf(estate, owner).filter(
    (connection) =>
      textOf(at(connection, 'properties', 'privateLinkServiceConnectionState', 'status'))?.toLowerCase() === 'approved',
  );
}

function isApproved(estate: Estate, owner: AzureDocument): boolean {
  return approvedConnections(estate, owner).length > 0;
}

function zoneGroupHop(
  estate: Estate,
  owner: AzureDocument,
  kind: HostKind,
  label: string,
  suffix: string,
): string | undefined {
  const endpoints = new Set(
    approvedConnections(estate, owner).map((connection) =>
      keyOf(at(connection, 'properties', 'privateEndpoint', 'id')),
    ),
  );
  const names = [...endpoints]
    .flatMap((id) => childrenOfType(estate, 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups', id))
    .flatMap((group) => listAt(group.properties, 'privateDnsZoneConfigs'))
    .flatMap((config) => listAt(config, 'properties', 'recordSets'))
    .flatMap((recordSet) => textOf(at(recordSet, 'fqdn')) ?? [])
    .map((name) => name.toLowerCase().replace(/\.$/, ''));
  // Newer layouts let workspace and FHIR share the unprefixed zone; DICOM has one of its own everywhere (HF 2.2).
  const tails = [`privatelink.${kind}.${suffix}`, `${kind}.privatelink.${suffix}`];
  if (kind !== 'dicom') tails.push(`privatelink.${suffix}`);
  return tails.map((tail) => `${label}.${tail}`).find((name) => names.includes(name));
}

function requiredZone(estate: Estate, workspaceId: string, kind: HostKind, suffix: string): string | undefined {
  const zones = childrenOfType(estate, 'Microsoft.HealthcareApis/workspaces/privateLinkResources', workspaceId)
    .flatMap((resource) => listAt(resource.properties, 'requiredZoneNames'))
    .flatMap((zone) => textOf(zone)?.toLowerCase().replace(/\.$/, '') ?? []);
  return zones.find((zone) => zone.split('.').includes(kind)) ?? zones.find((zone) => zone === `privatelink.${suffix}`);
}
