/** The alerts of one rule: which combinations of dimensions have fired, and when each is over (functions facts 4.2). */
import { randomUUID } from 'node:crypto';
import type { Dimension, Reading } from './evaluate.ts';

/** A fired alert. */
export interface Alert {
  /** the same from firing to resolving */
  readonly id: string;
  readonly dimensions: readonly Dimension[];
  readonly value: number;
  readonly firedAt: Date;
  readonly resolvedAt?: Date;
}

export interface AlertState {
  /** What changes by this evaluation: alerts that fire (without `resolvedAt`) and alerts that are over. */
  take(readings: readonly Reading[], at: Date): readonly Alert[];
  open(): readonly Alert[];
  /** combinations that could not fire because the service's limits were reached, in all */
  dropped(): number;
}

export interface AlertStateOptions {
  readonly autoMitigate: boolean;
  /** seconds between evaluations */
  readonly frequency: number;
  readonly muteActionsDuration?: number | undefined;
  /** of an alert; an argument so that tests know it */
  readonly newId?: () => string;
}

const statefulPerEvaluation = 300;
const statefulAtATime = 5000;
const statelessPerEvaluation = 6000;

export function alertState(options: AlertStateOptions): AlertState {
  return options.autoMitigate ? stateful(options) : stateless(options);
}

function stateful({ frequency, newId = randomUUID }: AlertStateOptions): AlertState {
  const fired = new Map<string, { alert: Alert; clean: number }>();
  let dropped = 0;
  return {
    open: () => [...fired.values()].map(({ alert }) => alert),
    dropped: () => dropped,
    take(readings, at) {
      const changes: Alert[] = [];
      const violating = new Map(readings.filter((one) => one.violates).map((one) => [keyOf(one.dimensions), one]));
      for (const [key, { dimensions, value }] of violating) {
        const known = fired.get(key);
        if (known) known.clean = 0;
        else if (changes.length >= statefulPerEvaluation || fired.size >= statefulAtATime) dropped += 1;
        else {
          const alert = { id: newId(), dimensions, value, firedAt: at };
          fired.set(key, { alert, clean: 0 });
          changes.push(alert);
        }
      }
      for (const [key, one] of fired) {
        if (violating.has(key)) continue;
        one.clean += 1;
        if (one.clean < cleanEvaluations(frequency)) continue;
        fired.delete(key);
        changes.push({ ...one.alert, resolvedAt: at });
      }
      return changes;
    },
  };
}

/** Every evaluation that finds something fires anew, but for the time its actions are muted. */
function stateless({ muteActionsDuration = 0, newId = randomUUID }: AlertStateOptions): AlertState {
  const muted = new Map<string, number>();
  let dropped = 0;
  return {
    open: () => [],
    dropped: () => dropped,
    take(readings, at) {
      const violating = readings.filter((one) => one.violates);
      dropped += Math.max(0, violating.length - statelessPerEvaluation);
      return violating.slice(0, statelessPerEvaluation).flatMap(({ dimensions, value }): readonly Alert[] => {
        const key = keyOf(dimensions);
        if ((muted.get(key) ?? 0) > at.getTime()) return [];
        muted.set(key, at.getTime() + muteActionsDuration * 1000);
        return [{ id: newId(), dimensions, value, firedAt: at }];
      });
    },
  };
}

/** Evaluations without a finding after which the service calls an alert resolved. */
export function cleanEvaluations(frequency: number): number {
  if (frequency < 300) return Math.ceil(600 / frequency);
  if (frequency <= 900) return 3;
  return frequency <= 11 * 3600 ? 2 : 1;
}

function keyOf(dimensions: readonly Dimension[]): string {
  return JSON.stringify(dimensions.map(({ value }) => value));
}
