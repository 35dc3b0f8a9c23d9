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

/** Clocks that differ by more than any delivery is late: the later time was a wrong one. */
const wrongClockMs = 3_600_000;

/** Whether something claimed or begun at `from` is recent at `at`; one in a distant future is not. */
export function isRecent(from: string | undefined, at: string, seconds: number): boolean {
  return from !== undefined && Math.abs(Date.parse(at) - Date.parse(from)) < seconds * 1000;
}

/**
 * A new interval on change, and after a time in which nobody looked: what was not seen for more than two sweeps may have
 * been anything meanwhile. Else `lastSeen` moves. A repeated observation of one sweep and one that is not newer than the
 * last change nothing; but a last sight in the distant future was a wrong clock's and must not hide what is seen now.
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
  const ahead = Date.parse(current.lastSeen) - Date.parse(seen.at);
  if (ahead > wrongClockMs)
    return current.from < seen.at ? { current: opened, ended: { ...current, to: seen.at } } : { current: opened };
  if (seen.sweepId === current.sweepId || ahead >= 0) return { current };
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

/**
 * Which sweeps a reader wants: the last of each family, and the last completed one where that is another. Sweeps are saved
 * when they end, so one that ended in the distant future had a wrong clock and gives way.
 */
export function isLater(a: { readonly completedAt: string }, b: { readonly completedAt: string } | undefined): boolean {
  if (b === undefined || a.completedAt > b.completedAt) return true;
  return Date.parse(b.completedAt) - Date.parse(a.completedAt) > wrongClockMs;
}
