import type { Gathered } from '../model.ts';
import { hostsOf } from '../rules/host-names.ts';
import type { Batch, Collected } from './batch.ts';
import { chooseDnsClient } from './dns/choose-client.ts';
import { collectDnsAnswers } from './dns/dns-answers.ts';

const noEndpoints: Gathered<never> = {
  ok: false,
  reason: 'not-found',
  detail: 'no private endpoint connections were gathered',
  sources: [],
};

/** What the private vantage's resolver says of each service's host names, those that its endpoint lists included. */
export async function collectDns(batch: Batch): Promise<Collected<'dnsAnswers'>> {
  const [answers, endpoints] = await Promise.all([askForOwnHosts(batch), batch.gather('privateEndpoints')]);
  const listed = batch.services
    .filter(({ kind }) => kind === 'workspace')
    .map((service) => ({
      service,
      hosts: hostsOf(service, batch.azure.cloud, endpoints.get(service.id) ?? noEndpoints),
    }))
    .filter(({ hosts }) => hosts.length > 0);
  if (listed.length === 0) return answers;
  return new Map([...answers, ...(await lookUp(batch, listed))]);
}

/**
 * The same without the names of workspaces, which only their endpoints tell: who needs no more than this need not wait
 * for Resource Manager, nor lose it where that hangs.
 */
export function askForOwnHosts(batch: Batch): Promise<Collected<'dnsAnswers'>> {
  return batch.once('own hosts', () =>
    lookUp(
      batch,
      batch.services.map((service) => ({ service, hosts: hostsOf(service, batch.azure.cloud, noEndpoints) })),
    ),
  );
}

async function lookUp(
  { dns, signal, now }: Batch,
  asked: Parameters<typeof collectDnsAnswers>[0],
): Promise<Collected<'dnsAnswers'>> {
  const { servers, vantageRecord, limits, patienceMs } = dns;
  const client = await chooseDnsClient(servers, { now, ...(patienceMs === undefined ? {} : { patienceMs }) });
  return collectDnsAnswers(asked, { client, vantageRecord, signal }, limits);
}
