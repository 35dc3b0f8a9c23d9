import { resultName } from '../analyser.ts';
import type { KqlColumn } from '../engine.ts';
import { compile } from '../expressions.ts';
import { tupleOf } from '../functions/tuples.ts';
import type { Expr, Scope } from '../scope.ts';
import { items, kindOf, type Node, need } from '../syntax.ts';

/** One expression of extend, project or print: the names it asks for and the values it gives. */
export interface Output {
  /** '' where Kusto numbers the column. */
  readonly names: readonly string[];
  readonly fields: readonly Expr[];
}

export function outputs(nodes: readonly Node[], scope: Scope): Output[] {
  return nodes.map((node) => outputOf(node, scope));
}

function outputOf(node: Node, scope: Scope): Output {
  const kind = kindOf(node);
  if (kind === 'SimpleNamedExpression') {
    const fields = fieldsOf(need(node, 'Expression'), scope);
    const name = need(node, 'Name').SimpleName ?? '';
    return { names: fields.map((_, index) => (index === 0 ? name : '')), fields: fields.slice(0, 1) };
  }
  if (kind === 'CompoundNamedExpression') {
    const names = items(need(node, 'Names'), 'Names').map((declaration) => declaration.SimpleName ?? '');
    return { names, fields: fieldsOf(need(node, 'Expression'), scope) };
  }
  const fields = fieldsOf(node, scope);
  return { names: fields.length === 1 ? [resultName(node)] : fields.map(() => ''), fields };
}

function fieldsOf(node: Node, scope: Scope): readonly Expr[] {
  if (kindOf(node) === 'StarExpression' && scope.row !== undefined)
    return scope.row.columns.map((column) => fieldOf(column, scope));
  return tupleOf(node, scope) ?? [compile(node, scope)];
}

function fieldOf(column: KqlColumn, scope: Scope): Expr {
  const position = scope.row?.positions.get(column.name) ?? 0;
  return { type: column.type, constant: false, run: (row) => row[position] };
}
