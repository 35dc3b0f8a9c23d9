import type { Span } from './log-tables.ts';

const DURATION = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const UNITS = [365 * 86_400, 30 * 86_400, 7 * 86_400, 86_400, 3600, 60, 1];

/** An ISO 8601 duration in milliseconds; a month counts 30 days, a year 365. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text.trim().toUpperCase());
  const parts = match?.slice(1) ?? [];
  if (parts.every((part) => part === undefined)) return undefined;
  return parts.reduce((sum, part, index) => sum + Number(part ?? 0) * (UNITS[index] ?? 0) * 1000, 0);
}

/** A time with a date and, if it names no zone, in UTC. */
export function parseTime(text: string): Date | undefined {
  const trimmed = text.trim();
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?$/i.test(trimmed)) return undefined;
  const zoned = /(Z|T.*[+-]\d\d:?\d\d)$/i.test(trimmed) || !trimmed.includes('T') ? trimmed : `${trimmed}Z`;
  const time = new Date(zoned);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** `PT1H` back from now, `start/end`, `start/duration` or `duration/end`, as Azure Monitor takes them. */
export function parseTimeSpan(text: string, now: Date): Span | undefined {
  const [left = '', right, ...more] = text.split('/');
  if (more.length > 0) return undefined;
  const before = parseDuration(left);
  if (right === undefined)
    return before === undefined ? undefined : { from: new Date(now.getTime() - before), to: now };
  const from = parseTime(left);
  const to = parseTime(right);
  const after = parseDuration(right);
  if (from !== undefined && to !== undefined) return from <= to ? { from, to } : undefined;
  if (from !== undefined && after !== undefined) return { from, to: new Date(from.getTime() + after) };
  return to !== undefined && before !== undefined ? { from: new Date(to.getTime() - before), to } : undefined;
}
