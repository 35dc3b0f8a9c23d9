import type { Severity, Status } from '../model.ts';

/** The part of a finding that counting needs. */
export interface Countable {
  readonly status: Status;
  readonly severity: Severity;
  readonly exception: object | null;
}

export interface Coverage {
  readonly findings: number;
  readonly known: number;
  /** four decimals, rounded down so that a gap never reads as 1; null where there is nothing to cover */
  readonly ratio: number | null;
}

export interface Totals {
  readonly pass: number;
  readonly fail: number;
  readonly unknown: number;
  readonly notApplicable: number;
  /** failing findings under an accepted exception; they count as `fail` too */
  readonly excepted: number;
}

export function coverageOf(findings: readonly Countable[]): Coverage {
  const known = findings.filter((finding) => finding.status !== 'unknown').length;
  const ratio = findings.length === 0 ? null : Math.floor((known / findings.length) * 10_000) / 10_000;
  return { findings: findings.length, known, ratio };
}

export function totalsOf(findings: readonly Countable[]): Totals {
  const count = (status: Status): number => findings.filter((finding) => finding.status === status).length;
  return {
    pass: count('pass'),
    fail: count('fail'),
    unknown: count('unknown'),
    notApplicable: count('not-applicable'),
    excepted: findings.filter((finding) => finding.status === 'fail' && finding.exception !== null).length,
  };
}

export type FailOn = Severity | 'never';

const severities: readonly Severity[] = ['critical', 'high', 'medium', 'low'];

/** 0 for the most severe. */
export function severityRank(severity: Severity): number {
  return severities.indexOf(severity);
}

/**
 * The exit code of a scan (INTERFACES, "Commands"): 1 a failing finding at or above `failOn` that is not excepted,
 * else 2 something unknown, a problem with the estate or no service at all, else 0.
 */
export function exitCodeOf(findings: readonly Countable[], problems: number, failOn: FailOn): 0 | 1 | 2 {
  const counts = (finding: Countable): boolean =>
    finding.status === 'fail' &&
    finding.exception === null &&
    failOn !== 'never' &&
    severityRank(finding.severity) <= severityRank(failOn);
  if (findings.some(counts)) return 1;
  if (problems > 0 || findings.length === 0 || findings.some((finding) => finding.status === 'unknown')) return 2;
  return 0;
}
