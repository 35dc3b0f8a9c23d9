import type { AzureDocument, Estate, Json, JsonObject } from '../types.ts';

/**
 * Reads of hostile JSON: whatever is inside an estate's documents is everyday life, so each of these answers with
 * nothing instead of throwing.
 */

export function objectOf(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

export function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** the value under a path of keys */
export function at(value: unknown, ...path: readonly string[]): Json | undefined {
  let here: unknown = value;
  for (const key of path) here = Object.hasOwn(objectOf(here), key) ? objectOf(here)[key] : undefined;
  return here as Json | undefined;
}

/** the segments of a resource id, lower case: Azure compares ids without case, segment by segment */
export function segmentsOf(id: unknown): readonly string[] {
  return (textOf(id) ?? '')
    .toLowerCase()
    .split('/')
    .filter((segment) => segment !== '');
}

/** an id made comparable: lower case, no doubled or trailing slash; empty if there is none */
export function keyOf(id: unknown): string {
  const segments = segmentsOf(id);
  return segments.length === 0 ? '' : `/${segments.join('/')}`;
}

export function isAtOrBelow(id: string, scope: string): boolean {
  const key = keyOf(id);
  const above = keyOf(scope);
  return above === '' || key === above || key.startsWith(`${above}/`);
}

/** the key of the id that many segments pairs further up, e.g. a child's workspace */
export function parentKey(id: string, pairs = 1): string {
  const segments = segmentsOf(id);
  return `/${segments.slice(0, segments.length - 2 * pairs).join('/')}`;
}

export function lastSegment(id: unknown): string {
  return segmentsOf(id).at(-1) ?? '';
}

export function isOfType(document: AzureDocument, type: string): boolean {
  return document.type?.toLowerCase() === type.toLowerCase();
}

export function documentsOfType(estate: Estate, type: string): readonly AzureDocument[] {
  return estate.resources.filter((document) => isOfType(document, type));
}
