import type { EndpointConnection, Gathered, PrivateEndpoint, PrivateEndpoints, Service } from '../model.ts';
import { normaliseId } from '../rules/resource-id.ts';
import { listIn, textAt, textsIn, valueAt } from './azure/documents.ts';
import { isObject } from './azure/json.ts';
import { type Batch, type Collected, isConfirmed, mapBounded, perService } from './batch.ts';
import { readHealthResource } from './collect-documents.ts';
import { readPrivateEndpoint } from './collect-private-endpoint.ts';

const healthApi = '2024-03-31';

/** The resource that owns a service's private link settings: a child's is its workspace (HF 0.5). */
function ownerOf({ id, workspaceId }: Service): string {
  return workspaceId ?? id;
}

/** The owner's connections, each with the endpoint at its other side. */
export function collectPrivateEndpoints(batch: Batch): Promise<Collected<'privateEndpoints'>> {
  return perService(batch.services, (service) => {
    const ownerId = ownerOf(service);
    return batch.once(`endpoints of ${normaliseId(ownerId)}`, () => readConnections(batch, ownerId));
  });
}

/** The zone names that the owner's private link resources ask for. */
export function collectRequiredZones(batch: Batch): Promise<Collected<'requiredZones'>> {
  return perService(batch.services, (service) => {
    const ownerId = ownerOf(service);
    return batch.once(`zones of ${normaliseId(ownerId)}`, () => readRequiredZones(batch, ownerId));
  });
}

async function readConnections(batch: Batch, ownerId: string): Promise<Gathered<PrivateEndpoints>> {
  const owner = await readHealthResource(batch, ownerId);
  if (!owner.ok) return owner;
  const inDocument = owner.value.properties.privateEndpointConnections;
  const listed =
    inDocument === undefined
      ? await batch.azure.list(`${ownerId}/privateEndpointConnections`, healthApi, {}, batch.signal)
      : undefined;
  if (listed !== undefined && !listed.ok) return { ...listed, sources: [...owner.sources, ...listed.sources] };
  const rows = listed === undefined ? listIn(inDocument) : listed.value;
  if (rows === undefined) {
    const detail = `${ownerId}: privateEndpointConnections is no list`;
    return { ok: false, reason: 'malformed', detail, sources: owner.sources };
  }
  const direct = isConfirmed(batch, ownerId);
  const connections = await mapBounded(rows, (row) => toConnection(batch, row, direct));
  const endpoints = connections.flatMap(({ endpoint }) => endpoint ?? []);
  const unconfirmed = [owner, ...endpoints].flatMap((one) => (one.ok ? (one.unconfirmed ?? []) : []))[0];
  return {
    ok: true,
    value: { ownerId, connections },
    sources: [owner, ...(listed ? [listed] : []), ...endpoints].flatMap(({ sources }) => sources),
    direct: [owner, ...endpoints].every((one) => !one.ok || one.direct),
    ...(unconfirmed === undefined ? {} : { unconfirmed }),
  };
}

/** A row without the fields of a connection is one whose state nobody knows. */
async function toConnection(batch: Batch, row: unknown, direct: boolean): Promise<EndpointConnection> {
  const id = textAt(row, 'id');
  const status = valueAt(row, 'properties', 'privateLinkServiceConnectionState', 'status');
  const provisioningState = valueAt(row, 'properties', 'provisioningState');
  const endpointId = textAt(row, 'properties', 'privateEndpoint', 'id') || undefined;
  const endpoint =
    endpointId === undefined ? endpointOfNone(row) : await readPrivateEndpoint(batch, endpointId, direct);
  return {
    ...(id === undefined ? {} : { id }),
    ...(status === undefined ? {} : { status }),
    ...(provisioningState === undefined ? {} : { provisioningState }),
    ...(endpointId === undefined ? {} : { endpointId }),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

/** A null or an empty object where the endpoint belongs says that there is none; a missing one says nothing. */
function endpointOfNone(row: unknown): Gathered<PrivateEndpoint> | undefined {
  const named = valueAt(row, 'properties', 'privateEndpoint');
  const isNone = named === null || (isObject(named) && Object.keys(named).length === 0);
  return isNone ? { ok: false, reason: 'not-found', detail: 'the connection has no endpoint', sources: [] } : undefined;
}

async function readRequiredZones(batch: Batch, ownerId: string): Promise<Gathered<readonly string[]>> {
  const listed = await batch.azure.list(`${ownerId}/privateLinkResources`, healthApi, {}, batch.signal);
  if (!listed.ok) return listed;
  const names = new Set<string>();
  for (const row of listed.value) {
    const zones = textsIn(valueAt(row, 'properties', 'requiredZoneNames'));
    if (zones === undefined) {
      const detail = `${ownerId}: requiredZoneNames is no list of names`;
      return { ok: false, reason: 'malformed', detail, sources: listed.sources };
    }
    for (const zone of zones) names.add(zone.toLowerCase());
  }
  return { ...listed, value: [...names].sort() };
}
