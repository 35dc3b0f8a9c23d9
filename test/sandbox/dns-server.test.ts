import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import packet from 'dns-packet';
import { afterEach, describe, expect, test } from 'vitest';
import { type RunningDns, startDns } from '../../sandbox/dns/server.ts';
import type { Fault } from '../../sandbox/types.ts';
import { apiForFhir, makeEstate, makeWorld, NETWORK, zone } from './dns-fixture.ts';

const HOST = 'ward.azurehealthcareapis.com';
const HOP = 'ward.privatelink.azurehealthcareapis.com';
const RESOURCES = [
  apiForFhir('ward', 'Approved'),
  ...zone('privatelink.azurehealthcareapis.com', { ward: '10.1.0.4' }),
];

let running: RunningDns | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

async function start(parts: Parameters<typeof makeEstate>[0] = {}) {
  const world = makeWorld(makeEstate({ resources: RESOURCES, ...parts }));
  running = await startDns(world);
  const asking = (address: string) => {
    // long enough for a busy machine; what must time out takes as long
    const resolver = new Resolver({ timeout: 1500, tries: 1 });
    resolver.setServers([address]);
    return resolver;
  };
  return { world, running, inside: asking(running.private.address), outside: asking(running.public.address) };
}

const fault = (kind: Fault['kind'], match = '.*', more: Partial<Fault> = {}): readonly Fault[] => [
  { target: 'dns', match, kind, ...more },
];

describe('Node’s own resolver', () => {
  test('gets the private address inside and a public one outside', async () => {
    const { inside, outside } = await start();
    expect(await inside.resolve4(HOST)).toEqual(['10.1.0.4']);
    expect(await inside.resolveCname(HOST)).toEqual([HOP]);
    expect((await outside.resolve4(HOST))[0]).toMatch(/^(203\.0\.113|198\.51\.100|192\.0\.2)\./);
  });
  test('gets the vantage record whole', async () => {
    const { inside } = await start();
    expect((await inside.resolveTxt('vantage.fhirwatch.internal')).map((parts) => parts.join(''))).toEqual([NETWORK]);
  });
  test('tells a missing name from a missing type', async () => {
    const { inside } = await start();
    await expect(inside.resolve4('nobody.example')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    expect(await inside.resolve6(HOST), 'an alias without such an address').toEqual([]);
    await expect(inside.resolve6(HOP)).rejects.toMatchObject({ code: 'ENODATA' });
  });
  test('sees a drift at once', async () => {
    const { world, inside } = await start();
    await inside.resolve4(HOST);
    world.replace(
      makeEstate({ resources: RESOURCES, dns: { private: [{ name: HOST, rcode: 'SERVFAIL' }], public: [] } }),
    );
    await expect(inside.resolve4(HOST)).rejects.toMatchObject({ code: 'ESERVFAIL' });
  });
  test('times out where the override says so', async () => {
    const { inside } = await start({ dns: { private: [{ name: HOST, rcode: 'TIMEOUT' }], public: [] } });
    await expect(inside.resolve4(HOST)).rejects.toMatchObject({ code: 'ETIMEOUT' });
  });
  test('turns to TCP for a long answer', async () => {
    const records = Array.from({ length: 120 }, (_, index) => ({ name: HOP, data: `10.1.1.${index + 1}` }));
    const { inside } = await start({ dns: { private: records, public: [] } });
    expect(await inside.resolve4(HOST)).toHaveLength(120);
  });
  test('gets a failure for a record that no server can send', async () => {
    const data = `${'x'.repeat(70)}.example`;
    const { inside } = await start({ dns: { private: [{ name: HOST, type: 'CNAME', data }], public: [] } });
    await expect(inside.resolveCname(HOST)).rejects.toMatchObject({ code: 'ESERVFAIL' });
  });
});

describe('a fault', () => {
  test.each([
    ['status', 'ESERVFAIL'],
    ['hang', 'ETIMEOUT'],
    ['reset', 'ETIMEOUT'],
    ['empty', 'ENODATA'],
    ['malformed', 'EBADRESP'],
  ] as const)('%s is seen as %s', async (kind, code) => {
    const { inside } = await start({ faults: fault(kind) });
    await expect(inside.resolve4(HOST)).rejects.toMatchObject({ code });
  });
  test('is chosen by type and name', async () => {
    const { inside } = await start({ faults: fault('status', '^TXT vantage') });
    expect(await inside.resolve4(HOST)).toEqual(['10.1.0.4']);
    await expect(inside.resolveTxt('vantage.fhirwatch.internal')).rejects.toMatchObject({ code: 'ESERVFAIL' });
  });
  test('slow answers right after its delay', async () => {
    const { inside } = await start({ faults: fault('slow', '.*', { delayMs: 20 }) });
    expect(await inside.resolve4(HOST)).toEqual(['10.1.0.4']);
  });
});

test('over UDP an answer of more than 512 bytes is empty and marked truncated', async () => {
  const records = Array.from({ length: 40 }, (_, index) => ({ name: HOST, data: `10.1.1.${index + 1}` }));
  const { running } = await start({ dns: { private: records, public: [] } });
  const socket = createSocket('udp4');
  socket.send(
    packet.encode({ type: 'query', id: 7, flags: packet.RECURSION_DESIRED, questions: [{ type: 'A', name: HOST }] }),
    running.private.port,
    '127.0.0.1',
  );
  const [message] = await once(socket, 'message');
  socket.close();
  const answer = packet.decode(message);
  expect([answer.id, answer.flag_tc, answer.answers]).toEqual([7, true, []]);
});

test('bytes that are no DNS message do not stop the server', async () => {
  const { running, inside } = await start();
  const socket = createSocket('udp4');
  await new Promise((sent) => socket.send(Buffer.from('garbage'), running.private.port, '127.0.0.1', sent));
  socket.close();
  expect(await inside.resolve4(HOST)).toEqual(['10.1.0.4']);
});
