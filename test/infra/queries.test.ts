import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  type KqlDatabase,
  type KqlResult,
  type KqlTable,
  runQuery,
  tableFromRecords,
} from '../../sandbox/kql/engine.ts';

/** Every query that the product ships: what it may show, and that it runs. */

const root = fileURLToPath(new URL('../../', import.meta.url));
const now = new Date('2026-11-22T08:00:00Z');
const shipped = ['src', 'infra'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.kql') && !file.includes('staged'))
    .map((file) => `${folder}/${file}`),
);

function run(
  query: string,
  tables: Readonly<Record<string, KqlTable>>,
  dialect: KqlDatabase['dialect'] = 'log-analytics',
) {
  const result: KqlResult = runQuery(query, { tables: new Map(Object.entries(tables)), dialect }, { now });
  if ('error' in result) throw new Error(result.error.message);
  return result;
}

describe('request addresses can name patients', () => {
  const patient = 'https://clinic.example/Patient/7401156';
  const row = {
    TimeGenerated: '2026-11-22T07:50:00Z',
    _ResourceId: '/subscriptions/1/resourcegroups/g/providers/microsoft.healthcareapis/workspaces/w/fhirservices/f',
    ResourceId: '/SUBSCRIPTIONS/1/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.HEALTHCAREAPIS/WORKSPACES/W/FHIRSERVICES/F',
    Category: 'AuditLogs',
    OperationName: 'read',
    ResultType: 'Failed',
    StatusCode: 404,
    Name: 'RequestUri',
    Success: true,
    RequestUri: patient,
    RequestUri_s: patient,
    requestUri_s: patient,
    Uri: patient,
    Properties: {},
    Measurements: {},
  };
  const tables = Object.fromEntries(
    [
      'MicrosoftHealthcareApisAuditLogs',
      'AHDSDicomAuditLogs',
      'AzureDiagnostics',
      'AppEvents',
      'AppAvailabilityResults',
    ].map((name) => [name, tableFromRecords([row])]),
  );

  test('the queries are found', () => {
    expect(shipped).toContain('src/evidence/logs/audit-log-failures.kql');
    expect(shipped.length).toBeGreaterThan(7);
  });

  test.each(shipped)('%s projects no RequestUri', (file) => {
    const query = readFileSync(join(root, file), 'utf8');
    expect(leaks(query, tables, patient)).toEqual([]);
    expect(names(query)).not.toMatch(/request_?uri/i);
  });

  test('a query that did would be seen, by the name or by the value', () => {
    expect(leaks('MicrosoftHealthcareApisAuditLogs | project RequestUri', tables, patient)).toEqual([
      'RequestUri',
      patient,
    ]);
    expect(
      leaks('MicrosoftHealthcareApisAuditLogs | project Where = strcat("at ", RequestUri)', tables, patient),
    ).toHaveLength(1);
    expect(leaks('AzureDiagnostics | summarize by tostring(requestUri_s)', tables, patient)).not.toEqual([]);
  });
});

/** A query without its comments and texts: a column that is only hashed is named in a text, by column_ifexists. */
function names(query: string): string {
  return query.replace(/\/\/.*$/gm, '').replace(/"[^"\n]*"/g, '');
}

function leaks(query: string, tables: Readonly<Record<string, KqlTable>>, patient: string): readonly string[] {
  const { columns, rows } = run(query, tables);
  const named = columns.map(({ name }) => name).filter((name) => /request_?uri|^uri/i.test(name));
  const shown = rows.flat().filter((cell) => JSON.stringify(cell)?.includes(patient));
  return [...named, ...shown.map(String)];
}

interface WorkbookItem {
  readonly name: string;
  readonly content: { readonly query?: string; readonly queryType?: number };
}

describe('the workbook', () => {
  const workbook = JSON.parse(readFileSync(join(root, 'infra/workbook.json'), 'utf8')) as {
    items: readonly WorkbookItem[];
  };
  const query = (name: string): string => {
    const found = workbook.items.find((item) => item.name === name)?.content.query;
    if (found === undefined) throw new Error(`the workbook has no ${name}`);
    return found;
  };
  const event = (Name: string, TimeGenerated: string, Properties: object, Measurements: object = {}) => ({
    TimeGenerated,
    Name,
    Properties,
    Measurements,
  });
  const drift = {
    driftId: 'd1',
    severity: 'critical',
    direction: 'regressed',
    check: 'c',
    serviceName: 's',
    since: 'x',
  };
  const AppEvents = tableFromRecords([
    event(
      'SweepCompleted',
      '2026-11-22T07:00:00Z',
      { family: 'network', outcome: 'completed' },
      { services: 2, findings: 8, unknown: 2, coverage: 0.75 },
    ),
    event(
      'SweepCompleted',
      '2026-11-22T07:05:00Z',
      { family: 'network', outcome: 'completed' },
      { services: 2, findings: 8, unknown: 0, coverage: 1 },
    ),
    event('DriftOpened', '2026-11-22T06:00:00Z', drift),
    event('DriftOpened', '2026-11-22T06:00:00Z', { ...drift, driftId: 'd2' }),
    event('DriftResolved', '2026-11-22T07:00:00Z', { ...drift, driftId: 'd2' }),
  ]);

  test('shows posture, coverage, drifts open and over time, alerts a week', () => {
    const names = workbook.items.map(({ name }) => name);
    expect(names).toEqual([
      'heading',
      'posture',
      'open-drifts',
      'coverage',
      'drifts-over-time',
      'opened-and-resolved',
      'alerts-a-week',
    ]);
  });

  test('posture is the last sweep of each family', () => {
    expect(run(query('posture'), { AppEvents }).rows).toEqual([
      ['network', '2026-11-22T07:05:00.0000000Z', 'completed', 2, 8, 0, 100],
    ]);
  });

  test('a resolved drift is no open one', () => {
    expect(run(query('open-drifts'), { AppEvents }).rows).toHaveLength(1);
  });

  test('coverage is the worst of the hour, drifts are counted once', () => {
    expect(run(query('coverage'), { AppEvents }).rows.flat()).toContain(75);
    expect(run(query('drifts-over-time'), { AppEvents }).rows.map((row) => row.at(-1))).toEqual([2]);
    expect(run(query('opened-and-resolved'), { AppEvents }).rows.map((row) => row.slice(-2))).toEqual([[2, 1]]);
  });

  test('alerts are counted by week and severity, those of fhirwatch only', () => {
    const alert = (alertRule: string, startDateTime: string) => ({
      type: 'microsoft.alertsmanagement/alerts',
      properties: { essentials: { alertRule, startDateTime, severity: 'Sev1' } },
    });
    const alertsmanagementresources = tableFromRecords([
      alert('/x/fhirwatch-drift-opened', '2026-11-18T00:00:00Z'),
      alert('/x/fhirwatch-heartbeat-missing', '2026-11-20T00:00:00Z'),
      alert('/x/somebody-else', '2026-11-20T00:00:00Z'),
    ]);
    const { rows } = run(query('alerts-a-week'), { alertsmanagementresources }, 'resource-graph');
    expect(rows.map((row) => row.at(-1))).toEqual([2]);
  });
});
