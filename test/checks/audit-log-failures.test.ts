import { describe, expect, test } from 'vitest';
import { auditLogFailures } from '../../src/checks/audit-log-failures.ts';
import type {
  AuditFailureRow,
  AuditRows,
  AuditWindow,
  Evidence,
  Expectations,
  Gathered,
  ServiceKind,
  Traffic,
  Verdict,
} from '../../src/model.ts';
import { assess } from '../../src/posture/assess.ts';
import { aContext, aService, failure, got, lost, someExpectations } from '../builders.ts';

const LAW = '/subscriptions/s/resourcegroups/rg/providers/microsoft.operationalinsights/workspaces/law';
const OID = '811a976c-ccf6-5164-9b5a-88d9449e6bbc';

let serial = 0;
function failed(count: number, overrides: Partial<AuditFailureRow> = {}): AuditFailureRow {
  serial += 1;
  return { key: `key-${serial}`, count, status: 403, operation: 'read', ...overrides };
}
/** `count` client errors, each of a caller of its own */
const scattered = (count: number, overrides: Partial<AuditFailureRow> = {}): AuditFailureRow[] =>
  Array.from({ length: count }, (_, i) => failed(1, { callerAddress: `10.0.${i >> 8}.${i & 255}`, ...overrides }));

function inWindow(failures: readonly AuditFailureRow[], overrides: Partial<AuditWindow> = {}): Gathered<AuditWindow> {
  return got({ workspaceId: `${LAW}-1`, rows: 100, failures, ...overrides });
}
const rowsOf = (...windows: Gathered<AuditWindow>[]): AuditRows => ({
  windowSeconds: 3600,
  workspaces: windows.map((window, i) => ({ workspaceId: `${LAW}-${i + 1}`, window })),
});
const anHour = (requests: number): Gathered<Traffic> =>
  got({ hours: [{ from: '2026-11-22T06:45:00.000Z', to: '2026-11-22T07:45:00.000Z', requests }] });

function judge(
  auditRows: AuditRows,
  {
    kind = 'fhirService',
    traffic = lost('throttled'),
    expectations = {},
  }: { kind?: ServiceKind; traffic?: Gathered<Traffic>; expectations?: Partial<Expectations> } = {},
): Verdict {
  return auditLogFailures.evaluate({ auditRows, traffic }, aContext(kind, { expect: someExpectations(expectations) }));
}
const judgeRows = (failures: readonly AuditFailureRow[], kind: ServiceKind = 'fhirService') =>
  judge(rowsOf(inWindow(failures)), { kind });

describe('thresholds', () => {
  const rule = 'ruling: Thresholds are per service; "more than" fails, equal passes';

  test.each<ServiceKind>(['fhirService', 'apiForFhir', 'dicomService'])(`${rule} - client errors of %s`, (kind) => {
    expect(judgeRows(scattered(50), kind)).toMatchObject({ status: 'pass', observed: { exceeded: [] } });
    const verdict = judgeRows(scattered(51), kind);
    expect(verdict).toMatchObject({ status: 'fail', observed: { exceeded: ['client errors > 50'] } });
    expect(verdict.message).toMatch(/last 1 h.*\(law-1\).*51 client errors \(policy: at most 50.*403 × 51/);
  });

  test(`${rule} - server errors`, () => {
    expect(judgeRows([failed(5, { status: 503 })]).status).toBe('pass');
    const verdict = judgeRows([failed(6, { status: 503 })]);
    expect(verdict).toMatchObject({ status: 'fail', observed: { exceeded: ['server errors > 5'] } });
  });

  test(`${rule} - one caller`, () => {
    expect(judgeRows([failed(20, { callerObjectId: OID })]).status).toBe('pass');
    const verdict = judgeRows([failed(20, { callerObjectId: OID }), failed(1, { callerObjectId: OID.toUpperCase() })]);
    expect(verdict).toMatchObject({ status: 'fail', observed: { exceeded: [`client errors of ${OID} > 20`] } });
    expect(verdict.message).toContain(OID);
  });

  test(`${rule} - a threshold of nought`, () => {
    const expectations = { auditFailures: { windowSeconds: 3600, clientErrors: 0, serverErrors: 0, perCaller: 0 } };
    expect(judge(rowsOf(inWindow([])), { expectations }).status).toBe('pass');
    expect(judge(rowsOf(inWindow([failed(1, { status: 500 })])), { expectations }).status).toBe('fail');
  });

  test('ruling: 5xx count only as server errors - neither as client errors nor per caller', () => {
    const rows = [...scattered(48), failed(5, { status: 500, callerObjectId: OID })];
    expect(judgeRows([...rows, failed(2, { callerObjectId: OID })]).status).toBe('pass');
  });

  test('ruling: per caller by object id, else address, else "unauthenticated" - who has no name counts together', () => {
    const verdict = judgeRows([failed(11, { status: 401 }), failed(10, { status: 401, callerAddress: '' })]);
    expect(verdict).toMatchObject({
      status: 'fail',
      observed: { exceeded: ['client errors of unauthenticated callers > 20'] },
    });
  });

  test('ruling: its failures come from `AHDSDicomAuditLogs`, by status class only - no caller is judged', () => {
    expect(judgeRows([failed(49, { callerObjectId: OID })], 'dicomService').status).toBe('pass');
    expect(judgeRows([failed(51)], 'dicomService')).toMatchObject({ observed: { exceeded: ['client errors > 50'] } });
  });

  test('ruling: Several defects in one finding: all named', () => {
    const verdict = judgeRows([failed(60, { callerObjectId: OID }), failed(9, { status: 500 })]);
    expect(verdict.observed).toEqual({
      exceeded: ['client errors > 50', `client errors of ${OID} > 20`, 'server errors > 5'],
    });
    expect(verdict.message).toMatch(/9 server errors.*60 client errors .*60 client errors of 811a/);
  });

  test('ruling: Rows that are equal in two workspaces (but for `TenantId` and `_…` columns) count once', () => {
    const rows = scattered(30);
    expect(judge(rowsOf(inWindow(rows), inWindow(rows))).status).toBe('pass');
    expect(judge(rowsOf(inWindow(rows), inWindow(scattered(30)))).status).toBe('fail');
  });
});

describe('what could not be read', () => {
  test('ruling: No enabled setting, or none whose workspace still exists: the log-based checks are `unknown`', () => {
    const none = judge(rowsOf());
    expect(none.status).toBe('unknown');
    expect(none.message).toMatch(/audit-log-setting/);
    expect(judge(rowsOf(lost('not-found'))).status).toBe('unknown');
  });

  test('ruling: workspaces exist but none can be read, or the settings cannot: all `unknown`.', () => {
    const verdict = judge(rowsOf(lost('forbidden'), lost('unreachable')), { traffic: anHour(0) });
    expect(verdict.status).toBe('unknown');
    expect(verdict.message).toMatch(/law-1 could not be read \(forbidden\).*law-2 could not be read \(unreachable\)/);
    const { findings } = assess([auditLogFailures], { auditRows: lost('forbidden') }, aContext('fhirService'));
    expect(findings.map(({ status }) => status)).toEqual(['unknown']);
  });

  test('ruling: One that can be read suffices.', () => {
    expect(judge(rowsOf(lost('forbidden'), inWindow([failed(2)]))).status).toBe('pass');
    expect(judge(rowsOf(lost('not-found'), inWindow([failed(6, { status: 500 })]))).status).toBe('fail');
  });

  test('trap: partial results never pass - but what they hold can fail', () => {
    const incomplete = failure('unreachable', 'the query was cut');
    const verdict = judge(rowsOf(inWindow([failed(1)], { incomplete })), { traffic: anHour(0) });
    expect(verdict.status).toBe('unknown');
    expect(verdict.message).toMatch(/the query was cut/);
    expect(judge(rowsOf(inWindow([], { incomplete, rows: 0 })), { traffic: anHour(0) }).status).toBe('unknown');
    expect(judge(rowsOf(inWindow([failed(6, { status: 500 })], { incomplete }))).status).toBe('fail');
  });
});

describe('no rows', () => {
  const silent = rowsOf(inWindow([], { rows: 0 }));
  const rule = 'ruling: No rows in the window: no traffic → pass, traffic or unreadable traffic → `unknown`';

  test(`${rule} - no traffic`, () => {
    const verdict = judge(silent, { traffic: anHour(20) });
    expect(verdict).toMatchObject({ status: 'pass', observed: { exceeded: [] } });
    expect(verdict.message).toMatch(/no traffic/);
  });

  test(`${rule} - traffic`, () => {
    const verdict = judge(silent, { traffic: anHour(21) });
    expect(verdict.status).toBe('unknown');
    expect(verdict.message).toMatch(/21 requests/);
  });

  test(`${rule} - unreadable`, () => {
    expect(judge(silent, { traffic: lost('throttled') }).status).toBe('unknown');
  });

  test("ruling: a service without the metric's series has none", () => {
    expect(judge(silent, { traffic: got({ hours: [] }) }).status).toBe('pass');
  });

  test('DICOM has no such metric: no rows is no failure, whatever became of the metric', () => {
    const verdict = judge(silent, { kind: 'dicomService' });
    expect(verdict.status).toBe('pass');
    expect(verdict.message).toMatch(/DICOM has no request metric/);
  });

  test('rows without a failure pass even where the metric is lost', () => {
    expect(judge(rowsOf(inWindow([])), { traffic: lost('unreachable') }).status).toBe('pass');
  });
});

describe('who is judged, and what may be said', () => {
  test('ruling: all log-based checks for MedTech and workspace - `n/a`', () => {
    for (const kind of ['medtechService', 'workspace', 'fhirServer'] as const) {
      const { findings } = assess([auditLogFailures], {} satisfies Evidence, aContext(kind));
      expect(findings.map(({ status }) => status)).toEqual(['not-applicable']);
    }
  });

  test('trap: callers shown by object id, addresses, never `RequestUri` - nor anything else that a row holds', () => {
    const rows = [
      failed(30, { operation: 'Patient?family=Featherstonehaugh', callerAddress: '10.1.2.3' }),
      failed(30, { callerObjectId: 'https://x/Patient?identifier=919-55-0141' }),
    ];
    const verdict = judgeRows(rows);
    expect(verdict.status).toBe('fail');
    expect(verdict.message).toContain('10.1.2.3');
    expect(JSON.stringify(verdict)).not.toMatch(/Featherstonehaugh|919-55|Patient/);
  });

  test('counts that move leave `observed` as it is', () => {
    const some = judgeRows([failed(30, { callerObjectId: OID }), failed(3, { status: 500 })]);
    const more = judgeRows([failed(44, { callerObjectId: OID }), failed(1, { status: 404 })]);
    expect(some.observed).toEqual(more.observed);
  });

  test('a crowd of callers is cut short in message and observed', () => {
    const crowd = Array.from({ length: 500 }, (_, i) => failed(21, { callerAddress: `10.9.${i >> 8}.${i & 255}` }));
    const verdict = judgeRows(crowd);
    expect(verdict.message.length).toBeLessThan(1000);
    expect(verdict.observed.exceeded).toHaveLength(21);
  });

  test('the command asks the table of the service', () => {
    const command = (kind: ServiceKind) => auditLogFailures.remediation.command(aService(kind));
    expect(command('fhirService')).toContain('MicrosoftHealthcareApisAuditLogs');
    expect(command('dicomService')).toContain('AHDSDicomAuditLogs');
    expect(command('apiForFhir')).toContain(aService('apiForFhir').id);
  });
});
