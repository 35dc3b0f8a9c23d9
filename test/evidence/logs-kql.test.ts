import { describe, expect, test, vi } from 'vitest';
import { KNOWN_TABLES } from '../../sandbox/data-plane/known-tables.ts';
import { knownTable } from '../../sandbox/data-plane/log-tables.ts';
import { type KqlResult, runQuery } from '../../sandbox/kql/engine.ts';
import type { JsonObject } from '../../sandbox/types.ts';
import { writeAuditQuery } from '../../src/evidence/logs/audit-lines.ts';
import { collectAuditRows } from '../../src/evidence/logs/audit-rows.ts';
import type { AuditWindow, Service } from '../../src/model.ts';
import { normaliseId } from '../../src/rules/resource-id.ts';
import { aService, got, lost, NOW } from '../builders.ts';
import { fakeAzure, noHurry } from './logs-fixture.ts';

// the first query loads and warms the analyser, which takes seconds on a busy machine
vi.setConfig({ testTimeout: 60_000 });

/** The query that is shipped, executed over rows, asked and read by the collector that is shipped. */

const EHR = aService('fhirService');
const PACS = aService('dicomService');
const PRAXIS = aService('apiForFhir');
const LAW = '/subscriptions/s/resourcegroups/rg/providers/microsoft.operationalinsights/workspaces';
const SECRET = 'https://x/Patient?family=Featherstonehaugh';

type Tables = Readonly<Record<string, readonly JsonObject[]>>;

const aRow = (overrides: JsonObject = {}): JsonObject => ({
  TenantId: 'workspace-1',
  TimeGenerated: '2026-11-22T07:30:00.0000000Z',
  OperationName: 'Microsoft.HealthcareApis/workspaces/fhirservices/read',
  ResultType: 'Failed',
  StatusCode: 403,
  CallerIdentityObjectId: 'oid-1',
  CallerIPAddress: '10.0.0.1',
  CorrelationId: 'c-1',
  RequestUri: SECRET,
  Type: 'MicrosoftHealthcareApisAuditLogs',
  _ResourceId: EHR.id.toLowerCase(),
  _BilledSize: 812,
  ...overrides,
});
const audit = (...rows: readonly JsonObject[]): Tables => ({ MicrosoftHealthcareApisAuditLogs: rows });

function run(query: string, tables: Tables): KqlResult {
  const named = Object.entries(tables).map(([name, rows]) => [name, knownTable(rows, KNOWN_TABLES.get(name))] as const);
  return runQuery(query, { tables: new Map(named), dialect: 'log-analytics' }, { now: new Date(NOW) });
}

/** What the collector makes of workspaces with these tables, one window per workspace. */
async function collect(service: Service, ...workspaces: readonly Tables[]): Promise<readonly AuditWindow[]> {
  const { azure } = fakeAzure(
    ({ url, body }) => {
      const name = url.pathname.split('/').at(-2) ?? '';
      const result = run(String(body.query), workspaces[Number(name.replace('w', ''))] ?? {});
      if ('error' in result) throw new Error(JSON.stringify(result.error));
      return { body: { tables: [{ name: 'PrimaryResult', ...result }] } };
    },
    { limits: { callMs: 60_000 } },
  );
  const settings = workspaces.map((_, i) => ({
    id: `/settings/${i}`,
    name: `s${i}`,
    workspaceId: `${LAW}/w${i}`,
    logs: [{ category: 'AuditLogs', enabled: true }],
  }));
  const request = { service, settings: got(settings), workspaces: lost('throttled'), windowSeconds: 3600 };
  const rows = (await collectAuditRows([request], azure, noHurry)).get(service.id);
  if (!rows?.ok) throw new Error(JSON.stringify(rows));
  return rows.value.workspaces.map(({ window }) => {
    if (!window.ok) throw new Error(window.detail);
    return window.value;
  });
}
async function collectOne(service: Service, tables: Tables): Promise<AuditWindow> {
  const [window] = await collect(service, tables);
  if (!window) throw new Error('no window');
  return window;
}

describe('which rows', () => {
  test('the query can be pasted as it stands: no ids means every service', () => {
    const query = writeAuditQuery({ services: [], windowSeconds: 3600, distinguish: false });
    const other = aRow({ _ResourceId: PRAXIS.id.toLowerCase() });
    expect(run(query, audit(aRow(), other))).toMatchObject({ rows: [expect.anything(), expect.anything()] });
  });

  test('ruling: A table that does not exist yet is zero rows. - also where none exists', async () => {
    expect(await collectOne(EHR, {})).toMatchObject({ rows: 0, failures: [] });
    expect(await collectOne(EHR, audit())).toMatchObject({ rows: 0, failures: [] });
  });

  test('ruling: window `(now − window, now]`', async () => {
    const at = (TimeGenerated: string) => aRow({ TimeGenerated });
    const inside = ['2026-11-22T07:00:00.0000001Z', '2026-11-22T08:00:00.0000000Z'].map(at);
    const outside = ['2026-11-22T07:00:00.0000000Z', '2026-11-22T08:00:00.0000001Z'].map(at);
    expect(await collectOne(EHR, audit(...inside, ...outside))).toMatchObject({ rows: 2, failures: [{ count: 2 }] });
  });

  test('only rows of the services asked for, whatever the case of their ids', async () => {
    const rows = [aRow({ _ResourceId: EHR.id }), aRow({ _ResourceId: `${EHR.id}2` }), aRow({ _ResourceId: '' })];
    expect(await collectOne(EHR, audit(...rows))).toMatchObject({ rows: 1 });
  });

  test('trap: `Started` rows are not results - in any case and with any status, but they are rows', async () => {
    const started = ['Started', 'started'].map((ResultType) => aRow({ ResultType, StatusCode: 500 }));
    expect(await collectOne(EHR, audit(...started))).toMatchObject({ rows: 2, failures: [] });
  });

  test('trap: table `MicrosoftHealthcareApisAuditLogs`, `ResultType == "Failed"` or `StatusCode >= 400`', async () => {
    const failed = [
      aRow({ ResultType: 'failed', StatusCode: null }),
      aRow({ ResultType: 'Succeeded', StatusCode: 400 }),
      aRow({ ResultType: 'Failed', StatusCode: 200 }),
    ];
    const good = [
      aRow({ ResultType: 'Succeeded', StatusCode: 399 }),
      aRow({ ResultType: 'Failure', StatusCode: null }),
    ];
    const { rows, failures } = await collectOne(EHR, audit(...failed, ...good));
    expect(rows).toBe(5);
    expect(failures.map(({ status }) => status).sort()).toEqual([200, 400, undefined]);
  });

  test('operation is the last segment; caller and address come as they stand', async () => {
    const { failures } = await collectOne(EHR, audit(aRow({ CallerIPAddress: '::ffff:10.0.0.1' })));
    expect(failures).toMatchObject([{ operation: 'read', callerObjectId: 'oid-1', callerAddress: '::ffff:10.0.0.1' }]);
  });
});

describe('other tables', () => {
  test('ruling: its failures come from `AHDSDicomAuditLogs`, by status class only', async () => {
    const aDicomRow = (overrides: JsonObject) => ({
      TimeGenerated: '2026-11-22T07:30:00Z',
      OperationName: 'retrieve-study',
      Identity: { oid: 'x' },
      Uri: SECRET,
      _ResourceId: PACS.id,
      ...overrides,
    });
    const tables = {
      AHDSDicomAuditLogs: [
        aDicomRow({ ResultType: 'started', StatusCode: null }),
        aDicomRow({ ResultType: 'ended', StatusCode: 200 }),
        aDicomRow({ ResultType: 'ended', StatusCode: 503 }),
        aDicomRow({ ResultType: 'Failed', StatusCode: null }),
      ],
    };
    const { rows, failures } = await collectOne(PACS, tables);
    expect(rows).toBe(4);
    expect(failures.map(({ status, callerObjectId }) => [status, callerObjectId])).toEqual(
      expect.arrayContaining([
        [503, undefined],
        [undefined, undefined],
      ]),
    );
  });

  const aDiagnostic = (overrides: JsonObject): JsonObject => ({
    TimeGenerated: '2026-11-22T07:30:00Z',
    Category: 'AuditLogs',
    ResourceId: PRAXIS.id.toUpperCase(),
    OperationName: 'Microsoft.HealthcareApis/services/fhir-R4/search-type',
    ResultType: 'Failed',
    ...overrides,
  });

  test('trap: `union isfuzzy=true` with `AzureDiagnostics` and `column_ifexists` - upper-case ResourceId, no _ResourceId', async () => {
    const window = await collectOne(PRAXIS, { AzureDiagnostics: [aDiagnostic({})] });
    expect(window).toMatchObject({ rows: 1, failures: [{ operation: 'search-type', count: 1 }] });
    const both = { AzureDiagnostics: [aDiagnostic({})], ...audit(aRow({ _ResourceId: PRAXIS.id })) };
    expect(await collectOne(PRAXIS, both)).toMatchObject({ rows: 2 });
  });

  test('status, caller and address are found in every likely spelling', async () => {
    const statuses: readonly JsonObject[] = [
      { StatusCode_d: 403 },
      { statusCode_d: 403.0 },
      { StatusCode_s: '403' },
      { statusCode_s: '403' },
      { httpStatusCode_d: 403 },
      { properties_statusCode_s: '403' },
      { StatusCode: 403 },
      { ResultSignature: '403' },
    ];
    const callers: readonly JsonObject[] = [
      { CallerIdentityObjectId_g: 'oid-1' },
      { CallerIdentityObjectId_s: 'oid-1' },
      { callerIdentityObjectId_s: 'oid-1' },
      { identity_claims_oid_g: 'oid-1' },
      { identity_claims_oid_s: 'oid-1' },
      { CallerIdentityObjectId: 'oid-1' },
      { CallerIdentity_s: '{"claims":{"oid":"oid-1"}}' },
    ];
    const addresses: readonly JsonObject[] = [
      { CallerIPAddress: '10.0.0.9' },
      { CallerIPAddress_s: '10.0.0.9' },
      { callerIPAddress_s: '10.0.0.9' },
      { callerIpAddress_s: '10.0.0.9' },
    ];
    const rows = [...statuses, ...callers, ...addresses].map((spelled, i) =>
      aDiagnostic({ OperationName: `x/${i}`, ResultType: i < statuses.length ? 'Succeeded' : 'Failed', ...spelled }),
    );
    const { failures } = await collectOne(PRAXIS, { AzureDiagnostics: rows });
    const found = (status?: number, callerObjectId?: string, callerAddress?: string) =>
      failures.filter(
        (row) => row.status === status && row.callerObjectId === callerObjectId && row.callerAddress === callerAddress,
      ).length;
    expect(found(403)).toBe(statuses.length);
    expect(found(undefined, 'oid-1')).toBe(callers.length);
    expect(found(undefined, undefined, '10.0.0.9')).toBe(addresses.length);
  });

  test('other categories and other providers in AzureDiagnostics are no audit rows', async () => {
    const rows = [
      aDiagnostic({ Category: 'DiagnosticLogs' }),
      aDiagnostic({ ResourceId: '/SUBSCRIPTIONS/S/PROVIDERS/X' }),
    ];
    expect(await collectOne(PRAXIS, { AzureDiagnostics: rows })).toMatchObject({ rows: 0 });
    const anyService = writeAuditQuery({ services: [], windowSeconds: 3600, distinguish: false });
    expect(run(anyService, { AzureDiagnostics: rows })).toMatchObject({ rows: [] });
  });
});

describe('telling rows apart', () => {
  test('with one workspace, failed rows are grouped by status, operation and caller', async () => {
    const rows = [aRow(), aRow({ CorrelationId: 'c-2' }), aRow({ RequestUri: 'y' }), aRow({ StatusCode: 404 })];
    const { failures } = await collectOne(EHR, audit(...rows));
    expect(failures.map(({ count }) => count).sort()).toEqual([1, 3]);
  });

  test('ruling: Rows that are equal in two workspaces (but for `TenantId` and `_…` columns) count once', async () => {
    const copies = [aRow(), aRow({ TenantId: 'workspace-2', _BilledSize: 1, _ItemId: 'x', _ResourceId: EHR.id })];
    const [one, two] = await collect(EHR, ...copies.map((row) => audit(row)));
    expect(one?.failures[0]?.key).toMatch(/^[0-9a-f]{64}$/);
    expect(one?.failures[0]?.key).toBe(two?.failures[0]?.key);
  });

  test('rows that differ in any other column are two', () => {
    const differences: readonly JsonObject[] = [
      { TimeGenerated: '2026-11-22T07:30:00.0000001Z' },
      { OperationName: 'read' },
      { StatusCode: 404 },
      { ResultType: 'failed' },
      { CallerIdentityObjectId: 'oid-2' },
      { CallerIPAddress: '10.0.0.2' },
      { CallerIdentityIssuer: 'https://sts.windows.net/other' },
      { CallerIdentity: { claims: { oid: 'x' } } },
      { CorrelationId: 'c-2' },
      { FhirResourceType: 'Observation' },
      { RequestUri: 'y' },
      { OperationDuration: 5 },
      { Properties: { a: 1 } },
      { Location: 'westeurope' },
      { LogCategory: 'x' },
      { SourceSystem: 'x' },
    ];
    const query = writeAuditQuery({ services: [normaliseId(EHR.id)], windowSeconds: 3600, distinguish: true });
    const result = run(query, audit(aRow(), ...differences.map(aRow)));
    expect('rows' in result && new Set(result.rows.map(([, key]) => key)).size).toBe(differences.length + 1);
  });

  test('equal rows of one workspace stay counted', async () => {
    const [one] = await collect(EHR, audit(aRow(), aRow()), audit());
    expect(one?.failures).toMatchObject([{ count: 2 }]);
  });

  test('trap: callers shown by object id, addresses, never `RequestUri` - no answer holds one', () => {
    for (const distinguish of [true, false]) {
      const query = writeAuditQuery({ services: [normaliseId(EHR.id)], windowSeconds: 3600, distinguish });
      expect(JSON.stringify(run(query, audit(aRow())))).not.toContain('Featherstonehaugh');
    }
  });
});
