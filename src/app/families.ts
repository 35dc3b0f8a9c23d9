import { checks } from '../checks/index.ts';
import type { Family, SweepRecord } from '../model.ts';
import type { Schedules } from '../schedules.ts';

/** The families that have checks: each has a timer. */
export const families: readonly Family[] = [...new Set(checks.map((check) => check.family))].sort();

export interface FamilyState {
  readonly family: Family;
  readonly sweepId: string;
  readonly completedAt: string | null;
  readonly intervalSeconds: number;
  /** no completed sweep within twice the interval: what it found proves nothing now */
  readonly stale: boolean;
}

export function familyStates(sweeps: readonly SweepRecord[], schedules: Schedules, now: Date): readonly FamilyState[] {
  return families.map((family) => {
    const completed = sweeps
      .filter((sweep) => sweep.family === family && sweep.outcome === 'completed')
      .sort((a, b) => (a.completedAt < b.completedAt ? 1 : -1))[0];
    const { intervalSeconds } = schedules[family];
    const age = completed ? (now.getTime() - Date.parse(completed.completedAt)) / 1000 : Number.POSITIVE_INFINITY;
    return {
      family,
      sweepId: completed?.sweepId ?? '',
      completedAt: completed?.completedAt ?? null,
      intervalSeconds,
      stale: age > 2 * intervalSeconds,
    };
  });
}
