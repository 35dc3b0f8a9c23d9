import { compileMinus } from './arithmetic.ts';
import { compileCall } from './calls.ts';
import { toText } from './convert.ts';
import { invalid, unsupported } from './failure.ts';
import { tupleOf } from './functions/tuples.ts';
import { compileLiteral, isLiteral } from './literals.ts';
import { compileHasList, compileIn } from './membership.ts';
import { compileBetween, compileBinary } from './operators-scalar.ts';
import { constant, derived, type Expr, type RowScope, type Scope } from './scope.ts';
import { scalarOf } from './subqueries.ts';
import { child, kindOf, type Node, need, textOf } from './syntax.ts';
import { callScalar } from './user-functions.ts';
import { isBag, type Value } from './values.ts';

/** Compiles a scalar expression once into a function of a row. */
export function compile(node: Node, scope: Scope): Expr {
  if (isLiteral(node)) return compileLiteral(node, scope.env.context);
  const kind = kindOf(node);
  switch (kind) {
    case 'ParenthesizedExpression':
      return compile(need(node, 'Expression'), scope);
    case 'NameReference':
      return compileName(node, scope);
    case 'PathExpression':
      return compilePath(node, scope);
    case 'ElementExpression':
      return compileElement(node, scope);
    case 'UnaryMinusExpression':
      return compileMinus(node, compile(need(node, 'Expression'), scope));
    case 'UnaryPlusExpression':
      return compile(need(node, 'Expression'), scope);
    case 'BetweenExpression':
    case 'NotBetweenExpression': {
      const couple = need(node, 'Right');
      const parts = [need(node, 'Left'), need(couple, 'First'), need(couple, 'Second')].map((part) =>
        compile(part, scope),
      );
      return compileBetween(node, parts, kind === 'NotBetweenExpression');
    }
    case 'InExpression':
    case 'NotInExpression':
    case 'InCsExpression':
    case 'NotInCsExpression':
      return compileIn(node, kind, scope);
    case 'HasAnyExpression':
    case 'HasAllExpression':
      return compileHasList(node, kind, scope);
    case 'FunctionCallExpression':
      return compileCall(node, scope);
    case 'ToScalarExpression':
      return scalarOf(need(node, 'Expression'), scope);
    case 'PipeExpression':
      return scalarOf(node, scope);
    default:
      if (child(node, 'Left') !== undefined && child(node, 'Right') !== undefined) {
        return compileBinary(node, kind, compile(need(node, 'Left'), scope), compile(need(node, 'Right'), scope));
      }
      throw unsupported(`${kind} (${textOf(node).slice(0, 60)})`, node.TextStart);
  }
}

function compileName(node: Node, scope: Scope): Expr {
  const name = node.SimpleName ?? textOf(node);
  const position = scope.row?.positions.get(name);
  const column = position === undefined ? undefined : scope.row?.columns[position];
  const bound = scope.env.names.get(name);
  const isVariable = bound !== undefined && (column === undefined || !isColumn(node));
  if (isVariable && bound.kind === 'scalar') {
    if (bound.row !== undefined && bound.row !== scope.row) {
      throw unsupported(`the row-dependent name ${name} inside a tabular expression`, node.TextStart);
    }
    return bound.expr;
  }
  if (isVariable && bound.kind === 'table') return scalarOf(node, scope);
  if (isVariable && bound.kind === 'function') return callScalar(node, name, bound, scope);
  if (position === undefined || column === undefined) throw invalid(`the name ${name} is not known`, node.TextStart);
  return { type: column.type, constant: false, run: (row) => row[position] };
}

function isColumn(node: Node): boolean {
  const symbol = node.ReferencedSymbol as { readonly Type?: unknown; readonly $kind?: unknown } | null;
  return symbol !== null && 'OriginalColumns' in symbol;
}

function compilePath(node: Node, scope: Scope): Expr {
  const left = need(node, 'Expression');
  const selector = need(node, 'Selector');
  const side = textOf(left);
  if (scope.sides !== undefined && (side === '$left' || side === '$right')) {
    const offset = side === '$left' ? 0 : scope.sides.left.columns.length;
    const row = side === '$left' ? scope.sides.left : scope.sides.right;
    const position = row.positions.get(selector.SimpleName ?? textOf(selector));
    const column = position === undefined ? undefined : row.columns[position];
    if (position === undefined || column === undefined) throw invalid(`${textOf(node)} is not known`, node.TextStart);
    return { type: column.type, constant: false, run: (values) => values[offset + position] };
  }
  const step = scope.steps?.indexOf(side) ?? -1;
  if (step >= 0 && scope.row !== undefined) return remembered(selector, step, scope.row);
  const bag = compile(left, scope);
  if (kindOf(selector) === 'BracketedExpression') return element(bag, compile(need(selector, 'Expression'), scope));
  const name = selector.SimpleName ?? textOf(selector);
  return derived('dynamic', [bag], (row) => property(bag.run(row), name));
}

/** A column of what a step of scan remembers. */
function remembered(selector: Node, step: number, row: RowScope): Expr {
  const name = selector.SimpleName ?? textOf(selector);
  const position = row.positions.get(name);
  const column = position === undefined ? undefined : row.columns[position];
  if (position === undefined || column === undefined) throw invalid(`the step has no ${name}`, selector.TextStart);
  const offset = row.columns.length * (step + 1);
  return { type: column.type, constant: false, run: (cells) => cells[offset + position] };
}

function compileElement(node: Node, scope: Scope): Expr {
  const source = need(node, 'Expression');
  const selector = compile(need(need(node, 'Selector'), 'Expression'), scope);
  const tuple = tupleOf(source, scope);
  if (tuple === undefined || !selector.constant) return element(compile(source, scope), selector);
  return tuple[Number(selector.run([]))] ?? constant(null, 'dynamic');
}

function element(bag: Expr, selector: Expr): Expr {
  return derived('dynamic', [bag, selector], (row) => {
    const key = selector.run(row);
    const value = bag.run(row);
    if (Array.isArray(value) && (typeof key === 'number' || typeof key === 'boolean'))
      return value.at(Number(key)) ?? null;
    return property(value, toText(key, selector.type));
  });
}

/** A bag's property; null where there is none. */
export function property(value: Value, name: string): Value {
  return isBag(value) && Object.hasOwn(value, name) ? (value[name] ?? null) : null;
}

/** What rows are grouped, joined or ordered by: never dynamic, though the analyser lets it pass in some places. */
export function compileKey(node: Node, scope: Scope): Expr {
  const expr = compile(node, scope);
  if (expr.type === 'dynamic') throw invalid(`${textOf(node)} is dynamic and cannot be a key: cast it`, node.TextStart);
  return expr;
}

export function compileText(node: Node, scope: Scope): string {
  const expr = compile(node, scope);
  if (!expr.constant) throw invalid(`${textOf(node)} must be constant`, node.TextStart);
  return toText(expr.run([]), expr.type);
}
