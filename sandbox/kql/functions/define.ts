import { convert } from '../convert.ts';
import type { KqlType } from '../engine.ts';
import { invalid } from '../failure.ts';
import { derived, type Expr, type Scope } from '../scope.ts';
import type { Node } from '../syntax.ts';
import { missing, type Row, type Value } from '../values.ts';

/** One call of a function in a query. */
export interface Site {
  readonly node: Node;
  readonly name: string;
  /** The result's type, as the analyser tells it. */
  readonly type: KqlType;
  readonly scope: Scope;
  readonly nodes: readonly Node[];
}

/** Compiles a call over its compiled arguments. */
export type Maker = (args: readonly Expr[], site: Site) => Expr;
export type Library = Readonly<Record<string, Maker>>;

const LETTERS: Readonly<Record<string, KqlType>> = {
  b: 'bool',
  d: 'dynamic',
  g: 'guid',
  i: 'int',
  l: 'long',
  p: 'timespan',
  r: 'real',
  s: 'string',
  t: 'datetime',
};

/** The expression converted to a type, without cost where it has it already. */
export function runAs(expr: Expr, type: KqlType): (row: Row) => Value {
  const { run, type: from } = expr;
  return from === type ? run : (row) => convert(run(row), from, type);
}

/**
 * A function of plain values. `params` has a letter an argument (b bool, d dynamic, l long, p timespan, r real, s string, t datetime,
 * x as it comes); the last one may be followed by `*` for any number more. A null argument makes the result null, but where
 * the letter is upper case.
 */
export function simple(params: string, implementation: (...values: never[]) => Value): Maker {
  // The letters say what each argument is, which the types cannot follow.
  const apply = implementation as (...values: readonly Value[]) => Value;
  return (args, site) => {
    const letters = args.map((_, index) => letterAt(params, index));
    const runs = args.map((arg, index) => {
      const type = LETTERS[(letters[index] ?? 'x').toLowerCase()];
      return type === undefined ? arg.run : runAs(arg, type);
    });
    const strict = letters.map((letter) => letter === letter.toLowerCase());
    const empty = missing(site.type);
    const finish = site.type === 'string' ? (value: Value) => value ?? '' : (value: Value) => value ?? null;
    const [first, second] = runs;
    if (first !== undefined && runs.length === 1) {
      const mayBeNull = strict[0] === false;
      return derived(site.type, args, (row) => {
        const value = first(row);
        return value === null && !mayBeNull ? empty : finish(apply(value));
      });
    }
    if (first !== undefined && second !== undefined && runs.length === 2) {
      return derived(site.type, args, (row) => {
        const a = first(row);
        const b = second(row);
        if ((a === null && strict[0]) || (b === null && strict[1])) return empty;
        return finish(apply(a, b));
      });
    }
    return derived(site.type, args, (row) => {
      const values = runs.map((run) => run(row));
      if (values.some((value, index) => value === null && strict[index])) return empty;
      return finish(apply(...values));
    });
  };
}

function letterAt(params: string, index: number): string {
  const letters = params.replace('*', '');
  if (index < letters.length) return letters.charAt(index);
  return params.endsWith('*') ? letters.charAt(letters.length - 1) : 'x';
}

/** The value of an argument that must be constant. */
export function constantOf(expr: Expr | undefined, site: Site, what: string): Value {
  if (expr === undefined || !expr.constant) {
    throw invalid(`${site.name}() needs a constant ${what}`, site.node.TextStart);
  }
  return expr.run([]);
}

/** The same function under other names. */
export function alias(names: readonly string[], maker: Maker): Library {
  return Object.fromEntries(names.map((name) => [name, maker]));
}
