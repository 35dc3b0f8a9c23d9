import type { Cloud, Gathered, PrivateEndpoint, PrivateEndpoints } from '../model.ts';
import { canonicalAddress } from './addresses.ts';
import { type ConnectionHealth, connectionsHealth, isApproved } from './endpoint-health.ts';
import { namesAnotherHost, namesHost } from './host-names.ts';
import { describeReading } from './reading.ts';
import { lastSegment } from './resource-id.ts';

/** Which addresses are right answers for a host: those that the service's usable private endpoints have for it. */
export interface ExpectedAddresses {
  /** right answers, each with the endpoint that has it */
  readonly right: ReadonlyMap<string, string>;
  /** addresses that may be right: what was read does not say */
  readonly possible: ReadonlySet<string>;
  /** addresses of this service's connections that are wrong for the host, each with whose they are */
  readonly foreign: ReadonlyMap<string, string>;
  /** why further addresses may be right, each a phrase for a reader; empty where all right answers are known */
  readonly gaps: readonly string[];
  /** names of the usable endpoints; where there is none, of those whose approval is spoilt */
  readonly endpoints: readonly string[];
}

/**
 * An approval that is spoilt is not a defect of DNS: where the service has nothing better, the address of that endpoint
 * is what its name should say, and `private-endpoint-approval` tells the rest. Beside a usable endpoint it is wrong.
 */
export function expectedAddresses(host: string, gathered: Gathered<PrivateEndpoints>, cloud: Cloud): ExpectedAddresses {
  const right = new Map<string, string>();
  const possible = new Set<string>();
  const foreign = new Map<string, string>();
  const gaps: string[] = [];
  const endpoints: string[] = [];
  const spoilt: { readonly name: string; readonly whose: string; readonly addresses: readonly string[] }[] = [];
  if (!gathered.ok) {
    gaps.push(`the private endpoint connections could not be read (${gathered.reason}: ${gathered.detail})`);
    return { right, possible, foreign, gaps, endpoints };
  }
  for (const health of connectionsHealth(gathered.value)) {
    const { use, endpoint } = health;
    const name = lastSegment(endpoint?.id ?? health.connection.endpointId ?? health.connection.id ?? '');
    if (use === 'maybe') gaps.push(`${name} may be a usable endpoint (${doubtsOf(health)})`);
    if (!endpoint) continue;
    const own = addressesOf(endpoint, host, cloud);
    if (use === 'none') {
      const whose = `${name}, whose connection is ${describeReading(health.state)}${spoiltBy(health)}`;
      if (isApproved(health)) spoilt.push({ name, whose, addresses: own.right });
      for (const address of [...own.right, ...own.possible]) foreign.set(address, whose);
      continue;
    }
    for (const address of own.possible) possible.add(address);
    for (const [address, whose] of own.foreign) foreign.set(address, whose);
    if (use === 'maybe') {
      for (const address of own.right) possible.add(address);
    } else {
      endpoints.push(name);
      for (const address of own.right) right.set(address, name);
      gaps.push(...own.gaps);
    }
  }
  if (endpoints.length === 0) {
    for (const { name, whose, addresses } of spoilt) {
      for (const address of addresses) {
        if (gaps.length > 0) possible.add(address);
        else right.set(address, whose);
      }
      if (gaps.length === 0) endpoints.push(name);
    }
  }
  return { right, possible, foreign, gaps, endpoints: [...new Set(endpoints)].sort() };
}

interface OwnAddresses {
  readonly right: readonly string[];
  readonly possible: readonly string[];
  readonly foreign: readonly (readonly [string, string])[];
  readonly gaps: readonly string[];
}

/**
 * The network interface says which host names its addresses serve; where it maps none to the host, the zone group's
 * record sets do, then `customDnsConfigs` (emptied by a zone group). Those two are copies and may be out of date, so
 * they count only for addresses that the network interface has; if it could not be read, they prove nothing.
 */
function addressesOf(endpoint: PrivateEndpoint, host: string, cloud: Cloud): OwnAddresses {
  const name = lastSegment(endpoint.id);
  const listed = listedFor(endpoint, host, cloud);
  if (!endpoint.addresses.ok) {
    const { reason, detail } = endpoint.addresses;
    const gap = `the network interface of ${name} could not be read (${reason}: ${detail})`;
    return { right: [], possible: listed, foreign: [], gaps: [gap] };
  }
  const all = endpoint.addresses.value.map(({ address, fqdns }) => ({ address: canonicalAddress(address), fqdns }));
  const mapped = all.filter(({ fqdns }) => fqdns.some((fqdn) => namesHost(fqdn, host, cloud)));
  const others = all.filter(
    (one) => !mapped.includes(one) && one.fqdns.some((fqdn) => namesAnotherHost(fqdn, host, cloud)),
  );
  const foreign = others.map(({ address, fqdns }) => [address, `${fqdns.join(', ')} (${name})`] as const);
  const found = mapped.length > 0 ? mapped.map(({ address }) => address) : listed.filter((one) => isHeld(one, all));
  if (found.length > 0) return { right: found, possible: [], foreign, gaps: [] };

  const candidates = all.filter((one) => !others.includes(one)).map(({ address }) => address);
  if (all.length === 1) return { right: candidates, possible: [], foreign, gaps: [] };
  const gaps = all.length === 0 ? [`no source says which address ${name} has`] : [];
  return { right: [], possible: candidates, foreign, gaps };
}

/** What the endpoint's copies say: the zone group's record sets, else `customDnsConfigs`. */
function listedFor({ zoneGroups, customDnsConfigs }: PrivateEndpoint, host: string, cloud: Cloud): readonly string[] {
  const recordSets = zoneGroups.ok
    ? zoneGroups.value.flatMap(({ zones }) => zones).flatMap((zone) => zone.recordSets)
    : [];
  const fromZones = recordSets.filter(({ fqdn }) => fqdn !== undefined && namesHost(fqdn, host, cloud));
  const chosen = fromZones.length > 0 ? fromZones : customDnsConfigs.filter(({ fqdn }) => namesHost(fqdn, host, cloud));
  return chosen.flatMap(({ addresses }) => addresses).map(canonicalAddress);
}

/** Where the endpoint names no network interface at all, there is nothing to hold the copies against. */
function isHeld(address: string, all: readonly { readonly address: string }[]): boolean {
  return all.length === 0 || all.some((one) => one.address === address);
}

function doubtsOf({ doubts, unreadable }: ConnectionHealth): string {
  return [...doubts, ...(unreadable ? [`${unreadable.reason}: ${unreadable.detail}`] : [])].join('; ');
}

function spoiltBy({ spoiltBy: faults }: ConnectionHealth): string {
  return faults.length > 0 ? `, but ${faults.join(' and ')}` : '';
}
