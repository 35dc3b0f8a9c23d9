import { keyOf, rowKey } from '../compare.ts';
import { convert } from '../convert.ts';
import type { KqlType } from '../engine.ts';
import { compile, compileKey } from '../expressions.ts';
import { invalid, unsupported } from '../failure.ts';
import { type Expr, type Plan, type RowScope, rowScope, type Scope } from '../scope.ts';
import { items, kindOf, type Node, need, textOf } from '../syntax.ts';
import { columnsOf, compileTable } from '../tabular.ts';
import { missing, type Row, type Value } from '../values.ts';
import { parameterOf } from './parameters.ts';

interface Keys {
  readonly left: readonly Expr[];
  readonly right: readonly Expr[];
}

/** The pairs of expressions that must be equal. */
function keysOf(conditions: readonly Node[], left: RowScope, right: RowScope, scope: Scope): Keys {
  const pairs = conditions.flatMap((condition) => pairsOf(condition, left, right, scope));
  const sides = pairs.map(([a, b]) => sameType(a, b));
  return { left: sides.map(([a]) => a), right: sides.map(([, b]) => b) };
}

function pairsOf(node: Node, left: RowScope, right: RowScope, scope: Scope): readonly (readonly [Expr, Expr])[] {
  const kind = kindOf(node);
  if (kind === 'ParenthesizedExpression') return pairsOf(need(node, 'Expression'), left, right, scope);
  if (kind === 'AndExpression') {
    return [need(node, 'Left'), need(node, 'Right')].flatMap((part) => pairsOf(part, left, right, scope));
  }
  if (kind === 'NameReference') {
    return [[compileKey(node, { ...scope, row: left }), compileKey(node, { ...scope, row: right })]];
  }
  if (kind !== 'EqualExpression') throw unsupported(`the join condition ${textOf(node)}`, node.TextStart);
  const [a, b] = [need(node, 'Left'), need(node, 'Right')];
  if (textOf(a).startsWith('$right')) return [[side(b, left, '$left', scope), side(a, right, '$right', scope)]];
  return [[side(a, left, '$left', scope), side(b, right, '$right', scope)]];
}

function side(node: Node, row: RowScope, name: '$left' | '$right', scope: Scope): Expr {
  const empty = rowScope([]);
  const sides = name === '$left' ? { left: row, right: empty } : { left: empty, right: row };
  return compile(node, { ...scope, row, sides });
}

/** Keys of different types are compared as the analyser allows: numbers by value, dynamic by what is inside. */
function sameType(a: Expr, b: Expr): readonly [Expr, Expr] {
  if (a.type === b.type) return [a, b];
  const type: KqlType = a.type === 'dynamic' ? b.type : b.type === 'dynamic' ? a.type : a.type;
  const as = (expr: Expr): Expr =>
    expr.type === 'dynamic' ? { ...expr, type, run: (row) => convert(expr.run(row), 'dynamic', type) } : expr;
  return [as(a), as(b)];
}

function keyed(exprs: readonly Expr[]): (row: Row) => Value {
  const [only] = exprs;
  if (only !== undefined && exprs.length === 1) return (row) => keyOf(only.run(row));
  return (row) => {
    const values = exprs.map(({ run }) => run(row));
    return values.includes(null) ? null : rowKey(values);
  };
}

/** Rows by key; a row with a null among its keys matches nothing. */
function index(rows: readonly Row[], key: (row: Row) => Value): Map<Value, Row[]> {
  const found = new Map<Value, Row[]>();
  for (const row of rows) {
    const value = key(row);
    if (value === null) continue;
    const list = found.get(value);
    if (list === undefined) found.set(value, [row]);
    else list.push(row);
  }
  return found;
}

function uniqueBy(rows: readonly Row[], key: (row: Row) => Value): Row[] {
  const seen = new Set<Value>();
  return rows.filter((row) => {
    const value = key(row);
    if (value === null || seen.has(value)) return false;
    seen.add(value);
    return true;
  });
}

interface Sides {
  readonly rows: readonly Row[];
  readonly key: (row: Row) => Value;
  readonly empty: Row;
}

type Match = (left: Sides, right: Sides) => Row[];

function inner(left: Sides, right: Sides): Row[] {
  const matches = index(right.rows, right.key);
  return left.rows.flatMap((row) => (matches.get(left.key(row)) ?? []).map((other) => [...row, ...other]));
}

function outer(left: Sides, right: Sides, keepLeft: boolean, keepRight: boolean): Row[] {
  const matches = index(right.rows, right.key);
  const used = new Set<Value>();
  const result: Row[] = [];
  for (const row of left.rows) {
    const key = left.key(row);
    const found = matches.get(key);
    if (found === undefined) {
      if (keepLeft) result.push([...row, ...right.empty]);
      continue;
    }
    used.add(key);
    for (const other of found) result.push([...row, ...other]);
  }
  if (keepRight) {
    for (const row of right.rows) if (!used.has(right.key(row))) result.push([...left.empty, ...row]);
  }
  return result;
}

function semi(kept: Sides, other: Sides, wanted: boolean): Row[] {
  const matches = new Set(other.rows.map(other.key));
  matches.delete(null);
  return kept.rows.filter((row) => matches.has(kept.key(row)) === wanted);
}

const JOINS: Readonly<Record<string, Match>> = {
  innerunique: (left, right) => inner({ ...left, rows: uniqueBy(left.rows, left.key) }, right),
  inner,
  leftouter: (left, right) => outer(left, right, true, false),
  rightouter: (left, right) => outer(left, right, false, true),
  fullouter: (left, right) => outer(left, right, true, true),
  leftsemi: (left, right) => semi(left, right, true),
  rightsemi: (left, right) => semi(right, left, true),
  leftanti: (left, right) => semi(left, right, false),
  leftantisemi: (left, right) => semi(left, right, false),
  anti: (left, right) => semi(left, right, false),
  rightanti: (left, right) => semi(right, left, false),
  rightantisemi: (left, right) => semi(right, left, false),
};

function emptyRow(plan: Plan): Row {
  return plan.columns.map(({ type }) => missing(type));
}

export function join(node: Node, input: Plan, scope: Scope): Plan {
  const other = compileTable(need(node, 'Expression'), { ...scope, row: undefined });
  const kind = parameterOf(node, 'kind') ?? 'innerunique';
  const match = JOINS[kind];
  if (match === undefined) throw unsupported(`join kind=${kind}`, node.TextStart);
  const left = rowScope(input.columns);
  const right = rowScope(other.columns);
  const clause = node.ConditionClause as Node | null;
  if (clause === null || kindOf(clause) !== 'JoinOnClause') throw unsupported('a join without on', node.TextStart);
  const keys = keysOf(items(clause, 'Expressions'), left, right, scope);
  const columns = columnsOf(node);
  return {
    columns: columns,
    run: () =>
      match(
        { rows: input.run(), key: keyed(keys.left), empty: emptyRow(input) },
        { rows: other.run(), key: keyed(keys.right), empty: emptyRow(other) },
      ),
  };
}

/** A left join with a dimension table whose key columns are not repeated. */
export function lookup(node: Node, input: Plan, scope: Scope): Plan {
  const other = compileTable(need(node, 'Expression'), { ...scope, row: undefined });
  const kind = parameterOf(node, 'kind') ?? 'leftouter';
  if (kind !== 'leftouter' && kind !== 'inner') throw unsupported(`lookup kind=${kind}`, node.TextStart);
  const left = rowScope(input.columns);
  const right = rowScope(other.columns);
  const conditions = items(need(node, 'LookupClause'), 'Expressions');
  const keys = keysOf(conditions, left, right, scope);
  const keyPositions = new Set(conditions.flatMap((condition) => rightPositions(condition, right)));
  const columns = columnsOf(node);
  const kept = other.columns.map((_, position) => position).filter((position) => !keyPositions.has(position));
  if (columns.length !== input.columns.length + kept.length) {
    throw invalid('lookup gives other columns than it should', node.TextStart);
  }
  return {
    columns,
    run: () => {
      const sides = { rows: input.run(), key: keyed(keys.left), empty: emptyRow(input) };
      const dimension = { rows: other.run(), key: keyed(keys.right), empty: emptyRow(other) };
      const width = input.columns.length;
      return outer(sides, dimension, kind === 'leftouter', false).map((row) => [
        ...row.slice(0, width),
        ...kept.map((position) => row[width + position]),
      ]);
    },
  };
}

function rightPositions(node: Node, right: RowScope): number[] {
  const kind = kindOf(node);
  if (kind === 'ParenthesizedExpression') return rightPositions(need(node, 'Expression'), right);
  if (kind === 'AndExpression')
    return [need(node, 'Left'), need(node, 'Right')].flatMap((part) => rightPositions(part, right));
  if (kind === 'EqualExpression') {
    const part = [need(node, 'Left'), need(node, 'Right')].find((item) => textOf(item).startsWith('$right'));
    return part === undefined ? [] : rightPositions(need(part, 'Selector'), right);
  }
  const position = right.positions.get(node.SimpleName ?? '');
  return position === undefined ? [] : [position];
}
