import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { endpointNames, type RunningEndpoints, startEndpoints } from '../../sandbox/fhir/endpoints.ts';
import { createTls } from '../../sandbox/tls.ts';
import type { AzureDocument, Fault, Json, JsonObject, TlsMaterial } from '../../sandbox/types.ts';
import { createWorld } from '../../sandbox/world.ts';
import { type Attempt, tryGet } from '../../src/evidence/probe/attempt.ts';
import { createProbeMemory, type ProbeMemory } from '../../src/evidence/probe/memory.ts';
import { PROBE_LIMITS, type ProbeLimits, probe } from '../../src/evidence/probe/probe.ts';
import { readAnswered } from '../../src/evidence/probe/read-answer.ts';
import { apiForFhir, makeEstate, NETWORK } from '../sandbox/dns-fixture.ts';

const HOST = 'praxis.azurehealthcareapis.com';
const PRIVATE = '10.20.1.4';
const NOBODY = '10.20.1.99';
const ENDPOINT = `${NETWORK.replace('virtualNetworks/vnet-hub', 'privateEndpoints/pe')}`;
const NIC = ENDPOINT.replace('privateEndpoints/pe', 'networkInterfaces/nic');

const resources: readonly AzureDocument[] = [
  { ...apiForFhir('praxis', 'Approved'), kind: 'fhir-R4' },
  {
    id: ENDPOINT,
    type: 'Microsoft.Network/privateEndpoints',
    properties: { networkInterfaces: [{ id: NIC }] },
  },
  {
    id: NIC,
    type: 'Microsoft.Network/networkInterfaces',
    properties: { ipConfigurations: [{ properties: { privateIPAddress: PRIVATE } }] },
  },
];

const limits: ProbeLimits = { ...PROBE_LIMITS, waitsMs: [1, 1], attemptMs: 5_000 };
const never = new AbortController().signal;
const closing: (() => Promise<unknown> | unknown)[] = [];
let folder = '';
let tls: TlsMaterial;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'probe-'));
  const estate = makeEstate();
  tls = await createTls(estate.now, folder, endpointNames(estate));
  // what NODE_EXTRA_CA_CERTS would do; the product reads the defaults when its first probe runs
  setDefaultCACertificates([...getCACertificates('default'), tls.ca]);
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function serve(
  faults: readonly Partial<Fault>[] = [],
  endpoints: ReturnType<typeof makeEstate>['endpoints'] = {},
): Promise<RunningEndpoints> {
  const estate = makeEstate({
    resources,
    endpoints,
    faults: faults.map((fault) => ({ target: 'fhir', match: 'GET /metadata', kind: 'status', ...fault })),
  });
  const running = await startEndpoints(
    createWorld(estate, () => 0),
    tls,
  );
  closing.push(() => running.close());
  return running;
}

const answering = (body: Json, more: JsonObject = {}): ReturnType<typeof makeEstate>['endpoints'] => ({
  [HOST]: { '/metadata': { private: { status: 200, body, ...more } } },
});

async function ask(proxy: string, more: Partial<Parameters<typeof probe>[1]> = {}, addresses = [PRIVATE]) {
  const now = () => new Date('2026-11-22T08:00:00Z');
  const deps = { proxy, memory: createProbeMemory(), signal: never, limits, now, ...more };
  const probed = await probe({ host: HOST, path: '/metadata', addresses }, deps);
  if (probed === undefined) throw new Error('nothing was asked');
  return probed;
}

const statusOf = (attempt: Attempt): number | string => (attempt.is === 'answer' ? attempt.status : attempt.is);
const read = (attempt: Attempt) => (attempt.is === 'answer' ? readAnswered(attempt) : attempt);

describe('through the proxy, at the address that DNS gave', () => {
  test('the capability statement, its version and the end of the certificate are read', async () => {
    const { proxy } = await serve();
    expect(read((await ask(proxy)).attempt)).toMatchObject({
      is: 'answered',
      status: 200,
      capabilityStatement: true,
      fhirVersion: '4.0.1',
      html: false,
      edgeDenied: false,
      certificateEnds: expect.stringMatching(/^20\d\d-/),
    });
  });

  test("another service's endpoint and the public side end at the edge, which is told from the FHIR app", async () => {
    const { proxy } = await serve();
    expect(read((await ask(proxy, {}, ['203.0.113.7'])).attempt)).toMatchObject({ status: 403, edgeDenied: true });
    const own = await serve([{ kind: 'status', status: 403 }]);
    expect(read((await ask(own.proxy)).attempt)).toMatchObject({ status: 403, edgeDenied: false });
  });

  test('an address that nobody has times out', async () => {
    const { proxy } = await serve();
    expect((await ask(proxy, {}, [NOBODY])).attempt).toEqual({ is: 'timed-out', sent: false });
  });

  test('with several addresses a dead one does not hide that another answers', async () => {
    const { proxy } = await serve();
    const probed = await ask(proxy, {}, [NOBODY, PRIVATE]);
    expect([statusOf(probed.attempt), probed.address]).toEqual([200, PRIVATE]);
  });

  test('a proxy that is down, or refuses to serve, is not taken for the path', async () => {
    const { proxy } = await serve();
    closing.pop();
    await closing.at(-1)?.();
    const down = await tryGet(
      { host: HOST, address: PRIVATE, path: '/metadata' },
      { proxy: 'http://127.0.0.1:9', attemptMs: 2000, bodyBytes: 100, signal: never },
    );
    expect(down).toMatchObject({ is: 'own-failure', sent: false });
    expect(proxy).toMatch(/^http:/);
  });
});

describe('what passes by itself ends known', () => {
  test.each([
    ['two throttles', [{ status: 429, times: 2 }]],
    ['two throttles that ask for a second', [{ status: 429, retryAfter: 1, times: 2 }]],
    ['one 500', [{ status: 500, times: 1 }]],
    ['one reset', [{ kind: 'reset', times: 1 }]],
    ['one truncated answer', [{ kind: 'malformed', times: 1 }]],
    ['one empty answer', [{ kind: 'empty', times: 1 }]],
  ] as const)('%s', async (_, faults) => {
    const { proxy } = await serve(faults);
    expect(statusOf((await ask(proxy)).attempt)).toBe(200);
  });

  test('one hang', async () => {
    const { proxy } = await serve([{ kind: 'hang', times: 1 }]);
    expect(statusOf((await ask(proxy, { limits: { ...limits, attemptMs: 700 } })).attempt)).toBe(200);
  });
});

describe('what stays is told as it is', () => {
  test.each([
    ['500', [{ status: 500 }], 500],
    ['429', [{ status: 429 }], 429],
    ['a Retry-After of an hour', [{ status: 503, retryAfter: 3600 }], 503],
    ['401', [{ status: 401 }], 401],
    ['resets', [{ kind: 'reset' }], 'reset'],
  ] as const)('%s', async (_, faults, expected) => {
    const { proxy } = await serve(faults);
    expect(statusOf((await ask(proxy)).attempt)).toBe(expected);
  });

  test('hangs end in time', async () => {
    const { proxy } = await serve([{ kind: 'hang' }]);
    const started = performance.now();
    const { attempt } = await ask(proxy, { limits: { ...limits, attemptMs: 100 } });
    expect(attempt).toEqual({ is: 'timed-out', sent: expect.any(Boolean) });
    // three tries with the product's own patience would take fifteen seconds
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test('whatever hangs, fifty probes end within the time that is left for them', () => {
    const { attempts, attemptMs, waitsMs, retryAfterMs } = PROBE_LIMITS;
    const waits = waitsMs.map((wait) => Math.max(wait, retryAfterMs)).reduce((sum, wait) => sum + wait, 0);
    expect(attempts * attemptMs + waits).toBeLessThanOrEqual(22_000);
  });

  test("the sweep's end ends a probe at once, and is not taken for the path", async () => {
    const { proxy } = await serve([{ kind: 'hang' }]);
    const { attempt } = await ask(proxy, { signal: AbortSignal.timeout(50) });
    expect(attempt.is).toBe('own-failure');
  });

  test('HTML, documents of another kind and hostile JSON are no capability statement', async () => {
    const html = await serve([{ kind: 'html' }]);
    expect(read((await ask(html.proxy)).attempt)).toMatchObject({ html: true, capabilityStatement: false });
    for (const body of [
      '[]',
      'null',
      '"CapabilityStatement"',
      '{"resourceType":"Patient","fhirVersion":"4.0.1"}',
      '{',
    ]) {
      const { proxy } = await serve([], answering(body));
      expect(read((await ask(proxy)).attempt)).toMatchObject({ status: 200, capabilityStatement: false });
    }
    const deep = await serve([], answering(`${'['.repeat(5000)}${']'.repeat(5000)}`));
    expect(read((await ask(deep.proxy)).attempt)).toMatchObject({ capabilityStatement: false });
  });

  test('a fhirVersion that is none is left out', async () => {
    for (const fhirVersion of [4, null, '', 'R4', 'x'.repeat(10_000), '4.0.1\u202e', ['4.0.1']]) {
      const { proxy } = await serve([], answering({ resourceType: 'CapabilityStatement', fhirVersion }));
      const outcome = read((await ask(proxy)).attempt);
      expect(outcome).toMatchObject({ capabilityStatement: true });
      expect(outcome).not.toHaveProperty('fhirVersion');
    }
  });

  test('a byte order mark before the statement hides nothing of it', async () => {
    const { proxy } = await serve([], answering('\uFEFF{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1"}'));
    expect(read((await ask(proxy)).attempt)).toMatchObject({ capabilityStatement: true, fhirVersion: '4.0.1' });
  });

  test('a redirect is an answer: its host is named, nobody goes there', async () => {
    const headers = { location: 'https://login.example/sign-in?for=praxis' };
    const { proxy } = await serve([], answering('', { status: 302, headers }));
    expect(read((await ask(proxy)).attempt)).toMatchObject({ status: 302, redirectHost: 'login.example' });
  });

  test('a body beyond the limit is not read to its end', async () => {
    const { proxy } = await serve([], answering({ resourceType: 'CapabilityStatement', x: 'x'.repeat(5_000_000) }));
    expect((await ask(proxy)).attempt).toMatchObject({ is: 'answer', status: 200, body: undefined });
  });
});

describe('certificates', () => {
  test('one for another host is told, and nothing is sent', async () => {
    const { proxy } = await serve([], { 'fhir.clinic.example': { '/metadata': { private: { status: 200 } } } });
    const attempt = await tryGet(
      { host: 'fhir.clinic.example', address: '203.0.113.7', path: '/metadata' },
      { proxy, attemptMs: 5000, bodyBytes: 100, signal: never },
    );
    expect(attempt).toMatchObject({ is: 'untrusted', problem: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  test('one of an authority that nobody knows is told with its end; what speaks no TLS has none', async () => {
    const stranger = await createTls(new Date('2026-11-22T08:00:00Z'), folder, [HOST]);
    let requests = 0;
    const server = createTlsServer({ key: stranger.key, cert: stranger.cert }, (_, response) => {
      requests += 1;
      response.end();
    });
    const plain = createTcpServer((socket) => {
      socket.on('error', () => {}).on('data', () => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    });
    const self = await attemptAt(await listen(server));
    expect(self).toMatchObject({ is: 'untrusted', certificateEnds: expect.stringMatching(/^20/) });
    expect(requests).toBe(0);
    expect(await attemptAt(await listen(plain))).toMatchObject({ is: 'no-tls' });
  });
});

describe('what is sent', () => {
  test('is one GET with the right Host and SNI, no token, no cookie, no query', async () => {
    const seen: { headers: object; url: string | undefined; servername: unknown }[] = [];
    const server = createTlsServer({ key: tls.key, cert: tls.cert }, (request, response) => {
      seen.push({ headers: request.headers, url: request.url, servername: Reflect.get(request.socket, 'servername') });
      response.end('{}');
    });
    await attemptAt(await listen(server));
    expect(seen).toEqual([
      {
        url: '/metadata',
        servername: HOST,
        headers: {
          host: HOST,
          accept: 'application/fhir+json, application/json',
          'user-agent': 'fhirwatch',
          connection: 'close',
        },
      },
    ]);
  });

  test('goes nowhere but to the address: without a proxy, to its port 443', async () => {
    const attempt = await tryGet(
      { host: HOST, address: '127.0.0.1', path: '/metadata' },
      { attemptMs: 3000, bodyBytes: 100, signal: never },
    );
    expect(attempt.is).not.toBe('own-failure');
  });
});

describe('ruling: Probes: at most one request per service and network sweep, `/.well-known/smart-configuration` once an hour; with retries and web tests 18 an hour at most, so that they never look like traffic', () => {
  /** Sweeps of one day at an interval; the most requests that any hour saw, from the servers' side. */
  async function busiestHour(proxy: string, everySeconds: number, memory: ProbeMemory = createProbeMemory()) {
    const sent: number[] = [];
    const noted: ProbeMemory = {
      ...memory,
      noteSent(host, now) {
        sent.push(now.getTime());
        memory.noteSent(host, now);
      },
    };
    const start = Date.parse('2026-11-22T00:00:00Z');
    for (let second = 0; second < 3 * 3600; second += everySeconds) {
      const now = () => new Date(start + second * 1000);
      // each sweep gathers twice where a critical verdict is to be confirmed
      await ask(proxy, { memory: noted, now });
      await ask(proxy, { memory: noted, now });
    }
    return Math.max(...sent.map((at) => sent.filter((other) => other >= at && other < at + 3_600_000).length));
  }
  const webTests = 4;

  test('while all is well, one request a sweep', async () => {
    const { proxy } = await serve();
    expect(await busiestHour(proxy, 300)).toBe(12);
  });

  test('while the service fails all the time', async () => {
    const { proxy } = await serve([{ status: 500 }]);
    expect((await busiestHour(proxy, 300)) + webTests).toBeLessThanOrEqual(18);
  });

  test('on a schedule of every minute', async () => {
    const { proxy } = await serve();
    expect((await busiestHour(proxy, 60)) + webTests).toBeLessThanOrEqual(18);
  });

  test('another answer of DNS is another question, asked at once', async () => {
    const { proxy } = await serve();
    const memory = createProbeMemory();
    expect(statusOf((await ask(proxy, { memory }, [NOBODY])).attempt)).toBe('timed-out');
    expect(statusOf((await ask(proxy, { memory }, [PRIVATE])).attempt)).toBe(200);
  });
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

/** One try at a server of this test, behind a proxy that leads every address there. */
async function attemptAt(port: number): Promise<Attempt> {
  const { createServer } = await import('node:http');
  const { connect } = await import('node:net');
  const proxy = createServer().on('connect', (_, client) => {
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => {}).once('close', () => client.destroy());
    client.on('error', () => {}).once('close', () => upstream.destroy());
  });
  const proxyPort = await listen(proxy);
  const options = { proxy: `http://127.0.0.1:${proxyPort}`, attemptMs: 5000, bodyBytes: 1000, signal: never };
  return tryGet({ host: HOST, address: PRIVATE, path: '/metadata' }, options);
}
