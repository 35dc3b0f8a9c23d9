import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { SignIn } from '../../src/app/client.ts';
import { doctor } from '../../src/app/doctor.ts';

let close: () => void = () => {};
afterEach(() => close());

interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly location?: string;
}
interface Replies {
  readonly health: Reply;
  readonly nobody: Reply;
  readonly report: Reply;
}

const completedAt = '2026-11-22T08:00:00.000Z';
const network = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/hub';
const health = { status: 'healthy', families: [{ family: 'network', completedAt, overdue: false }], problems: [] };
const report = {
  schema: 'fhirwatch-report/1',
  environment: { simulated: false },
  vantage: { private: true, network, proof: 'TXT' },
  coverage: { findings: 40, known: 40, ratio: 1 },
  sweeps: [{ family: 'network', completedAt, stale: false }],
  problems: [],
};
const well: Replies = {
  health: { status: 200, body: health },
  nobody: { status: 401 },
  report: { status: 200, body: report },
};

/** An app that knows one token, the caller's. */
async function examine(replies: Partial<Replies>, signIn: SignIn | undefined = async () => 'token-of-ada') {
  const all = { ...well, ...replies };
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const { authorization } = request.headers;
    seen.push(`${request.method} ${request.url} ${authorization ?? 'nobody'}`);
    const isHealth = request.url === '/api/health';
    const { status, body, location } = isHealth ? all.health : authorization === undefined ? all.nobody : all.report;
    const text = typeof body === 'string' ? body : JSON.stringify(body ?? {});
    response.writeHead(status, location === undefined ? {} : { location }).end(text);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { ...(await run({ FHIRWATCH_URL: url }, signIn)), seen: seen.sort() };
}

async function run(env: Record<string, string>, signIn?: SignIn) {
  const out: string[] = [];
  const complaints: string[] = [];
  const terminal = {
    env,
    color: false,
    write: (text: string) => void out.push(text),
    progress: () => {},
    complain: (text: string) => void complaints.push(text),
  };
  const code = await doctor({}, terminal, signIn);
  return { code, out: out.join(''), complaints: complaints.join('\n') };
}

test('an app that is in order is ok in every line, and what was not checked is named', async () => {
  const { code, out, seen } = await examine({});
  expect(out.match(/^(ok|FAIL|unknown)/gm)).toEqual(Array(8).fill('ok'));
  expect(out).toMatch(/^not checked by this version: .*permissions.*; .*heartbeat.*; .*test alert/m);
  expect(code).toBe(0);
  expect(seen).toEqual([
    'GET /api/health nobody',
    'GET /api/report?format=json Bearer token-of-ada',
    'GET /api/report?format=json nobody',
  ]);
});

const overdue = {
  status: 'unhealthy',
  families: [{ family: 'audit', completedAt: null, overdue: true }],
  problems: [],
};
test.each<[string, Partial<Replies>, RegExp]>([
  [
    'an overdue family',
    { health: { status: 503, body: overdue } },
    /^FAIL +families on time +audit last completed never/m,
  ],
  ['a status that is unhealthy', { health: { status: 503, body: overdue } }, /^FAIL +health +answered 503; unhealthy/m],
  [
    'a wrong setting',
    { health: { status: 200, body: { ...health, problems: ['X is wrong'] } } },
    /^FAIL +health .*X is wrong/m,
  ],
  [
    'another app',
    { health: { status: 200, body: 'hello' } },
    /^FAIL +health +answered 200, not as fhirwatch does: hello/m,
  ],
  ['a report for anybody', { nobody: { status: 200, body: report } }, /^FAIL +not signed in: refused +answered 200/m],
  [
    'a caller without role',
    { report: { status: 403, body: { detail: 'Needs Auditor.' } } },
    /^FAIL +signed in: report +answered 403: Needs Auditor\.\n +to do: get the app role/m,
  ],
  [
    'a wrong audience',
    { report: { status: 401 } },
    /^FAIL +signed in: report +answered 401.*\n +to do: check --audience/m,
  ],
  [
    'half a report',
    { report: { status: 200, body: { schema: 'fhirwatch-report/1' } } },
    /^FAIL +signed in: report +answered 200, not as/m,
  ],
  [
    'a simulated app',
    { report: { status: 200, body: { ...report, environment: { simulated: true } } } },
    /^FAIL +real Azure/m,
  ],
  [
    'no vantage',
    { report: { status: 200, body: { ...report, vantage: { private: false, network: null, proof: 'NXDOMAIN' } } } },
    /^FAIL +private vantage +NXDOMAIN/m,
  ],
  [
    'a stale sweep',
    { report: { status: 200, body: { ...report, sweeps: [{ family: 'data', completedAt, stale: true }] } } },
    /^FAIL +sweeps not stale +data last completed 2026/m,
  ],
])('%s fails', async (_, replies, said) => {
  const { code, out } = await examine(replies);
  expect(out).toMatch(said);
  expect(code).toBe(1);
});

const covered = (extra: object): Partial<Replies> => ({ report: { status: 200, body: { ...report, ...extra } } });
test.each<[string, Partial<Replies>, RegExp]>([
  ['a finding that is not known', covered({ coverage: { findings: 40, known: 39 } }), /^unknown +coverage +39 of 40/m],
  ['an estate without a finding', covered({ coverage: { findings: 0, known: 0 } }), /^unknown +coverage +0 of 0/m],
  [
    'what could not be listed',
    covered({ problems: [{ scope: '/s', detail: 'denied' }] }),
    /^unknown +coverage .*\/s: denied/m,
  ],
  ['a report without sweeps', covered({ sweeps: [] }), /^unknown +sweeps not stale/m],
  [
    'a vantage without network',
    covered({ vantage: { private: true, network: null, proof: '' } }),
    /^unknown +private vantage/m,
  ],
  [
    'a health without families',
    { health: { status: 200, body: { ...health, families: [] } } },
    /^unknown +families on time/m,
  ],
  ['an error instead of a refusal', { nobody: { status: 500 } }, /^unknown +not signed in: refused +answered 500/m],
  [
    'a redirect to elsewhere',
    { nobody: { status: 302, location: 'https://login.microsoftonline.com.evil.example/' } },
    /^unknown +not signed in.* to https:\/\/login\.microsoftonline\.com\.evil/m,
  ],
])('%s is unknown', async (_, replies, said) => {
  const { code, out } = await examine(replies);
  expect(out).toMatch(said);
  expect(code).toBe(2);
});

test.each([
  ['Entra', 'https://login.microsoftonline.com/t/oauth2/v2.0/authorize'],
  ['App Service', '/.auth/login/aad'],
])('a redirect to the sign-in of %s is a refusal, and is not followed', async (_, location) => {
  const { code, out, seen } = await examine({ nobody: { status: 302, location } });
  expect(out).toMatch(/^ok +not signed in: refused +answered 302, to sign-in/m);
  expect([code, seen.length]).toEqual([0, 3]);
});

test('without a token the refusal cannot be proved', async () => {
  const { code, out } = await examine({ nobody: { status: 200, body: report } }, async () => undefined);
  expect(out).toMatch(/^unknown +not signed in: refused.*\n +to do: a host on this machine/m);
  expect(code).toBe(2);
});

test('an app that does not answer is unknown in every line', async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  const { code, out } = await run({ FHIRWATCH_URL: `http://127.0.0.1:${port}` });
  expect(out.match(/^(ok|FAIL|unknown)/gm)).toEqual(Array(8).fill('unknown'));
  expect(code).toBe(2);
});

test('without an address or a token it cannot run', async () => {
  expect(await run({})).toMatchObject({ code: 3, out: '', complaints: expect.stringContaining('FHIRWATCH_URL') });
  const signIn: SignIn = async () => {
    throw new Error('please run az login');
  };
  const { code, out, complaints, seen } = await examine({}, signIn);
  expect([code, out, seen]).toEqual([3, '', []]);
  expect(complaints).toContain('please run az login');
});

test('what the app says is shown without control characters', async () => {
  const { out } = await examine(covered({ problems: [{ scope: '\u001b[31m', detail: 'a\nok       b' }] }));
  expect(out).not.toContain('\u001b');
  expect(out).not.toMatch(/^ok +b/m);
});
