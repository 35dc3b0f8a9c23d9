import { items, type Node, need, textOf } from '../syntax.ts';

/** The text of an operator's named parameter such as kind=inner; undefined where it is not given. */
export function parameterOf(node: Node, name: string): string | undefined {
  const found = items(node, 'Parameters').find((parameter) => need(parameter, 'Name').SimpleName === name);
  if (found === undefined) return undefined;
  const value = need(found, 'Expression');
  return value.SimpleName ?? (typeof value.LiteralValue === 'string' ? value.LiteralValue : textOf(value));
}

/** The node of an operator's named parameter. */
export function parameterNode(node: Node, name: string): Node | undefined {
  const found = items(node, 'Parameters').find((parameter) => need(parameter, 'Name').SimpleName === name);
  return found === undefined ? undefined : need(found, 'Expression');
}
