import { KeyedMap } from '../compare.ts';
import { compile } from '../expressions.ts';
import { KqlFailure, unsupported } from '../failure.ts';
import { type Plan, rowScope, type Scope } from '../scope.ts';
import { kindOf, type Node, need } from '../syntax.ts';
import { columnsOf, compileTable } from '../tabular.ts';
import type { Row } from '../values.ts';
import { parameterOf } from './parameters.ts';

/** The parts that Kusto allows without a strategy for more. */
const MOST_PARTS = 64;

/** Runs the subquery over the rows of each value on their own. */
export function partition(node: Node, input: Plan, scope: Scope): Plan {
  const operand = need(node, 'Operand');
  if (kindOf(operand) !== 'PartitionSubquery') throw unsupported('partition with a query in braces', operand.TextStart);
  const row = rowScope(input.columns);
  const key = compile(need(node, 'ByExpression'), { ...scope, row });
  const isLegacy = !['native', 'shuffle'].includes(parameterOf(node, 'hint.strategy') ?? 'legacy');
  let current: readonly Row[] = [];
  const inner: Plan = { columns: input.columns, run: () => current };
  const subquery = compileTable(need(operand, 'Subquery'), { ...scope, row: undefined, repeated: true }, inner);
  return {
    columns: columnsOf(node),
    run: () => {
      const parts = new KeyedMap<Row[]>();
      for (const cells of input.run()) parts.get([key.run(cells)], () => []).push(cells);
      if (isLegacy && parts.all().length > MOST_PARTS)
        throw new KqlFailure('LimitExceeded', `partition without a strategy has more than ${MOST_PARTS} parts`);
      return parts.all().flatMap((rows) => {
        current = rows;
        return subquery.run();
      });
    },
  };
}
