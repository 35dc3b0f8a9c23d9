import type { Finding, FindingRecord, Service } from '../model.ts';
import { sameObserved } from '../posture/drift.ts';

/** What a sweep saw of one finding. */
export interface Observation {
  readonly service: Service;
  readonly finding: Finding;
  readonly at: string;
  readonly sweepId: string;
}

export interface Step {
  /** the interval that lasts now */
  readonly current: FindingRecord;
  /** the interval that this observation ended */
  readonly ended?: FindingRecord;
}

/**
 * A new interval only on change; an unchanged finding moves `lastSeen`. An observation that is not newer than the last
 * one changes nothing: deliveries repeat and come late.
 */
export function step(current: FindingRecord | undefined, seen: Observation): Step {
  const opened: FindingRecord = {
    schema: 1,
    service: seen.service,
    finding: seen.finding,
    from: seen.at,
    lastSeen: seen.at,
    sweepId: seen.sweepId,
  };
  if (!current) return { current: opened };
  if (seen.at <= current.lastSeen) return { current };
  if (sameState(current.finding, seen.finding)) return { current: { ...opened, from: current.from } };
  return { current: opened, ended: { ...current, to: seen.at } };
}

/** Messages and evidence may differ: they name times and requests. */
function sameState(a: Finding, b: Finding): boolean {
  return a.status === b.status && a.severity === b.severity && sameObserved(a.observed, b.observed);
}

/** Which sweeps a reader wants: the last of each family, and the last completed one where that is another. */
export function isLater(a: { readonly completedAt: string }, b: { readonly completedAt: string } | undefined): boolean {
  return b === undefined || a.completedAt > b.completedAt;
}
