import type { Change, Cloud, Family, ResourceDocument, Service } from '../model.ts';
import { namesHost, publicHostOf, zoneHolds } from './host-names.ts';
import { coversByPath, sameId, segmentAfter } from './resource-id.ts';

/** What of the estate a change in Azure may have touched: which families' findings, of which services. */
export interface Touch {
  readonly families: readonly Family[];
  touches(service: Service, known: Known): boolean;
}

/** What Resource Graph says; it lags, so that what it says may be of before the change. */
export interface Known {
  readonly health: readonly ResourceDocument[];
  readonly endpoints: readonly ResourceDocument[];
}

const everyFamily: readonly Family[] = ['network', 'access', 'audit', 'data', 'lifecycle'];
const healthResource =
  /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.HealthcareApis\/(?:services\/[^/]+|workspaces\/[^/]+(?:\/(?:fhirservices|dicomservices|iotconnectors)\/[^/]+)?)/i;

/** Undefined where no check looks at what was changed. Nothing is believed but ids, and they only choose what to read. */
export function touchOf({ id, operation }: Change, cloud: Cloud): Touch | undefined {
  const [provider = '', type = ''] = operation.toLowerCase().split('/');
  const scope = id.slice(0, Math.max(0, id.toLowerCase().lastIndexOf('/providers/')));
  switch (`${provider}/${type}`) {
    case 'microsoft.authorization/roleassignments':
    case 'microsoft.authorization/denyassignments':
      return { families: ['access'], touches: (service) => coversByPath(scope, service.id) };
    case 'microsoft.insights/diagnosticsettings':
      return { families: ['audit'], touches: (service) => sameId(scope, service.id) };
    case 'microsoft.network/privateendpoints':
      return { families: ['network'], touches: (service, known) => isBehind(service, endpointOf(id), known) };
    case 'microsoft.network/privatednszones':
      return zoneTouch(id, cloud);
    default: {
      const owner = healthResource.exec(id)?.[0];
      if (provider !== 'microsoft.healthcareapis' || owner === undefined) return undefined;
      return { families: everyFamily, touches: (service) => coversByPath(owner, service.id) };
    }
  }
}

/** The endpoint itself of a change to one of its parts. */
function endpointOf(id: string): string {
  return /^.*?\/privateEndpoints\/[^/]+/i.exec(id)?.[0] ?? id;
}

/** Whether either side names the other; an endpoint at a workspace is one of its services, too. */
function isBehind({ id, workspaceId = id }: Service, endpoint: string, { health, endpoints }: Known): boolean {
  const own = [id, workspaceId];
  return (
    endpoints.some((one) => sameId(one.id, endpoint) && own.some((target) => mentions(one, target))) ||
    health.some((one) => own.some((target) => sameId(one.id, target)) && mentions(one, endpoint))
  );
}

/** By its text, wherever in the document: a name too many costs a look, one too few would miss a drift for a while. */
function mentions({ properties }: ResourceDocument, id: string): boolean {
  return JSON.stringify(properties).toLowerCase().includes(id.toLowerCase());
}

/** A record touches the service that it names; a zone, its links and a wildcard touch all whose names it may answer. */
function zoneTouch(id: string, cloud: Cloud): Touch | undefined {
  const zone = segmentAfter(id, 'privateDnsZones')?.toLowerCase() ?? '';
  if (!zoneHolds(cloud.healthSuffix, zone)) return undefined;
  const record = ['A', 'AAAA', 'CNAME'].map((type) => segmentAfter(id, type)).find((name) => name !== undefined);
  const named = record !== undefined && /^[\w.-]+$/.test(record) ? `${record.toLowerCase()}.${zone}` : undefined;
  return {
    families: ['network'],
    touches: (service) => {
      const host = publicHostOf(service, cloud);
      return host !== undefined && (named === undefined || namesHost(named, host, cloud));
    },
  };
}
