import { compareValues } from '../compare.ts';
import { compileKey } from '../expressions.ts';
import { type Expr, eachRow, type Plan, rowScope, type Scope } from '../scope.ts';
import { child, items, kindOf, type Node, need, tokenText } from '../syntax.ts';
import type { Row, Value } from '../values.ts';
import { rowCount } from './rows.ts';

export interface Ordering {
  readonly expr: Expr;
  readonly ascending: boolean;
  readonly nullsFirst: boolean;
}

/** Descending unless told otherwise; nulls are first where ascending and last where descending. */
export function orderingOf(node: Node, scope: Scope): Ordering {
  if (kindOf(node) !== 'OrderedExpression') {
    return { expr: compileKey(node, scope), ascending: false, nullsFirst: false };
  }
  const clause = need(node, 'Ordering');
  const direction = tokenText(clause, 'AscOrDescKeyword');
  const nulls = child(clause, 'NullsClause');
  const ascending = direction === 'asc' || direction === 'granny-asc';
  const nullsFirst = nulls === undefined ? ascending : tokenText(nulls, 'FirstOrLastKeyword') === 'first';
  return { expr: compileKey(need(node, 'Expression'), scope), ascending, nullsFirst };
}

const isNothing = (value: Value) => value === null || Number.isNaN(value);

/** Null and NaN stay together at their end, null outermost. */
export function compareBy(a: Value, b: Value, { ascending, nullsFirst }: Ordering): number {
  const x = isNothing(a);
  const y = isNothing(b);
  if (x || y) {
    if (x !== y) return x === nullsFirst ? -1 : 1;
    return a === b || (a !== null && b !== null) ? 0 : (a === null) === nullsFirst ? -1 : 1;
  }
  return ascending ? compareValues(a, b) : compareValues(b, a);
}

/** The rows in order; equal ones keep theirs. */
export function sortRows(
  rows: readonly Row[],
  orderings: readonly Ordering[],
  row: ReturnType<typeof rowScope>,
): Row[] {
  const keys = eachRow(row, rows, (cells) => orderings.map(({ expr }) => expr.run(cells)));
  const order = Array.from(rows.keys());
  order.sort((a, b) => {
    const x = keys[a] ?? [];
    const y = keys[b] ?? [];
    for (let index = 0; index < orderings.length; index++) {
      const difference = compareBy(x[index], y[index], orderings[index] as Ordering);
      if (difference !== 0) return difference;
    }
    return a - b;
  });
  return order.map((index) => rows[index] as Row);
}

export function sort(node: Node, input: Plan, scope: Scope): Plan {
  const row = rowScope(input.columns);
  const orderings = items(node, 'Expressions').map((item) => orderingOf(item, { ...scope, row }));
  return { columns: input.columns, run: () => sortRows(input.run(), orderings, row) };
}

export function top(node: Node, input: Plan, scope: Scope): Plan {
  const row = rowScope(input.columns);
  const count = rowCount(need(node, 'Expression'), scope);
  const ordering = orderingOf(need(node, 'ByExpression'), { ...scope, row });
  return { columns: input.columns, run: () => sortRows(input.run(), [ordering], row).slice(0, count) };
}
