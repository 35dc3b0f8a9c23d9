import { calledName, compileArguments } from '../calls.ts';
import type { Expr, Scope } from '../scope.ts';
import { kindOf, type Node } from '../syntax.ts';
import { sortArrays } from './arrays.ts';
import type { Site } from './define.ts';
import { fitLineFields, statsFields } from './series-summaries.ts';

/** A function whose call gives several columns. */
export type TupleMaker = (args: readonly Expr[], site: Site) => readonly Expr[];

const TUPLES: Readonly<Record<string, TupleMaker>> = {
  array_sort_asc: (args) => sortArrays(false, args),
  array_sort_desc: (args) => sortArrays(true, args),
  series_fit_line: fitLineFields,
  series_stats: statsFields,
};

/** The fields of an expression with more than one value; undefined for an ordinary one. */
export function tupleOf(node: Node, scope: Scope): readonly Expr[] | undefined {
  if (kindOf(node) !== 'FunctionCallExpression') return undefined;
  const name = calledName(node);
  const maker = Object.hasOwn(TUPLES, name) ? TUPLES[name] : undefined;
  if (maker === undefined || scope.env.names.has(name)) return undefined;
  const { args, site } = compileArguments(node, name, scope);
  const fields = maker(args, site);
  return fields.length > 1 ? fields : undefined;
}
