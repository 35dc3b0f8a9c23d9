import { calledName } from '../calls.ts';
import { toLong } from '../convert.ts';
import type { KqlColumn } from '../engine.ts';
import { compile } from '../expressions.ts';
import { invalid, unsupported } from '../failure.ts';
import { memo } from '../plans.ts';
import { eachRow, NO_ROW, type Plan, rowScope, type Scope } from '../scope.ts';
import { items, kindOf, type Node, need, textOf } from '../syntax.ts';
import { columnsOf } from '../tabular.ts';
import { callTabular } from '../user-functions.ts';
import type { Row } from '../values.ts';
import { extend } from './project.ts';

export function where(node: Node, input: Plan, scope: Scope): Plan {
  const row = rowScope(input.columns);
  const { run } = compile(need(node, 'Condition'), { ...scope, row });
  return {
    columns: input.columns,
    run: () => {
      const rows = input.run();
      const kept: Row[] = [];
      eachRow(row, rows, (cells) => {
        if (run(cells) === true) kept.push(cells);
      });
      return kept;
    },
  };
}

/** The constant number of rows that take, top and their kin are given. */
export function rowCount(node: Node, scope: Scope): number {
  const expr = compile(node, { ...scope, row: rowScope([]) });
  const count = Number(toLong(expr.run(NO_ROW), expr.type) ?? Number.NaN);
  if (!(count >= 0)) throw invalid(`${textOf(node)} is not a number of rows`, node.TextStart);
  return count;
}

export function take(node: Node, input: Plan, scope: Scope): Plan {
  const count = rowCount(need(node, 'Expression'), scope);
  return { columns: input.columns, run: () => input.run().slice(0, count) };
}

export function count(node: Node, input: Plan): Plan {
  return { columns: columnsOf(node), run: () => [[input.run().length]] };
}

/** Names the rows so far for all that follows; inside a subquery, where they change, for `union withsource` only. */
export function asName(node: Node, input: Plan, scope: Scope): Plan {
  const name = need(node, 'Name').SimpleName ?? '';
  if (scope.repeated === true) return { ...input, name };
  const plan = { ...memo(input), name };
  scope.env.context.named.set(name, plan);
  return plan;
}

export function render(_node: Node, input: Plan): Plan {
  return input;
}

export function serialize(node: Node, input: Plan, scope: Scope): Plan {
  return items(node, 'Expressions').length === 0 ? input : extend(node, input, scope);
}

/** Runs the input and gives nothing. */
export function consume(node: Node, input: Plan): Plan {
  return {
    columns: columnsOf(node),
    run: (): readonly Row[] => {
      input.run();
      return [];
    },
  };
}

const NET_TYPES: Readonly<Record<KqlColumn['type'], string>> = {
  bool: 'System.SByte',
  datetime: 'System.DateTime',
  decimal: 'System.Data.SqlTypes.SqlDecimal',
  dynamic: 'System.Object',
  guid: 'System.Guid',
  int: 'System.Int32',
  long: 'System.Int64',
  real: 'System.Double',
  string: 'System.String',
  timespan: 'System.TimeSpan',
};

export function getSchema(node: Node, input: Plan): Plan {
  const rows = input.columns.map(({ name, type }, index): Row => [name, index, NET_TYPES[type], type]);
  return { columns: columnsOf(node), run: () => rows };
}

export function invoke(node: Node, input: Plan, scope: Scope): Plan {
  const call = need(node, 'Function');
  const bound = kindOf(call) === 'FunctionCallExpression' ? scope.env.names.get(calledName(call)) : undefined;
  if (bound?.kind !== 'function') throw unsupported(`invoke of ${textOf(call)}`, node.TextStart);
  return callTabular(call, calledName(call), bound, scope, input);
}
