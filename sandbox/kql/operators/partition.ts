import { KeyedMap } from '../compare.ts';
import { compile } from '../expressions.ts';
import { unsupported } from '../failure.ts';
import { type Plan, rowScope, type Scope } from '../scope.ts';
import { kindOf, type Node, need } from '../syntax.ts';
import { columnsOf, compileTable } from '../tabular.ts';
import type { Row } from '../values.ts';

/** Runs the subquery over the rows of each value on their own. */
export function partition(node: Node, input: Plan, scope: Scope): Plan {
  const operand = need(node, 'Operand');
  if (kindOf(operand) !== 'PartitionSubquery') throw unsupported('partition with a query in braces', operand.TextStart);
  const row = rowScope(input.columns);
  const key = compile(need(node, 'ByExpression'), { ...scope, row });
  let current: readonly Row[] = [];
  const inner: Plan = { columns: input.columns, run: () => current };
  const subquery = compileTable(need(operand, 'Subquery'), { ...scope, row: undefined, repeated: true }, inner);
  return {
    columns: columnsOf(node),
    run: () => {
      const parts = new KeyedMap<Row[]>();
      for (const cells of input.run()) parts.get([key.run(cells)], () => []).push(cells);
      return parts.all().flatMap((rows) => {
        current = rows;
        return subquery.run();
      });
    },
  };
}
