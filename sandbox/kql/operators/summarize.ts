import type { Accumulator } from '../aggregates/accumulators.ts';
import { compileAggregates } from '../aggregates/compile.ts';
import { KeyedMap } from '../compare.ts';
import { compile } from '../expressions.ts';
import { invalid } from '../failure.ts';
import { type Expr, eachRow, type Plan, rowScope, type Scope } from '../scope.ts';
import { child, items, kindOf, type Node, need } from '../syntax.ts';
import { columnsOf } from '../tabular.ts';
import type { Row, Value } from '../values.ts';

interface Group {
  readonly keys: readonly Value[];
  readonly accumulators: readonly Accumulator[];
}

/** The expression without its name. */
export function unnamed(node: Node): Node {
  return kindOf(node) === 'SimpleNamedExpression' ? need(node, 'Expression') : node;
}

export function summarize(node: Node, input: Plan, scope: Scope): Plan {
  const row = rowScope(input.columns);
  const inside = { ...scope, row };
  const by = child(node, 'ByClause');
  const keyNodes = by === undefined ? [] : items(by, 'Expressions');
  const keys = keyNodes.map((item) => compile(unnamed(item), inside));
  const groupedBy = new Set(
    keyNodes.flatMap((item) => (kindOf(item) === 'NameReference' ? [item.SimpleName ?? ''] : [])),
  );
  const { create, columns: values } = compileAggregates(items(node, 'Aggregates'), inside, groupedBy);
  const columns = columnsOf(node);
  if (columns.length !== keys.length + values.length) {
    throw invalid('summarize gives other columns than it should', node.TextStart);
  }
  const types = [...keys, ...values].map(({ type }) => type);
  return {
    columns: columns.map((column, index) =>
      column.type === 'dynamic' ? { ...column, type: types[index] ?? column.type } : column,
    ),
    run: () => {
      const found = groupRows(input.run(), keys, create, row);
      const groups = found.length === 0 && keys.length === 0 ? [{ keys: [], accumulators: create() }] : found;
      return groups.map(({ keys: cells, accumulators }): Row => {
        const results = accumulators.map((accumulator) => accumulator.result());
        return [...cells, ...values.map(({ run }) => run(results))];
      });
    },
  };
}

function groupRows(
  rows: readonly Row[],
  keys: readonly Expr[],
  create: () => readonly Accumulator[],
  row: ReturnType<typeof rowScope>,
): readonly Group[] {
  const groups = new KeyedMap<Group>();
  eachRow(row, rows, (cells) => {
    const values = keys.map(({ run }) => run(cells));
    const { accumulators } = groups.get(values, () => ({ keys: values, accumulators: create() }));
    for (const accumulator of accumulators) accumulator.add(cells);
  });
  return groups.all();
}
