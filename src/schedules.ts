import type { Family } from './model.ts';

/** How a family's timer is bound, and what that binding means. */
export interface Schedule {
  /** six-field NCRONTAB in UTC */
  readonly expression: string;
  /** what the trigger is registered with: `%SETTING%` where the setting is set and valid, else the expression */
  readonly binding: string;
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

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const fields: readonly { name: string; min: number; max: number; names?: readonly string[] }[] = [
  { name: 'second', min: 0, max: 59 },
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, names: months },
  { name: 'day of week', min: 0, max: 6, names: weekdays },
];

/**
 * What is wrong with an NCRONTAB expression, or undefined. Stricter than the hosts that run it: only what every one of
 * them reads in the same way (lists, ranges, steps over a range or `*`, English names) is valid.
 */
export function scheduleProblem(expression: string): string | undefined {
  const parts = expression.trim().split(/\s+/);
  if (parts.length !== fields.length) return `it has ${parts.length} fields, not six with the seconds first`;
  for (const [i, { name, min, max, names }] of fields.entries()) {
    const bad = (parts[i] ?? '').split(',').find((term) => !isTerm(term, min, max, names ?? []));
    if (bad !== undefined) return `"${bad}" is no ${name} (${min} to ${max}, ranges a-b, steps */n or a-b/n)`;
  }
  return undefined;
}

function isTerm(term: string, min: number, max: number, names: readonly string[]): boolean {
  const match = /^(?:\*|([0-9]{1,2}|[a-z]{3})(?:-([0-9]{1,2}|[a-z]{3}))?)(?:\/([0-9]{1,2}))?$/i.exec(term);
  if (match === null) return false;
  const [, from, to, step] = match;
  if (step !== undefined && (Number(step) < 1 || Number(step) > max || (from !== undefined && to === undefined)))
    return false;
  if (from === undefined) return true;
  const numberOf = (text: string): number => {
    const at = names.indexOf(text.toUpperCase());
    return at < 0 ? Number(text) : at + min;
  };
  const [low, high] = [numberOf(from), numberOf(to ?? from)];
  return low >= min && high <= max && low <= high;
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
    const value = environment[setting]?.trim();
    const standard = { expression: defaults[family], binding: defaults[family] };
    if (value === undefined || value === '') return standard;
    const problem = scheduleProblem(value);
    if (problem === undefined) return { expression: value, binding: `%${setting}%` };
    problems.push(
      `${setting} is ${JSON.stringify(value.slice(0, 80))}: ${problem}. The default ${defaults[family]} holds.`,
    );
    return standard;
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
