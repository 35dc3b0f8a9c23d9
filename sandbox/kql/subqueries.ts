import { compile } from './expressions.ts';
import { constant, type Expr, NO_ROW, type Plan, type Scope } from './scope.ts';
import type { Node } from './syntax.ts';
import { compileTable } from './tabular.ts';
import { missing } from './values.ts';

/** Whether an expression is a table: a name bound to one, or by the analyser's type. */
export function isTabular(node: Node, scope: Scope): boolean {
  const name = node.SimpleName;
  const bound = name === undefined ? undefined : scope.env.names.get(name);
  if (bound !== undefined && scope.row?.positions.has(name ?? '') !== true) return bound.kind === 'table';
  // A table's symbol alone says whether it is open to unknown columns.
  const type = node.ResultType;
  return type !== null && type !== undefined && 'IsOpen' in type && type.Columns !== undefined;
}

export function tableOf(node: Node, scope: Scope): Plan {
  return compileTable(node, { ...scope, row: undefined });
}

/** What toscalar() gives, evaluated once: the first cell of a tabular expression, or a scalar one that depends on no row. */
export function scalarOf(node: Node, scope: Scope): Expr {
  if (!isTabular(node, scope)) {
    const { type, run } = compile(node, { ...scope, row: undefined });
    return constant(run(NO_ROW), type);
  }
  const plan = tableOf(node, scope);
  const type = plan.columns[0]?.type ?? 'dynamic';
  const cell = plan.run()[0]?.[0];
  return constant(cell === undefined ? missing(type) : cell, type);
}
