import { LogsQueryClient, LogsQueryResultStatus } from '@azure/monitor-query-logs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { queryWorkspace } from '../../sandbox/data-plane/log-query.ts';
import { type LogsOptions, startLogs } from '../../sandbox/data-plane/logs.ts';
import { issueToken } from '../../sandbox/tokens.ts';
import type { Estate, Fault, RunningServer, World } from '../../sandbox/types.ts';
import { HEALTH, makeEstate, makeWorld, SUBSCRIPTION } from './dns-fixture.ts';
import { type Asking, ask, makeTls } from './logs-fixture.ts';

const WORKSPACE = `${SUBSCRIPTION}/resourceGroups/rg-mon/providers/Microsoft.OperationalInsights/workspaces/Law`;
const OTHER = `${SUBSCRIPTION}/resourceGroups/rg-mon/providers/Microsoft.OperationalInsights/workspaces/other`;
const CUSTOMER = 'AAAAAAAA-1111-4111-8111-111111111111';
const OTHER_CUSTOMER = 'bbbbbbbb-1111-4111-8111-111111111111';
const SERVICE = `${HEALTH}/services/ward`;

const row = (minutes: number, more: object = {}) => ({
  TimeGenerated: new Date(Date.parse('2026-11-22T08:00:00Z') - minutes * 60_000).toISOString(),
  ResultType: 'Succeeded',
  StatusCode: 200,
  _ResourceId: SERVICE.toLowerCase(),
  ...more,
});

const estateOf = (parts: Partial<Estate> = {}): Estate =>
  makeEstate({
    resources: [
      { id: WORKSPACE, type: 'Microsoft.OperationalInsights/workspaces', properties: { customerId: CUSTOMER } },
      { id: OTHER, type: 'Microsoft.OperationalInsights/workspaces', properties: { customerId: OTHER_CUSTOMER } },
      { id: SERVICE, type: 'Microsoft.HealthcareApis/services', properties: {} },
    ],
    logs: {
      [WORKSPACE.toUpperCase()]: {
        MicrosoftHealthcareApisAuditLogs: [
          row(5, { StatusCode: 403, ResultType: 'Failed', Invented: 'x' }),
          row(90),
          row(30, { _ResourceId: `${HEALTH}/services/elsewhere`.toLowerCase() }),
          row(10, { StatusCode: null, ResultType: 'Started' }),
        ] as never,
        Own_CL: [{ TimeGenerated: '2026-11-22T07:59:00Z', big: 1, note: 'n' }],
      },
      [OTHER]: {
        MicrosoftHealthcareApisAuditLogs: {
          columns: { TimeGenerated: 'datetime', StatusCode: 'int' },
          rows: [['2026-11-22T07:30:00Z', 500]],
        },
        Numbers: { columns: { n: 'long' }, rows: [['9007199254740993']] },
      },
    },
    ...parts,
  });

let tls: Awaited<ReturnType<typeof makeTls>>;
let server: RunningServer | undefined;
beforeAll(async () => {
  tls = await makeTls();
});
afterEach(async () => {
  await server?.close();
  server = undefined;
});
afterAll(() => tls.remove());

async function start(estate = estateOf(), options: LogsOptions = {}) {
  const world = makeWorld(estate);
  const running = await startLogs(world, tls, options);
  server = running;
  const to = (path: string, asking: Asking = {}) =>
    ask(world, tls, running, path, { audience: 'https://api.loganalytics.io', ...asking });
  const query = (text: string, more: object = {}, asking: Asking = {}) =>
    to(`/v1/workspaces/${CUSTOMER.toLowerCase()}/query`, { method: 'POST', body: { query: text, ...more }, ...asking });
  return { world, running, to, query };
}

const fault = (kind: Fault['kind'], more: Partial<Fault> = {}): Partial<Estate> => ({
  faults: [{ target: 'logs', match: '.*', kind, ...more }],
});

describe('a query of a workspace', () => {
  test('is answered in Azure’s shape, with Azure’s types', async () => {
    const { query } = await start();
    const answer = await query(
      'MicrosoftHealthcareApisAuditLogs | where StatusCode >= 400 | project TimeGenerated, StatusCode',
    );
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      tables: [
        {
          name: 'PrimaryResult',
          columns: [
            { name: 'TimeGenerated', type: 'datetime' },
            { name: 'StatusCode', type: 'int' },
          ],
          rows: [[expect.stringMatching(/^2026-11-22T07:55:00/), 403]],
        },
      ],
    });
  });
  test('comes through the SDK’s client', async () => {
    const { world, running } = await start();
    const credential = {
      getToken: async (scopes: string | readonly string[]) => {
        const { token, expiresOn } = issueToken(world, String(scopes).replace('/.default', ''));
        return { token, expiresOnTimestamp: expiresOn * 1000 };
      },
    };
    const client = new LogsQueryClient(credential, { endpoint: `${running.url}/v1`, tlsOptions: { ca: tls.ca } });
    const result = await client.queryWorkspace(CUSTOMER, 'MicrosoftHealthcareApisAuditLogs | count', {
      duration: 'PT1H',
    });
    expect(result.status).toBe(LogsQueryResultStatus.Success);
    expect(result.status === LogsQueryResultStatus.Success && result.tables[0]?.rows).toEqual([[3]]);
    const resource = await client.queryResource(SERVICE, 'MicrosoftHealthcareApisAuditLogs | count', {
      duration: 'P1D',
    });
    expect(resource.status === LogsQueryResultStatus.Success && resource.tables[0]?.rows).toEqual([[3]]);
  });
  test('may be a GET, and may ask for statistics and for a rendering', async () => {
    const { to } = await start();
    const path = `/v1/workspaces/${CUSTOMER}/query?query=${encodeURIComponent('Own_CL | count')}&timespan=PT1H`;
    const answer = await to(path, { headers: { prefer: 'wait=600, include-statistics=true,include-render=true' } });
    expect(answer.body.tables[0].rows).toEqual([[1]]);
    expect(answer.body.statistics.query.datasetStatistics[0].tableRowCount).toBe(1);
    expect(answer.body).toHaveProperty('render');
  });
  test.each([
    ['PT1H', 3],
    ['2026-11-22T07:40:00Z/2026-11-22T07:51:00Z', 1],
    ['2026-11-22T06:00:00Z/PT1H', 1],
    ['P1D/2026-11-22T08:00:00Z', 4],
  ])('is cut to the timespan %s', async (timespan, count) => {
    const { query } = await start();
    const answer = await query('MicrosoftHealthcareApisAuditLogs | count', { timespan });
    expect(answer.body.tables[0].rows).toEqual([[count]]);
  });
  test('spans further workspaces, by customer id, id or name', async () => {
    const { query } = await start();
    for (const name of [OTHER_CUSTOMER, OTHER, 'other', 'rg-mon/other']) {
      const answer = await query('MicrosoftHealthcareApisAuditLogs | summarize count(), max(StatusCode)', {
        workspaces: [name],
      });
      expect(answer.body.tables[0].rows).toEqual([[5, 500]]);
    }
  });
  test('may name another workspace within', async () => {
    const { query } = await start();
    const answer = await query(`workspace("other").MicrosoftHealthcareApisAuditLogs | count`);
    expect(answer.body.tables[0].rows).toEqual([[1]]);
  });
  test('keeps a long in full', async () => {
    const { query } = await start();
    expect((await query('Numbers', { workspaces: ['other'] })).text).toContain('[[9007199254740993]]');
  });
});

describe('the tables', () => {
  test('known to Azure have its columns, and no others', async () => {
    const { query } = await start();
    const known = await query(
      'MicrosoftHealthcareApisAuditLogs | project CallerIdentity, CallerIPAddress, OperationDuration | take 1',
    );
    expect(known.body.tables[0].columns.map((one: { type: string }) => one.type)).toEqual(['dynamic', 'string', 'int']);
    for (const column of ['ResultDescription', 'Invented']) {
      const wrong = await query(`MicrosoftHealthcareApisAuditLogs | where ${column} != ""`);
      expect([wrong.status, wrong.body.error.innererror.code]).toEqual([400, 'SemanticError']);
    }
  });
  test('that declare their columns show those, and have Azure’s others when a query names them', async () => {
    const { world } = await start();
    const all = queryWorkspace(world, OTHER, 'MicrosoftHealthcareApisAuditLogs');
    expect('columns' in all && all.columns.map((column) => column.name)).toEqual(['TimeGenerated', 'StatusCode']);
    const named = queryWorkspace(
      world,
      OTHER,
      'MicrosoftHealthcareApisAuditLogs | project CallerIPAddress, StatusCode',
    );
    expect('rows' in named && named.rows).toEqual([['', 500]]);
  });
  test('store a text that spells the number or the truth of its column as that, also where records stand under columns', async () => {
    const texts = { StatusCode: ' 403', OperationDuration: 'soon' };
    const declared = { columns: { TimeGenerated: 'datetime', code: 'int', share: 'real', ok: 'bool', note: 'string' } };
    const record = {
      note: '7',
      ok: 'True',
      share: '1.5e1',
      code: '500',
      TimeGenerated: '2026-11-22T07:30:00Z',
      lost: 1,
    };
    const Own_CL = { ...declared, rows: [['2026-11-22T07:30:00Z', '4x', '', 'yes', null], record] };
    const { query } = await start(
      estateOf({ logs: { [WORKSPACE]: { MicrosoftHealthcareApisAuditLogs: [row(5, texts)] as never, Own_CL } } }),
    );
    const rows = async (text: string) => (await query(text)).body.tables[0].rows;
    expect(await rows('MicrosoftHealthcareApisAuditLogs | project StatusCode, OperationDuration')).toEqual([
      [403, null],
    ]);
    expect(await rows('Own_CL | project code, share, ok, note')).toEqual([
      [null, null, null, ''],
      [500, 15, true, '7'],
    ]);
  });

  test('that nothing was ever written to do not exist', async () => {
    const { query } = await start();
    const missing = await query('AzureDiagnostics | count');
    expect(missing.body.error).toMatchObject({
      code: 'BadArgumentError',
      innererror: { code: 'SemanticError', innererror: { code: 'SEM0100' } },
    });
    const fuzzy = await query('union isfuzzy=true MicrosoftHealthcareApisAuditLogs, AzureDiagnostics | count');
    expect(fuzzy.body.tables[0].rows).toEqual([[4]]);
  });
  test('of a later drift are seen at once', async () => {
    const { world, query } = await start();
    await query('Own_CL | count');
    world.replace(estateOf({ logs: { [WORKSPACE]: { Own_CL: [] } } }));
    expect((await query('union isfuzzy=true Own_CL | count')).body.tables[0].rows).toEqual([[0]]);
  });
});

describe('a query of a resource', () => {
  test('sees the rows of that resource alone, wherever they went', async () => {
    const { to } = await start();
    const asking = { method: 'POST', body: { query: 'MicrosoftHealthcareApisAuditLogs | count' } };
    expect((await to(`/v1/${SERVICE.toUpperCase()}/query`, asking)).body.tables[0].rows).toEqual([[3]]);
    expect((await to(`/v1${SUBSCRIPTION}/query`, asking)).body.tables[0].rows).toEqual([[4]]);
    expect((await to(`/v1${WORKSPACE}/query`, asking)).body.tables[0].rows).toEqual([[4]]);
    expect((await to(`/v1${HEALTH}/services/none/query`, asking)).body.error.code).toBe('PathNotFoundError');
  });
});

describe('is refused', () => {
  test.each([
    ['no token', { audience: null }, 401, 'AuthorizationRequiredError'],
    [
      'what is no token',
      { audience: null, headers: { authorization: 'Bearer x.y' } },
      401,
      'AuthorizationRequiredError',
    ],
    ['a token for Resource Manager', { audience: 'https://management.azure.com' }, 403, 'InvalidTokenError'],
    ['a token of another cloud', { audience: 'https://api.loganalytics.us' }, 403, 'InvalidTokenError'],
  ])('%s', async (_, asking, status, code) => {
    const { query } = await start();
    const answer = await query('Own_CL', {}, asking);
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
  });
  test('a workspace that the monitor may not read, also as a further one', async () => {
    const { to, query } = await start(
      estateOf({ monitor: { ...makeEstate().monitor, unreadable: [OTHER.toUpperCase()] } }),
    );
    const other = await to(`/v1/workspaces/${OTHER_CUSTOMER}/query`, { method: 'POST', body: { query: 'Numbers' } });
    expect([other.status, other.body.error.code]).toEqual([403, 'InsufficientAccessError']);
    expect((await query('Own_CL', { workspaces: ['other'] })).status).toBe(403);
    expect((await query('workspace("other").Numbers')).status).toBe(400);
  });
  test('a workspace that is not there', async () => {
    const { to } = await start();
    const answer = await to('/v1/workspaces/cccccccc-1111-4111-8111-111111111111/query', {
      method: 'POST',
      body: { query: 'x' },
    });
    expect([answer.status, answer.body.error.code]).toEqual([404, 'WorkspaceNotFoundError']);
  });
  test.each([
    ['an empty query', { query: ' ' }, 'QueryValidationError'],
    ['a timespan that is none', { query: 'Own_CL', timespan: 'yesterday' }, 'QueryValidationError'],
    ['what is not JSON', '{"query":', 'InvalidJsonBody'],
    ['what does not parse', { query: 'Own_CL | where' }, 'SyntaxError'],
  ])('%s', async (_, body, code) => {
    const { to } = await start();
    const answer = await to(`/v1/workspaces/${CUSTOMER}/query`, { method: 'POST', body });
    expect([answer.status, answer.body.error.code, answer.body.error.innererror.code]).toEqual([
      400,
      'BadArgumentError',
      code,
    ]);
  });
  test.each(['/v1/workspaces', '/v2/workspaces/x/query', '/v1/query'])('the path %s', async (path) => {
    const { to } = await start();
    expect((await to(path)).body.error.code).toBe('PathNotFoundError');
  });
});

describe('a fault', () => {
  test('partial is 200 with half the rows and an error beside the tables', async () => {
    const { query } = await start(estateOf(fault('partial')));
    const answer = await query('MicrosoftHealthcareApisAuditLogs');
    expect(answer.status).toBe(200);
    expect(answer.body.tables[0].rows).toHaveLength(2);
    expect(answer.body.error).toMatchObject({ code: 'PartialError', details: [{ code: 'EngineError' }] });
  });
  test.each([
    [429, 'ThrottledError'],
    [504, 'GatewayTimeout'],
  ])('of status %i speaks the service’s words', async (status, code) => {
    const { query } = await start(estateOf(fault('status', { status, retryAfter: 3 })));
    const answer = await query('Own_CL');
    expect([answer.status, answer.body.error.code, answer.headers['retry-after']]).toEqual([status, code, '3']);
  });
  test('is chosen by the body, too', async () => {
    const { query } = await start(estateOf(fault('status', { status: 500, match: 'Audit' })));
    expect((await query('Own_CL')).status).toBe(200);
    expect((await query('MicrosoftHealthcareApisAuditLogs')).status).toBe(500);
  });
});

describe('a person’s query', () => {
  test('finds the workspace by any of its names, or only in the logs', () => {
    const world: World = makeWorld(makeEstate({ logs: { Ws1: { T: [{ a: 1 }] } } }));
    expect(queryWorkspace(world, 'ws1', 'T')).toMatchObject({ columns: [{ name: 'a', type: 'long' }], rows: [[1]] });
    expect(queryWorkspace(makeWorld(estateOf()), CUSTOMER, 'Own_CL | count')).toMatchObject({ rows: [[1]] });
    expect(queryWorkspace(world, 'none', 'T')).toMatchObject({ error: { code: 'WorkspaceNotFoundError' } });
  });
});

test('the app’s own workspace is queried beside the estate’s, with the rows that arrived meanwhile', async () => {
  const rows: unknown[][] = [];
  const id = `${SUBSCRIPTION}/resourceGroups/rg-app/providers/Microsoft.OperationalInsights/workspaces/app`;
  const telemetry = {
    id,
    customerId: 'dddddddd-1111-4111-8111-111111111111',
    name: 'app',
    tables: () => new Map([['AppEvents', { columns: [{ name: 'Name', type: 'string' as const }], rows: [...rows] }]]),
  };
  const { to } = await start(estateOf(), { telemetry });
  const asking = { method: 'POST', body: { query: 'AppEvents | count' } };
  expect((await to(`/v1/workspaces/${telemetry.customerId}/query`, asking)).body.tables[0].rows).toEqual([[0]]);
  rows.push(['SweepCompleted']);
  expect((await to(`/v1${id}/query`, asking)).body.tables[0].rows).toEqual([[1]]);
});
