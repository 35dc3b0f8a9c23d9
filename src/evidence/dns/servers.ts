import { getServers } from 'node:dns';
import { isIP, isIPv6 } from 'node:net';

/** DNS servers are written `address:port`, IPv6 addresses in brackets. */

const DNS_PORT = 53;

/** The setting `FHIRWATCH_DNS_SERVERS`: `address[:port]`, separated by commas. Every problem is named. */
export function parseDnsServers(setting: string): {
  readonly servers: readonly string[];
  readonly problems: readonly string[];
} {
  const servers: string[] = [];
  const problems: string[] = [];
  for (const item of setting.split(',').map((one) => one.trim())) {
    if (item === '') continue;
    const server = parseDnsServer(item);
    if (server === undefined)
      problems.push(`${JSON.stringify(item.slice(0, 80))} is not an IP address with an optional port`);
    else servers.push(server);
  }
  return { servers, problems };
}

/** The servers of this machine, in its own order. */
export function systemDnsServers(): readonly string[] {
  return getServers().flatMap((item) => parseDnsServer(item) ?? []);
}

/** The two halves of `address:port`. */
export function splitServer(server: string): { readonly address: string; readonly port: number } {
  const at = server.lastIndexOf(':');
  return { address: server.slice(0, at).replace(/^\[(.*)\]$/, '$1'), port: Number(server.slice(at + 1)) };
}

function parseDnsServer(item: string): string | undefined {
  const bare = /^\[([^\]]+)\]$/.exec(item)?.[1] ?? item;
  if (isIP(bare) !== 0) return format(bare, DNS_PORT);
  const { address, port } = splitServer(item);
  const isPort = /:\d{1,5}$/.test(item) && port > 0 && port <= 65_535;
  const isAddress = isIPv6(address) ? item.startsWith('[') : isIP(address) !== 0;
  return isPort && isAddress ? format(address, port) : undefined;
}

function format(address: string, port: number): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
