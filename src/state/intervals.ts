import type { Finding, FindingRecord, Service } from '../model.ts';
import { sameObserved } from '../posture/drift.ts';

/** What a sweep saw of one finding. */
export interface Observation {
  readonly service: Service;
  readonly finding: Finding;
  readonly at: string;
  readonly sweepId: string;
  /** between two sweeps of the family */
  readonly intervalSeconds: number;
}

export interface Step {
  /** the interval that lasts now */
  readonly current: FindingRecord;
  /** the interval that this observation ended */
  readonly ended?: FindingRecord;
}

/**
 * A new interval on change, and after a time in which nobody looked: what was not seen for more than two sweeps may have
 * been anything meanwhile. Else `lastSeen` moves. A repeated observation of one sweep and one that is not newer than the
 * last change nothing.
 */
export function step(current: FindingRecord | undefined, seen: Observation): Step {
  const opened: FindingRecord = {
    schema: 1,
    service: seen.service,
    finding: seen.finding,
    from: seen.at,
    since: seen.at,
    lastSeen: seen.at,
    sweepId: seen.sweepId,
  };
  if (!current) return { current: opened };
  if (seen.sweepId === current.sweepId || seen.at <= current.lastSeen) return { current };
  const ended = { ...current, to: seen.at };
  const unseen = (Date.parse(seen.at) - Date.parse(current.lastSeen)) / 1000;
  if (unseen > 2 * seen.intervalSeconds) return { current: opened, ended };
  const since = seen.finding.status === current.finding.status ? current.since : seen.at;
  if (sameState(current.finding, seen.finding)) return { current: { ...opened, from: current.from, since } };
  return { current: { ...opened, since }, ended };
}

/** Messages and evidence may differ: they name times and requests. */
function sameState(a: Finding, b: Finding): boolean {
  return a.status === b.status && a.severity === b.severity && sameObserved(a.observed, b.observed);
}

/** Whether the interval and the period have a moment in common. */
export function overlaps(record: FindingRecord, from: string, to: string): boolean {
  return record.from <= to && (record.to === undefined || record.to > from);
}

/**
 * Intervals in order, each finding's one after the other. An interval that two writers ended, or that was ended twice
 * because a write was cut short, is there once and ends where the next begins.
 */
export function inOrder(records: readonly FindingRecord[]): readonly FindingRecord[] {
  const sorted = records.toSorted((a, b) => compare(a.from, b.from) || compare(b.to ?? '~', a.to ?? '~'));
  const ordered = [...Map.groupBy(sorted, findingKey).values()].flatMap((own) =>
    own
      .filter((record, i) => own[i - 1]?.from !== record.from)
      .map((record, i, kept) => {
        const next = kept[i + 1];
        return next && (record.to === undefined || record.to > next.from) ? { ...record, to: next.from } : record;
      }),
  );
  return ordered.sort((a, b) => compare(a.from, b.from) || compare(findingKey(a), findingKey(b)));
}

function findingKey({ service, finding }: FindingRecord): string {
  return `${service.key} ${finding.check}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Which sweeps a reader wants: the last of each family, and the last completed one where that is another. */
export function isLater(a: { readonly completedAt: string }, b: { readonly completedAt: string } | undefined): boolean {
  return b === undefined || a.completedAt > b.completedAt;
}
