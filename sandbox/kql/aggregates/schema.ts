import { keyOf } from '../compare.ts';
import { unwrap } from '../convert.ts';
import type { Expr } from '../scope.ts';
import { isBag, type Value } from '../values.ts';
import type { Accumulate } from './accumulators.ts';

/** The least schema that all values of the column fit, as buildschema() writes it. */
export function buildSchema({ run }: Expr): Accumulate {
  return () => {
    let schema: Value;
    return {
      add: (row) => {
        const value = run(row);
        if (value !== null) schema = unite(schema, describe(value));
      },
      result: () => schema ?? null,
    };
  };
}

function describe(value: Value): Value {
  if (Array.isArray(value)) {
    return { '`indexer`': value.reduce<Value>((all, item) => unite(all, describe(item)), undefined) ?? {} };
  }
  if (isBag(value)) return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, describe(item)]));
  if (value === null) return 'null';
  const type = unwrap(value)[1];
  return type === 'real' ? 'double' : type;
}

function alternatives(schema: Value): readonly Value[] {
  return Array.isArray(schema) ? schema : [schema];
}

function unite(a: Value, b: Value): Value {
  if (a === undefined) return b;
  const result: Value[] = [];
  for (const next of [...alternatives(a), ...alternatives(b)]) {
    const at = result.findIndex((known) => (isBag(known) && isBag(next)) || keyOf(known) === keyOf(next));
    if (at < 0) result.push(next);
    else if (isBag(next)) result[at] = uniteBags(result[at] as Readonly<Record<string, Value>>, next);
  }
  return result.length === 1 ? result[0] : result;
}

function uniteBags(a: Readonly<Record<string, Value>>, b: Readonly<Record<string, Value>>): Value {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries(
    [...names].map((name) => [name, name in a && name in b ? unite(a[name], b[name]) : (a[name] ?? b[name])]),
  );
}
