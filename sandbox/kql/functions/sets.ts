import { keyOf } from '../compare.ts';
import { derived, type Expr } from '../scope.ts';
import type { Value } from '../values.ts';
import { arrays, equalDynamic } from './arrays.ts';
import { type Library, type Maker, runAs, simple } from './define.ts';

type List = readonly Value[];

function unique(values: List): Value[] {
  return [...new Map(values.map((value) => [keyOf(value), value])).values()];
}

function union(...sets: Value[]): Value {
  return unique(arrays(sets).flat());
}

function intersect(first: Value, ...others: Value[]): Value {
  const keys = others.map((other) => new Set((Array.isArray(other) ? other : []).map(keyOf)));
  return Array.isArray(first) ? unique(first).filter((item) => keys.every((set) => set.has(keyOf(item)))) : [];
}

function difference(first: Value, ...others: Value[]): Value {
  const keys = new Set(arrays(others).flat().map(keyOf));
  return Array.isArray(first) ? unique(first).filter((item) => !keys.has(keyOf(item))) : [];
}

function jaccard(a: Value, b: Value): number {
  const common = intersect(a, b) as List;
  const all = union(a, b) as List;
  return all.length === 0 ? Number.NaN : common.length / all.length;
}

const setHas: Maker = (args, site) => {
  const [set, value] = args as [Expr, Expr];
  const run = runAs(value, 'dynamic');
  return derived(site.type, args, (row) => {
    const list = set.run(row);
    const wanted = run(row);
    return Array.isArray(list) ? list.some((item) => equalDynamic(item, wanted)) : null;
  });
};

export const setFunctions: Library = {
  set_has_element: setHas,
  set_union: simple('D*', union),
  set_intersect: simple('D*', intersect),
  set_difference: simple('D*', difference),
  set_equals: simple(
    'dd',
    (a: List, b: List) => (difference(a, b) as List).length === 0 && (difference(b, a) as List).length === 0,
  ),
  jaccard_index: simple('dd', jaccard),
};
