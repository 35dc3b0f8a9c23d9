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
  let level: unknown[] = [value];
  for (let at = 0; level.length > 0; at += 1) {
    if (at > depth) throw new CallError('malformed', `the answer is nested more than ${depth} deep`);
    level = level.flatMap(childrenOf);
  }
  return value;
}

function childrenOf(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  if (!Array.isArray(value) && Object.hasOwn(value, '__proto__')) Reflect.deleteProperty(value, '__proto__');
  return Object.values(value).filter((child) => typeof child === 'object' && child !== null);
}
