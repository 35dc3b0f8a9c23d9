import { parseDatetime, parseTimespan, printDatetime, printTimespan, validTicks } from './datetime.ts';
import { Decimal, decimalOf, parseDecimal } from './decimal.ts';
import type { KqlType } from './engine.ts';
import { parseJson, printJson, printReal, printTyped, toDynamic } from './json.ts';
import {
  isLong,
  type Long,
  long,
  longOfReal,
  TICKS_PER_DAY,
  Typed,
  UNIX_TO_EPOCH_TICKS,
  type Value,
} from './values.ts';

const TICKS_0001_TO_EPOCH = 62_135_596_800n * 10_000_000n + UNIX_TO_EPOCH_TICKS;

export function toText(value: Value, type: KqlType): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (type === 'datetime') return printDatetime(value as Long);
  if (type === 'timespan') return printTimespan(value as Long);
  if (type === 'real') return printReal(value as number);
  if (type !== 'dynamic') return String(value);
  if (value instanceof Typed) return printTyped(value);
  return printJson(value);
}

/** The scalar inside a dynamic value with its type; arrays and bags stay dynamic. */
export function unwrap(value: Value): readonly [Value, KqlType] {
  if (value instanceof Typed) return [value.value, value.type];
  if (typeof value === 'string') return [value, 'string'];
  if (typeof value === 'boolean') return [value, 'bool'];
  if (typeof value === 'bigint') return [value, 'long'];
  if (typeof value === 'number') return [value, Number.isInteger(value) ? 'long' : 'real'];
  return [value, 'dynamic'];
}

export function toLong(value: Value, type: KqlType): Long | null {
  if (value === null) return null;
  switch (type) {
    case 'int':
    case 'long':
      return value as Long;
    case 'timespan':
      return value as Long;
    case 'datetime':
      return long(BigInt(value as Long) + TICKS_0001_TO_EPOCH);
    case 'real':
      return longOfReal(value as number);
    case 'decimal':
      return longOfReal((value as Decimal).toNumber());
    case 'bool':
      return value === true ? 1 : 0;
    case 'string':
      return longOfText(value as string);
    case 'guid':
      return null;
    case 'dynamic': {
      const [inner, innerType] = unwrap(value);
      return innerType === 'dynamic' ? null : toLong(inner, innerType);
    }
  }
}

function longOfText(text: string): Long | null {
  const trimmed = text.trim();
  if (/^[+-]?\d+$/.test(trimmed)) return fits(BigInt(trimmed.replace('+', '')));
  if (/^[+-]?0x[0-9a-f]+$/i.test(trimmed)) {
    const size = BigInt(trimmed.replace(/^[+-]/, ''));
    return size > 0xffff_ffff_ffff_ffffn ? null : long(trimmed.startsWith('-') ? -size : size);
  }
  return null;
}

function fits(value: bigint): Long | null {
  return BigInt.asIntN(64, value) === value ? long(value) : null;
}

export function toInt(value: Value, type: KqlType): number | null {
  const result = toLong(value, type);
  return typeof result === 'number' && result >= -2147483648 && result <= 2147483647 ? result : null;
}

export function toReal(value: Value, type: KqlType): number | null {
  if (value === null) return null;
  switch (type) {
    case 'real':
      return value as number;
    case 'int':
    case 'long':
    case 'timespan':
    case 'datetime':
      return Number(type === 'datetime' ? toLong(value, type) : value);
    case 'decimal':
      return (value as Decimal).toNumber();
    case 'bool':
      return value === true ? 1 : 0;
    case 'string':
      return realOfText(value as string);
    case 'guid':
      return null;
    case 'dynamic': {
      const [inner, innerType] = unwrap(value);
      return innerType === 'dynamic' ? null : toReal(inner, innerType);
    }
  }
}

function realOfText(text: string): number | null {
  const trimmed = text.trim();
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)) return Number(trimmed);
  if (/^[+-]?0x[0-9a-f]+$/i.test(trimmed)) return Number(longOfText(trimmed));
  if (/^nan$/i.test(trimmed)) return Number.NaN;
  const infinite = /^([+-]?)inf(inity)?$/i.exec(trimmed);
  return infinite === null ? null : infinite[1] === '-' ? -Infinity : Infinity;
}

export function toDecimal(value: Value, type: KqlType): Decimal | null {
  if (value === null) return null;
  if (value instanceof Decimal) return value;
  if (type === 'string') return parseDecimal(value as string);
  if (type === 'real') return decimalOf(value as number);
  if (type === 'dynamic') {
    const [inner, innerType] = unwrap(value);
    return innerType === 'dynamic' ? null : toDecimal(inner, innerType);
  }
  const whole = toLong(value, type);
  return whole === null ? null : decimalOf(whole);
}

export function toBool(value: Value, type: KqlType): boolean | null {
  if (value === null || typeof value === 'boolean') return value;
  if (type === 'string') {
    const text = (value as string).trim().toLowerCase();
    if (text === 'true') return true;
    if (text === 'false') return false;
    const number = longOfText(text);
    return number === null ? null : number !== 0;
  }
  if (type === 'dynamic') {
    const [inner, innerType] = unwrap(value);
    return innerType === 'dynamic' ? null : toBool(inner, innerType);
  }
  if (isLong(value)) return value !== 0;
  return null;
}

export function toDatetime(value: Value, type: KqlType): Long | null {
  if (value === null || type === 'datetime') return value as Long | null;
  if (type === 'string') return parseDatetime(value as string);
  if (type === 'int' || type === 'long') return validTicks(long(BigInt(value as Long) - TICKS_0001_TO_EPOCH));
  if (type === 'real') {
    const ticks = longOfReal(value as number);
    return ticks === null ? null : toDatetime(ticks, 'long');
  }
  if (type !== 'dynamic') return null;
  const [inner, innerType] = unwrap(value);
  return innerType === 'dynamic' || innerType === 'bool' ? null : toDatetime(inner, innerType);
}

export function toTimespan(value: Value, type: KqlType): Long | null {
  if (value === null || type === 'timespan') return value as Long | null;
  if (type === 'string') return parseTimespan(value as string);
  if (type === 'int' || type === 'long') return value as Long;
  if (type === 'real') return longOfReal((value as number) * TICKS_PER_DAY);
  if (type !== 'dynamic') return null;
  const [inner, innerType] = unwrap(value);
  return innerType === 'dynamic' || innerType === 'bool' ? null : toTimespan(inner, innerType);
}

const GUID = /^[{(]?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})/;

/** The guid that a text begins with, hyphens or not; what follows its 32 digits does not count. */
export function toGuid(value: Value): string | null {
  const text = value instanceof Typed ? value.value : value;
  const found = typeof text === 'string' ? GUID.exec(text.trim().toLowerCase()) : null;
  return found === null ? null : found.slice(1).join('-');
}

/** A text is read as JSON; a text that is not JSON is a dynamic text. */
export function parseDynamic(value: Value, type: KqlType): Value {
  if (type !== 'string') return toDynamic(value, type);
  const text = value as string;
  if (text === '') return null;
  const parsed = parseJson(text);
  return parsed === undefined ? text : parsed;
}

/** The value as the other type, as the to…() functions do; what cannot be is null. */
export function convert(value: Value, from: KqlType, to: KqlType): Value {
  if (from === to) return value;
  switch (to) {
    case 'bool':
      return toBool(value, from);
    case 'datetime':
      return toDatetime(value, from);
    case 'decimal':
      return toDecimal(value, from);
    case 'dynamic':
      return toDynamic(value, from);
    case 'guid':
      return toGuid(value);
    case 'int':
      return toInt(value, from);
    case 'long':
      return toLong(value, from);
    case 'real':
      return toReal(value, from);
    case 'string':
      return toText(value, from);
    case 'timespan':
      return toTimespan(value, from);
  }
}
