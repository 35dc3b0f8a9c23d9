import { getServers } from 'node:dns';
import { isIPv4, isIPv6 } from 'node:net';

/** DNS servers are written `address:port`, IPv6 addresses in brackets. */

const DNS_PORT = 53;

/** The servers of this machine, in its own order. */
export function systemDnsServers(): readonly string[] {
  return getServers().map(withPort);
}

/** The two halves of `address:port`. */
export function splitServer(server: string): { readonly address: string; readonly port: number } {
  const at = server.lastIndexOf(':');
  return { address: server.slice(0, at).replace(/^\[(.*)\]$/, '$1'), port: Number(server.slice(at + 1)) };
}

/** Node leaves the usual port out. */
function withPort(item: string): string {
  if (isIPv6(item)) return `[${item}]:${DNS_PORT}`;
  return isIPv4(item) ? `${item}:${DNS_PORT}` : item;
}
