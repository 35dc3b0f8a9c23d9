import type { Gathered, ResourceDocument } from '../../model.ts';
import { lastSegment, sameId } from '../../rules/resource-id.ts';
import type { Azure } from './client.ts';
import { isObject } from './json.ts';

/** A document out of an answer or a row; undefined where it has no id or its properties are no object. */
export function toDocument(value: unknown): ResourceDocument | undefined {
  if (!isObject(value)) return undefined;
  const { id, name, type, kind, location, tags, identity } = value;
  const properties = value.properties ?? {};
  if (typeof id !== 'string' || !id.startsWith('/') || !isObject(properties)) return undefined;
  return {
    id,
    type: typeof type === 'string' ? type : '',
    name: typeof name === 'string' ? name : lastSegment(id),
    // Resource Graph writes an empty text where there is no kind
    ...(kind === undefined || kind === '' ? {} : { kind }),
    ...(location === undefined ? {} : { location }),
    ...(tags === undefined ? {} : { tags }),
    ...(identity === undefined ? {} : { identity }),
    properties,
  };
}

/** Reads one resource from Resource Manager. An answer that is about another resource is none. */
export async function readDocument(
  azure: Azure,
  id: string,
  apiVersion: string,
  signal: AbortSignal,
): Promise<Gathered<ResourceDocument>> {
  const answer = await azure.get(id, apiVersion, signal);
  if (!answer.ok) return answer;
  const document = toDocument(answer.value);
  if (document !== undefined && sameId(document.id, id)) return { ...answer, value: document };
  const detail = `ARM GET ${id}: the answer is not the document of this resource`;
  return { ok: false, reason: 'malformed', detail, sources: answer.sources };
}

/** The list in a field: absent, null and `{}` are none, and anything else that is no list is undefined. */
export function listIn(value: unknown): readonly unknown[] | undefined {
  if (value === undefined || value === null) return [];
  if (isObject(value) && Object.keys(value).length === 0) return [];
  return Array.isArray(value) ? value : undefined;
}

/** The texts in a list; undefined for a list that holds anything else. */
export function textsIn(value: unknown): readonly string[] | undefined {
  const list = listIn(value);
  return list?.every((one) => typeof one === 'string') ? list : undefined;
}

/** The text at a path of nested objects. */
export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = valueAt(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  let here = value;
  for (const name of path) {
    if (!isObject(here) || !Object.hasOwn(here, name)) return undefined;
    here = here[name];
  }
  return here;
}
