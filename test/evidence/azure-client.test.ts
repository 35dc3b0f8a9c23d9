import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { CallError, isIdentityFailure, toFailure } from '../../src/evidence/azure/failure.ts';
import { isEndpointOf } from '../../src/evidence/azure/paths.ts';
import { answer, azureAt, cloudAt, type Handler, type HostileServer, serve, testLimits } from './azure-fixture.ts';

const signal = new AbortController().signal;
const path = '/subscriptions/s1/resourceGroups/g1/providers/Microsoft.HealthcareApis/workspaces/w1';
const servers: HostileServer[] = [];

async function start(handler: Handler): Promise<HostileServer> {
  const server = await serve(handler);
  servers.push(server);
  return server;
}

async function getFrom(handler: Handler) {
  const server = await start(handler);
  return { result: await azureAt(server.url).get(path, '2024-03-31', signal), server };
}

async function listFrom(handler: Handler) {
  const server = await start(handler);
  return { result: await azureAt(server.url).list(path, '2024-03-31', {}, signal), server };
}

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

describe('a document', () => {
  it('comes with its source, request id and time', async () => {
    const { result, server } = await getFrom((_, response) => answer(response, 200, { id: path }));
    expect(result).toEqual({
      ok: true,
      value: { id: path },
      sources: [{ source: `ARM GET ${path} api-version=2024-03-31`, requestId: 'r-1', at: '2026-11-22T08:00:00.000Z' }],
      direct: true,
    });
    expect(server.requests).toEqual([`GET ${path}?api-version=2024-03-31`]);
  });

  it('is asked with the token of the audience, over a keep-alive connection', async () => {
    const seen: unknown[] = [];
    await getFrom((request, response) => {
      seen.push(request.headers.authorization);
      answer(response, 200, {});
    });
    expect(seen).toEqual(['Bearer secret-token']);
  });

  it('tells the Date header of every answer', async () => {
    const server = await start((_, response) => answer(response, 404, {}, { date: 'Sun, 22 Nov 2026 08:03:00 GMT' }));
    const dates: number[] = [];
    const onDate = (date: Date, at: Date): void => void dates.push(date.getTime() - at.getTime());
    await azureAt(server.url, { onDate }).get(path, '2024-03-31', signal);
    expect(dates).toEqual([180_000]);
  });

  it('loses its __proto__ keys', async () => {
    const { result } = await getFrom((_, response) =>
      answer(response, 200, '{"id":"x","properties":{"__proto__":{"admin":true},"a":1}}'),
    );
    expect(result.ok && Object.keys(result.value.properties as object)).toEqual(['a']);
  });

  it.each(['/subscriptions/../tenants', 'subscriptions/s1', '/', ''])('is not asked at the path %j', async (bad) => {
    const server = await start((_, response) => answer(response, 200, {}));
    const result = await azureAt(server.url).get(bad, '2024-03-31', signal);
    expect(result).toMatchObject({ ok: false, reason: 'malformed' });
    expect(server.requests).toEqual([]);
  });

  it('cannot smuggle a query or a host through an id', async () => {
    const server = await start((_, response) => answer(response, 200, {}));
    await azureAt(server.url).get('//evil.example/a?b=c#d', '1', signal);
    expect(server.requests).toEqual(['GET /evil.example/a%3Fb%3Dc%23d?api-version=1']);
  });
});

describe('an answer that says no', () => {
  it.each([
    [401, 'forbidden'],
    [403, 'forbidden'],
    [404, 'not-found'],
    [409, 'malformed'],
    [302, 'malformed'],
  ] as const)('of status %i is %s and is not asked again', async (status, reason) => {
    const { result, server } = await getFrom((_, response) =>
      answer(response, status, { error: { code: 'SomeCode', message: 'secret words' } }, { location: '/elsewhere' }),
    );
    expect(result).toMatchObject({ ok: false, reason });
    expect(!result.ok && result.detail).toContain(`ARM GET ${path} api-version=2024-03-31: HTTP ${status}`);
    expect(JSON.stringify(result)).not.toMatch(/secret/);
    expect(server.requests).toHaveLength(1);
  });

  it("names Azure's own code and the request id", async () => {
    const { result } = await getFrom((_, response) =>
      answer(response, 403, { error: { code: 'AuthorizationFailed' } }),
    );
    expect(result).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/HTTP 403 \(AuthorizationFailed\)$/),
      sources: [{ requestId: 'r-1' }],
    });
  });

  it('shows no code that is no code', async () => {
    const { result } = await getFrom((_, response) => answer(response, 400, { error: { code: '<b>x</b>' } }));
    expect(!result.ok && result.detail).toMatch(/HTTP 400$/);
  });
});

describe('a fault that passes', () => {
  const faults: Record<string, Handler> = {
    'a 429 without Retry-After': (_, response) => answer(response, 429, {}),
    'a 429 with Retry-After': (_, response) => answer(response, 429, {}, { 'retry-after': '0' }),
    'a 429 with a date to wait for': (_, response) =>
      answer(
        response,
        429,
        {},
        {
          date: 'Sun, 22 Nov 2026 08:00:00 GMT',
          'retry-after': 'Sun, 22 Nov 2026 08:00:00 GMT',
        },
      ),
    'a 429 of a quota that is full again soon': (_, response) =>
      answer(response, 429, {}, { 'x-ms-user-quota-resets-after': '00:00:00' }),
    'a 408': (_, response) => answer(response, 408, {}),
    'a 500': (_, response) => answer(response, 500, 'oops'),
    'a 503': (_, response) => answer(response, 503, {}),
    'a reset': (request) => request.socket.destroy(),
    'a reset within the body': (request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"id":');
      setImmediate(() => request.socket.destroy());
    },
  };

  it.each(Object.entries(faults))('ends known: %s, twice', async (_, fault) => {
    const { result, server } = await getFrom((request, response, count) =>
      count <= 2 ? fault(request, response, count) : answer(response, 200, { id: path }),
    );
    expect(result).toMatchObject({ ok: true, value: { id: path } });
    expect(server.requests).toHaveLength(3);
  });

  it('ends known: one attempt that hangs', async () => {
    const { result } = await getFrom((_, response, count) => {
      if (count > 1) answer(response, 200, { id: path });
    });
    expect(result).toMatchObject({ ok: true });
  });

  it('ends known: one body that hangs', async () => {
    const { result } = await getFrom((_, response, count) => {
      if (count > 1) answer(response, 200, { id: path });
      else response.writeHead(200, { 'content-type': 'application/json' }).write('{');
    });
    expect(result).toMatchObject({ ok: true });
  });
});

describe('a fault that stays', () => {
  it('is throttled after more attempts than other faults, which do not come to an end by waiting', async () => {
    const { result, server } = await getFrom((_, response) => answer(response, 429, {}));
    expect(result).toMatchObject({ ok: false, reason: 'throttled' });
    expect(server.requests).toHaveLength(12);
  });

  it("is throttled at once if Resource Graph's quota is far away", async () => {
    const headers = { 'x-ms-user-quota-resets-after': '00:01:30' };
    const { result, server } = await getFrom((_, response) => answer(response, 429, {}, headers));
    expect(result).toMatchObject({ ok: false, reason: 'throttled', detail: expect.stringMatching(/wait 90 s/) });
    expect(server.requests).toHaveLength(1);
  });

  it('is throttled at once if the wait asked for is too long', async () => {
    const { result, server } = await getFrom((_, response) => answer(response, 429, {}, { 'retry-after': '3600' }));
    expect(result).toMatchObject({ ok: false, reason: 'throttled', detail: expect.stringMatching(/wait 3600 s/) });
    expect(server.requests).toHaveLength(1);
  });

  it('is unreachable: 503 for ever', async () => {
    const { result, server } = await getFrom((_, response) => answer(response, 503, {}));
    expect(result).toMatchObject({ ok: false, reason: 'unreachable', detail: expect.stringMatching(/HTTP 503/) });
    expect(server.requests).toHaveLength(4);
  });

  it('is unreachable: nobody listens', async () => {
    const server = await start(() => undefined);
    await server.close();
    const result = await azureAt(server.url).get(path, '1', signal);
    expect(result).toMatchObject({ ok: false, reason: 'unreachable', detail: expect.stringMatching(/ECONNREFUSED/) });
  });

  it('is unreachable: it hangs for ever, and ends within the deadline', async () => {
    const server = await start(() => undefined);
    const azure = azureAt(server.url, { limits: { ...testLimits, attemptMs: 5_000, callMs: 200 } });
    expect(await azure.get(path, '1', signal)).toMatchObject({ ok: false, reason: 'unreachable' });
  });

  it("ends with the sweep's budget", async () => {
    const budget = new AbortController();
    const server = await start(() => budget.abort());
    const result = await azureAt(server.url).get(path, '1', budget.signal);
    expect(result).toMatchObject({
      ok: false,
      reason: 'unreachable',
      detail: expect.stringMatching(/time for it ended/),
    });
    expect(await azureAt(server.url).get(path, '1', budget.signal)).toMatchObject({ ok: false, reason: 'unreachable' });
    expect(server.requests).toHaveLength(1);
  });
});

describe('an answer that is none', () => {
  const deep = `${'{"a":'.repeat(30)}1${'}'.repeat(30)}`;
  it.each<[string, Handler]>([
    ['HTML', (_, response) => answer(response, 200, '<html>', { 'content-type': 'text/html' })],
    ['HTML that calls itself JSON', (_, response) => answer(response, 200, '<html>')],
    ['nothing', (_, response) => answer(response, 200, '')],
    ['204', (_, response) => response.writeHead(204).end()],
    ['half a document', (_, response) => answer(response, 200, '{"id":"x"')],
    ['a list', (_, response) => answer(response, 200, '[]')],
    ['null', (_, response) => answer(response, 200, 'null')],
    ['too deep', (_, response) => answer(response, 200, deep)],
    ['too large', (_, response) => answer(response, 200, { a: 'x'.repeat(300_000) })],
    [
      'a gzip bomb',
      (_, response) =>
        answer(response, 200, gzipSync(JSON.stringify({ a: 'x'.repeat(5_000_000) })), { 'content-encoding': 'gzip' }),
    ],
    ['gzip that is none', (_, response) => answer(response, 200, 'no gzip', { 'content-encoding': 'gzip' })],
  ])('is malformed and not asked again: %s', async (_, handler) => {
    const { result, server } = await getFrom(handler);
    expect(result).toMatchObject({ ok: false, reason: 'malformed' });
    expect(server.requests).toHaveLength(1);
  });

  it('may be compressed', async () => {
    const { result } = await getFrom((_, response) =>
      answer(response, 200, gzipSync('{"id":"x"}'), { 'content-encoding': 'gzip' }),
    );
    expect(result).toMatchObject({ ok: true, value: { id: 'x' } });
  });
});

describe('a listing', () => {
  it('follows its pages', async () => {
    const { result } = await listFrom((request, response, count) => {
      const next = { nextLink: `https://${request.headers.host}${path}?page=${count}` };
      answer(response, 200, { value: [count], ...(count < 3 ? next : {}) });
    });
    expect(result).toMatchObject({ ok: true, value: [1, 2, 3], direct: true });
    expect(result.sources).toHaveLength(3);
  });

  it.each<[string, (self: string) => unknown]>([
    ['to another host', () => 'https://evil.example/x'],
    ['to plain HTTP', (self) => self.replace('https:', 'http:')],
    ['to itself', (self) => self],
    ['nowhere', () => 'next'],
    ['as a number', () => 5],
  ])('ends as malformed where its next page leads %s', async (_, link) => {
    const { result, server } = await listFrom((request, response) =>
      answer(response, 200, { value: [1], nextLink: link(`https://${request.headers.host}${request.url}`) }),
    );
    expect(result).toMatchObject({ ok: false, reason: 'malformed' });
    expect(server.requests).toHaveLength(1);
  });

  it('ends as malformed where it never ends', async () => {
    const { result, server } = await listFrom((request, response, count) =>
      answer(response, 200, { value: [], nextLink: `https://${request.headers.host}/x?${count}` }),
    );
    expect(result).toMatchObject({ ok: false, reason: 'malformed' });
    expect(server.requests).toHaveLength(5);
  });

  it.each([{}, { value: null }, { value: {} }, [], { value: [1], error: { code: 'Partial' } }])(
    'is malformed, not empty, where the answer is %j',
    async (body) => {
      const { result } = await listFrom((_, response) => answer(response, 200, body));
      expect(result).toMatchObject({ ok: false, reason: 'malformed' });
    },
  );

  it('fails as a whole where a page fails', async () => {
    const { result } = await listFrom((request, response, count) =>
      count === 1
        ? answer(response, 200, { value: [1], nextLink: `https://${request.headers.host}/x` })
        : answer(response, 403, {}),
    );
    expect(result).toMatchObject({ ok: false, reason: 'forbidden' });
  });
});

describe('a question by POST', () => {
  it('goes to endpoints of the cloud only', async () => {
    const server = await start((_, response) => answer(response, 200, { value: [] }));
    const azure = azureAt(server.url);
    expect(await azure.post(`${server.url}/v1/ask`, 'https://x', { a: 1 }, signal)).toMatchObject({ ok: true });
    const elsewhere = await azure.post('https://evil.example/v1', 'https://x', {}, signal);
    expect(elsewhere).toMatchObject({ ok: false, reason: 'malformed' });
  });

  it('knows the metrics endpoint of any region, and no host that a region could spell', () => {
    const cloud = cloudAt('https://management.azure.com');
    expect(isEndpointOf(cloud, 'https://westeurope.metrics.monitor.azure.com/x')).toBe(true);
    expect(isEndpointOf(cloud, 'https://evil.example/.metrics.monitor.azure.com')).toBe(false);
    expect(isEndpointOf(cloud, 'https://evil.example#.metrics.monitor.azure.com')).toBe(false);
  });
});

describe('an identity', () => {
  const credentials = {
    hangs: () => new Promise<never>(() => undefined),
    refuses: () => Promise.reject(Object.assign(new Error('AADSTS700016: secret'), { name: 'AuthenticationError' })),
    'is down': () => Promise.reject(Object.assign(new Error('secret'), { statusCode: 500, name: 'X' })),
    'gives nothing': () => Promise.resolve(null),
  };

  it.each([
    ['hangs', 'unreachable'],
    ['refuses', 'forbidden'],
    ['is down', 'unreachable'],
    ['gives nothing', 'forbidden'],
  ] as const)('that %s is told as such by every call: %s', async (how, reason) => {
    const server = await start((_, response) => answer(response, 200, {}));
    const azure = azureAt(server.url, { credential: { getToken: credentials[how] } });
    expect(await azure.signIn(signal)).toMatchObject({ reason });
    const result = await azure.get(path, '1', signal);
    expect(result).toMatchObject({ ok: false, reason, detail: expect.stringMatching(/no token/) });
    expect(JSON.stringify(result)).not.toMatch(/secret/);
    expect(server.requests).toEqual([]);
    const error = await azure.credential.getToken('x').catch((caught: unknown) => caught);
    expect(isIdentityFailure(error)).toBe(true);
  });

  it('that is throttled is repeated, though the library gives up at once', async () => {
    let tries = 0;
    const getToken = async () => {
      tries += 1;
      // as the identity library tells it: the status stands in the cause alone
      if (tries < 3)
        throw new Error('Authentication failed', { cause: Object.assign(new Error('none'), { status: 429 }) });
      return { token: 'token', expiresOnTimestamp: Date.now() + 3_600_000 };
    };
    const azure = azureAt('https://arm.test', { credential: { getToken } });
    expect([await azure.signIn(signal), tries]).toEqual([undefined, 3]);
  });

  it('that hangs once is asked again', async () => {
    const server = await start((_, response) => answer(response, 200, { id: path }));
    let asked = 0;
    const getToken = async () => {
      asked += 1;
      return asked === 1 ? credentials.hangs() : { token: 't', expiresOnTimestamp: Date.parse('2027-01-01') };
    };
    const result = await azureAt(server.url, { credential: { getToken } }).get(path, '1', signal);
    expect(result).toMatchObject({ ok: true });
  });

  it('is asked once for many calls', async () => {
    const server = await start((_, response) => answer(response, 200, {}));
    let asked = 0;
    const credential = {
      getToken: async () => {
        asked += 1;
        return { token: 't', expiresOnTimestamp: Date.parse('2027-01-01') };
      },
    };
    const azure = azureAt(server.url, { credential });
    await Promise.all([azure.signIn(signal), azure.get(path, '1', signal), azure.get(path, '2', signal)]);
    expect(asked).toBe(1);
  });
});

describe('an error of an SDK', () => {
  it.each([
    [{ name: 'RestError', statusCode: 403, code: 'AuthorizationFailed', message: 'secret' }, 'forbidden'],
    [{ name: 'AbortError', message: 'secret' }, 'unreachable'],
    [{ name: 'RestError', code: 'ENOTFOUND', message: 'secret' }, 'unreachable'],
    [new TypeError('secret'), 'malformed'],
    ['secret', 'malformed'],
    [null, 'malformed'],
    [new CallError('throttled', 'HTTP 429'), 'throttled'],
  ])('becomes a failure without its message: %o', (error, reason) => {
    const failure = toFailure(error, 'the call');
    expect(failure.reason).toBe(reason);
    expect(failure.detail).toMatch(/^the call: /);
    expect(failure.detail).not.toMatch(/secret/);
  });
});
