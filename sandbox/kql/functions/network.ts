import { toText } from '../convert.ts';
import type { Value } from '../values.ts';
import {
  type Address,
  compareAddresses,
  masked,
  parseAddress,
  parseV4,
  printV4,
  printV6,
  shortBits,
} from './addresses.ts';
import { type Library, simple } from './define.ts';

const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].map((range) => parseV4(range));

/** The texts of several arguments, each a text or an array of them. */
function texts(values: readonly Value[]): string[] {
  return values.flatMap((value) => (Array.isArray(value) ? value : [value])).map((value) => toText(value, 'dynamic'));
}

function compareV4(a: string, b: string, prefix = 32): number | null {
  const [x, y] = [parseV4(a), parseV4(b)];
  return x === null || y === null || prefix < 0 || prefix > 32 ? null : compareAddresses(x, y, 96 + prefix);
}

/** Prefixes are of IPv4 where both are, else of IPv6. */
function compareV6(a: string, b: string, prefix?: number): number | null {
  const [x, y] = [parseAddress(a), parseAddress(b)];
  if (x === null || y === null) return null;
  const short = x.version === 4 && y.version === 4 && prefix !== undefined && prefix <= 32;
  return compareAddresses(x, y, prefix === undefined ? 128 : short ? 96 + prefix : prefix);
}

const matches = (order: number | null) => (order === null ? null : order === 0);

function inRange(address: Address | null, range: Address | null): boolean | null {
  if (address === null || range === null) return null;
  return masked(address.bits, range.prefix) === masked(range.bits, range.prefix);
}

function inAny(parse: (text: string) => Address | null) {
  return (text: string, ...ranges: Value[]): boolean | null => {
    const address = parse(text);
    const results = texts(ranges).map((range) => inRange(address, parse(range)));
    if (results.includes(true)) return true;
    return address === null || results.every((result) => result === null) ? null : false;
  };
}

const isPrivate = (text: string): boolean | null => {
  const address = parseV4(text);
  return address === null ? null : PRIVATE.some((range) => inRange(address, range) === true);
};

function longOfV4(text: string, prefix = 32): number | null {
  const address = parseV4(text);
  if (address === null || prefix < 0 || prefix > 32) return null;
  return shortBits(masked(address.bits, Math.min(address.prefix, 96 + prefix)));
}

function canonicalV6(text: string, prefix = 128): string | null {
  const address = parseAddress(text);
  if (address === null || prefix < 0 || prefix > 128) return null;
  return printV6(masked(address.bits, Math.min(address.prefix, prefix)));
}

/** The network of an address given as text or number. */
function network(value: Value, prefix = 32): readonly [string, number] | null {
  const address = typeof value === 'number' ? parseV4(printV4(value)) : parseV4(toText(value, 'dynamic'));
  if (address === null || prefix < 0 || prefix > 32) return null;
  const length = Math.min(address.prefix - 96, prefix);
  return [printV4(shortBits(masked(address.bits, 96 + length))), length];
}

const ADDRESS = /(?<![\p{L}\p{N}])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\p{L}\p{N}])/gu;

/** The valid IPv4 addresses that stand alone in a text. */
function addressesIn(text: string): string[] {
  return (text.match(ADDRESS) ?? []).filter((address) => parseV4(address) !== null);
}

const hasAddress = (text: string, ...wanted: Value[]): boolean => {
  const found = addressesIn(text);
  return texts(wanted).some((address) => found.includes(address));
};

/** A prefix ends with a dot or is a whole address. */
const hasPrefix = (text: string, ...wanted: Value[]): boolean => {
  const found = addressesIn(text);
  return texts(wanted).some((prefix) =>
    found.some((address) => address === prefix || (prefix.endsWith('.') && address.startsWith(prefix))),
  );
};

/** The fewest networks that cover the range. */
function cidrList(start: string, end: string): Value {
  const [first, last] = [longOfV4(start), longOfV4(end)];
  if (first === null || last === null || first > last) return null;
  const list: string[] = [];
  for (let from = first; from <= last; ) {
    let size = 32;
    while (size > 0 && from % 2 ** (33 - size) === 0 && from + 2 ** (33 - size) - 1 <= last) size--;
    list.push(`${printV4(from)}/${size}`);
    from += 2 ** (32 - size);
  }
  return list;
}

export const networkFunctions: Library = {
  ipv4_compare: simple('ssl', compareV4),
  ipv4_is_match: simple('ssl', (a: string, b: string, prefix?: number) => matches(compareV4(a, b, prefix))),
  ipv4_is_in_range: simple('ss', (text: string, range: string) => inRange(parseV4(text), parseV4(range))),
  ipv4_is_in_any_range: simple('sx*', inAny(parseV4)),
  ipv4_is_private: simple('s', isPrivate),
  ipv4_netmask_suffix: simple('s', (text: string) => {
    const address = parseV4(text);
    return address === null ? null : address.prefix - 96;
  }),
  ipv4_range_to_cidr_list: simple('ss', cidrList),
  parse_ipv4: simple('s', (text: string) => longOfV4(text)),
  parse_ipv4_mask: simple('sl', longOfV4),
  format_ipv4: simple('xl', (value: Value, prefix?: number) => network(value, prefix)?.[0] ?? ''),
  format_ipv4_mask: simple('xl', (value: Value, prefix?: number) => network(value, prefix)?.join('/') ?? ''),
  ipv6_compare: simple('ssl', compareV6),
  ipv6_is_match: simple('ssl', (a: string, b: string, prefix?: number) => matches(compareV6(a, b, prefix))),
  ipv6_is_in_range: simple('ss', (text: string, range: string) => inRange(parseAddress(text), parseAddress(range))),
  ipv6_is_in_any_range: simple('sx*', inAny(parseAddress)),
  parse_ipv6: simple('s', (text: string) => canonicalV6(text)),
  parse_ipv6_mask: simple('sl', canonicalV6),
  has_ipv4: simple('ss', hasAddress),
  has_any_ipv4: simple('sx*', hasAddress),
  has_ipv4_prefix: simple('ss', hasPrefix),
  has_any_ipv4_prefix: simple('sx*', hasPrefix),
};
