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

interface Index {
  readonly byType: ReadonlyMap<string, readonly AzureDocument[]>;
  readonly byKey: ReadonlyMap<string, AzureDocument>;
  /** by type, then by the key of the resource that they stand in; made where it is asked for */
  readonly children: Map<string, ReadonlyMap<string, readonly AzureDocument[]>>;
}

const indexes = new WeakMap<Estate, Index>();

function indexOf(estate: Estate): Index {
  const index = indexes.get(estate) ?? {
    byType: Map.groupBy(estate.resources, (document) => document.type?.toLowerCase() ?? ''),
    byKey: new Map(estate.resources.map((document) => [keyOf(document.id), document])),
    children: new Map(),
  };
  indexes.set(estate, index);
  return index;
}

export function documentsOfType(estate: Estate, type: string): readonly AzureDocument[] {
  return indexOf(estate).byType.get(type.toLowerCase()) ?? [];
}

export function documentAt(estate: Estate, key: string): AzureDocument | undefined {
  return indexOf(estate).byKey.get(key);
}

/** The documents of a type that stand in the resource with this key. */
export function childrenOfType(estate: Estate, type: string, parent: string): readonly AzureDocument[] {
  const { children } = indexOf(estate);
  const known = children.get(type) ?? Map.groupBy(documentsOfType(estate, type), ({ id }) => parentKey(id));
  children.set(type, known);
  return known.get(parent) ?? [];
}
