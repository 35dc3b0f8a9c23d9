import { compareDecimals, Decimal } from './decimal.ts';
import { isBag, Typed, type Value } from './values.ts';

/** Ordinal order of strings, by code point. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const x = a.charCodeAt(index);
    const y = b.charCodeAt(index);
    if (x === y) continue;
    // A surrogate stands for a code point above every other unit, though its own number is below U+E000.
    const xHigh = x >= 0xd800 && x <= 0xdfff;
    const yHigh = y >= 0xd800 && y <= 0xdfff;
    return xHigh === yHigh ? x - y : xHigh ? 1 : -1;
  }
  return a.length - b.length;
}

function rank(value: Value): number {
  if (value === null || value === undefined) return 0;
  if (typeof value === 'boolean') return 1;
  if (typeof value === 'number' || typeof value === 'bigint') return 2;
  if (value instanceof Decimal) return 2;
  if (value instanceof Typed) return value.type === 'real' || value.type === 'decimal' ? 2 : 3;
  if (typeof value === 'string') return 4;
  return Array.isArray(value) ? 5 : 6;
}

/** Order of two values of one type. Nulls are equal here and below all else. */
export function compareValues(a: Value, b: Value): number {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : a === b ? 0 : compareNaN(a, b);
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  const difference = rank(a) - rank(b);
  if (difference !== 0) return difference;
  const x = a instanceof Typed ? a.value : a;
  const y = b instanceof Typed ? b.value : b;
  if (x instanceof Decimal && y instanceof Decimal) return compareDecimals(x, y);
  if (typeof x === 'boolean') return Number(x) - Number(y);
  if (typeof x === 'number' || typeof x === 'bigint') {
    const other = y as number | bigint;
    return x < other ? -1 : x > other ? 1 : 0;
  }
  if (typeof x === 'string' && typeof y === 'string') return compareStrings(x, y);
  if (x === null || x === undefined) return 0;
  return compareStrings(keyOf(x) as string, keyOf(y) as string);
}

function compareNaN(a: number, b: number): number {
  return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
}

/** Deep equality of two values of one type, or of two dynamic values. */
export function equalValues(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' && typeof b !== 'object') return false;
  return keyOf(a) === keyOf(b);
}

/** What stands for a value in a Map: equal values have equal keys. Scalars stand for themselves. */
export function keyOf(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Decimal) return `\u0001${value}`;
  if (value instanceof Typed) {
    if (value.type === 'real') return value.value;
    return `\u0002${value.type}${String(value.value)}`;
  }
  return `\u0003${canonical(value)}`;
}

function canonical(value: Value): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (isBag(value)) {
    const names = Object.keys(value).sort();
    return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
  }
  return String(keyOf(value));
}

/** One key for several values. */
export function rowKey(values: readonly Value[]): Value {
  if (values.length === 1) return keyOf(values[0]);
  let key = '';
  for (const value of values) {
    const part = keyOf(value);
    if (typeof part === 'string') key += `s${part.length}:${part}`;
    else key += `${part === null ? '' : typeof part === 'boolean' ? 'b' : ''}${String(part)};`;
  }
  return key;
}

/** Things by several values, found without building a key: a map of maps. */
export class KeyedMap<T> {
  readonly #root = new Map<Value, unknown>();
  readonly #all: T[] = [];

  /** The thing under these values; made where there is none yet. */
  get(values: readonly Value[], make: () => T): T {
    let node = this.#root;
    const last = values.length - 1;
    for (let index = 0; index < last; index++) {
      const key = keyOf(values[index]);
      let next = node.get(key) as Map<Value, unknown> | undefined;
      if (next === undefined) {
        next = new Map();
        node.set(key, next);
      }
      node = next;
    }
    const key = last < 0 ? null : keyOf(values[last]);
    let found = node.get(key) as T | undefined;
    if (found === undefined) {
      found = make();
      node.set(key, found);
      this.#all.push(found);
    }
    return found;
  }

  /** Everything, in the order it was made. */
  all(): readonly T[] {
    return this.#all;
  }
}
