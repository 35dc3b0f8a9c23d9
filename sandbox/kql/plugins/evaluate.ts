import { calledName } from '../calls.ts';
import { convert } from '../convert.ts';
import type { KqlColumn } from '../engine.ts';
import { unsupported } from '../failure.ts';
import type { Plan, Scope } from '../scope.ts';
import { argumentsOf, child, kindOf, type Node, need } from '../syntax.ts';
import { columnsOf } from '../tabular.ts';
import { missing, type Row, type Value } from '../values.ts';
import { addressLookup } from './address-lookup.ts';
import { bagUnpack } from './bag-unpack.ts';
import { narrow } from './narrow.ts';
import { pivot } from './pivot.ts';
import { rowsNear } from './rows-near.ts';
import { SchemaFound, schemaText } from './signal.ts';

/** The arguments of a plugin's call: those in place and those by name. */
export interface PluginArguments {
  readonly placed: readonly Node[];
  readonly named: ReadonlyMap<string, Node>;
}

export type Plugin = (args: PluginArguments, input: Plan, scope: Scope, node: Node) => Plan;

const PLUGINS: Readonly<Record<string, Plugin>> = {
  bag_unpack: bagUnpack,
  ipv4_lookup: addressLookup,
  ipv6_lookup: addressLookup,
  narrow,
  pivot,
  rows_near: rowsNear,
};

export function evaluate(node: Node, input: Plan, scope: Scope): Plan {
  const call = need(node, 'FunctionCall');
  const name = calledName(call);
  const plugin = Object.hasOwn(PLUGINS, name) ? PLUGINS[name] : undefined;
  if (plugin === undefined) throw unsupported(`the plugin ${name}`, node.TextStart);
  const nodes = argumentsOf(call);
  const isNamed = (argument: Node) => kindOf(argument) === 'SimpleNamedExpression';
  const named = nodes
    .filter(isNamed)
    .map((argument) => [need(argument, 'Name').SimpleName ?? '', need(argument, 'Expression')] as const);
  const plan = plugin(
    { placed: nodes.filter((argument) => !isNamed(argument)), named: new Map(named) },
    input,
    scope,
    call,
  );
  if (child(node, 'Schema') !== undefined) return fitted(plan, columnsOf(node));
  if (node.ResultType?.IsOpen !== true) return plan;
  // A function may be called with several tables, which would have to share one schema.
  if (scope.env.depth > 0) throw unsupported(`the plugin ${name} without a schema inside a function`, node.TextStart);
  throw new SchemaFound(call.End, schemaText(plan.columns));
}

/** The columns that the schema asks for, by name. */
function fitted(plan: Plan, columns: readonly KqlColumn[]): Plan {
  const cells = columns.map(({ name, type }): ((row: Row) => Value) => {
    const position = plan.columns.findIndex((column) => column.name === name);
    const from = plan.columns[position]?.type;
    if (from === undefined) return () => missing(type);
    return from === type ? (row) => row[position] : (row) => convert(row[position], from, type) ?? missing(type);
  });
  return { columns, run: () => plan.run().map((row) => cells.map((cell) => cell(row))) };
}
