/**
 * Reading fields of documents that others wrote. Absent, null, and a value outside what the field may hold are told
 * apart, because each means something else to a check (absent is not a value), and all can be named in a message.
 */

export type Reading<T> =
  | { readonly is: 'value'; readonly value: T }
  | { readonly is: 'absent' }
  | { readonly is: 'null' }
  /** a wrong type, or a word outside the enum; `shown` is fit for a message */
  | { readonly is: 'outside'; readonly shown: string };

const LONGEST_SHOWN = 80;

/** The own field at a path of an untrusted document; undefined where the path ends early. Inherited names do not count. */
export function fieldAt(document: unknown, ...path: readonly string[]): unknown {
  let here = document;
  for (const name of path) {
    if (!isRecord(here) || !Object.hasOwn(here, name)) return undefined;
    here = here[name];
  }
  return here;
}

/** Enum values compare without case; the value read is spelled as in `allowed`. */
export function readEnum<T extends string>(field: unknown, allowed: readonly T[]): Reading<T> {
  return read(field, (value) =>
    typeof value === 'string' ? allowed.find((word) => word.toLowerCase() === value.toLowerCase()) : undefined,
  );
}

export function readText(field: unknown): Reading<string> {
  return read(field, (value) => (typeof value === 'string' ? value : undefined));
}

export function readBoolean(field: unknown): Reading<boolean> {
  return read(field, (value) => (typeof value === 'boolean' ? value : undefined));
}

/** `null` and `{}` where a list belongs mean none; absent stays absent: only the field's own rule knows what it means. */
export function readList(field: unknown): Reading<readonly unknown[]> {
  if (field === null || isEmptyRecord(field)) return { is: 'value', value: [] };
  return read(field, (value) => (Array.isArray(value) ? value : undefined));
}

/** `null` and `[]` where an object belongs mean none; absent stays absent. */
export function readRecord(field: unknown): Reading<Readonly<Record<string, unknown>>> {
  if (field === null || (Array.isArray(field) && field.length === 0)) return { is: 'value', value: {} };
  return read(field, (value) => (isRecord(value) ? value : undefined));
}

/** What a field holds, for a message: `"Disabled"`, `absent`, `null`, or the value that does not belong there. */
export function describeReading(reading: Reading<unknown>): string {
  if (reading.is === 'value') return show(reading.value);
  return reading.is === 'outside' ? reading.shown : reading.is;
}

/** A reading as an observed value: absent and null are both null there, a value outside the enum stays visible. */
export function observeReading(reading: Reading<string | boolean>): string | boolean | null {
  if (reading.is === 'value') return reading.value;
  return reading.is === 'outside' ? reading.shown : null;
}

/** A short rendering of any value, fit for a message: never long, never a whole document. */
export function show(value: unknown): string {
  if (value === undefined) return 'absent';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isRecord(value)) return 'an object';
  const text = typeof value === 'string' ? `"${value}"` : String(value);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmptyRecord(value: unknown): boolean {
  return isRecord(value) && Object.keys(value).length === 0;
}

function read<T>(field: unknown, accept: (value: unknown) => T | undefined): Reading<T> {
  if (field === undefined) return { is: 'absent' };
  if (field === null) return { is: 'null' };
  const value = accept(field);
  return value === undefined ? { is: 'outside', shown: show(field) } : { is: 'value', value };
}
