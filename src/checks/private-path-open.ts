import type { Check, CheckContext, Gathered, PrivateEndpoints, PrivatePath, ResourceDocument } from '../model.ts';
import { canonicalAddress, looksPrivate } from '../rules/addresses.ts';
import { connectionsHealth } from '../rules/endpoint-health.ts';
import { expectedAddresses } from '../rules/expected-addresses.ts';
import { isPublicFrontEnd } from '../rules/host-names.ts';
import {
  type FhirKind,
  fitsKind,
  observePath,
  type PathDefect,
  pathDefects,
  readFhirKind,
} from '../rules/private-path.ts';
import { describeReading, fieldAt, observeReading, readEnum } from '../rules/reading.ts';
import { lastSegment, normaliseId } from '../rules/resource-id.ts';
import { shellWord } from '../rules/shell.ts';
import { fail, pass, unknown } from './verdict.ts';

export const privatePathOpen: Check<'privatePath', 'resource' | 'privateEndpoints'> = {
  id: 'private-path-open',
  family: 'network',
  title: 'FHIR service answers inside the network with a capability statement of its version',
  severity: 'high',
  appliesTo: ['fhirService', 'dicomService', 'apiForFhir', 'fhirServer'],
  why:
    'Settings can all be right while nobody reaches the record: a network security group, a lost peering, a stale ' +
    'address or an expired certificate cuts clinics off. And whatever else answers under its name receives their tokens.',
  remediation: {
    summary:
      'Follow the message: DNS first, then the way to the endpoint (network security group, route, firewall, peering), ' +
      'then the certificate, then the health of the service. With no endpoint left, create one and have it approved.',
    command: (service) =>
      `az network private-endpoint list --query ${shellWord(`[?contains(to_string(@), '${service.workspaceId ?? service.id}')].{id:id, subnet:subnet.id, dns:customDnsConfigs, nic:networkInterfaces[].id}`)}`,
  },
  references: [
    'https://learn.microsoft.com/azure/healthcare-apis/healthcare-apis-configure-private-link',
    'https://learn.microsoft.com/azure/private-link/troubleshoot-private-endpoint-connectivity',
    'https://learn.microsoft.com/azure/healthcare-apis/fhir/get-started-with-fhir',
  ],
  controls: [
    { framework: 'HIPAA', id: '164.308(a)(7)(i)', own: true },
    { framework: 'HIPAA', id: '164.312(e)(1)', own: true },
    { framework: 'NIST 800-53 r5', id: 'CP-2', own: true },
    { framework: 'NIST 800-53 r5', id: 'SC-8', own: true },
    { framework: 'NIST 800-53 r5', id: 'SC-23', own: true },
    { framework: 'MCSB', id: 'NS-2', own: true },
    { framework: 'MCSB', id: 'DP-3', own: true },
  ],
  // A service that is restarted is away for a moment; two looks in a row are no moment.
  settling: { opening: 240 },
  follows: ['private-dns-resolution', 'private-endpoint-approval'],
  requires: ['privatePath'],
  considers: ['resource', 'privateEndpoints'],
  evaluate({ privatePath: path, resource, privateEndpoints }, context) {
    const { service, now } = context;
    const kind = kindOf(service.kind, resource);
    const observed = {
      [`GET ${new URL(path.url).pathname}`]: observePath(path.outcome),
      ...versionSeen(path, service.kind),
      'vantage.network': normaliseId(path.networkId),
    };
    const seenFrom = `(seen from virtual network ${lastSegment(path.networkId)})`;
    const defects = [...pathDefects(path, service.kind, now), ...versionDefects(path, kind)];
    if (defects.length > 0) {
      const causes = defects.flatMap((defect) => causeOf(defect, path, privateEndpoints, resource, context));
      const text = [...defects.map((defect) => defect.text), ...causes].join('; ');
      const graver = defects.some(({ severity }) => severity === undefined);
      return fail(
        `From inside the network the service is not open: ${text} ${seenFrom}.`,
        observed,
        graver ? undefined : 'medium',
      );
    }
    const version = path.outcome.is === 'answered' ? path.outcome.fhirVersion : undefined;
    if (version !== undefined && fitsKind(version, kind) === undefined) {
      const read = resource.ok
        ? `its kind is ${describeReading(kind)}`
        : `its document could not be read (${resource.reason}: ${resource.detail})`;
      return unknown(
        `${path.url} answers with FHIR ${version}, but which version it should be is not known: ${read} ${seenFrom}.`,
        observed,
      );
    }
    const answer = version === undefined ? '200' : `200 with a capability statement of FHIR ${version}`;
    return pass(`GET ${path.url} at ${path.address} answers ${answer} ${seenFrom}.`, observed);
  },
};

/** A self-hosted server has no kind that promises a version. */
function kindOf(kind: CheckContext['service']['kind'], resource: Gathered<ResourceDocument>): FhirKind {
  if (kind === 'fhirServer') return { is: 'value', value: 'fhir' };
  return readFhirKind(resource.ok ? resource.value.kind : undefined);
}

function versionSeen({ outcome }: PrivatePath, kind: CheckContext['service']['kind']): Record<string, string | null> {
  if (outcome.is !== 'answered' || kind === 'dicomService') return {};
  return { 'CapabilityStatement.fhirVersion': outcome.fhirVersion ?? null };
}

function versionDefects({ url, outcome }: PrivatePath, kind: FhirKind): readonly PathDefect[] {
  const version = outcome.is === 'answered' ? outcome.fhirVersion : undefined;
  if (version === undefined || fitsKind(version, kind) !== false) return [];
  return [{ text: `${url} speaks FHIR ${version}, not what its kind ${describeReading(kind)} promises` }];
}

/** Why the service was not reached, as far as the other evidence shows it. */
function causeOf(
  { unreached }: PathDefect,
  path: PrivatePath,
  endpoints: Gathered<PrivateEndpoints>,
  resource: Gathered<ResourceDocument>,
  { cloud }: CheckContext,
): readonly string[] {
  if (unreached === undefined) return [];
  const nobody = nobodyCan(endpoints, resource)
    ? ['public network access is Disabled and no usable private endpoint is left: nobody can reach this service']
    : [];
  if (unreached === 'dns') return nobody;
  const { chain, host, server } = path.dns;
  const address = canonicalAddress(path.address ?? '');
  const { right, gaps } = expectedAddresses(host, endpoints, cloud);
  const isPublic = !right.has(address) && (chain.some(isPublicFrontEnd) || !looksPrivate(address));
  const way = 'the network path to it is broken (network security group, route, firewall or peering)';
  if (isPublic) {
    const dns = `DNS: ${server} gives the public address ${address} for ${host}, not that of a private endpoint`;
    return [...nobody, dns, ...(unreached === 'edge' ? [] : [way])];
  }
  const isStale = right.size > 0 && gaps.length === 0 && !right.has(address);
  return [...nobody, ...(isStale ? [`its private endpoint has ${[...right.keys()].sort().join(', ')}`] : []), way];
}

function nobodyCan(endpoints: Gathered<PrivateEndpoints>, resource: Gathered<ResourceDocument>): boolean {
  if (!endpoints.ok || !resource.ok) return false;
  const flag = observeReading(
    readEnum(fieldAt(resource.value.properties, 'publicNetworkAccess'), ['Enabled', 'Disabled']),
  );
  return flag === 'Disabled' && connectionsHealth(endpoints.value).every(({ use }) => use === 'none');
}
