import { resultName } from '../analyser.ts';
import { convert } from '../convert.ts';
import type { KqlType } from '../engine.ts';
import { compile } from '../expressions.ts';
import { invalid, unsupported } from '../failure.ts';
import { EXPANDED_ROWS } from '../resource-graph-dialect.ts';
import { type Expr, type Plan, rowScope, type Scope, typeOf } from '../scope.ts';
import { child, items, kindOf, type Node, need, textOf } from '../syntax.ts';
import { columnsOf, compileTable } from '../tabular.ts';
import { isBag, missing, type Row, type Value } from '../values.ts';
import { parameterOf } from './parameters.ts';
import { rowCount } from './rows.ts';

/** One expanded column: the array or bag it comes from, its name and the type of its elements. */
interface Expansion {
  readonly name: string;
  readonly expr: Expr;
  readonly type: KqlType;
}

function expansions(node: Node, scope: Scope): Expansion[] {
  return items(node, 'Expressions').map((item) => {
    const expression = need(item, 'Expression');
    const isNamed = kindOf(expression) === 'SimpleNamedExpression';
    const source = isNamed ? need(expression, 'Expression') : expression;
    const expr = compile(source, scope);
    const name = isNamed ? (need(expression, 'Name').SimpleName ?? '') : resultName(source);
    const clause = child(item, 'ToTypeOf');
    const wanted = clause === undefined ? undefined : items(need(clause, 'TypeOf'), 'Types')[0];
    return { name, expr, type: wanted === undefined ? 'dynamic' : typeOf(wanted.ReferencedSymbol) };
  });
}

/** The elements of an array, or of a bag as bags of one property (or pairs); a scalar is one element. */
function elementsOf(value: Value, type: KqlType, pairs: boolean): readonly Value[] | undefined {
  if (value === null) return undefined;
  if (Array.isArray(value)) return value;
  if (!isBag(value) || type !== 'dynamic') return [value];
  return Object.entries(value).map(([name, item]) => (pairs ? [name, item] : { [name]: item }));
}

const NUMBERS: ReadonlySet<KqlType> = new Set(['int', 'long', 'real', 'decimal', 'bool']);

/** An element as the wanted type: a cast, so that a text is never read as a number. */
function cast(value: Value, type: KqlType): Value {
  return typeof value === 'string' && NUMBERS.has(type) ? null : convert(value, 'dynamic', type);
}

interface Expanding {
  readonly all: readonly Expansion[];
  readonly pairs: boolean;
  readonly limit: number;
}

/** The rows of the elements, side by side: one for a null, none for what is empty. */
function expandRow(row: Row, { all, pairs, limit }: Expanding): Row[] {
  const lists = all.map(({ expr }) => elementsOf(expr.run(row), expr.type, pairs));
  const longest = Math.max(...lists.map((list) => list?.length ?? 1));
  const count = Math.min(limit, longest);
  return Array.from({ length: count }, (_, index) =>
    all.map(({ type }, column) => {
      const value = lists[column]?.[index] ?? null;
      if (type === 'dynamic') return value;
      return value === null ? missing(type) : cast(value, type);
    }),
  );
}

function parameters(node: Node, scope: Scope): Expanding {
  const expansion = parameterOf(node, 'bagexpansion') ?? parameterOf(node, 'kind') ?? 'bag';
  if (expansion !== 'bag' && expansion !== 'array') throw unsupported(`mv-expand kind=${expansion}`, node.TextStart);
  const clause = child(node, 'RowLimitClause');
  const isGraph = scope.env.context.database.dialect === 'resource-graph';
  const isObsolete = textOf(node).startsWith('mvexpand');
  const most = isGraph || isObsolete ? EXPANDED_ROWS : Infinity;
  const limit = clause === undefined ? most : rowCount(need(clause, 'RowLimit'), scope);
  return { all: expansions(node, scope), pairs: expansion === 'array', limit };
}

export function mvExpand(node: Node, input: Plan, scope: Scope): Plan {
  const row = rowScope(input.columns);
  const expanding = parameters(node, { ...scope, row });
  const columns = columnsOf(node);
  const itemIndex = parameterOf(node, 'with_itemindex');
  const cells = columns.map(({ name }): ((cells: Row, values: Row, index: number) => Value) => {
    if (name === itemIndex) return (_, __, index) => index;
    const at = expanding.all.findIndex((expansion) => expansion.name === name);
    if (at >= 0) return (_, values) => values[at];
    const position = row.positions.get(name);
    if (position === undefined) throw invalid(`mv-expand has no value for ${name}`, node.TextStart);
    return (source) => source[position];
  });
  return {
    columns,
    run: () =>
      input
        .run()
        .flatMap((source) =>
          expandRow(source, expanding).map((values, index) => cells.map((cell) => cell(source, values, index))),
        ),
  };
}

/** Runs the subquery over the elements of each row, and puts the row's other columns before what it gives. */
export function mvApply(node: Node, input: Plan, scope: Scope): Plan {
  const row = rowScope(input.columns);
  const expanding = parameters(node, { ...scope, row });
  const itemIndex = parameterOf(node, 'with_itemindex');
  if (child(node, 'ContextIdClause') !== undefined) throw unsupported('mv-apply id', node.TextStart);
  const added = [
    ...expanding.all.map(({ name, type }) => ({ name, type })),
    ...(itemIndex === undefined ? [] : [{ name: itemIndex, type: 'long' as const }]),
  ];
  const addedNames = new Set(added.map(({ name }) => name));
  const others = input.columns
    .map((column, position) => ({ column, position }))
    .filter(({ column }) => !addedNames.has(column.name));
  let current: readonly Row[] = [];
  const inner: Plan = {
    columns: [...others.map(({ column }) => column), ...added],
    run: () => current,
    serialized: true,
  };
  const subquery = compileTable(need(node, 'Subquery'), { ...scope, row: undefined, repeated: true }, inner);
  const columns = columnsOf(node);
  const positions = rowScope(subquery.columns).positions;
  const cells = columns.map(({ name }): ((source: Row, result: Row) => Value) => {
    const position = positions.get(name);
    if (position !== undefined) return (_, result) => result[position];
    const outer = row.positions.get(name);
    if (outer === undefined) throw invalid(`mv-apply has no value for ${name}`, node.TextStart);
    return (source) => source[outer];
  });
  return {
    columns,
    run: () =>
      input.run().flatMap((source) => {
        const kept = others.map(({ position }) => source[position]);
        current = expandRow(source, expanding).map((values, index) => [
          ...kept,
          ...values,
          ...(itemIndex === undefined ? [] : [index]),
        ]);
        // Without elements there is no table to run the subquery over, not even a summarize.
        return current.length === 0 ? [] : subquery.run().map((result) => cells.map((cell) => cell(source, result)));
      }),
  };
}
