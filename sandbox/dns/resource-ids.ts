import { nameOf, normalise } from '../resource-manager/scopes.ts';
import type { AzureDocument, Estate } from '../types.ts';

/** Ids and types inside hostile documents: what is no id is the empty one, which nothing equals. */

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** an id in the one form that compares; empty if there is none */
export function keyOf(id: unknown): string {
  const text = textOf(id);
  return text === undefined ? '' : normalise(text);
}

export function segmentsOf(id: unknown): readonly string[] {
  return keyOf(id).split('/').filter(Boolean);
}

/** the key of the resource that a child's id stands in */
export function parentKey(id: string): string {
  return `/${segmentsOf(id).slice(0, -2).join('/')}`;
}

export function lastSegment(id: string): string {
  return nameOf(id);
}

export function isOfType(document: AzureDocument, type: string): boolean {
  return document.type?.toLowerCase() === type.toLowerCase();
}

export function documentsOfType(estate: Estate, type: string): readonly AzureDocument[] {
  return estate.resources.filter((document) => isOfType(document, type));
}
