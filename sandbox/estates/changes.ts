/** Small changes to an estate's documents, each what a person or a pipeline might do; nothing is changed in place. */
import { asJson, at, listAt, textAt } from '../documents.ts';
import { deriveId } from '../estate.ts';
import { graphType } from '../resource-graph/rows.ts';
import { isAtOrBelow, normalise } from '../resource-manager/scopes.ts';
import type { AzureDocument, Json, JsonObject } from '../types.ts';

type Documents = readonly AzureDocument[];

/** The first workspace or service of Azure API for FHIR: where most drifts happen. */
export function firstOwner(resources: Documents): AzureDocument {
  return first(resources, ['microsoft.healthcareapis/workspaces', 'microsoft.healthcareapis/services']);
}

export function firstFhirService(resources: Documents): AzureDocument {
  return first(resources, ['microsoft.healthcareapis/workspaces/fhirservices', 'microsoft.healthcareapis/services']);
}

/** Sets the flag of the owner, and of the children that mirror it. */
export function setPublicAccess(resources: Documents, owner: AzureDocument, value: string): Documents {
  return mapFamily(resources, owner, (properties) => ({ ...properties, publicNetworkAccess: value }));
}

/** Lets an endpoint of somebody else's subscription in. */
export function approveForeignEndpoint(resources: Documents, owner: AzureDocument): Documents {
  const subscription = deriveId('foreign subscription', owner.id);
  const name = `pe-partner.${deriveId('foreign connection', owner.id)}`;
  const connection: JsonObject = {
    id: `${owner.id}/privateEndpointConnections/${name}`,
    name,
    type: `${owner.type}/privateEndpointConnections`,
    properties: {
      provisioningState: 'Succeeded',
      privateEndpoint: {
        id: `/subscriptions/${subscription}/resourceGroups/rg-partner/providers/Microsoft.Network/privateEndpoints/pe-partner`,
      },
      privateLinkServiceConnectionState: {
        status: 'Approved',
        description: 'Please let us in',
        actionsRequired: 'None',
      },
    },
  };
  return mapFamily(resources, owner, (properties) => ({
    ...properties,
    privateEndpointConnections: [...listAt(properties, 'privateEndpointConnections'), connection],
  }));
}

/** Takes away every zone's link to this network. */
export function unlinkZones(resources: Documents, network: string): Documents {
  return resources.filter(
    (one) =>
      graphType(one) !== 'microsoft.network/privatednszones/virtualnetworklinks' ||
      normalise(textAt(one.properties, 'virtualNetwork', 'id') ?? '') !== normalise(network),
  );
}

/** The first record of a private endpoint keeps an address that is no longer its own. */
export function staleRecord(resources: Documents, address: string): Documents {
  const record = first(resources, ['microsoft.network/privatednszones/a']);
  return replace(resources, record.id, (properties) => ({ ...properties, aRecords: [{ ipv4Address: address }] }));
}

/** Moves the first data role that is assigned at a health service up to its subscription. */
export function widenRole(assignments: Documents): Documents {
  const narrow = assignments.find((one) =>
    /\/fhirservices\/[^/]+\/providers\/|\/services\/[^/]+\/providers\//i.test(one.id),
  );
  if (narrow === undefined) return assignments;
  const scope = /^\/subscriptions\/[^/]+/i.exec(narrow.id)?.[0] ?? '/';
  const id = `${scope}/providers/Microsoft.Authorization/roleAssignments/${narrow.name}`;
  const wide = { ...narrow, id, properties: { ...propertiesOf(narrow), scope } };
  return assignments.map((one) => (one === narrow ? wide : one));
}

/** A setting that stands there and exports nothing, as the built-in policy deploys it by default. */
export function hollowSetting(setting: AzureDocument): AzureDocument {
  const logs = [
    { category: null, categoryGroup: 'allLogs', enabled: false, retentionPolicy: { enabled: false, days: 0 } },
  ];
  return { ...setting, properties: { ...propertiesOf(setting), logs } };
}

function first(resources: Documents, types: readonly string[]): AzureDocument {
  for (const type of types) {
    const found = resources.find((one) => graphType(one) === type);
    if (found) return found;
  }
  throw new Error(`the estate has no ${types.join(' and no ')}`);
}

/** Changes an owner and its FHIR and DICOM services. */
function mapFamily(
  resources: Documents,
  owner: AzureDocument,
  change: (properties: JsonObject) => JsonObject,
): Documents {
  const isMember = ({ id, type }: AzureDocument) =>
    id === owner.id || (isAtOrBelow(id, owner.id) && /\/(fhir|dicom)services$/i.test(type ?? ''));
  return resources.map((one) => (isMember(one) ? { ...one, properties: change(propertiesOf(one)) } : one));
}

function replace(resources: Documents, id: string, change: (properties: JsonObject) => JsonObject): Documents {
  return resources.map((one) => (one.id === id ? { ...one, properties: change(propertiesOf(one)) } : one));
}

function propertiesOf(document: AzureDocument): JsonObject {
  const properties: Json | undefined = at(asJson(document), 'properties');
  return typeof properties === 'object' && properties !== null && !Array.isArray(properties)
    ? (properties as JsonObject)
    : {};
}
