import { expect, test } from 'vitest';
import type { DnsClient } from '../../src/evidence/dns/answer.ts';
import { chooseDnsClient } from '../../src/evidence/dns/choose-client.ts';
import { collectDnsAnswers, DNS_LIMITS } from '../../src/evidence/dns/dns-answers.ts';
import { splitServer, systemDnsServers } from '../../src/evidence/dns/servers.ts';
import { proveVantage } from '../../src/evidence/dns/vantage.ts';
import type { Failure, Gathered } from '../../src/model.ts';
import { anAnswer, aService, failure, got, lost, NETWORK } from '../builders.ts';

const RECORD = 'vantage.fhirwatch.internal';
const HOST = 'praxis.azurehealthcareapis.com';
const signal = new AbortController().signal;
const service = aService('apiForFhir');

interface Scene {
  readonly texts?: Gathered<readonly string[]>;
  /** by server: texts of servers other than the first */
  readonly byServer?: Readonly<Record<string, Gathered<readonly string[]>>>;
  readonly lookup?: DnsClient['lookup'];
}

const FIRST = '10.0.0.4:53';

/** A client whose first server proves the vantage and answers every host, but for what is given. */
function fakeClient(
  scene: Scene = {},
  servers: readonly string[] = [FIRST, '10.0.0.5:53'],
): DnsClient & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    servers,
    readText: async () => {
      const [server = ''] = servers;
      asked.push(`TXT ${server}`);
      const texts = scene.byServer?.[server] ?? scene.texts ?? got([NETWORK]);
      return texts.ok ? got({ texts: texts.value, server }) : texts;
    },
    lookup: async (host, until) => {
      asked.push(host);
      return scene.lookup ? scene.lookup(host, until) : got(anAnswer(host, { server: FIRST, addresses: ['10.1.1.4'] }));
    },
    only: (server) => fakeClient(scene, [server]),
  };
}

const collect = (client: DnsClient, hosts: readonly string[] = [HOST], limits = DNS_LIMITS) =>
  collectDnsAnswers([{ service, hosts }], { client, vantageRecord: RECORD, signal }, limits);

test('the vantage is the network whose id the record holds, and the server that said so is named', async () => {
  const proof = await proveVantage(fakeClient(), RECORD, signal);
  expect(proof).toMatchObject({ ok: true, value: { networkId: NETWORK, servers: [FIRST] } });
  const amid = fakeClient({ texts: got(['v=spf1 -all', `${NETWORK.toUpperCase()}`, NETWORK]) });
  expect((await proveVantage(amid, RECORD, signal)).ok).toBe(true);
});

test('a record that is missing, unreachable or not one network is no vantage, and custom DNS is told what it needs', async () => {
  const noProof: readonly Gathered<readonly string[]>[] = [
    lost('not-found'),
    lost('unreachable', 'SERVFAIL'),
    got(['true']),
    got(['']),
    got([`${NETWORK}/subnets/default`]),
    got([`x${NETWORK}`]),
    got([`${NETWORK}\n/subscriptions/evil`]),
    got(['/subscriptions/not-a-guid/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v']),
    got([NETWORK, `${NETWORK}-2`]),
  ];
  for (const texts of noProof) {
    const proof = await proveVantage(fakeClient({ texts }), RECORD, signal);
    expect(proof).toMatchObject({ ok: false, reason: 'no-vantage' });
    const { detail }: Failure = proof.ok ? failure('malformed') : proof;
    expect(detail).toContain(RECORD);
    expect(detail).toMatch(/custom DNS needs a forwarder/);
  }
});

test('ruling: Vantage is proven by the TXT record `vantage.fhirwatch.internal` (policy `vantage.record` renames it) - under no other name', async () => {
  const asked: string[] = [];
  const client: DnsClient = {
    ...fakeClient(),
    readText: async (name) => {
      asked.push(name);
      return lost('not-found');
    },
  };
  await collectDnsAnswers([], { client, vantageRecord: 'inside.clinic.example', signal });
  expect(asked).toEqual(['inside.clinic.example']);
});

test('ruling: The message of `no-vantage` says that custom DNS needs a forwarder for it - for every service, and nothing is looked up', async () => {
  const client = fakeClient({ texts: lost('not-found') });
  const answers = await collect(client);
  expect(answers.get(service.id)).toMatchObject({
    ok: false,
    reason: 'no-vantage',
    detail: expect.stringMatching(/forwarder/),
  });
  expect(client.asked).toEqual([`TXT ${FIRST}`]);
});

test('one proof, each host once, and every service gets the answers of its own hosts', async () => {
  const client = fakeClient();
  const [a, b, none] = ['apiForFhir', 'fhirService', 'workspace'].map((kind) => aService(kind as 'workspace'));
  if (!a || !b || !none) throw new Error('three services');
  const answers = await collectDnsAnswers(
    [
      { service: a, hosts: [HOST] },
      { service: b, hosts: ['b.example.org', HOST.toUpperCase()] },
      { service: none, hosts: [] },
    ],
    { client, vantageRecord: RECORD, signal },
  );
  expect(client.asked.sort()).toEqual([`TXT ${FIRST}`, 'b.example.org', HOST].sort());
  expect(answers.get(a.id)).toMatchObject({ ok: true, value: { hosts: [{ host: HOST }] } });
  expect(answers.get(b.id)).toMatchObject({ ok: true, value: { hosts: [{ host: 'b.example.org' }, { host: HOST }] } });
  expect(answers.get(none.id)).toMatchObject({ ok: true, value: { vantage: { networkId: NETWORK }, hosts: [] } });
});

test('one host without an answer takes nothing from the others', async () => {
  const lookup: DnsClient['lookup'] = async (host) =>
    host === HOST ? lost('unreachable', 'SERVFAIL') : got(anAnswer(host, { server: FIRST }));
  const answers = await collect(fakeClient({ lookup }), [HOST, 'b.example.org']);
  expect(answers.get(service.id)).toMatchObject({
    ok: true,
    value: { hosts: [{ answer: { ok: false, reason: 'unreachable' } }, { answer: { ok: true } }] },
  });
});

test('an answer counts only from a server that shows the same vantage', async () => {
  const second = '10.0.0.5:53';
  const lookup: DnsClient['lookup'] = async (host) =>
    got(anAnswer(host, { server: second, addresses: ['203.0.113.9'] }));
  const outside = await collect(fakeClient({ lookup, byServer: { [second]: lost('not-found') } }));
  expect(outside.get(service.id)).toMatchObject({
    value: { hosts: [{ answer: { ok: false, reason: 'no-vantage' } }] },
  });
  const elsewhere = await collect(fakeClient({ lookup, byServer: { [second]: got([`${NETWORK}-2`]) } }));
  expect(elsewhere.get(service.id)).toMatchObject({
    value: { hosts: [{ answer: { ok: false, reason: 'no-vantage' } }] },
  });
  const inside = await collect(fakeClient({ lookup }));
  expect(inside.get(service.id)).toMatchObject({
    value: { vantage: { servers: [FIRST, second] }, hosts: [{ answer: { ok: true } }] },
  });
});

test('DNS that hangs altogether ends within its limits, every host told as unreachable', async () => {
  const lookup: DnsClient['lookup'] = (host, until) =>
    new Promise((resolve) => until.addEventListener('abort', () => resolve(lost('unreachable', `gave up on ${host}`))));
  const hosts = Array.from({ length: 50 }, (_, i) => `h${i}.example.org`);
  const limits = { proofMs: 50, lookupMs: 50, allLookupsMs: 120, atOnce: 16 };
  // Once the time of all lookups is over, a client is expected to give up before it asks.
  const polite: DnsClient['lookup'] = (host, until) =>
    until.aborted ? Promise.resolve(lost('unreachable')) : lookup(host, until);
  const answers = await collect(fakeClient({ lookup: polite }), hosts, limits);
  const value = answers.get(service.id);
  expect(value?.ok === true && value.value.hosts.length).toBe(50);
  expect(value?.ok === true && value.value.hosts.every(({ answer }) => !answer.ok)).toBe(true);
  expect(DNS_LIMITS.proofMs + DNS_LIMITS.allLookupsMs).toBeLessThanOrEqual(20_000);
});

test('a server is an address and a port', () => {
  expect(splitServer('10.0.0.4:5353')).toEqual({ address: '10.0.0.4', port: 5353 });
  expect(splitServer('[2001:db8::1]:53')).toEqual({ address: '2001:db8::1', port: 53 });
  for (const server of systemDnsServers()) expect(splitServer(server).port).toBeGreaterThan(0);
});

test("without named servers the machine's own are asked", async () => {
  expect((await chooseDnsClient()).servers).toEqual(systemDnsServers());
  expect((await chooseDnsClient(['10.0.0.4:53'])).servers).toEqual(['10.0.0.4:53']);
});
