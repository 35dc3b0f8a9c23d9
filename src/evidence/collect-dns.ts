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
  const { services, azure, dns, signal, now } = batch;
  const endpoints = await batch.gather('privateEndpoints');
  const asked = services.map((service) => ({
    service,
    hosts: hostsOf(service, azure.cloud, endpoints.get(service.id) ?? noEndpoints),
  }));
  const { servers, vantageRecord, limits, patienceMs } = dns;
  const client = await chooseDnsClient(servers, { now, ...(patienceMs === undefined ? {} : { patienceMs }) });
  return collectDnsAnswers(asked, { client, vantageRecord, signal }, limits);
}
