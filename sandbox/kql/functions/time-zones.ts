import { ticksOf, unixOfTicks, validTicks } from '../datetime.ts';
import { KqlFailure } from '../failure.ts';
import { add, type Long, subtract, TICKS_PER_SECOND } from '../values.ts';
import { type Library, simple } from './define.ts';

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, format);
    return format;
  } catch {
    throw new KqlFailure('RuntimeError', `there is no time zone ${zone}`);
  }
}

/** How far the zone's clocks are ahead of UTC at a time in UTC, in ticks. */
function offsetAt(utc: Long, zone: string): Long {
  const [ms] = unixOfTicks(utc);
  const parts = new Map(
    formatOf(zone)
      .formatToParts(new Date(ms))
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
  const local = ticksOf(part('year'), part('month'), part('day'), part('hour'), part('minute'), part('second')) ?? 0;
  const whole = subtract(utc, Number(((BigInt(utc) % 10_000_000n) + 10_000_000n) % 10_000_000n));
  return subtract(local, whole);
}

function toLocal(utc: Long, zone: string): Long | null {
  return validTicks(add(utc, offsetAt(utc, zone)));
}

/** A time that the clocks skip is taken by the offset after the change, as Kusto does. */
function toUtc(local: Long, zone: string): Long | null {
  const day = 24 * 3600 * TICKS_PER_SECOND;
  const before = offsetAt(subtract(local, day), zone);
  const after = offsetAt(add(local, day), zone);
  const guess = subtract(local, before);
  if (offsetAt(guess, zone) === before) return validTicks(guess);
  return validTicks(subtract(local, after));
}

export const timeZoneFunctions: Library = {
  datetime_utc_to_local: simple('ts', toLocal),
  datetime_local_to_utc: simple('ts', toUtc),
};
