import { describe, expect, test } from 'vitest';
import { type AuditRowsRequest, collectAuditRows } from '../../src/evidence/logs/audit-rows.ts';
import type { AuditRows, AuditWindow, DiagnosticSetting, Gathered } from '../../src/model.ts';
import { normaliseId } from '../../src/rules/resource-id.ts';
import { aService, got, lost, SUBSCRIPTION } from '../builders.ts';
import { type FakeAnswer, fakeAzure, noHurry, type Seen } from './logs-fixture.ts';

const LAW = `/subscriptions/${SUBSCRIPTION}/resourcegroups/rg-ops/providers/microsoft.operationalinsights/workspaces`;
const EHR = aService('fhirService');
const PACS = aService('dicomService');
const ehrId = normaliseId(EHR.id);
const pacsId = normaliseId(PACS.id);

function settingTo(...names: readonly string[]): readonly DiagnosticSetting[] {
  return names.map((name) => ({
    id: `/settings/${name}`,
    name,
    workspaceId: `${LAW}/${name}`.replace('resourcegroups', 'resourceGroups'),
    logs: [{ category: 'AuditLogs', enabled: true }],
  }));
}
const asks = (names: readonly string[], more: Partial<AuditRowsRequest> = {}): AuditRowsRequest => ({
  service: EHR,
  settings: got(settingTo(...names)),
  workspaces: lost('throttled'),
  windowSeconds: 3600,
  ...more,
});

type Cells = readonly [
  service: unknown,
  key: unknown,
  status: unknown,
  operation: unknown,
  oid: unknown,
  address: unknown,
  count: unknown,
];
const columns = [
  ['Service', 'string'],
  ['Key', 'string'],
  ['Status', 'int'],
  ['Operation', 'string'],
  ['ObjectId', 'string'],
  ['Address', 'string'],
  ['Count', 'long'],
].map(([name, type]) => ({ name, type }));
const aBody = (...rows: readonly Cells[]) => ({ tables: [{ name: 'PrimaryResult', columns, rows }] });
const quiet: Cells = [ehrId, '', null, '', '', '', 40];
const refused: Cells = [ehrId, 'k-1', 403, 'read', 'oid-1', '::ffff:10.0.0.1', 3];

async function collectOne(answer: FakeAnswer | undefined, request = asks(['a'])): Promise<Gathered<AuditRows>> {
  const { azure } = fakeAzure(() => answer);
  return only(await collectAuditRows([request], azure, noHurry));
}
function only(rows: ReadonlyMap<string, Gathered<AuditRows>>): Gathered<AuditRows> {
  return rows.get(EHR.id) ?? lost('not-found', 'no entry for the service');
}
function windowsOf(rows: Gathered<AuditRows>): readonly Gathered<AuditWindow>[] {
  return rows.ok ? rows.value.workspaces.map(({ window }) => window) : [];
}
const queryOf = ({ body }: Seen) => String(body.query);

describe('the question', () => {
  test('one query for all services that name a workspace with one window, to its resource id, without a double slash', async () => {
    const { azure, seen, scopes } = fakeAzure(() => ({ body: aBody() }));
    const pacs = asks(['a'], { service: PACS });
    await collectAuditRows([asks(['a']), pacs], azure, noHurry);
    expect(seen.map(({ url }) => url.href)).toEqual([`https://api.loganalytics.io/v1${LAW}/a/query`]);
    expect(queryOf(seen[0] as Seen)).toContain(`let services = dynamic(["${ehrId}","${pacsId}"]);`);
    expect(queryOf(seen[0] as Seen)).toContain('let window = 3600s;');
    expect(seen[0]?.body.timespan).toBe('PT120M');
    expect(seen[0]?.headers.get('prefer')).toBe('wait=18');
    expect(scopes).toEqual([['https://api.loganalytics.io/.default']]);
  });

  test('US Government has an endpoint and an audience of its own', async () => {
    const { azure, seen, scopes } = fakeAzure(() => ({ body: aBody() }), { cloud: 'AzureUSGovernment' });
    await collectAuditRows([asks(['a'])], azure, noHurry);
    expect(seen[0]?.url.host).toBe('api.loganalytics.us');
    expect(scopes).toEqual([['https://api.loganalytics.us/.default']]);
  });

  test('windows of different length are different queries, more than a hundred services too', async () => {
    const { azure, seen } = fakeAzure(() => ({ body: aBody() }));
    const many = Array.from({ length: 110 }, (_, i) => asks(['a'], { service: { ...EHR, id: `${EHR.id}${i}` } }));
    const rows = await collectAuditRows([...many, asks(['a'], { windowSeconds: 60 })], azure, noHurry);
    expect(rows.size).toBe(111);
    expect(seen.map((one) => queryOf(one).match(/fhirservices/g)?.length).sort()).toEqual([1, 10, 100]);
  });

  test('rows are told apart one by one only where two workspaces may hold copies of them', async () => {
    const { azure, seen } = fakeAzure(() => ({ body: aBody() }));
    await collectAuditRows([asks(['a']), asks(['a', 'b'], { service: PACS })], azure, noHurry);
    const told = seen.map((one) => [one.url.pathname.slice(-7), /let distinguish = (\w+);/.exec(queryOf(one))?.[1]]);
    expect(told.sort()).toEqual([
      ['a/query', 'false'],
      ['a/query', 'true'],
      ['b/query', 'true'],
    ]);
  });

  test('a quote or a dollar sign in an id stays inside its string', async () => {
    const { azure, seen } = fakeAzure(() => ({ body: aBody() }));
    const id = `${EHR.id}"]); print $& $1 //`;
    await collectAuditRows([asks(['a'], { service: { ...EHR, id } })], azure, noHurry);
    expect(queryOf(seen[0] as Seen)).toContain(`dynamic(${JSON.stringify([normaliseId(id)])});`);
  });
});

describe('the answer', () => {
  test('counts all rows, keeps failed ones, and says where and when it was read', async () => {
    const rows = await collectOne({ body: aBody(quiet, refused, [ehrId, 'k-2', null, 'create', '', '', 2]) });
    const expected: AuditWindow = {
      workspaceId: `${LAW}/a`,
      rows: 45,
      failures: [
        {
          key: 'k-1',
          count: 3,
          status: 403,
          operation: 'read',
          callerObjectId: 'oid-1',
          callerAddress: '::ffff:10.0.0.1',
        },
        { key: 'k-2', count: 2, operation: 'create' },
      ],
    };
    expect(rows).toEqual({
      ok: true,
      value: {
        windowSeconds: 3600,
        workspaces: [{ workspaceId: `${LAW}/a`, window: expect.objectContaining({ value: expected }) }],
      },
      sources: [{ source: `log query api.loganalytics.io ${LAW}/a`, requestId: 'r-1', at: '2026-11-22T08:00:00.000Z' }],
      direct: true,
    });
  });

  test('ruling: A table that does not exist yet is zero rows. - and so is a service without a line', async () => {
    expect(windowsOf(await collectOne({ body: aBody() }))).toMatchObject([
      { ok: true, value: { rows: 0, failures: [] } },
    ]);
  });

  test('trap: partial results never pass - the rows so far are marked incomplete', async () => {
    const error = {
      code: 'PartialError',
      message: 'MRN-4471',
      details: [{ code: 'EngineError', message: 'MRN-4471' }],
    };
    const [window] = windowsOf(await collectOne({ body: { ...aBody(refused), error } }));
    expect(window).toMatchObject({
      ok: true,
      value: { rows: 3, incomplete: { reason: 'malformed', detail: expect.stringContaining('(PartialError)') } },
    });
    expect(JSON.stringify(window)).not.toContain('MRN-4471');
  });

  test.each<[string, FakeAnswer | undefined, string]>([
    ['401', { status: 401, body: { error: { code: 'AuthorizationRequiredError' } } }, 'forbidden'],
    ['403', { status: 403, body: { error: { code: 'InsufficientAccessError' } } }, 'forbidden'],
    ['403 without a body', { status: 403 }, 'forbidden'],
    ['404', { status: 404, body: { error: { code: 'WorkspaceNotFoundError' } } }, 'not-found'],
    ['429', { status: 429, headers: { 'retry-after': '3600' }, body: {} }, 'throttled'],
    ['500 with HTML', { status: 500, headers: { 'content-type': 'text/html' }, body: '<html>' }, 'unreachable'],
    ['504', { status: 504, body: { error: { code: 'GatewayTimeout' } } }, 'unreachable'],
    ['400', { status: 400, body: { error: { code: 'BadArgumentError' } } }, 'malformed'],
    ['HTML', { headers: { 'content-type': 'text/html' }, body: '<html>Sign in</html>' }, 'malformed'],
    ['nothing', { body: '' }, 'malformed'],
    ['half a document', { body: '{"tables":[{"name":"Pri' }, 'malformed'],
    ['a list', { body: [] }, 'malformed'],
    ['null', { body: 'null' }, 'malformed'],
    ['no table', { body: { tables: [] } }, 'malformed'],
    ['tables of nothing', { body: { tables: [null] } }, 'malformed'],
    ['rows of nothing', { body: { tables: [{ name: 'PrimaryResult', columns, rows: [null] }] } }, 'malformed'],
    ['other columns', { body: { tables: [{ name: 'x', columns: columns.slice(1), rows: [] }] } }, 'malformed'],
  ])('%s is a failure that names the workspace', async (_, answer, reason) => {
    const [window] = windowsOf(await collectOne(answer));
    expect(window).toMatchObject({ ok: false, reason, detail: expect.stringContaining(`${LAW}/a`) });
  });

  test('a server that never answers ends within the deadline, and with the sweep', async () => {
    const { azure } = fakeAzure(() => undefined, { limits: { callMs: 50 } });
    const [late] = windowsOf(only(await collectAuditRows([asks(['a'])], azure, noHurry)));
    expect(late).toMatchObject({ ok: false, reason: 'unreachable', detail: expect.stringContaining('within 0.05 s') });
    const { azure: patient } = fakeAzure(() => undefined, { limits: { callMs: 60_000 } });
    const sweep = AbortSignal.timeout(30);
    const [ended] = windowsOf(only(await collectAuditRows([asks(['a'])], patient, sweep)));
    expect(ended).toMatchObject({ ok: false, reason: 'unreachable' });
  });

  test.each<[string, Cells]>([
    ['a count of text', [ehrId, '', null, '', '', '', '40']],
    ['a count of nothing', [ehrId, '', null, '', '', '', null]],
    ['a count below one', [ehrId, '', null, '', '', '', 0]],
    ['a status of text', [ehrId, 'k', '403', 'read', '', '', 1]],
    ['a broken status', [ehrId, 'k', 40.5, 'read', '', '', 1]],
    ['an operation of nothing', [ehrId, 'k', 403, null, '', '', 1]],
    ['a caller that is an object', [ehrId, 'k', 403, 'read', { oid: 1 }, '', 1]],
    ['a service that was not asked for', [pacsId, '', null, '', '', '', 1]],
    ['a row that is too short', [ehrId, '', null] as unknown as Cells],
  ])('%s spoils the answer: malformed, never left out', async (_, row) => {
    const [window] = windowsOf(await collectOne({ body: aBody(quiet, row) }));
    expect(window).toMatchObject({ ok: false, reason: 'malformed' });
  });

  test('no failure quotes a row, the query or a token', async () => {
    const secret = 'https://x/Patient?family=Featherstonehaugh';
    const bodies = [
      aBody([ehrId, 'k', 403, 'read', '', '', secret]),
      { error: { code: secret, message: secret } },
      secret,
    ];
    for (const status of [200, 400, 403]) {
      for (const body of bodies) {
        expect(JSON.stringify(await collectOne({ status, body }))).not.toMatch(/Featherstone|secret-token|union/);
      }
    }
  });
});

describe('which workspaces', () => {
  test('ruling: Workspaces read: those that enabled settings name. - each with its own outcome', async () => {
    const { azure } = fakeAzure(({ url }) =>
      url.pathname.includes('/b/') ? { status: 403, body: {} } : { body: aBody(quiet) },
    );
    const rows = only(await collectAuditRows([asks(['a', 'b'])], azure, noHurry));
    expect(windowsOf(rows)).toMatchObject([
      { ok: true, value: { rows: 40 } },
      { ok: false, reason: 'forbidden' },
    ]);
    expect(rows.sources).toHaveLength(2);
  });

  test('a workspace that is known to be gone is not asked, and the other one needs no telling apart', async () => {
    const { azure, seen } = fakeAzure(() => ({ body: aBody(quiet) }));
    const workspaces = got({ [`${LAW}/a`]: lost('not-found'), [`${LAW}/b`]: got({ id: `${LAW}/b` }) });
    const rows = only(await collectAuditRows([asks(['a', 'b'], { workspaces })], azure, noHurry));
    expect(windowsOf(rows)).toMatchObject([{ ok: false, reason: 'not-found' }, { ok: true }]);
    expect(seen).toHaveLength(1);
    expect(queryOf(seen[0] as Seen)).toContain('let distinguish = false;');
  });

  test('no enabled setting leaves no workspace; unread settings are the failure itself', async () => {
    const { azure, seen } = fakeAzure(() => ({ body: aBody() }));
    const none = only(await collectAuditRows([asks([])], azure, noHurry));
    expect(none).toMatchObject({ ok: true, value: { workspaces: [] } });
    const unread = only(await collectAuditRows([asks([], { settings: lost('forbidden') })], azure, noHurry));
    expect(unread).toMatchObject({ ok: false, reason: 'forbidden' });
    expect(seen).toHaveLength(0);
  });

  test("ruling: One lost source takes no other source's evidence with it. - one workspace that fails spoils no other service", async () => {
    const { azure } = fakeAzure(({ url }) => (url.pathname.includes('/b/') ? undefined : { body: aBody(quiet) }), {
      limits: { callMs: 80 },
    });
    const rows = await collectAuditRows([asks(['a']), asks(['b'], { service: PACS })], azure, noHurry);
    expect(windowsOf(only(rows))).toMatchObject([{ ok: true }]);
    expect(windowsOf(rows.get(PACS.id) ?? lost('not-found'))).toMatchObject([{ ok: false, reason: 'unreachable' }]);
  });
});
