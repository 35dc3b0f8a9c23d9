import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { spawnProduct } from '../../sandbox/child.ts';
import { startDns } from '../../sandbox/dns/server.ts';
import { apiForFhir, makeEstate, makeWorld } from './dns-fixture.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'child-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** runs the code as the product and gives what it printed, as JSON, or its exit code if it printed nothing */
async function run(code: string, options: { clockOffsetMs?: number; args?: readonly string[] } = {}): Promise<unknown> {
  const script = join(folder, `${crypto.randomUUID()}.mjs`);
  await writeFile(script, code);
  const { process: child, ended } = spawnProduct({ script, env: {}, stdio: ['ignore', 'pipe', 'inherit'], ...options });
  let output = '';
  child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  const [status] = await Promise.all([ended, child.stdout === null ? undefined : once(child.stdout, 'close')]);
  return output === '' ? status : JSON.parse(output);
}

const attempt = `const tell = async (work) => { try { return await work(); } catch (error) { return error.code ?? String(error); } };`;

describe('the egress guard', () => {
  test('refuses TCP, UDP and names that lead away, without a packet', async () => {
    const seen = await run(`
      import dgram from 'node:dgram'; import dns from 'node:dns'; import { lookup, Resolver } from 'node:dns/promises';
      import net from 'node:net'; import tls from 'node:tls'; ${attempt}
      const connected = (socket) => new Promise((ok, no) => { socket.on('error', no); socket.on('connect', () => ok('connected')); });
      const udp = dgram.createSocket('udp4');
      const elsewhere = new Resolver({ timeout: 100, tries: 1 }); elsewhere.setServers(['192.0.2.1']);
      const result = {
        tcp: await tell(() => connected(net.connect(80, '192.0.2.1'))),
        options: await tell(() => connected(net.connect({ host: 'example.org', port: 80 }))),
        tls: await tell(() => connected(tls.connect({ host: '192.0.2.1', port: 443 }))),
        fetch: await tell(() => fetch('http://192.0.2.1/').catch((error) => { throw error.cause; })),
        mapped: await tell(() => connected(net.connect(80, '::ffff:192.0.2.1'))),
        udp: await tell(() => new Promise((ok, no) => udp.send('x', 53, '192.0.2.1', (error) => error ? no(error) : ok('sent')))),
        udpConnect: await tell(async () => dgram.createSocket('udp4').connect(53, '192.0.2.1')),
        lookup: await tell(() => lookup('example.org')),
        lookupCallback: await tell(() => new Promise((ok, no) => dns.lookup('example.org', (error) => error ? no(error) : ok('found')))),
        resolver: await tell(() => elsewhere.resolve4('example.org')),
        resolverAny: await tell(() => elsewhere.resolve('example.org', 'TXT')),
      };
      udp.close(); console.log(JSON.stringify(result)); process.exit(0);`);
    for (const [way, outcome] of Object.entries(seen as object)) expect([way, outcome]).toEqual([way, 'ECONNREFUSED']);
  });

  test('lets everything on loopback through', async () => {
    const server = createServer((_, response) => response.end('here'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const dns = await startDns(makeWorld(makeEstate({ resources: [apiForFhir('ward')] })));
    const seen = await run(
      `import { lookup, Resolver } from 'node:dns/promises'; ${attempt}
      const [port, servers] = process.argv.slice(2);
      const resolver = new Resolver({ timeout: 500, tries: 1 }); resolver.setServers([servers]);
      console.log(JSON.stringify({
        byAddress: await tell(async () => (await fetch('http://127.0.0.1:' + port)).text()),
        byName: await tell(async () => (await fetch('http://localhost:' + port)).text()),
        lookup: (await lookup('127.0.0.1')).address,
        resolved: (await resolver.resolve4('ward.azurehealthcareapis.com')).length,
      }));`,
      { args: [String(port), dns.private.address] },
    );
    server.close();
    await dns.close();
    expect(seen).toEqual({ byAddress: 'here', byName: 'here', lookup: '127.0.0.1', resolved: 1 });
  });
});

describe('the clock', () => {
  const year = 365 * 86_400_000;
  const look = `console.log(JSON.stringify({ now: Date.now(), date: new Date().getTime(), text: Date.parse(Date()),
    fixed: new Date('2020-01-01T00:00:00Z').toISOString(), parts: new Date(2020, 0).getFullYear(),
    is: new Date() instanceof Date && new Date().constructor === Date, utc: Date.UTC(2020, 0),
    origin: performance.timeOrigin + performance.now() }))`;

  test.each([
    ['ahead', year],
    ['behind', -year],
  ])('stands a year %s, however it is read; fixed dates stay', async (_, clockOffsetMs) => {
    const before = Date.now() + clockOffsetMs;
    const seen = (await run(look, { clockOffsetMs })) as Record<string, number>;
    const after = Date.now() + clockOffsetMs;
    for (const key of ['now', 'date', 'origin']) {
      expect(seen[key], key).toBeGreaterThanOrEqual(before);
      expect(seen[key], key).toBeLessThanOrEqual(after + 1);
    }
    expect(Math.abs((seen.text ?? 0) - before)).toBeLessThan(after - before + 1000);
    expect(seen).toMatchObject({ fixed: '2020-01-01T00:00:00.000Z', parts: 2020, is: true, utc: Date.UTC(2020, 0) });
  });
  test('leaves timers alone', async () => {
    const waited = `const start = performance.now(); setTimeout(() => console.log(Math.round(performance.now() - start) < 2000), 20)`;
    expect(await run(waited, { clockOffsetMs: year })).toBe(true);
  });
});

describe('the child', () => {
  test('tells its exit code, or the signal that ended it', async () => {
    expect(await run('process.exit(3)')).toBe(3);
    expect(await run(`process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 60000)`)).toBe(143);
  });
  test('dies with its parent, even if that is killed', async () => {
    const child = join(folder, 'stays.mjs');
    await writeFile(child, `console.log('up'); setInterval(() => {}, 1000);`);
    const parent = join(folder, 'parent.mjs');
    const module = new URL('../../sandbox/child.ts', import.meta.url).href;
    await writeFile(
      parent,
      `import { spawnProduct } from '${module}'; spawnProduct({ script: ${JSON.stringify(child)}, env: {}, stdio: ['ignore', 'inherit', 'ignore'] });`,
    );
    const started = spawn(process.execPath, [parent], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(started.stdout, 'data');
    started.kill('SIGKILL');
    // The child holds the pipe's last writing end: it closes when, and only when, the child is gone.
    await once(started.stdout, 'close');
  });
});
