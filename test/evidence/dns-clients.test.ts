import { afterAll, describe, expect, test } from 'vitest';
import { type DnsClient, isHostName } from '../../src/evidence/dns/answer.ts';
import { hasDig } from '../../src/evidence/dns/choose-client.ts';
import { digClient } from '../../src/evidence/dns/dig-client.ts';
import { nodeClient } from '../../src/evidence/dns/node-client.ts';
import type { DnsClientOptions } from '../../src/evidence/dns/resolver.ts';
import type { DnsAnswer, Gathered } from '../../src/model.ts';
import { address, alias, type Reaction, resolving, startDns, type TestDnsServer, text } from './dns-fixture.ts';

const HOST = 'praxis.azurehealthcareapis.com';
const LINK = 'praxis.privatelink.azurehealthcareapis.com';
const NOW = '2026-11-22T08:00:00.000Z';
const options: DnsClientOptions = { now: () => new Date(NOW), patienceMs: 900 };

const implementations: readonly (readonly [
  string,
  (servers: readonly string[], options: DnsClientOptions) => DnsClient,
])[] = [['Node resolver', nodeClient], ...((await hasDig()) ? ([['dig', digClient]] as const) : [])];

if (implementations.length === 1) {
  console.warn('NOT TESTED: there is no dig on this machine, so the dig half of the DNS contract did not run.');
}

const running: TestDnsServer[] = [];
afterAll(() => Promise.all(running.map((one) => one.close())));

async function serve(react: (name: string, type: string) => Reaction): Promise<TestDnsServer> {
  const started = await startDns(react);
  running.push(started);
  return started;
}

describe.concurrent.each(implementations)('DNS contract: %s', (_, make) => {
  const signal = new AbortController().signal;

  async function lookup(react: (name: string, type: string) => Reaction, host = HOST): Promise<Gathered<DnsAnswer>> {
    const { server } = await serve(react);
    return make([server], options).lookup(host, signal);
  }

  test('a chain ends at its address, with every alias on the way', async () => {
    const { server } = await serve(resolving(alias(HOST, LINK), address(LINK, '10.1.1.4')));
    expect(await make([server], options).lookup(HOST, signal)).toEqual({
      ok: true,
      value: { host: HOST, server, rcode: 'NOERROR', chain: [LINK], addresses: ['10.1.1.4'] },
      sources: [{ source: `DNS A, AAAA ${HOST} @${server}`, at: NOW }],
      direct: true,
    });
  });

  test('A and AAAA answers come together, sorted, each once', async () => {
    const answer = await lookup(
      resolving(address(HOST, '10.1.1.9'), address(HOST, '10.1.1.4'), address(HOST, '2001:db8::1')),
    );
    expect(answer).toMatchObject({ value: { addresses: ['10.1.1.4', '10.1.1.9', '2001:db8::1'], chain: [] } });
    expect(answer).not.toHaveProperty('value.incomplete');
  });

  test('names come back in lower case, however the server writes them', async () => {
    const answer = await lookup(resolving(alias(HOST, LINK.toUpperCase()), address(LINK.toUpperCase(), '10.1.1.4')));
    expect(answer).toMatchObject({ value: { chain: [LINK], addresses: ['10.1.1.4'] } });
  });

  test('a name that does not exist is an answer', async () => {
    const answer = await lookup(() => 'NXDOMAIN');
    expect(answer).toMatchObject({ ok: true, value: { rcode: 'NXDOMAIN', chain: [], addresses: [] } });
  });

  test('an alias to nowhere is NXDOMAIN behind that alias', async () => {
    const answer = await lookup(resolving(alias(HOST, LINK)));
    expect(answer).toMatchObject({ ok: true, value: { rcode: 'NXDOMAIN', chain: [LINK], addresses: [] } });
  });

  test('a name without addresses is not a name that does not exist', async () => {
    const answer = await lookup(resolving(text(HOST, 'only text')));
    expect(answer).toMatchObject({ ok: true, value: { rcode: 'NOERROR', chain: [], addresses: [] } });
  });

  test.each(['SERVFAIL', 'REFUSED'] as const)('%s is no answer, and is named', async (rcode) => {
    const answer = await lookup(() => rcode);
    expect(answer).toMatchObject({ ok: false, reason: 'unreachable', detail: expect.stringContaining(rcode) });
  });

  test('silence is no answer', async () => {
    expect(await lookup(() => 'silence')).toMatchObject({ ok: false, reason: 'unreachable' });
  }, 20_000);

  test('garbage is no answer', async () => {
    const answer = await lookup(() => 'garbage');
    expect(answer.ok).toBe(false);
    expect(['unreachable', 'malformed']).toContain(answer.ok ? '' : answer.reason);
  }, 20_000);

  test('a truncated answer is read over TCP', async () => {
    const many = Array.from({ length: 60 }, (_, i) => address(HOST, `10.1.2.${i + 1}`));
    const answer = await lookup((_, type) => (type === 'A' ? { truncated: many } : []));
    expect(answer.ok && answer.value.addresses.length).toBe(60);
  });

  test('one question without an answer leaves the other, marked as part', async () => {
    const answer = await lookup((_, type) =>
      type === 'AAAA' ? 'SERVFAIL' : type === 'A' ? [address(HOST, '10.1.1.4')] : [],
    );
    expect(answer).toMatchObject({
      ok: true,
      value: {
        addresses: ['10.1.1.4'],
        incomplete: { reason: 'unreachable', detail: expect.stringContaining('AAAA') },
      },
    });
  });

  test('a loop of aliases ends as malformed', async () => {
    const answer = await lookup((name) =>
      name === HOST ? [alias(HOST, LINK), alias(LINK, HOST)] : [alias(LINK, HOST)],
    );
    expect(answer.ok).toBe(false);
  });

  test('a passing fault ends known', async () => {
    const failedOnce = new Set<string>();
    const { server } = await serve((_, type) => {
      if (!failedOnce.has(type)) {
        failedOnce.add(type);
        return type === 'A' ? 'silence' : 'SERVFAIL';
      }
      return type === 'A' ? [address(HOST, '10.1.1.4')] : [];
    });
    const answer = await make([server], options).lookup(HOST, signal);
    expect(answer).toMatchObject({ ok: true, value: { addresses: ['10.1.1.4'] } });
    expect(answer).not.toHaveProperty('value.incomplete');
  }, 20_000);

  test('the next server is asked only where one does not answer, and the one that answered is named', async () => {
    const dead = await serve(() => 'silence');
    const alive = await serve(resolving(address(HOST, '10.1.1.4')));
    const spare = await serve(resolving(address(HOST, '10.9.9.9')));
    const client = make([dead.server, alive.server, spare.server], options);
    expect(await client.lookup(HOST, signal)).toMatchObject({
      value: { server: alive.server, addresses: ['10.1.1.4'] },
    });
    expect(spare.asked).toEqual([]);
    const refusing = await serve(() => 'REFUSED');
    expect((await make([refusing.server, spare.server], options).lookup(HOST, signal)).ok).toBe(false);
  }, 20_000);

  test('a port where nobody listens is silence', async () => {
    const gone = await startDns(() => 'silence');
    await gone.close();
    const alive = await serve(resolving(address(HOST, '10.1.1.4')));
    expect(await make([gone.server, alive.server], options).lookup(HOST, signal)).toMatchObject({
      value: { server: alive.server },
    });
    expect(await make([gone.server], options).lookup(HOST, signal)).toMatchObject({ ok: false, reason: 'unreachable' });
  }, 20_000);

  test('an aborted lookup ends at once', async () => {
    const { server } = await serve(() => 'silence');
    const abort = new AbortController();
    const answer = make([server], { ...options, patienceMs: 60_000 }).lookup(HOST, abort.signal);
    abort.abort();
    expect(await answer).toMatchObject({ ok: false, reason: 'unreachable' });
  });

  test('text comes with its strings joined and its escapes undone', async () => {
    const id = `/subscriptions/${'a'.repeat(260)}/x"y\\z;é`;
    const { server } = await serve(
      resolving(text('v.fhirwatch.internal', id.slice(0, 250), id.slice(250)), text('v.fhirwatch.internal', 'two')),
    );
    const read = await make([server], options).readText('v.fhirwatch.internal', signal);
    expect(read).toMatchObject({ ok: true, value: { server } });
    const texts = read.ok ? [...read.value.texts].sort() : [];
    expect(texts[0]).toBe(id);
    expect(texts[1]).toBe('two');
  });

  test('no text is not found, no answer is unreachable', async () => {
    const none = await serve(resolving(address('v.internal', '10.0.0.1')));
    const client = make([none.server], options);
    expect(await client.readText('v.internal', signal)).toMatchObject({ ok: false, reason: 'not-found' });
    expect(await client.readText('w.internal', signal)).toMatchObject({
      ok: false,
      reason: 'not-found',
      detail: expect.stringContaining('NXDOMAIN'),
    });
    const broken = await serve(() => 'SERVFAIL');
    expect(await make([broken.server], options).readText('v.internal', signal)).toMatchObject({
      ok: false,
      reason: 'unreachable',
    });
  });

  test('a name that is no host name is never asked for', async () => {
    const { server, asked } = await serve(() => 'NXDOMAIN');
    for (const name of ['-f/etc/passwd', '@8.8.8.8', '+short', 'a b', 'a..b', '', 'x'.repeat(300), 'a;b', 'a\nb']) {
      expect(await make([server], options).lookup(name, signal)).toMatchObject({ ok: false, reason: 'malformed' });
      expect(await make([server], options).readText(name, signal)).toMatchObject({ ok: false, reason: 'malformed' });
    }
    expect(asked).toEqual([]);
  });

  test('a server that cannot be asked is silent, not a crash', async () => {
    expect(await make(['nonsense:53'], options).lookup(HOST, signal)).toMatchObject({
      ok: false,
      reason: 'unreachable',
    });
  }, 20_000);

  test('without a server nothing can be known', async () => {
    expect(await make([], options).lookup(HOST, signal)).toMatchObject({ ok: false, reason: 'unreachable' });
    expect(await make([], options).readText('v.internal', signal)).toMatchObject({ ok: false, reason: 'unreachable' });
  });
});

test('host names: labels of letters, digits, hyphens and underscores', () => {
  expect(isHostName('wards-ehr.fhir.azurehealthcareapis.com')).toBe(true);
  expect(isHostName('_dmarc.example.org')).toBe(true);
  expect(isHostName('-x.example.org')).toBe(false);
});
