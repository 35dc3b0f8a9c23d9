import type { DnsAnswer, Gathered, PrivateZone } from '../model.ts';
import { canonicalAddress, looksPrivate } from './addresses.ts';
import type { ExpectedAddresses } from './expected-addresses.ts';
import { isPrivatelinkAlias, isPublicFrontEnd } from './host-names.ts';
import { lastSegment } from './resource-id.ts';
import { type ZoneView, zonesFor } from './zone-view.ts';

/**
 * Which hop between a host name and its private endpoint is broken (HF 2.4). `right` is only said of a whole answer;
 * `broken` needs no more than the part that proves it.
 */
export interface HopVerdict {
  readonly status: 'right' | 'broken' | 'unclear';
  /** a sentence without its full stop */
  readonly text: string;
}

export interface HopQuestion {
  readonly answer: DnsAnswer;
  readonly expected: ExpectedAddresses;
  readonly zones: Gathered<readonly PrivateZone[]>;
  /** the virtual network whose resolver was asked */
  readonly networkId: string;
}

/** The words for the network and the server stand with every sentence: an answer is one server's, seen from one place. */
export function judgeAnswer(question: HopQuestion): HopVerdict {
  const { answer, expected } = question;
  const missing = noAddress(question);
  if (missing) return missing;

  const addresses = answer.addresses.map(canonicalAddress);
  const right = addresses.filter((address) => expected.right.has(address));
  const others = addresses.filter((address) => !expected.right.has(address));
  const provenWrong = others.filter((address) => isProvenWrong(address, question));
  if (provenWrong.length > 0) return broken(describeWrong(question, right, provenWrong));
  if (others.length > 0) {
    const why = expected.gaps.length > 0 ? expected.gaps : ['no source says which of its addresses is for this host'];
    return unclear(
      `${answer.host} resolves to ${list(others)}; whether that is its endpoint is not known: ${list(why)}`,
    );
  }
  const owners = [...new Set(right.map((address) => expected.right.get(address) ?? ''))];
  const told = `${answer.host} resolves to ${list(right)}, the network interface of ${list(owners)}`;
  if (answer.incomplete) {
    return unclear(
      `${told}, but one question got no answer (${answer.incomplete.reason}: ${answer.incomplete.detail})`,
    );
  }
  const alias = answer.chain.some(isPrivatelinkAlias) ? '' : ', without a privatelink alias on the way';
  return { status: 'right', text: `${told}${alias}` };
}

/**
 * NXDOMAIN holds for every type, so one such answer suffices; a name without addresses is proven only by both. Such an
 * empty answer may be the server's own trouble: it is a defect only where a private zone is known to give it.
 */
function noAddress(question: HopQuestion): HopVerdict | undefined {
  const { answer, expected } = question;
  if (answer.rcode !== 'NXDOMAIN' && answer.addresses.length > 0) return undefined;
  const { host, chain } = answer;
  const end = chain.at(-1) ?? host;
  if (answer.rcode === 'NOERROR' && answer.incomplete) {
    const { reason, detail } = answer.incomplete;
    return unclear(`${host} showed no address, but one question got no answer (${reason}: ${detail})`);
  }
  const said = answer.rcode === 'NXDOMAIN' ? 'does not exist (NXDOMAIN)' : 'has no address';
  const left =
    expected.endpoints.length + expected.gaps.length === 0 ? '; nor is any usable private endpoint left' : '';
  if (answer.rcode === 'NOERROR' && left === '' && !isGivenByZone(question, end)) {
    return unclear(`${end === host ? host : `${host} leads to ${end}, which`} has no address, and no zone shows why`);
  }
  if (isPrivatelinkAlias(end)) return broken(`${recordMissing(question, end, said)}${left}`);
  if (chain.length > 0) return broken(`${host}: the chain ends at ${end}, which ${said}${left}`);
  return broken(`${shadowed(question, said)}${left}`);
}

/** Whether a zone that is linked to the network, and holds the name, has no record for it. */
function isGivenByZone(question: HopQuestion, name: string): boolean {
  const { view } = look(question, name);
  return view?.link === 'linked' && view.record === 'missing';
}

function recordMissing(question: HopQuestion, alias: string, said: string): string {
  const { here: view, network } = look(question, alias);
  const start = `${question.answer.host} leads to ${alias}, which ${said}: record missing in`;
  if (view === undefined) return `${start} the private zone that answers for it in ${network}`;
  if (view.record === 'missing' || view.record === 'unreadable') return `${start} private zone ${view.zone.name}`;
  return `${start} the zone that the resolver uses; another one, ${view.zone.id}, holds ${list(view.record)}`;
}

/** Nothing but a private zone or a forwarder can take the service's own public name away. */
function shadowed(question: HopQuestion, said: string): string {
  const { host } = question.answer;
  const { here: view, network } = look(question, host);
  if (view === undefined)
    return `${host} ${said}: a private zone or forwarder seen from ${network} shadows the public name`;
  const verb = view.link === 'linked' ? 'shadows' : 'may shadow';
  const record = view.record === 'missing' ? ' and has no record for it' : '';
  return `${host} ${said}: private zone ${view.zone.name} ${verb} the public name${record}`;
}

/**
 * Wrong beyond doubt: no endpoint whose addresses are unknown could have it. A name at Azure's public front ends proves
 * it even where the endpoints could not be read.
 */
function isProvenWrong(address: string, { answer, expected }: HopQuestion): boolean {
  if (expected.possible.has(address)) return false;
  return expected.gaps.length === 0 || answer.chain.some(isPublicFrontEnd);
}

function describeWrong(question: HopQuestion, right: readonly string[], wrong: readonly string[]): string {
  const { answer, expected } = question;
  if (right.length > 0) {
    const owners = list([...new Set(right.map((address) => expected.right.get(address) ?? ''))]);
    return `${answer.host} gets a split answer: ${list(right)} is the address of ${owners}, but ${list(wrong)} is not`;
  }
  const told = `${list(wrong)}${whose(wrong, expected)}${insteadOf(expected)}`;
  const alias = answer.chain.findLast(isPrivatelinkAlias);
  const name = alias ?? answer.host;
  const zone = zoneHolding(question, name, wrong);
  const isPublic = answer.chain.some(isPublicFrontEnd) || !wrong.some(looksPrivate);
  if (zone === undefined && isPublic) {
    const hop = alias === undefined ? noHop(expected) : zoneHop(question, alias);
    return `${answer.host} resolves publicly, to ${told}: ${hop}`;
  }
  const shadow = alias === undefined ? ', which shadows the public name' : '';
  const place = zone === undefined ? `for ${name}` : `for ${name} in private zone ${zone}${shadow}`;
  return `${answer.host} resolves to ${told}: stale or wrong record ${place}${nobodys(expected)}`;
}

/** The name of the zone, linked to the network, that holds one of the wrong addresses for the name. */
function zoneHolding(question: HopQuestion, name: string, wrong: readonly string[]): string | undefined {
  const { view } = look(question, name);
  if (view?.link !== 'linked' || typeof view.record === 'string') return undefined;
  return view.record.map(canonicalAddress).some((address) => wrong.includes(address)) ? view.zone.name : undefined;
}

function noHop(expected: ExpectedAddresses): string {
  const { endpoints, gaps } = expected;
  const hop = 'the chain has no privatelink hop';
  if (endpoints.length > 0) return `${hop}, although ${list(endpoints)} is approved`;
  return gaps.length > 0 ? `${hop}, as if there were no private endpoint` : `${hop}${nobodys(expected)}`;
}

/** For the end of a sentence: that no endpoint could be right, where that is known. */
function nobodys({ endpoints, gaps }: ExpectedAddresses): string {
  return endpoints.length + gaps.length > 0 ? '' : '; there is no usable private endpoint';
}

/** The name has a privatelink hop, and yet the public answer came: the private zone did not come into play. */
function zoneHop(question: HopQuestion, alias: string): string {
  const { view, network, unread } = look(question, alias);
  if (view === undefined) return `no private zone for ${alias} is linked to ${network}${unread}`;
  const zone = `private zone ${view.zone.name}`;
  if (view.link === 'none') return `${zone} is not linked to ${network}`;
  if (view.link === 'unfinished') return `the link of ${zone} to ${network} is InProgress and does not resolve yet`;
  if (view.link === 'unclear') return `${zone} may not be linked to ${network} (its links could not be read in full)`;
  if (view.record === 'missing' && view.fallsBack) {
    return `record missing: ${zone} has no record for ${alias}, and the link to ${network} falls back to the Internet`;
  }
  const inOrder = `the resolver does not use the private zone: ${view.zone.name} is linked to ${network}`;
  if (view.record === 'missing')
    return `${inOrder} and would not answer publicly; its record for ${alias} is missing too`;
  if (view.record === 'unreadable') return `${inOrder}, or its record is missing (its records could not be read)`;
  return `${inOrder} and has the record for ${alias}`;
}

function look(
  { zones, networkId }: HopQuestion,
  name: string,
): {
  readonly view: ZoneView | undefined;
  /** the same, unless that zone is surely not linked to the network */
  readonly here: ZoneView | undefined;
  readonly network: string;
  readonly unread: string;
} {
  const network = `virtual network ${lastSegment(networkId)}`;
  const unread = zones.ok ? ' (or none that the monitor can read)' : ' as far as known (the zones could not be read)';
  const view = zones.ok ? zonesFor(name, zones.value, networkId)[0] : undefined;
  return { view, here: view?.link === 'none' ? undefined : view, network, unread };
}

function whose(wrong: readonly string[], { foreign }: ExpectedAddresses): string {
  const known = wrong.flatMap((address) => foreign.get(address) ?? []);
  return known.length > 0 ? ` (the address of ${list([...new Set(known)])})` : '';
}

function insteadOf({ right, endpoints }: ExpectedAddresses): string {
  if (right.size > 0)
    return ` instead of the expected ${list([...right].map(([address, name]) => `${address} (${name})`))}`;
  if (endpoints.length > 0) return ` instead of an address of ${list(endpoints)}`;
  return '';
}

function list(items: readonly string[]): string {
  return items.join(', ');
}

function broken(text: string): HopVerdict {
  return { status: 'broken', text };
}

function unclear(text: string): HopVerdict {
  return { status: 'unclear', text };
}
