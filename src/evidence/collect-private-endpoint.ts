import { isIP } from 'node:net';
import type { EndpointAddress, Gathered, PrivateEndpoint, ResourceDocument, Source, ZoneGroup } from '../model.ts';
import { normaliseId, parentResourceId, subscriptionOf } from '../rules/resource-id.ts';
import { listIn, textAt, textsIn, toDocument, valueAt } from './azure/documents.ts';
import { CallError } from './azure/failure.ts';
import type { Batch } from './batch.ts';
import { asReference, findListed, readListed } from './collect-documents.ts';

const networkApi = '2024-05-01';
const endpointId =
  /^\/subscriptions\/[^/]+\/resourcegroups\/[^/]+\/providers\/microsoft\.network\/privateendpoints\/[^/]+$/;
const interfaceId =
  /^\/subscriptions\/[^/]+\/resourcegroups\/[^/]+\/providers\/microsoft\.network\/networkinterfaces\/[^/]+$/;

/** A private endpoint as its own side describes it, with its addresses and zone groups; read once per batch. */
export function readPrivateEndpoint(batch: Batch, id: string, direct: boolean): Promise<Gathered<PrivateEndpoint>> {
  return batch.once(`endpoint ${direct} ${normaliseId(id)}`, async () => {
    if (!endpointId.test(normaliseId(id))) return notAnId(id, 'private endpoint');
    const [read, zoneGroups] = await Promise.all([
      readNetwork(batch, id, 'privateEndpoints', direct),
      readZoneGroups(batch, id),
    ]);
    const document = asReference(batch, id, read);
    if (!document.ok) return document;
    const addresses = await readAddresses(batch, document.value, direct);
    return understood(document.sources, () => ({
      ...document,
      value: toEndpoint(document.value, addresses, zoneGroups),
    }));
  });
}

/** So many of a type in one subscription are worth a list of all that it holds, a page of which has a hundred or so. */
const worthAList = 20;

/**
 * A document as Resource Graph lists it, or from Resource Manager where it is to be confirmed: out of its subscription's
 * list where many are asked for, else by itself.
 */
async function readNetwork(
  batch: Batch,
  id: string,
  type: 'privateEndpoints' | 'networkInterfaces',
  direct: boolean,
): Promise<Gathered<ResourceDocument>> {
  const listing = batch.inventory[type];
  const subscription = subscriptionOf(id);
  if (direct && subscription !== undefined && (countsOf(listing).get(subscription) ?? 0) >= worthAList) {
    const path = `/subscriptions/${subscription}/providers/Microsoft.Network/${type}`;
    const all = await batch.onceForSweep(`GET ${path.toLowerCase()}`, async () => {
      const rows = await batch.azure.list(path, networkApi, {}, batch.signal);
      return rows.ok ? { ...rows, value: rows.value.flatMap((row) => toDocument(row) ?? []) } : rows;
    });
    const found = findListed(all, id);
    if (all.ok && found !== undefined) return { ...all, value: found };
  }
  // what the list lacks may be gone or hidden, which only its own read tells
  return readListed(batch, id, { listing, apiVersion: networkApi, direct });
}

const counts = new WeakMap<Gathered<readonly ResourceDocument[]>, ReadonlyMap<string | undefined, number>>();

/** How many each subscription holds, as far as Resource Graph knows. */
function countsOf(listing: Gathered<readonly ResourceDocument[]>): ReadonlyMap<string | undefined, number> {
  const rows = listing.ok ? listing.value : [];
  const known =
    counts.get(listing) ??
    new Map([...Map.groupBy(rows, ({ id }) => subscriptionOf(id))].map(([key, own]) => [key, own.length]));
  counts.set(listing, known);
  return known;
}

function toEndpoint(
  { id, location, properties }: ResourceDocument,
  addresses: PrivateEndpoint['addresses'],
  zoneGroups: PrivateEndpoint['zoneGroups'],
): PrivateEndpoint {
  const subnetId = textAt(properties, 'subnet', 'id');
  // A list that is missing may hold anything: a connection of which nothing is known.
  const connections = (field: string, manual: boolean) =>
    need(properties[field] === undefined ? [{}] : listIn(properties[field]), id, field).map((connection) => {
      const serviceId = textAt(connection, 'properties', 'privateLinkServiceId');
      const status = valueAt(connection, 'properties', 'privateLinkServiceConnectionState', 'status');
      const provisioningState = valueAt(connection, 'properties', 'provisioningState');
      return {
        ...(serviceId ? { serviceId } : {}),
        ...(status === undefined ? {} : { status }),
        ...(provisioningState === undefined ? {} : { provisioningState }),
        manual,
      };
    });
  return {
    id,
    ...(typeof location === 'string' ? { location } : {}),
    ...(properties.provisioningState === undefined ? {} : { provisioningState: properties.provisioningState }),
    ...(subnetId ? { networkId: parentResourceId(subnetId) } : {}),
    connections: [
      ...connections('privateLinkServiceConnections', false),
      ...connections('manualPrivateLinkServiceConnections', true),
    ],
    customDnsConfigs: need(listIn(properties.customDnsConfigs), id, 'customDnsConfigs').flatMap((config) => {
      const fqdn = textAt(config, 'fqdn');
      const own = need(textsIn(valueAt(config, 'ipAddresses')), id, 'customDnsConfigs');
      return fqdn ? [{ fqdn, addresses: own }] : [];
    }),
    addresses,
    zoneGroups,
  };
}

/**
 * The addresses of all its network interfaces, or none of them: a part could pass for the whole. One that is gone has
 * none.
 */
async function readAddresses(
  batch: Batch,
  { id, properties }: ResourceDocument,
  direct: boolean,
): Promise<Gathered<readonly EndpointAddress[]>> {
  const ids = listIn(properties.networkInterfaces)?.map((nic) => textAt(nic, 'id') ?? '');
  if (ids === undefined) return malformed(`${id}: networkInterfaces is no list`);
  const documents: Gathered<ResourceDocument>[] = [];
  for (const nic of ids) {
    if (!interfaceId.test(normaliseId(nic))) return notAnId(nic, 'network interface');
    const read = await readNetwork(batch, nic, 'networkInterfaces', direct);
    const document = asReference(batch, nic, read);
    if (!document.ok && document.reason !== 'not-found') return document;
    documents.push(document);
  }
  const read = documents.flatMap((document) => (document.ok ? [document] : []));
  const sources = read.flatMap((document) => document.sources);
  return understood(sources, () => ({
    ok: true,
    value: read.flatMap(({ value }) => addressesOf(value)),
    sources,
    direct: read.every(({ direct }) => direct),
  }));
}

function addressesOf({ id, properties }: ResourceDocument): readonly EndpointAddress[] {
  return need(listIn(properties.ipConfigurations), id, 'ipConfigurations').map((configuration) => {
    const written = textAt(configuration, 'properties', 'privateIPAddress') ?? '';
    const address = need(isIP(written) === 0 ? undefined : written, id, 'privateIPAddress');
    const link = valueAt(configuration, 'properties', 'privateLinkConnectionProperties');
    const memberName = textAt(link, 'requiredMemberName');
    return {
      address,
      fqdns: need(textsIn(valueAt(link, 'fqdns')), id, 'fqdns'),
      ...(memberName ? { memberName } : {}),
    };
  });
}

/** Zone groups are not in Resource Graph. */
async function readZoneGroups(batch: Batch, id: string): Promise<Gathered<readonly ZoneGroup[]>> {
  const path = `${id}/privateDnsZoneGroups`;
  const listed = await batch.onceForSweep(`GET ${normaliseId(path)}`, () =>
    batch.azure.list(path, networkApi, {}, batch.signal),
  );
  if (!listed.ok) return listed;
  const groups = listed.value.flatMap((row) => toZoneGroup(row) ?? []);
  if (groups.length === listed.value.length) return { ...listed, value: groups };
  return malformed(`${id}: a private DNS zone group was not understood`);
}

function toZoneGroup(row: unknown): ZoneGroup | undefined {
  const id = textAt(row, 'id');
  const configs = listIn(valueAt(row, 'properties', 'privateDnsZoneConfigs'));
  if (id === undefined || configs === undefined) return undefined;
  const zones = configs.flatMap((config) => toGroupZone(config) ?? []);
  return zones.length === configs.length ? { id, zones } : undefined;
}

function toGroupZone(config: unknown): ZoneGroup['zones'][number] | undefined {
  const zoneId = textAt(config, 'properties', 'privateDnsZoneId');
  const sets = listIn(valueAt(config, 'properties', 'recordSets'));
  if (!zoneId || sets === undefined) return undefined;
  const recordSets = sets.flatMap((set) => {
    const type = textAt(set, 'recordType');
    const fqdn = textAt(set, 'fqdn');
    const addresses = textsIn(valueAt(set, 'ipAddresses'));
    return addresses ? [{ ...(type ? { type } : {}), ...(fqdn ? { fqdn } : {}), addresses }] : [];
  });
  return recordSets.length === sets.length ? { zoneId, recordSets } : undefined;
}

/** What was read, unless a field of it is not what it should be: then nothing of it counts. */
function understood<T>(sources: readonly Source[], read: () => Gathered<T>): Gathered<T> {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    return { ok: false, reason: error.reason, detail: error.message, sources };
  }
}

function need<T>(value: T | undefined, id: string, field: string): T {
  if (value === undefined) throw new CallError('malformed', `${id}: ${field} was not understood`);
  return value;
}

function notAnId(id: string, what: string): Gathered<never> {
  return malformed(`"${id.slice(0, 200)}" is not the id of a ${what}`);
}

function malformed(detail: string): Gathered<never> {
  return { ok: false, reason: 'malformed', detail, sources: [] };
}
