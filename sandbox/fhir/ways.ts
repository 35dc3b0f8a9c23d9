import { isIPv4 } from 'node:net';
import {
  childrenOfType,
  documentAt,
  documentsOfType,
  isOfType,
  keyOf,
  parentKey,
  textOf,
} from '../dns/resource-ids.ts';
import { asJson, at, listAt } from '../documents.ts';
import type { AzureDocument, Estate, Json } from '../types.ts';

/** Where a connection to an address ends: at a private endpoint, named by the resource it leads to, or at Azure's edge. */
export type Way = { readonly to: 'endpoint'; readonly owners: readonly string[] } | { readonly to: 'edge' };

const NETWORK = 'Microsoft.Network';
const ways = new WeakMap<Estate, ReadonlyMap<string, readonly string[]>>();

/**
 * The way to an address, or undefined where nobody has it. Private addresses are those of network interfaces; every
 * other one is on the Internet, where Azure's edge answers for all of its services.
 */
export function wayTo(estate: Estate, address: string): Way | undefined {
  const known = ways.get(estate) ?? endpointAddresses(estate);
  ways.set(estate, known);
  const owners = known.get(address.toLowerCase());
  if (owners !== undefined) return { to: 'endpoint', owners };
  return isRoutable(address) ? { to: 'edge' } : undefined;
}

/** By address: the resources to which the endpoints that have it are approved, as both sides say. */
function endpointAddresses(estate: Estate): ReadonlyMap<string, readonly string[]> {
  const approved = approvedOwners(estate);
  const interfaces = Map.groupBy(documentsOfType(estate, `${NETWORK}/networkInterfaces`), (one) =>
    keyOf(at(one.properties, 'privateEndpoint', 'id')),
  );
  const found = new Map<string, string[]>();
  for (const endpoint of documentsOfType(estate, `${NETWORK}/privateEndpoints`)) {
    const owners = approved.get(keyOf(endpoint.id)) ?? [];
    for (const address of addressesOf(estate, endpoint, interfaces)) {
      const key = address.toLowerCase();
      found.set(key, [...(found.get(key) ?? []), ...owners]);
    }
  }
  return found;
}

/** By endpoint: the resources whose connection to it is Approved. */
function approvedOwners(estate: Estate): ReadonlyMap<string, readonly string[]> {
  const owners = new Map<string, string[]>();
  const note = (owner: string, connection: Json): void => {
    const state = textOf(at(connection, 'properties', 'privateLinkServiceConnectionState', 'status'));
    const endpoint = keyOf(at(connection, 'properties', 'privateEndpoint', 'id'));
    if (state?.toLowerCase() !== 'approved' || endpoint === '') return;
    owners.set(endpoint, [...(owners.get(endpoint) ?? []), owner]);
  };
  for (const document of estate.resources) {
    for (const connection of listAt(document.properties, 'privateEndpointConnections'))
      note(keyOf(document.id), connection);
    if (document.type?.toLowerCase().endsWith('/privateendpointconnections') === true)
      note(parentKey(document.id), asJson(document));
  }
  return owners;
}

/** `interfaces`: by the endpoint that each names itself. */
function addressesOf(
  estate: Estate,
  endpoint: AzureDocument,
  interfaces: ReadonlyMap<string, readonly AzureDocument[]>,
): readonly string[] {
  const named = listAt(endpoint.properties, 'networkInterfaces')
    .flatMap((one) => documentAt(estate, keyOf(at(one, 'id'))) ?? [])
    .filter((one) => isOfType(one, `${NETWORK}/networkInterfaces`));
  const held = [...new Set([...named, ...(interfaces.get(keyOf(endpoint.id)) ?? [])])]
    .flatMap((one) => listAt(one.properties, 'ipConfigurations'))
    .flatMap((one) => textOf(at(one, 'properties', 'privateIPAddress')) ?? []);
  if (held.length > 0) return held;
  // without its interface the endpoint's copies are all that says where it stands
  const copied = listAt(endpoint.properties, 'customDnsConfigs').flatMap((one) => listAt(one, 'ipAddresses'));
  const groups = childrenOfType(estate, `${NETWORK}/privateEndpoints/privateDnsZoneGroups`, keyOf(endpoint.id));
  const recorded = groups
    .flatMap((group) => listAt(group.properties, 'privateDnsZoneConfigs'))
    .flatMap((config) => listAt(config, 'properties', 'recordSets'))
    .flatMap((record) => listAt(record, 'ipAddresses'));
  return [...copied, ...recorded].flatMap((one) => textOf(one) ?? []);
}

/** Whether the Internet could route it; the ranges for documentation count, since estates use them for public ones. */
function isRoutable(address: string): boolean {
  if (!isIPv4(address)) return /^[23][0-9a-f]{3}:/i.test(address);
  const [a = 0, b = 0] = address.split('.').map(Number);
  if (a === 0 || a === 10 || a === 127 || a >= 224) return false;
  if (a === 100) return b < 64 || b > 127;
  if (a === 169) return b !== 254;
  if (a === 172) return b < 16 || b > 31;
  return a !== 192 || b !== 168;
}
