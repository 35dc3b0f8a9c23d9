import type { Gathered, PrivateZone, ResourceDocument, ZoneLink, ZoneRecord } from '../model.ts';
import { lastSegment, normaliseId, parentResourceId } from '../rules/resource-id.ts';
import { listIn, textAt, valueAt } from './azure/documents.ts';
import type { Batch, Collected } from './batch.ts';
import type { Inventory } from './inventory.ts';

/** The batches of a sweep share one inventory. */
const known = new WeakMap<Inventory, Gathered<readonly PrivateZone[]>>();

/** Every readable private zone under the cloud's health suffix, with its links and records: the same for all services. */
export async function collectPrivateZones(batch: Batch): Promise<Collected<'privateZones'>> {
  const zones = known.get(batch.inventory) ?? readZones(batch);
  known.set(batch.inventory, zones);
  return new Map(batch.services.map(({ id }) => [id, zones]));
}

function readZones({ inventory, azure }: Batch): Gathered<readonly PrivateZone[]> {
  const { zones, zoneLinks, zoneRecords } = inventory;
  if (!zones.ok) return zones;
  const suffix = azure.cloud.healthSuffix.toLowerCase();
  const links = byZone(zoneLinks);
  const records = byZone(zoneRecords);
  const ours = zones.value.filter(({ id }) => `.${lastSegment(id).toLowerCase()}`.endsWith(`.${suffix}`));
  return {
    ...zones,
    value: ours.map(({ id }) => ({
      id,
      name: lastSegment(id).toLowerCase(),
      links: pick(links, id, toLink),
      records: pick(records, id, toRecord),
    })),
  };
}

/** Rows by the zone they belong to. */
function byZone(
  rows: Gathered<readonly ResourceDocument[]>,
): Gathered<ReadonlyMap<string, readonly ResourceDocument[]>> {
  if (!rows.ok) return rows;
  return { ...rows, value: Map.groupBy(rows.value, ({ id }) => normaliseId(parentResourceId(id))) };
}

/** One zone's rows as values; a row that is not understood fails the zone's, since it may be the one that matters. */
function pick<T>(
  rows: Gathered<ReadonlyMap<string, readonly ResourceDocument[]>>,
  zoneId: string,
  read: (row: ResourceDocument) => T | undefined,
): Gathered<readonly T[]> {
  if (!rows.ok) return rows;
  const own = rows.value.get(normaliseId(zoneId)) ?? [];
  const value = own.flatMap((row) => read(row) ?? []);
  if (value.length === own.length) return { ...rows, value };
  return { ok: false, reason: 'malformed', detail: `${zoneId}: a row was not understood`, sources: rows.sources };
}

function toLink({ id, properties }: ResourceDocument): ZoneLink {
  const networkId = textAt(properties, 'virtualNetwork', 'id');
  const { virtualNetworkLinkState: state, registrationEnabled, resolutionPolicy } = properties;
  return {
    id,
    ...(networkId ? { networkId } : {}),
    ...(state === undefined ? {} : { state }),
    ...(registrationEnabled === undefined ? {} : { registrationEnabled }),
    ...(resolutionPolicy === undefined ? {} : { resolutionPolicy }),
  };
}

const recordTypes: Readonly<Record<string, { type: ZoneRecord['type']; field: string; value: string }>> = {
  a: { type: 'A', field: 'aRecords', value: 'ipv4Address' },
  aaaa: { type: 'AAAA', field: 'aaaaRecords', value: 'ipv6Address' },
};

/** The type is the id's last but one segment: `…/privateDnsZones/<zone>/A/<name>`. */
function toRecord({ id, properties }: ResourceDocument): ZoneRecord | undefined {
  const type = id.split('/').at(-2)?.toLowerCase() ?? '';
  const registered = properties.isAutoRegistered;
  const common = {
    name: lastSegment(id),
    ...(typeof registered === 'boolean' ? { autoRegistered: registered } : {}),
  };
  if (type === 'cname') {
    const target = textAt(properties, 'cnameRecord', 'cname');
    return target ? { type: 'CNAME', ...common, values: [target] } : undefined;
  }
  const known = Object.hasOwn(recordTypes, type) ? recordTypes[type] : undefined;
  const rows = known && listIn(valueAt(properties, known.field));
  const values = rows?.map((row) => textAt(row, known?.value ?? '') ?? '');
  if (known === undefined || values === undefined || values.includes('')) return undefined;
  return { type: known.type, ...common, values };
}
