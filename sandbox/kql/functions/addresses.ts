/** An IP address as 128 bits, IPv4 mapped into ::ffff:0:0/96, with the length of its prefix in the same 128 bits. */
export interface Address {
  readonly bits: bigint;
  readonly prefix: number;
  readonly version: 4 | 6;
}

const MAPPED = 0xffffn << 32n;
const ALL = (1n << 128n) - 1n;

function bitsOfV4(text: string): bigint | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return null;
  let bits = 0n;
  for (const part of match.slice(1)) {
    if (Number(part) > 255) return null;
    bits = (bits << 8n) | BigInt(part);
  }
  return bits;
}

function bitsOfV6(text: string): bigint | null {
  const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const v4 = embedded === null ? undefined : bitsOfV4(embedded[2] ?? '');
  if (v4 === null) return null;
  const plain =
    embedded === null || v4 === undefined
      ? text
      : `${embedded[1]}${(v4 >> 16n).toString(16)}:${(v4 & 0xffffn).toString(16)}`;
  const halves = plain.split('::');
  if (halves.length > 2) return null;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...tail];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  return groups.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}

/** Reads "address" or "address/prefix"; null where it is neither. */
export function parseAddress(text: string): Address | null {
  const match = /^\s*([^/\s]+)(?:\/(\d{1,3}))?\s*$/.exec(text);
  if (match === null) return null;
  const [, address = '', suffix] = match;
  const v4 = bitsOfV4(address);
  const length = suffix === undefined ? undefined : Number(suffix);
  if (v4 !== null) {
    if (length !== undefined && length > 32) return null;
    return { bits: MAPPED | v4, prefix: 96 + (length ?? 32), version: 4 };
  }
  // ::1.2.3.4 is an IPv4 address in the notation of IPv6.
  if (address.startsWith('::') && bitsOfV4(address.slice(2)) !== null) return parseAddress(text.trim().slice(2));
  const v6 = address.includes(':') ? bitsOfV6(address) : null;
  if (v6 === null || (length !== undefined && length > 128)) return null;
  return { bits: v6, prefix: length ?? 128, version: 6 };
}

export function parseV4(text: string): Address | null {
  const address = parseAddress(text);
  return address?.version === 4 ? address : null;
}

export function masked(bits: bigint, prefix: number): bigint {
  return bits & (ALL ^ ((1n << BigInt(128 - prefix)) - 1n));
}

/** The 32 bits of an IPv4 address. */
export function shortBits(bits: bigint): number {
  return Number(bits & 0xffff_ffffn);
}

export function printV4(bits: number): string {
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.');
}

/** All eight groups in full. */
export function printV6(bits: bigint): string {
  return bits.toString(16).padStart(32, '0').match(/.{4}/g)?.join(':') ?? '';
}

/** -1, 0 or 1 by the bits of the shortest of the prefixes. */
export function compareAddresses(a: Address, b: Address, prefix = 128): number {
  const common = Math.min(a.prefix, b.prefix, prefix);
  const x = masked(a.bits, common);
  const y = masked(b.bits, common);
  return x < y ? -1 : x > y ? 1 : 0;
}
