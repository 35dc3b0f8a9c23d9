/** What diagnostic settings and audit rows may look like, and what the checks of audit logs must say of it. */
import { deriveId } from '../../sandbox/estate.ts';
import type { AzureDocument, Json, JsonObject } from '../../sandbox/types.ts';
import type { Changes, Ward, WardCase } from './wards.ts';

const fhirTable = 'MicrosoftHealthcareApisAuditLogs';
/** What request addresses hold here must never reach a report. */
const patient = 'Featherstonehaugh';
const needles = new RegExp(`${patient}|MRN-4471`);
type On = 'fhir' | 'dicom' | 'legacy';

/** One setting of the service, to the approved workspace unless `more` says otherwise. */
function setting(ward: Ward, logs: Json, more: JsonObject = {}, on: On = 'fhir', name = 'one'): AzureDocument {
  const properties = { workspaceId: ward.log, storageAccountId: null, metrics: [], logs, ...more };
  const id = `${ward[on]}/providers/microsoft.insights/diagnosticSettings/${name}`;
  return { id, name, type: 'Microsoft.Insights/diagnosticSettings', properties };
}
const audit = { category: 'AuditLogs', enabled: true };

const cases: WardCase[] = [];
function add(
  why: string,
  given: (ward: Ward) => Changes,
  wants: Readonly<Record<string, string>>,
  says: readonly RegExp[] = [],
  on: On = 'fhir',
): void {
  cases.push({ why, on, given, wants, says: () => says, never: needles });
}

/** `wants`: the setting, and with no row in the log whether failures can be known. */
function set(why: string, settings: (ward: Ward) => readonly AzureDocument[], wants: string, ...says: RegExp[]): void {
  const [own = '', failures = ''] = wants.split(' / ');
  const given = (ward: Ward) => ({ settings: settings(ward), rows: {} });
  add(`setting: ${why}`, given, { 'audit-log-setting': own, 'audit-log-failures': failures }, says);
}
const good = 'pass / pass';
const hollow = 'fail high / unknown';
set('the category', (w) => [setting(w, [audit])], good);
set('the category in another case', (w) => [setting(w, [{ category: 'auditLOGS', enabled: true }])], good);
set('the group', (w) => [setting(w, [{ categoryGroup: 'allLogs', enabled: true }])], good);
for (const enabled of [false, null, 'true', 1]) {
  set(`enabled is ${JSON.stringify(enabled)}`, (w) => [setting(w, [{ ...audit, enabled }])], hollow, /enabled/);
}
set('enabled is absent', (w) => [setting(w, [{ category: 'AuditLogs' }])], hollow);
set('the group audit', (w) => [setting(w, [{ categoryGroup: 'audit', enabled: true }])], hollow, /group audit/);
set('diagnostic logs alone', (w) => [setting(w, [{ category: 'DiagnosticLogs', enabled: true }])], hollow);
set('none', () => [], hollow, /no diagnostic setting/);
set('no logs', (w) => [setting(w, [])], hollow);
set('logs are null', (w) => [setting(w, null)], hollow);
set('logs are no list', (w) => [setting(w, 'all')], 'unknown / unknown', /could not|could be read/);
set('logs are no list, beside a good one', (w) => [setting(w, 'all'), setting(w, [audit], {}, 'fhir', 'two')], good);
set(
  'one is off, one is on',
  (w) => [setting(w, [{ ...audit, enabled: false }]), setting(w, [audit], {}, 'fhir', 'two')],
  good,
);
set(
  'on to nowhere, off to the right place',
  (w) => [
    setting(w, [audit], { workspaceId: null, storageAccountId: '/subscriptions/s' }),
    setting(w, [{ ...audit, enabled: false }], {}, 'fhir', 'two'),
  ],
  hollow,
  /no Log Analytics workspace/,
);
set('another workspace', (w) => [setting(w, [audit], { workspaceId: `${w.log}-2` })], hollow, /approve/);
set('the workspace in another case', (w) => [setting(w, [audit], { workspaceId: w.log.toUpperCase() })], good);

function place(why: string, workspaceId: (ward: Ward) => string, wants: string, ...says: RegExp[]): void {
  const given = (ward: Ward) => ({
    settings: [setting(ward, [audit], { workspaceId: workspaceId(ward) })],
    expect: { logWorkspaces: [] },
  });
  add(`destination: ${why}`, given, { 'audit-log-setting': wants }, says);
}
place('any that exists', ({ log }) => log, 'pass');
place('gone', ({ log }) => `${log}-gone`, 'fail high', /does not exist/, /log-hub-gone/);
place(
  'in a subscription out of sight',
  ({ log }) => log.replace(/(?<=^\/subscriptions\/)[^/]+/, deriveId('unseen')),
  'unknown',
);
place('no id', () => 'log-hub', 'fail high');
place('a vault', ({ log }) => log.replace('OperationalInsights/workspaces', 'KeyVault/vaults'), 'fail high');

/** A final row of the FHIR service, so many minutes ago. */
function row(ward: Ward, status: number | null, minutes: number, more: JsonObject = {}, on: On = 'fhir'): JsonObject {
  return {
    TimeGenerated: ward.ago(minutes),
    OperationName: 'Microsoft.HealthcareApis/services/fhir-R4/search-type',
    ResultType: status !== null && status < 400 ? 'Succeeded' : 'Failed',
    StatusCode: status,
    RequestUri: `https://ehr.example/Patient?name=${patient}&identifier=MRN-4471`,
    CallerIdentityObjectId: 'caller-0',
    CallerIPAddress: '10.20.1.17',
    _ResourceId: ward[on].toLowerCase(),
    ...more,
  };
}
const times = <T>(count: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, i) => make(i));
/** So many equal failures, spread over five callers if `spread`. */
const failures = (ward: Ward, count: number, status: number | null, more: JsonObject = {}, spread = false) =>
  times(count, (i) =>
    row(ward, status, 2 + (i % 50), { ...(spread ? { CallerIdentityObjectId: `caller-${i % 5}` } : {}), ...more }),
  );

function logged(why: string, rows: (ward: Ward) => readonly JsonObject[], wants: string, ...says: RegExp[]): void {
  const given = (ward: Ward) => ({ settings: [setting(ward, [audit])], rows: { [fhirTable]: rows(ward) } });
  add(`rows: ${why}`, given, { 'audit-log-failures': wants }, says);
}
const bad = 'fail medium';
logged('50 client errors', (w) => failures(w, 50, 403, {}, true), 'pass');
logged('51 client errors', (w) => failures(w, 51, 403, {}, true), bad, /51 client errors/);
logged('20 of one caller', (w) => failures(w, 20, 401), 'pass');
logged('21 of one caller', (w) => failures(w, 21, 401), bad, /21 .*caller-0/);
logged('5 server errors', (w) => failures(w, 5, 500), 'pass');
logged('6 server errors', (w) => failures(w, 6, 503), bad, /6 server errors/);
logged('server errors are no client errors', (w) => [...failures(w, 5, 500), ...failures(w, 20, 404)], 'pass');
logged('failed without a status', (w) => failures(w, 21, null), bad);
logged('failed with 200', (w) => failures(w, 21, 200, { ResultType: 'Failed' }), bad);
logged('404 that succeeded', (w) => failures(w, 21, 404, { ResultType: 'Succeeded' }), bad);
logged(
  'a status in text',
  (w) => failures(w, 6, 500).map((one) => ({ ...one, StatusCode: '500' })),
  bad,
  /6 server errors/,
);
logged(
  'a status in text that succeeded',
  (w) => failures(w, 21, 403).map((one) => ({ ...one, StatusCode: '403', ResultType: 'Succeeded' })),
  bad,
);
logged('started is no result', (w) => failures(w, 60, 500, { ResultType: 'Started' }), 'pass');
logged('at the edge of the window', (w) => [...failures(w, 20, 401), row(w, 401, 60)], 'pass');
logged('within the window', (w) => [...failures(w, 20, 401), row(w, 401, 58)], bad);
logged('ahead of the clock', (w) => [...failures(w, 20, 401), row(w, 401, -9)], 'pass');
const anonymous = { CallerIdentityObjectId: '' };
logged(
  'one address in two spellings',
  (w) => times(21, (i) => row(w, 401, 5, { ...anonymous, CallerIPAddress: i % 2 ? '10.0.0.9' : '::ffff:10.0.0.9' })),
  bad,
  /client errors of 10\.0\.0\.9/,
);
logged('nobody', (w) => failures(w, 21, 401, { ...anonymous, CallerIPAddress: null }), bad, /unauthenticated/);
logged(
  'an address for a caller',
  (w) => failures(w, 21, 401, { CallerIdentityObjectId: `https://x/?q=${patient}` }),
  bad,
);
logged('equal rows of one workspace', (w) => times(21, () => row(w, 401, 5)), bad);
logged(
  'a service with a longer name',
  (w) => failures(w, 60, 401, { _ResourceId: `${w.fhir.toLowerCase()}2` }),
  'pass',
);
logged('the id in capitals', (w) => failures(w, 21, 401, { _ResourceId: w.fhir.toUpperCase() }), bad);

/** Rows of `AzureDiagnostics`, whose columns have several spellings. */
function diagnostics(why: string, more: JsonObject, count: number, wants: string, ...says: RegExp[]): void {
  const given = (ward: Ward) => ({
    settings: [setting(ward, [audit])],
    rows: {
      AzureDiagnostics: times(count, (i) => ({
        TimeGenerated: ward.ago(2 + (i % 50)),
        ResourceId: ward.fhir.toUpperCase(),
        Category: 'AuditLogs',
        ResultType: 'Failed',
        requestUri_s: `https://ehr.example/Patient?name=${patient}`,
        ...more,
      })),
    },
  });
  add(`AzureDiagnostics: ${why}`, given, { 'audit-log-failures': wants }, says);
}
diagnostics('a number', { StatusCode_d: 403, CallerIdentityObjectId_s: 'caller-9' }, 21, bad, /caller-9/);
diagnostics('a text', { statusCode_s: '500' }, 6, bad, /6 server errors/);
diagnostics('an address', { StatusCode_d: 401, CallerIPAddress_s: '10.9.9.9' }, 21, bad, /10\.9\.9\.9/);
diagnostics('another category', { Category: 'DiagnosticLogs', StatusCode_d: 500 }, 60, 'pass');
diagnostics('started', { ResultType: 'Started', StatusCode_d: 500 }, 60, 'pass');

for (const [count, status, wants] of [
  [50, 404, 'pass'],
  [51, 404, bad],
  [6, 500, bad],
] as const) {
  const given = (w: Ward) => ({
    settings: [setting(w, [audit], {}, 'dicom')],
    rows: { AHDSDicomAuditLogs: times(count, () => row(w, status, 5, { ResultType: 'ended' }, 'dicom')) },
  });
  add(`DICOM: ${count} times ${status}`, given, { 'audit-log-failures': wants }, [], 'dicom');
}

function quiet(why: string, requests: Changes['requests'] & object, wants: string, expect: JsonObject = {}): void {
  const given = (ward: Ward) => ({ settings: [setting(ward, [audit])], requests, expect });
  add(`no rows: ${why}`, given, { 'audit-log-failures': wants }, [/traffic|requests/i]);
}
quiet('no request', [], 'pass');
quiet('20 requests', [[30, 20]], 'pass');
quiet('21 requests', [[30, 21]], 'unknown');
quiet(
  '21 in two parts',
  [
    [20, 10],
    [50, 11],
  ],
  'unknown',
);
quiet('21 of the last quarter', [[10, 21]], 'pass');
quiet('21 before the window', [[130, 21]], 'pass');
quiet(
  '21 over two hours',
  [
    [70, 10],
    [80, 11],
  ],
  'pass',
  { auditFailures: { window: 'PT3H' } },
);
quiet(
  '21 in an older hour',
  [
    [80, 10],
    [100, 11],
  ],
  'unknown',
  { auditFailures: { window: 'PT3H' } },
);

add(
  'a threshold and a window of its own',
  (w) => ({
    settings: [setting(w, [audit])],
    rows: { [fhirTable]: times(3, () => row(w, 404, 100)) },
    expect: { auditFailures: { window: 'PT2H', perCaller: 2 } },
  }),
  { 'audit-log-failures': bad },
);

/** Two workspaces: the approved one and one beside it, with these rows each. */
function two(
  why: string,
  here: (w: Ward) => readonly JsonObject[],
  there: (w: Ward) => readonly JsonObject[],
  wants: string,
  faults: readonly JsonObject[] = [],
): void {
  const given = (ward: Ward): Changes => ({
    settings: [setting(ward, [audit]), setting(ward, [audit], { workspaceId: `${ward.log}-2` }, 'fhir', 'two')],
    rows: { [fhirTable]: here(ward) },
    estate: (file) => {
      const { resources, logs } = file as { resources: readonly AzureDocument[]; logs: JsonObject };
      const second = {
        id: `${ward.log}-2`,
        name: 'log-hub-2',
        type: 'Microsoft.OperationalInsights/workspaces',
        location: 'westeurope',
        properties: {},
      };
      return {
        ...file,
        faults,
        resources: [...resources, second],
        logs: { ...logs, [`${ward.log}-2`]: { [fhirTable]: there(ward) } },
      };
    },
  });
  add(`two workspaces: ${why}`, given, { 'audit-log-setting': 'pass', 'audit-log-failures': wants });
}
const numbered = (w: Ward, count: number, more: JsonObject = {}) =>
  times(count, (i) => row(w, 401, 5, { CorrelationId: `c${i}`, ...more }));
two(
  'the same rows',
  (w) => numbered(w, 15, { TenantId: 'a' }),
  (w) => numbered(w, 15, { TenantId: 'b', _BilledSize: 9 }),
  'pass',
);
two(
  'rows that differ',
  (w) => numbered(w, 11),
  (w) => numbered(w, 10, { OperationName: 'x/read' }),
  bad,
);
const fault = (target: string, match: string, more: JsonObject = {}) => ({
  target,
  match,
  kind: 'status',
  status: 403,
  ...more,
});
two(
  'one is refused',
  (w) => numbered(w, 3),
  () => [],
  'pass',
  [fault('logs', 'log-hub-2')],
);
two(
  'both are refused',
  (w) => numbered(w, 3),
  () => [],
  'unknown',
  [fault('logs', '.')],
);

function faulty(why: string, faults: readonly JsonObject[], wants: string, count = 1): void {
  const [own = '', seen = ''] = wants.split(' / ');
  const given = (w: Ward) => ({
    settings: [setting(w, [audit])],
    rows: { [fhirTable]: times(count, (i) => row(w, 401, 5, { CallerIdentityObjectId: `caller-${i % 9}` })) },
    estate: (file: object) => ({ ...file, faults }),
  });
  add(`weather: ${why}`, given, { 'audit-log-setting': own, 'audit-log-failures': seen });
}
faulty('settings refused', [fault('resource-manager', 'diagnosticSettings')], 'unknown / unknown', 60);
faulty('settings in HTML', [fault('resource-manager', 'diagnosticSettings', { kind: 'html' })], 'unknown / unknown');
for (const kind of ['malformed', 'empty', 'html', 'reset', 'partial']) {
  faulty(`logs: ${kind}`, [fault('logs', '.', { kind })], 'pass / unknown');
}
faulty('logs stumble once', [fault('logs', '.', { status: 500, times: 1 })], 'pass / pass');
faulty('logs throttle twice', [fault('logs', '.', { status: 429, times: 2 })], 'pass / pass');
faulty('half of it proves a failure', [fault('logs', '.', { kind: 'partial' })], 'pass / fail medium', 900);
add(
  'weather: no rows, and the metric refused',
  (w) => ({
    settings: [setting(w, [audit])],
    requests: [[30, 3]],
    estate: (file) => ({ ...file, faults: [fault('metrics', '.'), fault('resource-manager', '/metrics')] }),
  }),
  { 'audit-log-failures': 'unknown' },
);

export const auditCases: readonly WardCase[] = cases;
