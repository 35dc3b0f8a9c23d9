import { toLong } from '../convert.ts';
import { compile } from '../expressions.ts';
import { invalid } from '../failure.ts';
import { eachRow, NO_ROW, type Plan, rowScope, type Scope } from '../scope.ts';
import type { Node } from '../syntax.ts';
import type { PluginArguments } from './evaluate.ts';

/** The rows for which the condition holds, with so many before and after them. */
export function rowsNear({ placed }: PluginArguments, input: Plan, scope: Scope, node: Node): Plan {
  const row = rowScope(input.columns);
  const [condition, before, after] = placed;
  if (condition === undefined || before === undefined)
    throw invalid('rows_near needs a condition and a number', node.TextStart);
  const test = compile(condition, { ...scope, row });
  const number = (argument: Node) => {
    const expr = compile(argument, { ...scope, row: rowScope([]) });
    return Number(toLong(expr.run(NO_ROW), expr.type) ?? 0);
  };
  const [ahead, behind] = [number(before), number(after ?? before)];
  return {
    columns: input.columns,
    run: () => {
      const rows = input.run();
      const hits = eachRow(row, rows, (cells) => test.run(cells) === true);
      return rows.filter((_, index) => hits.slice(Math.max(0, index - behind), index + ahead + 1).includes(true));
    },
  };
}
