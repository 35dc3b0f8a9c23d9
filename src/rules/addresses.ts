import { isIPv4, isIPv6 } from 'node:net';

/** An address in one spelling (IPv6 lower case and shortened), so that equal addresses are equal texts. */
export function canonicalAddress(address: string): string {
  if (!isIPv6(address) || address.includes('%')) return address.toLowerCase();
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

/**
 * Whether an address lies in a range that the Internet does not route. Only for the choice of words: a private
 * endpoint is told by its network interface's address, never by a range.
 */
export function looksPrivate(address: string): boolean {
  if (isIPv4(address)) {
    const [a = 0, b = 0] = address.split('.').map(Number);
    if (a === 10 || a === 127) return true;
    if (a === 172) return b >= 16 && b <= 31;
    if (a === 100) return b >= 64 && b <= 127;
    return (a === 192 && b === 168) || (a === 169 && b === 254);
  }
  return /^(f[cd]|fe[89ab])[0-9a-f]*:/.test(canonicalAddress(address)) || address === '::1';
}
