import { CallError } from './failure.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON from outside: nested at most `depth` deep, `__proto__` keys taken out. Throws a {@link CallError}. */
export function parseJson(text: string, depth: number): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CallError('malformed', text.trim() === '' ? 'an empty answer' : 'the answer is not valid JSON');
  }
  if (typeof value === 'object' && value !== null && !cleanUp(value, depth)) {
    throw new CallError('malformed', `the answer is nested more than ${depth} deep`);
  }
  return value;
}

/** Takes `__proto__` keys out; false where it is nested deeper than that. */
function cleanUp(value: object, depth: number): boolean {
  if (depth < 0) return false;
  if (!Array.isArray(value) && Object.hasOwn(value, '__proto__')) Reflect.deleteProperty(value, '__proto__');
  for (const child of Array.isArray(value) ? value : Object.values(value)) {
    if (typeof child === 'object' && child !== null && !cleanUp(child, depth - 1)) return false;
  }
  return true;
}
