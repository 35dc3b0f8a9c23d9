import type { Gathered, Vantage } from '../../model.ts';
import type { DnsClient } from './answer.ts';

const NETWORK_ID =
  /^\/subscriptions\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\/resourceGroups\/[^/\s]{1,90}\/providers\/Microsoft\.Network\/virtualNetworks\/[\w.-]{2,64}$/i;

/**
 * Proves that the resolver stands inside the private network: only there does the vantage record exist, and it holds
 * that network's resource id. Everything else is `no-vantage`: an answer from anywhere else says nothing of the inside.
 */
export async function proveVantage(client: DnsClient, record: string, signal: AbortSignal): Promise<Gathered<Vantage>> {
  const read = await client.readText(record, signal);
  if (!read.ok) return noVantage(record, read.detail, read);
  const ids = read.value.texts.map((text) => text.trim().replace(/\/$/, '')).filter((text) => NETWORK_ID.test(text));
  const networkId = ids[0];
  const { server } = read.value;
  if (networkId === undefined)
    return noVantage(record, `its TXT record at ${server} holds no virtual network's id`, read);
  if (new Set(ids.map((id) => id.toLowerCase())).size > 1) {
    return noVantage(record, `its TXT records at ${server} hold the ids of several virtual networks`, read);
  }
  return { ok: true, value: { networkId, servers: [server] }, sources: read.sources, direct: true };
}

function noVantage(record: string, cause: string, { sources }: Gathered<unknown>): Gathered<never> {
  const detail =
    `the private vantage is not proven: ${cause}. The TXT record ${record} must resolve where the monitor stands; ` +
    'a network with custom DNS needs a forwarder for that name to 168.63.129.16';
  return { ok: false, reason: 'no-vantage', detail, sources };
}
