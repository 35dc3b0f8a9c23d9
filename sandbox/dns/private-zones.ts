import { isIPv4, isIPv6 } from 'node:net';
import { at, listAt } from '../documents.ts';
import type { AzureDocument, Estate, Json } from '../types.ts';
import { documentsOfType, keyOf, lastSegment, parentKey, segmentsOf, textOf } from './resource-ids.ts';

export type RecordType = 'A' | 'AAAA' | 'CNAME' | 'TXT';

export interface ZoneRecord {
  readonly type: RecordType;
  readonly data: string;
  readonly ttl: number;
}

/** A private zone as a resolver in a linked network sees it. */
export interface PrivateZone {
  readonly name: string;
  /** the link's resolutionPolicy is NxDomainRedirect: a missing name is asked of the Internet (HF 2.4) */
  readonly fallsBack: boolean;
  /** records by full name; a name with an empty list exists and has nothing of the known types */
  readonly records: ReadonlyMap<string, readonly ZoneRecord[]>;
}

const ZONES = 'Microsoft.Network/privateDnsZones';

/** The private zones that are linked, link state Completed, to the network; the longest name first. */
export function zonesOf(estate: Estate, network: string): readonly PrivateZone[] {
  const links = documentsOfType(estate, `${ZONES}/virtualNetworkLinks`).filter(
    (link) =>
      keyOf(at(link.properties, 'virtualNetwork', 'id')) === keyOf(network) &&
      textOf(at(link.properties, 'virtualNetworkLinkState'))?.toLowerCase() === 'completed',
  );
  return documentsOfType(estate, ZONES)
    .flatMap((zone) => {
      const link = links.find((one) => parentKey(one.id) === keyOf(zone.id));
      return link === undefined ? [] : [toZone(estate, zone, link)];
    })
    .toSorted((a, b) => b.name.length - a.name.length);
}

/** What the zone holds at a name: the records there or of the closest wildcard (RFC 4592); undefined: NXDOMAIN. */
export function recordsAt(zone: PrivateZone, name: string): readonly ZoneRecord[] | undefined {
  let encloser = name;
  for (;;) {
    if (exists(zone, encloser)) {
      return encloser === name ? (zone.records.get(name) ?? []) : zone.records.get(`*.${encloser}`);
    }
    encloser = encloser.slice(encloser.indexOf('.') + 1);
  }
}

export function holds(zone: PrivateZone, name: string): boolean {
  return name === zone.name || name.endsWith(`.${zone.name}`);
}

/** a name exists if it has records or something below it has */
function exists(zone: PrivateZone, name: string): boolean {
  if (name === zone.name || zone.records.has(name)) return true;
  for (const known of zone.records.keys()) if (known.endsWith(`.${name}`)) return true;
  return false;
}

function toZone(estate: Estate, zone: AzureDocument, link: AzureDocument): PrivateZone {
  const name = lastSegment(zone.id);
  const records = new Map<string, readonly ZoneRecord[]>();
  for (const document of estate.resources) {
    if (!document.type?.toLowerCase().startsWith(`${ZONES.toLowerCase()}/`)) continue;
    const [type, relative] = segmentsOf(document.id).slice(-2);
    if (type === undefined || relative === undefined || type === 'virtualnetworklinks') continue;
    if (parentKey(document.id) !== keyOf(zone.id)) continue;
    const full = relative === '@' ? name : `${relative}.${name}`;
    records.set(full, [...(records.get(full) ?? []), ...toRecords(document, type)]);
  }
  const policy = textOf(at(link.properties, 'resolutionPolicy'))?.toLowerCase();
  return { name, fallsBack: policy === 'nxdomainredirect', records };
}

function toRecords(document: AzureDocument, type: string): readonly ZoneRecord[] {
  const seconds = at(document.properties, 'ttl');
  const ttl = typeof seconds === 'number' && seconds >= 0 && seconds <= 2147483647 ? Math.floor(seconds) : 3600;
  const values = (key: string, inner: string): readonly string[] =>
    listAt(document.properties, key).flatMap((record) => textOf(at(record, inner)) ?? []);
  const make = (kind: RecordType, data: readonly string[]) => data.map((one) => ({ type: kind, data: one, ttl }));
  if (type === 'a') return make('A', values('aRecords', 'ipv4Address').filter(isIPv4));
  if (type === 'aaaa') return make('AAAA', values('aaaaRecords', 'ipv6Address').filter(isIPv6));
  if (type === 'cname') {
    const target = textOf(at(document.properties, 'cnameRecord', 'cname'));
    return make('CNAME', target === undefined ? [] : [bareName(target)]);
  }
  if (type !== 'txt') return [];
  const joined = (record: Json) => listAt(record, 'value').map(String).join('');
  return make('TXT', listAt(document.properties, 'txtRecords').map(joined));
}

/** a domain name made comparable: lower case, no trailing dot */
export function bareName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
