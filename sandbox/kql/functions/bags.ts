import { toText } from '../convert.ts';
import { derived, type Expr } from '../scope.ts';
import { isBag, type Value } from '../values.ts';
import { dynamicRuns, rowExprs } from './arrays.ts';
import { alias, type Library, type Maker, runAs, simple } from './define.ts';
import { atPath } from './texts.ts';

type Bag = Readonly<Record<string, Value>>;

const bagPack: Maker = (args, site) => {
  const runs = args.map((arg, index) => runAs(arg, index % 2 === 0 ? 'string' : 'dynamic'));
  return derived(site.type, args, (row) => {
    const bag: [string, Value][] = [];
    for (let index = 0; index + 1 < runs.length; index += 2) {
      bag.push([String(runs[index]?.(row)), runs[index + 1]?.(row) ?? null]);
    }
    return Object.fromEntries(bag);
  });
};

const bagPackColumns: Maker = (args, site) => {
  const runs = dynamicRuns(args);
  const names = site.nodes.map((node) => node.SimpleName ?? '');
  return derived(site.type, args, (row) =>
    Object.fromEntries(runs.map((run, index) => [names[index] ?? '', run(row)])),
  );
};

const packAll: Maker = (args, site) => {
  const columns = site.scope.row?.columns ?? [];
  const runs = dynamicRuns(rowExprs(columns));
  const ignore = args[0]?.run([]) === true;
  return {
    type: site.type,
    constant: false,
    run: (row) => {
      const pairs = runs.map((run, index) => [columns[index]?.name ?? '', run(row)] as const);
      return Object.fromEntries(ignore ? pairs.filter(([, value]) => value !== null && value !== '') : pairs);
    },
  };
};

function merge(...bags: Value[]): Value {
  const result = new Map<string, Value>();
  for (const bag of bags) {
    if (!isBag(bag)) continue;
    for (const [name, value] of Object.entries(bag)) if (!result.has(name)) result.set(name, value);
  }
  return Object.fromEntries(result);
}

function hasKey(bag: Value, key: string): boolean | null {
  if (!isBag(bag)) return null;
  return key.startsWith('$') ? atPath(bag, key) !== undefined : Object.hasOwn(bag, key);
}

function removeKeys(bag: Value, keys: Value): Value {
  if (!isBag(bag)) return null;
  const names = (Array.isArray(keys) ? keys : [keys]).map((key) => toText(key, 'dynamic'));
  return names.reduce<Bag>(
    (rest, name) => (name.startsWith('$.') ? without(rest, name.slice(2).split('.')) : without(rest, [name])),
    bag,
  );
}

function without(bag: Bag, [first = '', ...rest]: readonly string[]): Bag {
  if (rest.length === 0) return Object.fromEntries(Object.entries(bag).filter(([name]) => name !== first));
  const inner = bag[first];
  return isBag(inner) ? { ...bag, [first]: without(inner, rest) } : bag;
}

function setKey(bag: Bag, [first = '', ...rest]: readonly string[], value: Value): Bag {
  const inner = bag[first];
  return { ...bag, [first]: rest.length === 0 ? value : setKey(isBag(inner) ? inner : {}, rest, value) };
}

const bagSetKey: Maker = (args, site) => {
  const [bag, key, value] = args as [Expr, Expr, Expr];
  const run = runAs(value, 'dynamic');
  return derived(site.type, args, (row) => {
    const current = bag.run(row);
    const name = toText(key.run(row), key.type);
    if (!isBag(current)) return null;
    return setKey(current, name.startsWith('$.') ? name.slice(2).split('.') : [name], run(row));
  });
};

function bagZip(keys: Value, values: Value): Value {
  if (!Array.isArray(keys)) return null;
  const list = Array.isArray(values) ? values : [];
  return Object.fromEntries(
    keys.flatMap((key, index): [string, Value][] => (typeof key === 'string' ? [[key, list[index] ?? null]] : [])),
  );
}

/** The paths of all that is inside; of an array's elements, which count as one. */
function paths(value: Value, path: string): readonly string[] {
  if (Array.isArray(value)) return value.length === 0 ? [] : below(`${path}[0]`, value);
  if (!isBag(value)) return [];
  return Object.entries(value).flatMap(([name, item]) => below(`${path}['${name}']`, [item]));
}

function below(path: string, items: readonly Value[]): readonly string[] {
  return [path, ...items.flatMap((item) => paths(item, path))];
}

export const bagFunctions: Library = {
  ...alias(['bag_pack', 'pack', 'pack_dictionary'], bagPack),
  bag_pack_columns: bagPackColumns,
  pack_all: packAll,
  bag_keys: simple('d', (bag: Value) => (isBag(bag) ? Object.keys(bag) : null)),
  bag_merge: simple('D*', merge),
  bag_has_key: simple('ds', hasKey),
  bag_remove_keys: simple('dd', removeKeys),
  bag_set_key: bagSetKey,
  bag_zip: simple('dd', bagZip),
  treepath: simple('d', (bag: Value) => [...new Set(paths(bag, ''))]),
};
