import type { Family } from './model.ts';

/** How a family's timer is bound, and what that binding means. */
export interface Schedule {
  /** six-field NCRONTAB in UTC */
  readonly expression: string;
  /** what the trigger is registered with: `%SETTING%` where the setting is set and valid, else the expression */
  readonly binding: string;
  /** the longest time between two runs */
  readonly intervalSeconds: number;
}

export type Schedules = Readonly<Record<Family, Schedule>>;

/** Every 5, 60, 15 and 60 minutes and daily; the hourly ones apart, so that they do not ask Azure all at once. */
const defaults: Readonly<Record<Family, string>> = {
  network: '0 */5 * * * *',
  access: '0 10 * * * *',
  audit: '0 */15 * * * *',
  data: '0 40 * * * *',
  lifecycle: '0 20 5 * * *',
};

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
}

const second: Field = { name: 'second', min: 0, max: 59, names: [] };
const minute: Field = { name: 'minute', min: 0, max: 59, names: [] };
const hour: Field = { name: 'hour', min: 0, max: 23, names: [] };
const dayOfMonth: Field = { name: 'day of month', min: 1, max: 31, names: [] };
const month: Field = {
  name: 'month',
  min: 1,
  max: 12,
  names: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
};
const dayOfWeek: Field = {
  name: 'day of week',
  min: 0,
  max: 6,
  names: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'],
};

/**
 * Reads an NCRONTAB expression. Stricter than the hosts that run it: only what every one of them reads in the same way
 * (lists, ranges, steps over a range or `*`, English names) is valid.
 *
 * @returns the longest time between two runs, or what is wrong
 */
export function readSchedule(
  expression: string,
): { readonly ok: true; readonly intervalSeconds: number } | { readonly ok: false; readonly problem: string } {
  const parts = expression.trim().split(/\s+/);
  const fields = [second, minute, hour, dayOfMonth, month, dayOfWeek];
  if (parts.length !== fields.length) {
    return { ok: false, problem: `it has ${parts.length} fields, not six with the seconds first` };
  }
  const sets: ReadonlySet<number>[] = [];
  for (const [i, field] of fields.entries()) {
    const terms = (parts[i] ?? '').split(',').map((term) => ({ term, values: valuesOf(term, field) }));
    const bad = terms.find(({ values }) => values.length === 0);
    if (bad !== undefined) {
      const { name, min, max } = field;
      return {
        ok: false,
        problem: `"${bad.term}" is no ${name} (${min} to ${max}, ranges a-b, steps */n or a-b/n)`,
      };
    }
    sets.push(new Set(terms.flatMap(({ values }) => values)));
  }
  const intervalSeconds = longestGap(sets);
  if (intervalSeconds === undefined) return { ok: false, problem: 'no day of the calendar matches it' };
  return { ok: true, intervalSeconds };
}

/** What a term of a field stands for; nothing if it is not valid. */
function valuesOf(term: string, { min, max, names }: Field): readonly number[] {
  const match = /^(?:\*|([0-9]{1,2}|[a-z]{3})(?:-([0-9]{1,2}|[a-z]{3}))?)(?:\/([0-9]{1,2}))?$/i.exec(term);
  if (match === null) return [];
  const [, from, to, step] = match;
  // "5/10" means different things to different hosts
  if (step !== undefined && from !== undefined && to === undefined) return [];
  const numberOf = (text: string): number => {
    const at = names.indexOf(text.toUpperCase());
    return at < 0 ? Number(text) : at + min;
  };
  const low = from === undefined ? min : numberOf(from);
  const high = from === undefined ? max : numberOf(to ?? from);
  const every = Number(step ?? 1);
  if (!(low >= min && high <= max && low <= high && every >= 1 && every <= max)) return [];
  return Array.from({ length: Math.floor((high - low) / every) + 1 }, (_, i) => low + i * every);
}

const secondsPerDay = 86_400;
/** After 28 years the calendar repeats itself, weekdays and leap days included. */
const daysOfCalendar = 28 * 365 + 7;

/** In UTC, where every day is as long as the other. Day of month and day of week must both match, as in Azure. */
function longestGap(sets: readonly ReadonlySet<number>[]): number | undefined {
  const [seconds = [], minutes = [], hours = [], daysOfMonth, months, daysOfWeek] = sets;
  const times = [...hours]
    .flatMap((h) => [...minutes].flatMap((m) => [...seconds].map((s) => (h * 60 + m) * 60 + s)))
    .sort((a, b) => a - b);
  const isEveryDay = daysOfMonth?.size === 31 && months?.size === 12 && daysOfWeek?.size === 7;
  // most schedules are daily, and a cold start should not walk through the calendar for them
  const days = Array.from({ length: isEveryDay ? 2 : 2 * daysOfCalendar }, (_, day) => day).filter((day) => {
    const date = new Date(Date.UTC(2000, 0, 1 + day));
    return (
      daysOfMonth?.has(date.getUTCDate()) && months?.has(date.getUTCMonth() + 1) && daysOfWeek?.has(date.getUTCDay())
    );
  });
  const first = times[0];
  const last = times.at(-1);
  if (days.length === 0 || first === undefined || last === undefined) return undefined;
  return Math.max(...gaps(times), ...gaps(days).map((gap) => gap * secondsPerDay + first - last));
}

function gaps(sorted: readonly number[]): readonly number[] {
  return sorted.slice(1).map((value, i) => value - (sorted[i] ?? value));
}

/**
 * The schedule of each family. An invalid setting is no reason to stop watching: the default holds, and the problem is
 * told (by health and reports).
 */
export function readSchedules(environment: Readonly<Record<string, string | undefined>>): {
  readonly schedules: Schedules;
  readonly problems: readonly string[];
} {
  const problems: string[] = [];
  const scheduleOf = (family: Family): Schedule => {
    const setting = `FHIRWATCH_SCHEDULE_${family.toUpperCase()}`;
    const value = environment[setting]?.trim() ?? '';
    const read = readSchedule(value);
    if (read.ok) return { expression: value, binding: `%${setting}%`, intervalSeconds: read.intervalSeconds };
    const standard = defaults[family];
    if (value !== '') {
      problems.push(
        `${setting} is ${JSON.stringify(value.slice(0, 80))}: ${read.problem}. The default ${standard} holds.`,
      );
    }
    const interval = readSchedule(standard);
    if (!interval.ok) throw new Error(`the default schedule of ${family} is wrong: ${interval.problem}`);
    return { expression: standard, binding: standard, intervalSeconds: interval.intervalSeconds };
  };
  const schedules = {
    network: scheduleOf('network'),
    access: scheduleOf('access'),
    audit: scheduleOf('audit'),
    data: scheduleOf('data'),
    lifecycle: scheduleOf('lifecycle'),
  };
  return { schedules, problems };
}
