/** Looking into documents whose contents nobody has checked. */
import { isRecord } from './checks.ts';
import type { AzureDocument, Json, JsonObject } from './types.ts';

/** What stands at a path of keys, or undefined; only own properties count. */
export function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  let current: Json | undefined = value;
  for (const key of path) {
    if (!isRecord(current) || !Object.hasOwn(current, key)) return undefined;
    current = (current as JsonObject)[key];
  }
  return current;
}

export function textAt(value: Json | undefined, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

export function listAt(value: Json | undefined, ...path: readonly string[]): readonly Json[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** A document as JSON: the two types differ only in that a document's keys may be undefined to the compiler. */
export function asJson(document: AzureDocument): JsonObject {
  return document as JsonObject;
}
