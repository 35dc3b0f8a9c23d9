import type { Expr, Scope } from '../scope.ts';
import type { Node } from '../syntax.ts';

/** The fields of an expression with more than one value; undefined for an ordinary one. */
export function tupleOf(_node: Node, _scope: Scope): readonly Expr[] | undefined {
  return undefined;
}
