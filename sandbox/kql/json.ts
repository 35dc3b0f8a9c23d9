import { parseDatetime, printDatetime, printTimespan } from './datetime.ts';
import type { KqlType } from './engine.ts';
import { isBag, type Long, long, Typed, type Value } from './values.ts';

/** JSON texts that hold a number whose kind JSON.parse would lose: 1.0, 1e3, or beyond 2^53. */
const DELICATE = /\d(?:\.0+(?!\d)|[eE])|\d{16}/;

function revive(_key: string, value: unknown, context: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || context.source === undefined) return value;
  if (/^-?\d+$/.test(context.source)) return Number.isSafeInteger(value) ? value : wide(context.source);
  return Number.isInteger(value) ? new Typed('real', value) : value;
}

function wide(source: string): Value {
  const exact = BigInt(source);
  return BigInt.asIntN(64, exact) === exact ? long(exact) : new Typed('real', Number(source));
}

/** The dynamic value of a JSON text; undefined where it is not JSON. */
export function parseJson(text: string): Value | undefined {
  try {
    if (!DELICATE.test(text)) return JSON.parse(text) as Value;
    return (JSON.parse as (text: string, reviver: typeof revive) => Value)(text, revive);
  } catch {
    return undefined;
  }
}

/** A JSON value from outside as a dynamic value: integers beyond 2^53 that came as numbers stay reals. */
export function dynamicOf(value: unknown): Value {
  if (value === undefined) return null;
  if (typeof value === 'bigint') return long(value);
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
    return new Typed('real', value);
  return value;
}

/** A value of a type as an element of a dynamic value. */
export function toDynamic(value: Value, type: KqlType): Value {
  if (value === null) return null;
  if (type === 'real') return Number.isInteger(value) ? new Typed('real', value) : value;
  if (type === 'datetime' || type === 'timespan' || type === 'guid' || type === 'decimal')
    return new Typed(type, value);
  return value;
}

/** The text of a real: at least one decimal, as Kusto prints it. */
export function printReal(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return `${Object.is(value, -0) ? '-0' : value}.0`;
  return String(value);
}

export function printTyped(value: Typed): string {
  if (value.type === 'datetime') return printDatetime(value.value as Long);
  if (value.type === 'timespan') return printTimespan(value.value as Long);
  if (value.type === 'real') return printReal(value.value as number);
  return String(value.value);
}

/** The compact JSON text of a dynamic value. */
export function printJson(value: Value): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : `"${value}"`;
  if (Array.isArray(value)) return `[${value.map(printJson).join(',')}]`;
  if (value instanceof Typed) {
    const text = printTyped(value);
    return value.type === 'real' || value.type === 'decimal' ? text : `"${text}"`;
  }
  if (isBag(value)) {
    return `{${Object.entries(value)
      .map(([name, item]) => `${JSON.stringify(name)}:${printJson(item)}`)
      .join(',')}}`;
  }
  return String(value);
}

/** A dynamic value as plain JSON. */
export function plainJson(value: Value): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value !== 'object' || value === null) return value ?? null;
  if (value instanceof Typed) {
    return value.type === 'real'
      ? value.value
      : value.type === 'decimal'
        ? Number(String(value.value))
        : printTyped(value);
  }
  if (Array.isArray(value)) return value.map(plainJson);
  const copy: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) set(copy, name, plainJson(item));
  return copy;
}

/** Sets a property by any name, `__proto__` included. */
export function set(bag: Record<string, Value>, name: string, value: Value): void {
  if (name === '__proto__')
    Object.defineProperty(bag, name, { value, enumerable: true, configurable: true, writable: true });
  else bag[name] = value;
}

/** The time a dynamic text or wrapped datetime tells; null otherwise. */
export function datetimeInside(value: Value): Long | null {
  if (value instanceof Typed) return value.type === 'datetime' ? (value.value as Long) : null;
  return typeof value === 'string' ? parseDatetime(value) : null;
}
