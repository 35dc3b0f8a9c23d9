import { daysInMonth, momentOf, ticksOf, ticksOfUnix, validTicks } from '../datetime.ts';
import { derived, type Expr } from '../scope.ts';
import {
  add,
  floorTo,
  type Long,
  long,
  multiply,
  negate,
  subtract,
  TICKS_PER_DAY,
  TICKS_PER_SECOND,
  type Value,
} from '../values.ts';
import { alias, type Library, type Maker, runAs, simple } from './define.ts';
import { formatDatetime, formatTimespan } from './time-formats.ts';

const MINUTE = 60 * TICKS_PER_SECOND;
const HOUR = 60 * MINUTE;

const nowMaker: Maker = (args, site) => {
  const { now } = site.scope.env.context;
  const [offset] = args;
  if (offset === undefined) return { type: 'datetime', constant: true, run: () => now };
  const run = runAs(offset, 'timespan');
  return derived('datetime', args, (row) => plus(now, run(row)));
};

const agoMaker: Maker = (args, site) => {
  const { now } = site.scope.env.context;
  const run = runAs((args as [Expr])[0], 'timespan');
  return derived('datetime', args, (row) => {
    const distance = run(row);
    return distance === null ? null : plus(now, negate(distance as Long));
  });
};

function plus(time: Long, distance: Value): Long | null {
  return distance === null ? null : validTicks(add(time, distance as Long));
}

type Part = 'year' | 'month' | 'week' | 'day';

/** The first tick of the year, month, week (from Sunday) or day, `offset` of them further. */
function startOf(part: Part, time: Long, offset = 0): Long | null {
  const { year, month } = momentOf(time);
  if (part === 'year') return ticksOf(year + offset, 1, 1);
  if (part === 'month') {
    const months = year * 12 + month - 1 + offset;
    return ticksOf(Math.floor(months / 12), (months % 12) + 1, 1);
  }
  const day = floorTo(time, TICKS_PER_DAY) ?? time;
  const start = part === 'week' ? subtract(day, multiply(weekday(day), TICKS_PER_DAY)) : day;
  return validTicks(add(start, multiply(offset * (part === 'week' ? 7 : 1), TICKS_PER_DAY)));
}

function endOf(part: Part, time: Long, offset = 0): Long | null {
  const next = startOf(part, time, offset + 1);
  if (next !== null) return subtract(next, 1);
  return startOf(part, time, offset) === null ? null : ticksOf(9999, 12, 31, 23, 59, 59, 9_999_999);
}

/** Days since Sunday. 2020-01-01 was a Wednesday. */
function weekday(time: Long): number {
  const days = Number(BigInt(floorTo(time, TICKS_PER_DAY) ?? 0) / BigInt(TICKS_PER_DAY));
  return (((days + 3) % 7) + 7) % 7;
}

function dayOfYear(time: Long): number {
  const start = startOf('year', time) ?? time;
  return Number(BigInt(subtract(time, start)) / BigInt(TICKS_PER_DAY)) + 1;
}

/** The ISO 8601 week. */
function weekOfYear(time: Long): number {
  const isoDay = (weekday(time) + 6) % 7;
  const thursday = add(floorTo(time, TICKS_PER_DAY) ?? time, (3 - isoDay) * TICKS_PER_DAY);
  return Math.floor((dayOfYear(thursday) - 1) / 7) + 1;
}

/** A calendar step: the day of the month is cut to the month's length. */
function addMonths(time: Long, months: number): Long | null {
  const { year, month, day, hour, minute, second, ticks } = momentOf(time);
  const total = year * 12 + month - 1 + months;
  const newYear = Math.floor(total / 12);
  const newMonth = (((total % 12) + 12) % 12) + 1;
  if (newYear < 1 || newYear > 9999) return null;
  return ticksOf(newYear, newMonth, Math.min(day, daysInMonth(newYear, newMonth)), hour, minute, second, ticks);
}

const FIXED: Readonly<Record<string, number>> = {
  week: 7 * TICKS_PER_DAY,
  day: TICKS_PER_DAY,
  hour: HOUR,
  minute: MINUTE,
  second: TICKS_PER_SECOND,
  millisecond: 10_000,
  microsecond: 10,
};

function datetimeAdd(part: string, amount: number, time: Long): Long | null {
  const name = part.toLowerCase();
  if (name === 'year') return addMonths(time, amount * 12);
  if (name === 'quarter') return addMonths(time, amount * 3);
  if (name === 'month') return addMonths(time, amount);
  if (name === 'nanosecond') return validTicks(add(time, Math.trunc(amount / 100)));
  const size = FIXED[name];
  return size === undefined ? null : validTicks(add(time, multiply(amount, size)));
}

/** How many boundaries of the part lie between the two times. */
function datetimeDiff(part: string, a: Long, b: Long): Long | null {
  const x = momentOf(a);
  const y = momentOf(b);
  switch (part.toLowerCase()) {
    case 'year':
      return x.year - y.year;
    case 'quarter':
      return (x.year - y.year) * 4 + Math.floor((x.month - 1) / 3) - Math.floor((y.month - 1) / 3);
    case 'month':
      return (x.year - y.year) * 12 + x.month - y.month;
    case 'week':
      return between(startOf('week', a) ?? a, startOf('week', b) ?? b, 7 * TICKS_PER_DAY);
    case 'nanosecond':
      return multiply(subtract(a, b), 100);
    default: {
      const size = FIXED[part.toLowerCase()];
      return size === undefined ? null : between(floorTo(a, size) ?? a, floorTo(b, size) ?? b, size);
    }
  }
}

function between(a: Long, b: Long, size: number): Long {
  return long((BigInt(a) - BigInt(b)) / BigInt(size));
}

function datetimePart(part: string, time: Long): number | null {
  const moment = momentOf(time);
  switch (part.toLowerCase()) {
    case 'year':
      return moment.year;
    case 'quarter':
      return Math.floor((moment.month - 1) / 3) + 1;
    case 'month':
      return moment.month;
    case 'week_of_year':
    case 'weekofyear':
    case 'week':
      return weekOfYear(time);
    case 'day':
      return moment.day;
    case 'dayofyear':
      return dayOfYear(time);
    case 'hour':
      return moment.hour;
    case 'minute':
      return moment.minute;
    case 'second':
      return moment.second;
    case 'millisecond':
      return Math.floor(moment.ticks / 10_000);
    case 'microsecond':
      return Math.floor(moment.ticks / 10);
    case 'nanosecond':
      return moment.ticks * 100;
    default:
      return null;
  }
}

function makeDatetime(year: number, month: number, day: number, hour = 0, minute = 0, second = 0): Long | null {
  const whole = Math.floor(second);
  return ticksOf(year, month, day, hour, minute, whole, Math.round((second - whole) * TICKS_PER_SECOND));
}

const makeDatetimeMaker: Maker = (args, site) => {
  if (args.length === 1) return { ...simple('t', (time: Long) => time)(args, site) };
  return simple('lllllr', makeDatetime)(args, site);
};

const makeTimespanMaker: Maker = (args, site) => {
  if (args.length === 1) return simple('p', (value: Long) => value)(args, site);
  const of = (days: number, hours: number, minutes: number, seconds = 0): Long | null =>
    hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds >= 60
      ? null
      : add(multiply(days, TICKS_PER_DAY), Math.round(hours * HOUR + minutes * MINUTE + seconds * TICKS_PER_SECOND));
  if (args.length === 4) return simple('lllr', of)(args, site);
  return simple('llr', (hours: number, minutes: number, seconds?: number) => of(0, hours, minutes, seconds))(
    args,
    site,
  );
};

/** A time counted from 1970 in units of so many nanoseconds; a whole number is exact. */
const unixTime =
  (nanoseconds: number): Maker =>
  (args, site) => {
    const type = args[0]?.type;
    if (type !== 'int' && type !== 'long') {
      return simple('r', (value: number) => {
        const milliseconds = (value * nanoseconds) / 1_000_000;
        const whole = Math.floor(milliseconds);
        return ticksOfUnix(whole, Math.round((milliseconds - whole) * 10_000));
      })(args, site);
    }
    return simple('x', (value: Long) => {
      const ticks = (BigInt(value) * BigInt(nanoseconds)) / 100n;
      const rest = ((ticks % 10_000n) + 10_000n) % 10_000n;
      return ticksOfUnix(Number((ticks - rest) / 10_000n), Number(rest));
    })(args, site);
  };

function bounds(of: (part: Part, time: Long, offset?: number) => Long | null, part: Part): Maker {
  return simple('tl', (time: Long, offset?: number) => of(part, time, offset ?? 0));
}

export const datetimeFunctions: Library = {
  now: nowMaker,
  ago: agoMaker,
  startofday: bounds(startOf, 'day'),
  startofweek: bounds(startOf, 'week'),
  startofmonth: bounds(startOf, 'month'),
  startofyear: bounds(startOf, 'year'),
  endofday: bounds(endOf, 'day'),
  endofweek: bounds(endOf, 'week'),
  endofmonth: bounds(endOf, 'month'),
  endofyear: bounds(endOf, 'year'),
  dayofweek: simple('t', (time: Long) => weekday(time) * TICKS_PER_DAY),
  dayofmonth: simple('t', (time: Long) => momentOf(time).day),
  dayofyear: simple('t', dayOfYear),
  hourofday: simple('t', (time: Long) => momentOf(time).hour),
  ...alias(
    ['monthofyear', 'getmonth'],
    simple('t', (time: Long) => momentOf(time).month),
  ),
  getyear: simple('t', (time: Long) => momentOf(time).year),
  ...alias(['week_of_year', 'weekofyear'], simple('t', weekOfYear)),
  datetime_add: simple('slt', datetimeAdd),
  datetime_diff: simple('stt', datetimeDiff),
  ...alias(['datetime_part', 'datepart'], simple('st', datetimePart)),
  make_datetime: makeDatetimeMaker,
  make_timespan: makeTimespanMaker,
  unixtime_seconds_todatetime: unixTime(1_000_000_000),
  unixtime_milliseconds_todatetime: unixTime(1_000_000),
  unixtime_microseconds_todatetime: unixTime(1000),
  unixtime_nanoseconds_todatetime: unixTime(1),
  format_datetime: simple('ts', formatDatetime),
  format_timespan: simple('ps', formatTimespan),
};
