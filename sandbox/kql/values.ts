import type { KqlType } from './engine.ts';

/**
 * How values are held inside the engine:
 *
 * - null: null (a string is never null, it is '')
 * - bool: boolean; string: string; guid: lower-case string; real: number; decimal: Decimal
 * - int, long: number where safe, else bigint, so that equal values are equal under `===`
 * - timespan: ticks of 100 ns, as a long; datetime: ticks since 2020-01-01, as a long, so that 1991 to 2048 are plain numbers
 * - dynamic: JSON values; what JSON cannot tell apart is wrapped in Typed
 */
export type Value = unknown;
export type Row = readonly Value[];
export type Long = number | bigint;

export const TICKS_PER_MILLISECOND = 10_000;
export const TICKS_PER_SECOND = 10_000_000;
export const TICKS_PER_DAY = 864_000_000_000;
/** Days from 0001-01-01 to 2020-01-01, from where datetimes are counted here. */
export const EPOCH_DAYS = 737_424;
/** Ticks from 1970-01-01 to 2020-01-01. */
export const UNIX_TO_EPOCH_TICKS = 15_778_368_000_000_000n;
const MIN_LONG = -(2n ** 63n);

/** A scalar inside a dynamic value that JSON has no word for: a real without a fraction, a datetime, a timespan, a guid, a decimal. */
export class Typed {
  readonly type: 'real' | 'datetime' | 'timespan' | 'guid' | 'decimal';
  readonly value: Value;

  constructor(type: Typed['type'], value: Value) {
    this.type = type;
    this.value = value;
  }
}

/** A long from a bigint: a number where it is safe. Wraps around at 64 bits. */
export function long(value: bigint): Long {
  const wrapped = BigInt.asIntN(64, value);
  return wrapped >= -9007199254740991n && wrapped <= 9007199254740991n ? Number(wrapped) : wrapped;
}

/** A long from a real, cut towards zero; null where 64 bits do not hold it. */
export function longOfReal(value: number): Long | null {
  const cut = Math.trunc(value);
  if (Number.isSafeInteger(cut)) return cut === 0 ? 0 : cut;
  if (!Number.isFinite(cut)) return null;
  const big = BigInt(cut);
  return big < MIN_LONG || big > 9223372036854775807n ? null : big;
}

export function add(a: Long, b: Long): Long {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return long(BigInt(a) + BigInt(b));
}

export function subtract(a: Long, b: Long): Long {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return long(BigInt(a) - BigInt(b));
}

export function multiply(a: Long, b: Long): Long {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    if (Number.isSafeInteger(product)) return product === 0 ? 0 : product;
  }
  return long(BigInt(a) * BigInt(b));
}

/** Integer division cuts towards zero; by zero it is null. */
export function divide(a: Long, b: Long): Long | null {
  if (b === 0) return null;
  if (typeof a === 'number' && typeof b === 'number') {
    const quotient = Math.trunc(a / b);
    return quotient === 0 ? 0 : quotient;
  }
  return long(BigInt(a) / BigInt(b));
}

/** The modulo is never negative; by zero it is null. */
export function modulo(a: Long, b: Long): Long | null {
  if (b === 0) return null;
  if (typeof a === 'number' && typeof b === 'number') {
    const rest = a % b;
    return rest < 0 ? rest + Math.abs(b) : rest === 0 ? 0 : rest;
  }
  const rest = BigInt(a) % BigInt(b);
  const size = BigInt(b) < 0n ? -BigInt(b) : BigInt(b);
  return long(rest < 0n ? rest + size : rest);
}

export function negate(a: Long): Long {
  return typeof a === 'number' ? 0 - a : long(-a);
}

/** The largest multiple of `size` above `origin` that is not above the value. */
export function floorTo(value: Long, size: Long, origin: Long = 0): Long | null {
  if (size === 0) return null;
  const rest = modulo(subtract(value, origin), size);
  return rest === null ? null : subtract(value, rest);
}

export function isLong(value: Value): value is Long {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** A JSON-like object: not null, not an array, not a wrapped scalar. */
export function isBag(value: Value): value is Readonly<Record<string, Value>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Typed);
}

/** What a column of this type holds where there is no value. */
export function missing(type: KqlType): Value {
  return type === 'string' ? '' : null;
}
