import {
  add,
  type Long,
  long,
  multiply,
  subtract,
  TICKS_PER_DAY,
  TICKS_PER_MILLISECOND,
  TICKS_PER_SECOND,
} from './values.ts';

/** Unix milliseconds of 2020-01-01, from where ticks are counted. */
const EPOCH_MS = 1_577_836_800_000;
const MIN_MS = -62_135_596_800_000;
const MAX_MS = 253_402_300_799_999;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

export interface Moment {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 100 ns ticks within the second. */
  readonly ticks: number;
}

/** Ticks of a time given in Unix milliseconds and further ticks; null outside the years 1 to 9999. */
export function ticksOfUnix(milliseconds: number, ticks = 0): Long | null {
  if (!(milliseconds >= MIN_MS && milliseconds <= MAX_MS)) return null;
  const quick = (milliseconds - EPOCH_MS) * TICKS_PER_MILLISECOND + ticks;
  if (Number.isSafeInteger(quick)) return quick;
  return add(multiply(milliseconds - EPOCH_MS, TICKS_PER_MILLISECOND), ticks);
}

export function ticksOfDate(date: Date): Long {
  return ticksOfUnix(date.getTime()) ?? 0;
}

/** Unix milliseconds (cut down) and the ticks within the millisecond. */
export function unixOfTicks(value: Long): [number, number] {
  if (typeof value === 'number') {
    const ms = Math.floor(value / TICKS_PER_MILLISECOND);
    return [ms + EPOCH_MS, value - ms * TICKS_PER_MILLISECOND];
  }
  const rest = ((value % 10000n) + 10000n) % 10000n;
  return [Number((value - rest) / 10000n) + EPOCH_MS, Number(rest)];
}

/** Null where the result is outside the years 1 to 9999. */
export function validTicks(value: Long): Long | null {
  if (typeof value === 'number') return value;
  const [ms] = unixOfTicks(value);
  return ms < MIN_MS || ms > MAX_MS ? null : value;
}

export function momentOf(value: Long): Moment {
  const [ms, rest] = unixOfTicks(value);
  const date = new Date(ms);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    ticks: date.getUTCMilliseconds() * TICKS_PER_MILLISECOND + rest,
  };
}

function unixOf(year: number, month: number, day: number): number {
  if (year >= 100) return Date.UTC(year, month - 1, day);
  const date = new Date(0);
  return date.setUTCFullYear(year, month - 1, day);
}

export function daysInMonth(year: number, month: number): number {
  return new Date(unixOf(year, month + 1, 0)).getUTCDate();
}

/** Ticks of a calendar time; null where there is no such time. */
export function ticksOf(
  year: number,
  month: number,
  day: number,
  hour = 0,
  minute = 0,
  second = 0,
  ticks = 0,
): Long | null {
  const possible =
    year >= 1 &&
    year <= 9999 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysInMonth(year, month) &&
    hour >= 0 &&
    hour <= 23 &&
    minute >= 0 &&
    minute <= 59 &&
    second >= 0 &&
    second <= 59;
  if (!possible) return null;
  return ticksOfUnix(unixOf(year, month, day) + ((hour * 60 + minute) * 60 + second) * 1000, ticks);
}

const TIME = String.raw`(?:(?:[T\s,]\s*)(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d+))?)?(?:\s*(AM|PM))?)?`;
const ZONE = String.raw`\s*(Z|UTC|GMT|[+-]\d{1,2}:?\d{2})?`;
const YEAR_FIRST = new RegExp(`^(\\d{4})(?:[-/.](\\d{1,2})(?:[-/.](\\d{1,2})${TIME}${ZONE})?)?$`, 'i');
const MONTH_FIRST = new RegExp(`^(\\d{1,2})[-/.](\\d{1,2})[-/.](\\d{4})${TIME}${ZONE}$`, 'i');
const NAMED_MONTH = new RegExp(
  `^(?:[a-z]{3,9},?\\s+)?(\\d{1,2})[\\s-]([a-z]{3,9})[\\s-](\\d{4}|\\d{2})${TIME}${ZONE}$`,
  'i',
);
const COMPACT = /^(\d{4})(\d{2})(\d{2})$/;

const digit = (text: string, at: number) => text.charCodeAt(at) - 48;
const pair = (text: string, at: number) => digit(text, at) * 10 + digit(text, at + 1);
const DAY_STARTS = new Map<string, number>();

/** Unix milliseconds of a day written as 2026-03-01; NaN where there is none. Logs repeat few days many times. */
function dayStart(day: string): number {
  const known = DAY_STARTS.get(day);
  if (known !== undefined) return known;
  const valid = /^\d{4}-\d\d-\d\d$/.test(day);
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  const start = valid && ticksOf(year, month, date) !== null ? unixOf(year, month, date) : Number.NaN;
  if (DAY_STARTS.size > 10_000) DAY_STARTS.clear();
  DAY_STARTS.set(day, start);
  return start;
}

/** The form that logs have, 2026-03-01T00:00:00[.1234567]Z, without regular expressions; undefined for any other. */
function parseLogTime(text: string): Long | null | undefined {
  const { length } = text;
  if (length < 20 || length > 28 || length === 21 || text.charCodeAt(length - 1) !== 90) return undefined;
  if (text.charCodeAt(10) !== 84 || text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return undefined;
  let ticks = 0;
  if (length > 20) {
    if (text.charCodeAt(19) !== 46) return undefined;
    for (let at = 20; at < 27; at++) {
      const value = at < length - 1 ? digit(text, at) : 0;
      if (!(value >= 0 && value <= 9)) return undefined;
      ticks = ticks * 10 + value;
    }
  }
  const [hour, minute, second] = [pair(text, 11), pair(text, 14), pair(text, 17)];
  if (!(hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60)) return undefined;
  const start = dayStart(text.slice(0, 10));
  return Number.isNaN(start) ? undefined : ticksOfUnix(start + ((hour * 60 + minute) * 60 + second) * 1000, ticks);
}

/** Ticks of a text in one of the documented formats (ISO 8601, RFC 822, RFC 850, sortable, month first); null otherwise. */
export function parseDatetime(text: string): Long | null {
  const quick = parseLogTime(text);
  if (quick !== undefined) return quick;
  const trimmed = text.trim();
  const iso = YEAR_FIRST.exec(trimmed);
  if (iso !== null) return assemble(Number(iso[1]), Number(iso[2] ?? 1), Number(iso[3] ?? 1), iso.slice(4));
  const american = MONTH_FIRST.exec(trimmed);
  if (american !== null) {
    return assemble(Number(american[3]), Number(american[1]), Number(american[2]), american.slice(4));
  }
  const compact = COMPACT.exec(trimmed);
  if (compact !== null) return ticksOf(Number(compact[1]), Number(compact[2]), Number(compact[3]));
  const named = NAMED_MONTH.exec(trimmed);
  if (named === null) return null;
  const month = MONTHS.indexOf((named[2] ?? '').slice(0, 3).toLowerCase()) + 1;
  const year = Number(named[3]);
  return assemble(
    (named[3] ?? '').length === 2 ? year + (year < 50 ? 2000 : 1900) : year,
    month,
    Number(named[1]),
    named.slice(4),
  );
}

function assemble(year: number, month: number, day: number, rest: readonly (string | undefined)[]): Long | null {
  const [hour = '0', minute = '0', second = '0', fraction = '', half, zone] = rest;
  const hours = half === undefined ? Number(hour) : (Number(hour) % 12) + (half.toUpperCase() === 'PM' ? 12 : 0);
  const ticks = Number(fraction.slice(0, 7).padEnd(7, '0'));
  const local = ticksOf(year, month, day, hours, Number(minute), Number(second), ticks);
  const offset = zone === undefined ? null : /([+-])(\d{1,2}):?(\d{2})/.exec(zone);
  if (local === null || offset === null) return local;
  const minutes = (Number(offset[2]) * 60 + Number(offset[3])) * (offset[1] === '-' ? -1 : 1);
  return validTicks(subtract(local, minutes * 60 * TICKS_PER_SECOND));
}

const two = (value: number) => (value < 10 ? `0${value}` : String(value));

/** ISO 8601 with seven decimals, for example 2026-03-01T00:00:00.1234567Z. */
export function printDatetime(value: Long): string {
  const [ms, rest] = unixOfTicks(value);
  return `${new Date(ms).toISOString().slice(0, -1)}${String(rest).padStart(4, '0')}Z`;
}

/** For example 1.02:03:04.5000000; days and fraction only where there are any. */
export function printTimespan(value: Long): string {
  const big = BigInt(value);
  const size = big < 0n ? -big : big;
  const ticks = Number(size % BigInt(TICKS_PER_DAY));
  const days = size / BigInt(TICKS_PER_DAY);
  const seconds = Math.floor(ticks / TICKS_PER_SECOND);
  const rest = ticks % TICKS_PER_SECOND;
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const fraction = rest === 0 ? '' : `.${String(rest).padStart(7, '0')}`;
  return `${big < 0n ? '-' : ''}${days === 0n ? '' : `${days}.`}${clock}${fraction}`;
}

const UNITS: readonly (readonly [RegExp, number])[] = [
  [/^(d|day|days)$/i, TICKS_PER_DAY],
  [/^(h|hr|hrs|hour|hours)$/i, 3600 * TICKS_PER_SECOND],
  [/^(m|min|minute|minutes)$/i, 60 * TICKS_PER_SECOND],
  [/^(s|sec|second|seconds)$/i, TICKS_PER_SECOND],
  [/^(ms|milli|millis|millisec|millisecond|milliseconds)$/i, TICKS_PER_MILLISECOND],
  [/^(micro|micros|microsec|microsecond|microseconds)$/i, 10],
  [/^(nano|nanos|nanosec|nanosecond|nanoseconds)$/i, 0.01],
  [/^(t|tick|ticks)$/i, 1],
];

/** Ticks of "[-][d.]hh:mm[:ss[.fffffff]]", of a number of days, or of a number with a unit; null otherwise. */
export function parseTimespan(text: string): Long | null {
  const trimmed = text.trim();
  // Days stand before a dot, or before a colon where hours, minutes and seconds follow.
  const clock = /^([+-]?)(?:(\d+)(?:\.|:(?=\d+:\d+:)))?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7})\d*)?)?$/.exec(
    trimmed,
  );
  if (clock !== null) {
    const [, sign, days = '0', hours = '0', minutes = '0', seconds = '0', fraction = ''] = clock;
    if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return null;
    const within = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * TICKS_PER_SECOND;
    const ticks = BigInt(days) * BigInt(TICKS_PER_DAY) + BigInt(within) + BigInt(fraction.padEnd(7, '0'));
    return long(sign === '-' ? -ticks : ticks);
  }
  const unit = /^([+-]?\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(trimmed);
  if (unit === null) return null;
  const [, amount = '', name = ''] = unit;
  const size = UNITS.find(([names]) => names.test(name === '' ? 'd' : name))?.[1];
  if (size === undefined) return null;
  if (size >= 1 && /^[+-]?\d+$/.test(amount)) return long(BigInt(amount) * BigInt(size));
  return long(BigInt(Math.round(Number(amount) * size)));
}
