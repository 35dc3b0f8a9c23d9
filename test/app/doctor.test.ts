import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
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
  readonly self: Reply;
  /** what `POST test-alerts` and then each `GET` answers; the last one again and again */
  readonly tests: readonly Reply[];
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
const self = {
  schema: 'fhirwatch-doctor/1',
  permissions: { asked: 3, of: 3, missing: [], unread: [] },
  heartbeat: { set: true, families: ['access', 'network'], silent: [] },
  teams: true,
};
const sent = {
  schema: 'fhirwatch-test-alert/1',
  testId: '0123456789abcdef',
  arrived: null,
  receivedAt: null,
  card: null,
  teams: true,
};
const well: Replies = {
  health: { status: 200, body: health },
  nobody: { status: 401 },
  report: { status: 200, body: report },
  self: { status: 200, body: self },
  tests: [
    { status: 202, body: sent },
    { status: 200, body: { ...sent, arrived: false } },
    { status: 200, body: { ...sent, arrived: true } },
    { status: 200, body: { ...sent, arrived: true, receivedAt: completedAt, card: 'posted' } },
  ],
};

/** An app that knows one token, the caller's. */
async function examine(
  replies: Partial<Replies>,
  signIn: SignIn | undefined = async () => 'token-of-ada',
  testAlert = false,
) {
  const all = { ...well, ...replies };
  const seen: string[] = [];
  const tests = [...all.tests];
  const replyTo = (url: string, authorization: string | undefined): Reply => {
    if (url === '/api/health') return all.health;
    if (authorization === undefined) return all.nobody;
    if (url.startsWith('/api/test-alerts')) return (tests.length > 1 ? tests.shift() : tests[0]) ?? all.nobody;
    return url === '/api/doctor' ? all.self : all.report;
  };
  const server = createServer((request, response) => {
    const { authorization } = request.headers;
    seen.push(`${request.method} ${request.url} ${authorization ?? 'nobody'}`);
    const { status, body, location } = replyTo(request.url ?? '', authorization);
    const text = typeof body === 'string' ? body : JSON.stringify(body ?? {});
    response.writeHead(status, location === undefined ? {} : { location }).end(text);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { ...(await run({ FHIRWATCH_URL: url }, signIn, testAlert)), seen: seen.sort() };
}

async function run(env: Record<string, string>, signIn?: SignIn, testAlert = false) {
  const out: string[] = [];
  const complaints: string[] = [];
  const progress: string[] = [];
  let clock = 0;
  const terminal = {
    env,
    color: false,
    write: (text: string) => void out.push(text),
    progress: (text: string) => void progress.push(text),
    complain: (text: string) => void complaints.push(text),
  };
  const patience = {
    now: () => clock,
    sleep: async (ms: number) => {
      clock += ms;
    },
  };
  const code = await doctor({ testAlert }, terminal, signIn, patience);
  return { code, out: out.join(''), complaints: complaints.join('\n'), progress };
}

test('an app that is in order is ok in every line; a test alert is not sent unasked, and how to ask is said', async () => {
  const { code, out, seen } = await examine({});
  expect(out.match(/^(ok|FAIL|unknown)/gm)).toEqual(Array(10).fill('ok'));
  expect(out).toMatch(/^not checked: .*test alert.* --test-alert sends one .* Operator/m);
  expect(code).toBe(0);
  expect(seen).toEqual([
    'GET /api/doctor Bearer token-of-ada',
    'GET /api/health nobody',
    'GET /api/report?format=json Bearer token-of-ada',
    'GET /api/report?format=json nobody',
  ]);
});

const examined = (extra: object): Partial<Replies> => ({ self: { status: 200, body: { ...self, ...extra } } });
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
  [
    'a right that the monitor lacks',
    examined({
      permissions: {
        asked: 3,
        of: 3,
        missing: [
          { scope: '/subscriptions/s/resourceGroups/rg', actions: ['Microsoft.A/b/read', 'Microsoft.A/c/read'] },
        ],
        unread: [],
      },
    }),
    /^FAIL +permissions +\/subscriptions\/s\/resourceGroups\/rg lacks Microsoft.A\/b\/read, Microsoft.A\/c\/read\n +to do: .*Let it read/m,
  ],
  [
    'a heartbeat that does not reach the workspace',
    examined({ heartbeat: { set: true, families: ['audit'], silent: [{ family: 'audit', silentMinutes: 2880 }] } }),
    /^FAIL +heartbeat in the logs +audit silent for 2880 minutes\n +to do: .*telemetry/m,
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
  [
    'a scope that could not be read',
    examined({
      permissions: { asked: 2, of: 2, missing: [], unread: [{ scope: '/s', reason: 'throttled', detail: 'HTTP 429' }] },
    }),
    /^unknown +permissions +\/s: HTTP 429/m,
  ],
  [
    'an estate without a service to read',
    examined({ permissions: { asked: 0, of: 0, missing: [], unread: [] } }),
    /^unknown +permissions +no watched service is visible/m,
  ],
  [
    'an estate too large to be asked for whole',
    examined({ permissions: { asked: 500, of: 900, missing: [], unread: [] } }),
    /^unknown +permissions +.* 500 of 900 scopes/m,
  ],
  [
    'an app that does not know its workspace',
    examined({ heartbeat: { set: false } }),
    /^unknown +heartbeat in the logs +FHIRWATCH_TELEMETRY_WORKSPACE is not set/m,
  ],
  [
    'an app that may not read its workspace',
    examined({ heartbeat: { set: true, reason: 'forbidden', detail: 'HTTP 403' } }),
    /^unknown +heartbeat in the logs +HTTP 403\n +to do: give .* Log Analytics Data Reader/m,
  ],
  [
    'an app of an older version',
    { self: { status: 404 } },
    /^unknown +permissions +the deployed app has no such route/m,
  ],
  [
    'an examination that is not one',
    { self: { status: 200, body: { schema: 'fhirwatch-doctor/1' } } },
    /^unknown +permissions +answered 200, not as/m,
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
  expect([code, seen.length]).toEqual([0, 4]);
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
  expect(out.match(/^(ok|FAIL|unknown)/gm)).toEqual(Array(10).fill('unknown'));
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

describe('a test alert', () => {
  const follow = (...tests: readonly Reply[]) => examine({ tests }, undefined, true);
  const seen = (extra: object): Reply => ({ status: 200, body: { ...sent, ...extra } });
  const accepted: Reply = { status: 202, body: sent };

  test('that comes back is ok, with how long it took; what it passes on the way is told as progress', async () => {
    const { code, out, progress } = await examine({}, undefined, true);
    expect(out).toMatch(/^ok +test alert +0123456789abcdef came back after 0 min 45 s, and its card went to Teams$/m);
    expect(progress).toEqual([
      'test alert 0123456789abcdef: sent, on its way to the workspace, after 0 min 15 s',
      'test alert 0123456789abcdef: in the workspace, waiting for the rule, after 0 min 30 s',
    ]);
    expect(code).toBe(0);
  });

  test.each<[string, readonly Reply[], RegExp, number]>([
    [
      'that the ingestion service refused',
      [{ status: 502, body: { detail: 'Not accepted.' } }],
      /^FAIL +test alert +not sent: answered 502: Not accepted\.\n +to do: .*telemetry/m,
      1,
    ],
    [
      'that this caller may not send',
      [{ status: 403, body: { detail: 'Needs Operator.' } }],
      /^unknown +test alert +not sent: .*Needs Operator.*\n +to do: .* Operator/m,
      2,
    ],
    [
      'of an app without Teams',
      [{ status: 202, body: { ...sent, teams: false } }],
      /^unknown +test alert .*without Teams.*\n +to do: look for a mail of fhirwatch-test-alert/m,
      2,
    ],
    [
      'whose event never reached the workspace',
      [accepted, seen({ arrived: false })],
      /^FAIL +test alert .*did not come back after 15 min 00 s; its event is not in the workspace/m,
      1,
    ],
    [
      'whose workspace cannot be read',
      [accepted, seen({ arrived: null })],
      /^FAIL +test alert .*did not come back .*; whether the workspace holds it is not known/m,
      1,
    ],
    [
      'whose rule or webhook is off',
      [accepted, seen({ arrived: true })],
      /^FAIL +test alert .*in the workspace, and no alert reached the app\n +to do: is the rule enabled\?.*ag-fhirwatch/m,
      1,
    ],
    [
      'whose card Teams refused',
      [accepted, seen({ arrived: true, receivedAt: completedAt, card: 'refused' })],
      /^FAIL +test alert .*the Teams workflow refused its card\n +to do: .*teams-workflow-url/m,
      1,
    ],
    [
      'whose card Teams never took',
      [accepted, seen({ arrived: true, receivedAt: completedAt, card: 'later' })],
      /^FAIL +test alert .*did not take its card in time/m,
      1,
    ],
    ['of which the app forgot', [accepted, { status: 404 }], /^FAIL +test alert .*did not come back/m, 1],
  ])('%s names the link that broke', async (_, replies, said, code) => {
    const answer = await follow(...replies);
    expect(answer.out).toMatch(said);
    expect(answer.code).toBe(code);
  });
});
