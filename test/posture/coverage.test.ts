import { expect, test } from 'vitest';
import type { Severity, Status } from '../../src/model.ts';
import { coverageOf, exitCodeOf, totalsOf } from '../../src/posture/coverage.ts';

const finding = (status: Status, severity: Severity = 'high', exception: object | null = null) => ({
  status,
  severity,
  exception,
});

test('coverage is the share of findings that are not unknown, rounded down so that a gap never reads as whole', () => {
  const findings = [...Array.from({ length: 99_999 }, () => finding('pass')), finding('unknown')];
  expect(coverageOf(findings)).toEqual({ findings: 100_000, known: 99_999, ratio: 0.9999 });
});

test('with nothing to cover the ratio is null, not 1', () => {
  expect(coverageOf([]).ratio).toBeNull();
});

test('an excepted finding stays a fail and is counted as excepted too', () => {
  expect(totalsOf([finding('fail', 'high', {}), finding('fail'), finding('not-applicable')])).toEqual({
    pass: 0,
    fail: 2,
    unknown: 0,
    notApplicable: 1,
    excepted: 1,
  });
});

test.each([
  ['a fail at the threshold', [finding('fail', 'high')], 0, 'high', 1],
  ['a fail below the threshold', [finding('fail', 'medium')], 0, 'high', 0],
  ['an excepted fail', [finding('fail', 'critical', {})], 0, 'low', 0],
  ['a fail beside an unknown', [finding('fail', 'critical'), finding('unknown')], 0, 'high', 1],
  ['never', [finding('fail', 'critical')], 0, 'never', 0],
  ['an unknown', [finding('pass'), finding('unknown')], 0, 'high', 2],
  ['a problem with the estate', [finding('pass')], 1, 'high', 2],
  ['no service at all', [], 0, 'high', 2],
  ['all in order', [finding('pass'), finding('not-applicable')], 0, 'high', 0],
] as const)('the exit code of %s', (_title, findings, problems, failOn, code) => {
  expect(exitCodeOf(findings, problems, failOn)).toBe(code);
});
