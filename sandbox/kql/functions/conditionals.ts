import { compareValues } from '../compare.ts';
import type { KqlType } from '../engine.ts';
import { KqlFailure } from '../failure.ts';
import { derived, type Expr } from '../scope.ts';
import { missing, Typed, type Value } from '../values.ts';
import { alias, type Library, type Maker, runAs, simple } from './define.ts';

/** The common type of branches: the analyser's, or where it does not know, that of the first typed branch. */
function commonType(type: KqlType, branches: readonly Expr[]): KqlType {
  if (type !== 'dynamic') return type;
  return branches.every((branch) => branch.type === branches[0]?.type) ? (branches[0]?.type ?? type) : type;
}

const iff: Maker = (args, site) => {
  const [condition, yes, no] = args as [Expr, Expr, Expr];
  const type = commonType(site.type, [yes, no]);
  const test = runAs(condition, 'bool');
  const then = runAs(yes, type);
  const otherwise = runAs(no, type);
  return derived(type, args, (row) => (test(row) === true ? then(row) : otherwise(row)));
};

const caseOf: Maker = (args, site) => {
  const branches = args.filter((_, index) => index % 2 === 1 || index === args.length - 1);
  const type = commonType(site.type, branches);
  const tests = args.slice(0, -1).flatMap((arg, index) => (index % 2 === 0 ? [runAs(arg, 'bool')] : []));
  const results = branches.map((branch) => runAs(branch, type));
  return derived(type, args, (row) => {
    const at = tests.findIndex((test) => test(row) === true);
    return (results[at < 0 ? results.length - 1 : at] as (cells: typeof row) => Value)(row);
  });
};

const coalesce: Maker = (args, site) => {
  const type = commonType(site.type, args);
  const runs = args.map((arg) => runAs(arg, type));
  return derived(type, args, (row) => {
    for (const run of runs) {
      const value = run(row);
      if (value !== null && value !== '') return value;
    }
    return missing(type);
  });
};

/** The greatest (sign 1) or least (sign -1) argument that is not null. */
const extremeOf =
  (sign: 1 | -1): Maker =>
  (args, site) => {
    const type = commonType(site.type, args);
    const runs = args.map((arg) => runAs(arg, type));
    return derived(type, args, (row) => {
      let best: Value = null;
      for (const run of runs) {
        const value = run(row);
        if (value !== null && (best === null || compareValues(value, best) * sign > 0)) best = value;
      }
      return best ?? missing(type);
    });
  };

const isNothing = (value: Value, type: KqlType) => value === null || (type === 'string' && value === '');

const nullTest =
  (wanted: boolean, emptiness: boolean): Maker =>
  (args, site) => {
    const [arg] = args as [Expr];
    return derived(site.type, args, (row) => {
      const value = arg.run(row);
      const nothing = emptiness ? isNothing(value, arg.type) || value === '' : value === null;
      return nothing === wanted;
    });
  };

/** The column of that name if there is one, else the default. */
const columnIfExists: Maker = (args, site) => {
  const [name, fallback] = args as [Expr, Expr];
  const column = String(name.run([]));
  const position = site.scope.row?.positions.get(column);
  const known = position === undefined ? undefined : site.scope.row?.columns[position];
  if (position === undefined || known === undefined) return fallback;
  return { type: known.type, constant: false, run: (row) => row[position] };
};

const assert: Maker = (args, site) =>
  derived(site.type, args, (row) => {
    const [predicate, message] = args as [Expr, Expr];
    if (predicate.run(row) !== true)
      throw new KqlFailure('RuntimeError', `assert: ${String(message.run(row))}`, site.node.TextStart);
    return true;
  });

const getType: Maker = (args, site) => {
  const [arg] = args as [Expr];
  return derived(site.type, args, (row) => dynamicTypeName(arg.run(row), arg.type));
};

function dynamicTypeName(value: Value, type: KqlType): string {
  if (type === 'real') return 'real';
  if (type !== 'dynamic') return type;
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'long';
  if (typeof value === 'number') return Number.isInteger(value) ? (value === (value | 0) ? 'int' : 'long') : 'double';
  if (value instanceof Typed) return value.type === 'real' ? 'double' : value.type;
  return 'dictionary';
}

export const conditionals: Library = {
  ...alias(['iff', 'iif'], iff),
  case: caseOf,
  coalesce,
  max_of: extremeOf(1),
  min_of: extremeOf(-1),
  isnull: nullTest(true, false),
  ...alias(['isnotnull', 'notnull'], nullTest(false, false)),
  isempty: nullTest(true, true),
  ...alias(['isnotempty', 'notempty'], nullTest(false, true)),
  not: simple('b', (value: boolean) => !value),
  ...alias(['column_ifexists', 'columnifexists'], columnIfExists),
  assert,
  gettype: getType,
};
