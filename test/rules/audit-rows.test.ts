import { describe, expect, test } from 'vitest';
import type { AuditFailureRow, AuditRows, AuditWindow, Gathered } from '../../src/model.ts';
import {
  callerOf,
  countFailures,
  describeStatuses,
  describeWindow,
  joinWorkspaces,
  mergeFailures,
  trafficWithin,
} from '../../src/rules/audit-rows.ts';
import { failure, got, lost } from '../builders.ts';

const aRow = (overrides: Partial<AuditFailureRow> = {}): AuditFailureRow => ({
  key: 'k1',
  count: 1,
  status: 403,
  operation: 'read',
  ...overrides,
});
const aWindow = (name: string, overrides: Partial<AuditWindow> = {}): AuditWindow => ({
  workspaceId: `/subscriptions/s/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/${name}`,
  rows: 10,
  failures: [],
  ...overrides,
});
const rowsOf = (...windows: (readonly [string, Gathered<AuditWindow>])[]): AuditRows => ({
  windowSeconds: 3600,
  workspaces: windows.map(([workspaceId, window]) => ({ workspaceId, window })),
});

describe('merging', () => {
  test('ruling: Rows that are equal in two workspaces (but for `TenantId` and `_…` columns) count once', () => {
    const a = aWindow('a', { failures: [aRow({ key: 'same', count: 2 }), aRow({ key: 'only-a' })] });
    const b = aWindow('b', { failures: [aRow({ key: 'same', count: 3 }), aRow({ key: 'only-b' })] });
    expect(countFailures(mergeFailures([a, b])).clientErrors).toBe(5);
    expect(countFailures(mergeFailures([b, a])).clientErrors).toBe(5);
  });

  test('equal rows within one workspace each count', () => {
    expect(countFailures(mergeFailures([aWindow('a', { failures: [aRow({ count: 7 })] })])).clientErrors).toBe(7);
  });
});

describe('classes', () => {
  test('ruling: Client errors are 4xx and failed rows without a status', () => {
    const { status: _, ...without } = aRow({ key: 'k2' });
    expect(countFailures([aRow(), without])).toMatchObject({ clientErrors: 2, serverErrors: 0 });
  });

  test('ruling: `Failed` with a status below 400 counts as client error.', () => {
    expect(countFailures([aRow({ status: 200 }), aRow({ status: 0 }), aRow({ status: 302 })]).clientErrors).toBe(3);
  });

  test('ruling: 5xx count only as server errors', () => {
    const counts = countFailures([500, 503, 599].map((status) => aRow({ status, callerObjectId: 'o' })));
    expect(counts).toEqual({ clientErrors: 0, serverErrors: 3, callers: [] });
  });

  test('a status beyond 599 is nobody’s outage: a client error', () => {
    expect(countFailures([aRow({ status: 600 })])).toMatchObject({ clientErrors: 1, serverErrors: 0 });
  });
});

describe('callers', () => {
  test('ruling: per caller by object id, else address, else "unauthenticated"', () => {
    expect(callerOf(aRow({ callerObjectId: 'OID-1', callerAddress: '10.0.0.1' }))).toBe('oid-1');
    expect(callerOf(aRow({ callerObjectId: ' ', callerAddress: '10.0.0.1' }))).toBe('10.0.0.1');
    expect(callerOf(aRow({ callerAddress: '' }))).toBe('unauthenticated');
  });

  test('ruling: `::ffff:a.b.c.d` is `a.b.c.d`.', () => {
    const rows = ['::ffff:10.0.0.1', '::FFFF:10.0.0.1', '10.0.0.1'].map((callerAddress) => aRow({ callerAddress }));
    expect(countFailures(rows).callers).toEqual([{ caller: '10.0.0.1', count: 3, statuses: '403 × 3' }]);
    expect(callerOf(aRow({ callerAddress: '::ffff:1' }))).toBe('::ffff:1');
  });

  test('what does not look like an id is counted apart and never shown', () => {
    const rows = ['Featherstonehaugh, Ann', 'Zsigmondy, Eva  919-55'].map((callerObjectId) => aRow({ callerObjectId }));
    const { callers } = countFailures(rows);
    expect(callers).toHaveLength(2);
    expect(JSON.stringify(callers)).not.toMatch(/feather|zsig|919/i);
  });
});

describe('several workspaces', () => {
  test('ruling: One that can be read suffices.', () => {
    const reading = joinWorkspaces(rowsOf(['/x/a', lost('forbidden')], ['/x/b', got(aWindow('b'))]));
    expect(reading).toMatchObject({ complete: true, anyRow: true, read: ['b'] });
    expect(reading.gaps).toEqual(['a could not be read (forbidden): asked, and it was forbidden']);
  });

  test('trap: partial results never pass', () => {
    const cut = got(aWindow('a', { incomplete: failure('unreachable'), failures: [aRow()] }));
    expect(joinWorkspaces(rowsOf(['/x/a', cut]))).toMatchObject({ complete: false, failures: [aRow()] });
    const full = got(aWindow('b'));
    expect(joinWorkspaces(rowsOf(['/x/a', cut], ['/x/b', full]))).toMatchObject({ complete: true, read: ['a', 'b'] });
  });

  test('a workspace without a row proves nothing beside a cut one that has some', () => {
    const cut = got(aWindow('a', { incomplete: failure('unreachable') }));
    const empty = got(aWindow('b', { rows: 0 }));
    expect(joinWorkspaces(rowsOf(['/x/a', cut], ['/x/b', empty])).complete).toBe(false);
  });
});

describe('traffic', () => {
  const hours = (...requests: number[]) => ({
    hours: requests.map((count, i) => ({ from: `from ${i}`, to: `to ${i}`, requests: count })),
  });

  test('ruling: Traffic is an hour with more than `auditLiveness.minimumRequests` - equal is none', () => {
    expect(trafficWithin(hours(20), 3600, 20)).toEqual({ is: 'none' });
    expect(trafficWithin(hours(21), 3600, 20)).toEqual({ is: 'some', from: 'from 0', to: 'to 0', requests: 21 });
  });

  test("ruling: a service without the metric's series has none", () => {
    expect(trafficWithin(hours(), 3600, 0)).toEqual({ is: 'none' });
  });

  test("ruling: hours are counted back from 15 minutes ago, within the check's window - older hours do not count", () => {
    expect(trafficWithin(hours(0, 900), 3600, 20)).toEqual({ is: 'none' });
    expect(trafficWithin(hours(0, 900), 5400, 20).is).toBe('some');
    expect(trafficWithin(hours(900), 600, 20).is).toBe('some');
  });

  test('fewer hours than the window needs prove no silence, but can prove traffic', () => {
    expect(trafficWithin(hours(0), 7200, 20)).toEqual({ is: 'unread' });
    expect(trafficWithin(hours(30), 7200, 20).is).toBe('some');
  });
});

test('statuses and durations read well', () => {
  expect(describeStatuses([aRow({ count: 3 }), aRow({ status: 401 }), aRow({ status: 401 })])).toBe('403 × 3, 401 × 2');
  expect([3600, 86_400, 5400, 45].map(describeWindow)).toEqual(['1 h', '24 h', '90 min', '45 s']);
});
