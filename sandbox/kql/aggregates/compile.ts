import { compile } from '../expressions.ts';
import { unsupported } from '../failure.ts';
import type { Site } from '../functions/define.ts';
import { type Expr, type Scope, typeOf } from '../scope.ts';
import { argumentsOf, kindOf, type Node, need } from '../syntax.ts';
import type { Accumulator } from './accumulators.ts';
import { AGGREGATES, type Aggregate } from './library.ts';

/** What the aggregate expressions of one operator need of each group. */
export interface Aggregation {
  readonly create: () => readonly Accumulator[];
  /** The values a column each, from the results of the accumulators. */
  readonly columns: readonly Expr[];
}

const NUMBERED: ReadonlySet<string> = new Set(['arg_max', 'arg_min', 'argmax', 'argmin', 'any', 'take_any']);

/**
 * Compiles aggregate expressions such as `round(sum(x) / count(), 2)`: each aggregate call becomes a slot, and the
 * expression around it is evaluated over the row of slots.
 */
export function compileAggregates(nodes: readonly Node[], scope: Scope, groupedBy: ReadonlySet<string>): Aggregation {
  const slots: Aggregate[] = [];
  const inside: Scope = {
    ...scope,
    aggregates: (node, name) => {
      const aggregate = compileAggregate(node, name, scope, groupedBy);
      if (aggregate === undefined) return undefined;
      const slot = slots.push(aggregate) - 1;
      return { type: typeOf(node.ResultType), constant: false, run: (row) => row[slot] };
    },
  };
  const columns = nodes.flatMap((node): readonly Expr[] => {
    const expression = kindOf(node).endsWith('NamedExpression') ? need(node, 'Expression') : node;
    const before = slots.length;
    const expr = compile(expression, inside);
    const tuple = slots[before]?.tuple;
    const isCall = kindOf(expression) === 'FunctionCallExpression' && slots.length === before + 1;
    if (tuple === undefined || !isCall) return [expr];
    return tuple.map((type, index) => ({
      type,
      constant: false,
      run: (row) => (row[before] as readonly unknown[])[index],
    }));
  });
  return { create: () => slots.map(({ accumulate }) => accumulate()), columns };
}

function compileAggregate(
  node: Node,
  name: string,
  scope: Scope,
  groupedBy: ReadonlySet<string>,
): Aggregate | undefined {
  const maker = AGGREGATES[name];
  if (maker === undefined) return undefined;
  const nodes = argumentsOf(node);
  const site: Site = { node, name, type: typeOf(node.ResultType), scope, nodes };
  const args = nodes.flatMap((argument, index): readonly Expr[] => {
    if (kindOf(argument) !== 'StarExpression') return [compile(unnamed(argument), scope)];
    if (!NUMBERED.has(name)) throw unsupported(`${name}(*)`, node.TextStart);
    return starColumns(nodes.slice(0, index), scope, groupedBy);
  });
  return maker(args, site);
}

function unnamed(node: Node): Node {
  return kindOf(node) === 'SimpleNamedExpression' ? need(node, 'Expression') : node;
}

/** Every column that is neither named before the star nor grouped by. */
function starColumns(before: readonly Node[], scope: Scope, groupedBy: ReadonlySet<string>): readonly Expr[] {
  const named = new Set(before.map((node) => node.SimpleName));
  return (scope.row?.columns ?? []).flatMap(({ name, type }, position): readonly Expr[] =>
    named.has(name) || groupedBy.has(name) ? [] : [{ type, constant: false, run: (row) => row[position] }],
  );
}
