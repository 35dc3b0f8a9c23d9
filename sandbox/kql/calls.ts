import { compile } from './expressions.ts';
import { unsupported } from './failure.ts';
import type { Site } from './functions/define.ts';
import { scalarFunction } from './functions/library.ts';
import { constant, type Expr, type Scope, typeOf } from './scope.ts';
import { tableOf } from './subqueries.ts';
import { argumentsOf, kindOf, type Node, need } from './syntax.ts';
import { callScalar } from './user-functions.ts';

export function calledName(node: Node): string {
  return need(node, 'Name').SimpleName ?? '';
}

/** The compiled arguments of a built-in function's call. */
export function compileArguments(node: Node, name: string, scope: Scope): { args: readonly Expr[]; site: Site } {
  const nodes = argumentsOf(node);
  const site: Site = { node, name, type: typeOf(node.ResultType), scope, nodes };
  return { args: nodes.map((argument) => compileArgument(argument, scope)), site };
}

/** A call of a built-in function or of one that the query itself declares. */
export function compileCall(node: Node, scope: Scope): Expr {
  const name = calledName(node);
  const bound = scope.env.names.get(name);
  if (bound?.kind === 'function') return callScalar(node, name, bound, scope);
  const aggregate = scope.aggregates?.(node, name);
  if (aggregate !== undefined) return aggregate;
  if (name === 'column_names_of') return columnNames(node, scope);
  const maker = scalarFunction(name);
  if (maker === undefined) throw unsupported(`the function ${name}()`, node.TextStart);
  const { args, site } = compileArguments(node, name, scope);
  return maker(args, site);
}

/** The names of a table's columns. */
function columnNames(node: Node, scope: Scope): Expr {
  const [table] = argumentsOf(node);
  if (table === undefined) throw unsupported('column_names_of() of nothing', node.TextStart);
  return constant(
    tableOf(table, scope).columns.map((column) => column.name),
    'dynamic',
  );
}

function compileArgument(node: Node, scope: Scope): Expr {
  const kind = kindOf(node);
  if (kind === 'SimpleNamedExpression') return compileArgument(need(node, 'Expression'), scope);
  // typeof(…) and * are read from the tree by the few functions that take them.
  if (kind === 'TypeOfLiteralExpression' || kind === 'StarExpression') {
    return { type: 'dynamic', constant: true, run: () => null };
  }
  return compile(node, scope);
}
