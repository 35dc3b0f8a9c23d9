import type { Cloud, Gathered, PrivateEndpoint, PrivateEndpoints, Service } from '../model.ts';
import { usableEndpointsOf } from './endpoint-health.ts';
import { lastSegment, parentResourceId } from './resource-id.ts';

/** Names of the health services in DNS (HF 2.2, 2.3). All names here are lower case and end without a dot. */

/** Names where Azure's own public front ends live: an address found there is no private endpoint's. */
const PUBLIC_FRONT_ENDS = [
  'trafficmanager.net',
  'cloudapp.net',
  'cloudapp.azure.com',
  'usgovtrafficmanager.net',
  'usgovcloudapp.net',
  'cloudapp.usgovcloudapi.net',
  'trafficmanager.cn',
  'chinacloudapp.cn',
  'cloudapp.chinacloudapi.cn',
] as const;

export function bareName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** Whether a zone of that name answers for the name: `a.b` holds `x.a.b` and `a.b`, not `xa.b`. */
export function zoneHolds(zone: string, name: string): boolean {
  const [outer, inner] = [bareName(zone), bareName(name)];
  return outer !== '' && (inner === outer || inner.endsWith(`.${outer}`));
}

/** The public host name under which clients know the service; a workspace's own is `{workspace}.workspace.…`. */
export function publicHostOf(service: Service, cloud: Cloud): string | undefined {
  const own = lastSegment(service.id);
  const inWorkspace = `${lastSegment(service.workspaceId ?? parentResourceId(service.id))}-${own}`;
  switch (service.kind) {
    case 'apiForFhir':
      return bareName(`${own}.${cloud.healthSuffix}`);
    case 'fhirService':
      return bareName(`${inWorkspace}.fhir.${cloud.healthSuffix}`);
    case 'dicomService':
      return bareName(`${inWorkspace}.dicom.${cloud.healthSuffix}`);
    case 'workspace':
      return bareName(`${own}.workspace.${cloud.healthSuffix}`);
    default:
      return undefined;
  }
}

/**
 * The names under which a host is known in private zones. Microsoft's pages name two families of zones (HF 2.2):
 * `privatelink.fhir.…` and, shared by workspace and FHIR, `privatelink.…`; DICOM has a zone of its own in both.
 */
export function privatelinkAliasesOf(host: string, cloud: Cloud): readonly string[] {
  const suffix = bareName(cloud.healthSuffix);
  const [label = '', kind] = host.slice(0, -suffix.length - 1).split('.');
  const shared = `${label}.privatelink.${suffix}`;
  if (kind === undefined) return [shared];
  const own = [`${label}.privatelink.${kind}.${suffix}`, `${label}.${kind}.privatelink.${suffix}`];
  return kind === 'dicom' ? own : [...own, shared];
}

/** Whether a name that Azure lists means the host: the public name itself or one of its privatelink aliases. */
export function namesHost(fqdn: string, host: string, cloud: Cloud): boolean {
  const name = bareName(fqdn);
  return name === host || privatelinkAliasesOf(host, cloud).includes(name);
}

/** Whether a name belongs to another health service than the host does. */
export function namesAnotherHost(fqdn: string, host: string, cloud: Cloud): boolean {
  const name = bareName(fqdn);
  if (!zoneHolds(cloud.healthSuffix, name) || namesHost(name, host, cloud)) return false;
  const isDicom = (one: string): boolean => one.split('.').includes('dicom');
  return name.split('.')[0] !== host.split('.')[0] || isDicom(name) !== isDicom(host);
}

export function isPrivatelinkAlias(name: string): boolean {
  return bareName(name).split('.').includes('privatelink');
}

export function isPublicFrontEnd(name: string): boolean {
  return PUBLIC_FRONT_ENDS.some((zone) => zoneHolds(zone, name));
}

/** All host names that a private endpoint lists, from each of its three lists, where readable. */
export function listedNames(endpoint: PrivateEndpoint): readonly string[] {
  const { addresses, zoneGroups, customDnsConfigs } = endpoint;
  const recordSets = zoneGroups.ok
    ? zoneGroups.value.flatMap(({ zones }) => zones).flatMap((zone) => zone.recordSets)
    : [];
  return [
    ...(addresses.ok ? addresses.value.flatMap(({ fqdns }) => fqdns) : []),
    ...recordSets.flatMap(({ fqdn }) => fqdn ?? []),
    ...customDnsConfigs.map(({ fqdn }) => fqdn),
  ].map(bareName);
}

/**
 * The host names whose resolution counts for a service: its own; of a workspace only the one that a usable endpoint
 * lists for it, because whether a client ever needs that name is not known (HF 2.3). None for other kinds.
 */
export function hostsOf(service: Service, cloud: Cloud, endpoints: Gathered<PrivateEndpoints>): readonly string[] {
  const host = publicHostOf(service, cloud);
  if (host === undefined) return [];
  if (service.kind !== 'workspace') return [host];
  const listed = endpoints.ok ? usableEndpointsOf(endpoints.value).flatMap(listedNames) : [];
  return listed.some((name) => namesHost(name, host, cloud)) ? [host] : [];
}
