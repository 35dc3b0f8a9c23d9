/** Small changes to an estate file, for cases that differ from a named estate in one thing. */

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Container = { [key: string]: Json } | Json[];

/** An estate file while a case changes it. */
export interface DraftEstate {
  resources: ({ id: string } & { [key: string]: Json })[];
  [key: string]: Json;
}

export type Change = (estate: DraftEstate) => void;

/** A copy of the estate with the changes made one after the other. */
export function changed(estate: object, changes: readonly Change[]): DraftEstate {
  const draft: DraftEstate = JSON.parse(JSON.stringify(estate));
  for (const change of changes) change(draft);
  return draft;
}

/** Sets what stands at a dotted path of every document whose id ends like this, or matches; there must be one. */
export function set(document: string | RegExp, path: string, value: unknown): Change {
  return (estate) => {
    for (const found of matching(estate, document)) {
      const [container, key] = locate(found, path);
      (container as Record<string, Json>)[key] = copy(value);
    }
  };
}

/** Takes a field away. */
export function unset(document: string | RegExp, path: string): Change {
  return (estate) => {
    for (const found of matching(estate, document)) {
      const [container, key] = locate(found, path);
      if (Array.isArray(container)) container.splice(Number(key), 1);
      else delete container[key];
    }
  };
}

/** Appends to a list inside a document. */
export function push(document: string | RegExp, path: string, value: unknown): Change {
  return (estate) => {
    for (const found of matching(estate, document)) {
      const [container, key] = locate(found, path);
      const list = (container as Record<string, Json>)[key];
      if (!Array.isArray(list)) throw new Error(`${path} is no list`);
      list.push(copy(value));
    }
  };
}

/** Takes the documents away. */
export function remove(document: string | RegExp): Change {
  return (estate) => {
    const gone = new Set(matching(estate, document));
    estate.resources = estate.resources.filter((one) => !gone.has(one));
  };
}

export function add(...documents: readonly { readonly id: string; readonly [key: string]: unknown }[]): Change {
  return (estate) => {
    estate.resources.push(...(copy(documents) as DraftEstate['resources']));
  };
}

/** Adds a copy of a document in which every occurrence of a text is another. */
export function duplicate(document: string | RegExp, from: string, to: string): Change {
  return (estate) => {
    for (const found of matching(estate, document)) {
      estate.resources.push(JSON.parse(JSON.stringify(found).replaceAll(from, to)));
    }
  };
}

/** Sets a key of the estate file itself, or below it. */
export function estateKey(path: string, value: unknown): Change {
  return (estate) => {
    const [container, key] = locate(estate, path);
    (container as Record<string, Json>)[key] = copy(value);
  };
}

/** Replaces a text wherever it stands. */
export function replaceAll(from: string, to: string): Change {
  return (estate) => {
    Object.assign(estate, JSON.parse(JSON.stringify(estate).replaceAll(from, to)));
  };
}

/** Copies a document into Resource Graph's own view, where it then lags behind by this change. */
export function graphSays(document: string | RegExp, path: string, value: unknown): Change {
  return (estate) => {
    const lagging = matching(estate, document).map((found) => copy(found)) as DraftEstate['resources'];
    const graph = (estate.graph ?? {}) as { resources?: DraftEstate['resources'] };
    graph.resources = [...(graph.resources ?? []), ...lagging];
    estate.graph = graph as Json;
    for (const one of lagging) {
      const [container, key] = locate(one, path);
      (container as Record<string, Json>)[key] = copy(value);
    }
  };
}

function matching(estate: DraftEstate, document: string | RegExp): DraftEstate['resources'] {
  const found = estate.resources.filter(({ id }) =>
    typeof document === 'string' ? id.toLowerCase().endsWith(`/${document.toLowerCase()}`) : document.test(id),
  );
  if (found.length === 0) throw new Error(`the estate has no ${document}`);
  return found;
}

/** The object or list that holds the last part of a path; objects on the way are made. */
function locate(root: Container, path: string): readonly [Container, string] {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let here = root as Record<string, Json>;
  for (const key of keys) {
    const next = here[key];
    if (typeof next !== 'object' || next === null) here[key] = {};
    here = here[key] as Record<string, Json>;
  }
  return [here, last];
}

function copy(value: unknown): Json {
  return JSON.parse(JSON.stringify(value));
}
