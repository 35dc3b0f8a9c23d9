import { isIPv4, isIPv6 } from 'node:net';
import { at } from '../documents.ts';
import type { DnsRecord, Estate } from '../types.ts';
import {
  bareName,
  holds,
  type PrivateZone,
  type RecordType,
  recordsAt,
  type ZoneRecord,
  zonesOf,
} from './private-zones.ts';
import { textOf } from './resource-ids.ts';
import { type ServiceHost, serviceHosts } from './service-hosts.ts';

/** from where a question is asked: a resolver in the monitor's network, or one on the Internet */
export type DnsView = 'private' | 'public';

export interface NamedRecord extends ZoneRecord {
  readonly name: string;
}

export interface DnsAnswer {
  readonly status: 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL' | 'TIMEOUT';
  /** the aliases that were followed and the records of the type asked for, in order */
  readonly answers: readonly NamedRecord[];
}

/** the name of the TXT record that only the private side has, unless the policy renames it */
export const VANTAGE_RECORD = 'vantage.fhirwatch.internal';

interface Derived {
  readonly hosts: ReadonlyMap<string, ServiceHost>;
  readonly publicRecords: ReadonlyMap<string, readonly ZoneRecord[]>;
  readonly zones: readonly PrivateZone[];
  readonly vantage: ReadonlyMap<string, readonly ZoneRecord[]>;
  readonly overrides: Readonly<Record<DnsView, ReadonlyMap<string, readonly DnsRecord[]>>>;
}

type Step = { readonly records: readonly ZoneRecord[] } | { readonly status: 'NXDOMAIN' | 'SERVFAIL' | 'TIMEOUT' };

const derivedOf = new WeakMap<Estate, Derived>();

/** Answers a question as a recursive resolver of that view would, from the estate alone. */
export function resolveName(estate: Estate, view: DnsView, name: string, type: string): DnsAnswer {
  const derived = derive(estate);
  const answers: NamedRecord[] = [];
  let here = bareName(name);
  for (let hops = 0; hops < 16; hops += 1) {
    const step = lookUp(derived, view, here, type);
    if ('status' in step) {
      return { status: step.status, answers: step.status === 'NXDOMAIN' ? answers : [] };
    }
    const alias = step.records.find((record) => record.type === 'CNAME');
    const chosen =
      alias === undefined ? step.records.filter((record) => record.type === type || type === 'ANY') : [alias];
    answers.push(...chosen.map((record) => ({ ...record, name: here })));
    if (alias === undefined || type === 'CNAME' || type === 'ANY') return { status: 'NOERROR', answers };
    here = bareName(alias.data);
  }
  return { status: 'SERVFAIL', answers: [] };
}

/** The hosts of the estate's health services, with their aliases and public addresses. */
export function hostsOf(estate: Estate): ReadonlyMap<string, ServiceHost> {
  return derive(estate).hosts;
}

function derive(estate: Estate): Derived {
  const known = derivedOf.get(estate);
  if (known !== undefined) return known;
  const hosts = serviceHosts(estate);
  const network = estate.monitor.network;
  const vantageName = bareName(textOf(at(estate.policy, 'vantage', 'record')) ?? VANTAGE_RECORD);
  const derived: Derived = {
    hosts,
    publicRecords: publicRecords(hosts),
    zones: network === null ? [] : zonesOf(estate, network),
    vantage: new Map(network === null ? [] : [[vantageName, [{ type: 'TXT', data: network, ttl: 300 }]]]),
    overrides: {
      private: Map.groupBy(estate.dns.private, (record) => bareName(record.name)),
      public: Map.groupBy(estate.dns.public, (record) => bareName(record.name)),
    },
  };
  derivedOf.set(estate, derived);
  return derived;
}

function publicRecords(hosts: ReadonlyMap<string, ServiceHost>): ReadonlyMap<string, readonly ZoneRecord[]> {
  const records = new Map<string, readonly ZoneRecord[]>();
  for (const { host, hop, platform, publicAddress } of hosts.values()) {
    const chain = [host, ...(hop === undefined ? [] : [hop]), ...platform];
    chain.forEach((name, index) => {
      const next = chain[index + 1];
      records.set(name, [
        next === undefined ? { type: 'A', data: publicAddress, ttl: 10 } : { type: 'CNAME', data: next, ttl: 60 },
      ]);
    });
  }
  return records;
}

function lookUp(derived: Derived, view: DnsView, name: string, type: string): Step {
  const overridden = derived.overrides[view].get(name);
  if (overridden !== undefined) return overrideStep(overridden, type);
  if (view === 'private') {
    const vantage = derived.vantage.get(name);
    if (vantage !== undefined) return { records: vantage };
    const zone = derived.zones.find((one) => holds(one, name));
    if (zone !== undefined) {
      const records = recordsAt(zone, name);
      if (records !== undefined) return { records };
      if (!zone.fallsBack) return { status: 'NXDOMAIN' };
    }
  }
  const records = derived.publicRecords.get(name);
  if (records !== undefined) return { records };
  // A name above an existing one exists too, it just has no records (RFC 8020).
  const above = [...derived.publicRecords.keys()].some((known) => known.endsWith(`.${name}`));
  return above ? { records: [] } : { status: 'NXDOMAIN' };
}

/** An override replaces all that would be derived for the name, of every type, in its view. */
function overrideStep(overridden: readonly DnsRecord[], type: string): Step {
  const failure = overridden.find((record) => record.rcode !== undefined && (record.type ?? type) === type);
  if (failure?.rcode !== undefined) return { status: failure.rcode };
  return { records: overridden.flatMap((record) => overrideRecord(record)) };
}

function overrideRecord(record: DnsRecord): readonly ZoneRecord[] {
  const { data, rcode } = record;
  if (data === undefined || rcode !== undefined) return [];
  const type: RecordType = record.type ?? (isIPv4(data) ? 'A' : isIPv6(data) ? 'AAAA' : 'CNAME');
  // Neither an address nor a name that could be sent: such a record cannot exist in a zone.
  if ((type === 'A' && !isIPv4(data)) || (type === 'AAAA' && !isIPv6(data))) return [];
  return [{ type, data: type === 'CNAME' ? bareName(data) : data, ttl: 60 }];
}
