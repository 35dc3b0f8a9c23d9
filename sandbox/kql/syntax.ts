/**
 * The part of the Kusto language service's syntax tree that is read here. The library's own declarations are 1.7 MB, and
 * name every property of every node; a node is read by property name, so a missing one is undefined.
 */

export interface TypeSymbol {
  readonly Name: string;
  readonly Columns?: BridgeList<ColumnSymbol>;
  readonly IsOpen?: boolean;
}

export interface ColumnSymbol {
  readonly Name: string;
  readonly Type: TypeSymbol;
}

export interface BridgeList<T> {
  readonly Count: number;
  getItem(index: number): T;
}

export interface SymbolLike {
  readonly Name: string;
  readonly Type?: TypeSymbol;
}

export interface Token {
  readonly Text: string;
  readonly ValueText: string;
}

export interface Node {
  readonly Kind: number;
  readonly ChildCount: number;
  readonly TextStart: number;
  readonly End: number;
  readonly ResultType: TypeSymbol | null;
  readonly ReferencedSymbol: SymbolLike | null;
  readonly LiteralValue?: unknown;
  readonly SimpleName?: string;
  GetChild(index: number): Node | null;
  ToString(): string;
  readonly [property: string]: unknown;
}

interface Runtime {
  readonly System: { readonly Enum: { toString(type: unknown, value: number): string } };
  readonly Kusto: { readonly Language: { readonly Syntax: { readonly SyntaxKind: unknown } } };
}

const kindNames = new Map<number, string>();

/** The kind of a node, for example 'FilterOperator'. */
export function kindOf(node: Node): string {
  const known = kindNames.get(node.Kind);
  if (known !== undefined) return known;
  const { System, Kusto } = globalThis as unknown as Runtime;
  const name = System.Enum.toString(Kusto.Language.Syntax.SyntaxKind, node.Kind);
  kindNames.set(node.Kind, name);
  return name;
}

export function listOf<T>(list: BridgeList<T>): T[] {
  return Array.from({ length: list.Count }, (_, index) => list.getItem(index));
}

/** The child under this property name, or undefined. */
export function child(node: Node, property: string): Node | undefined {
  const value = node[property];
  return value === null || value === undefined ? undefined : (value as Node);
}

/** The child under this property name; a tree without it is a bug or a newer library, told by name. */
export function need(node: Node, property: string): Node {
  const found = child(node, property);
  if (found === undefined) throw new Error(`${kindOf(node)} has no ${property}`);
  return found;
}

/** The elements of a list property; elements of a comma list are unwrapped. */
export function items(node: Node, property: string): Node[] {
  const list = child(node, property);
  if (list === undefined) return [];
  return elements(list);
}

/** The elements of a list node. */
export function elements(list: Node): Node[] {
  const result: Node[] = [];
  for (let index = 0; index < list.ChildCount; index++) {
    const element = list.GetChild(index);
    if (element === null) continue;
    result.push(child(element, 'Element$1') ?? element);
  }
  return result;
}

/** The text of the token under this property name. */
export function tokenText(node: Node, property: string): string {
  const token = node[property] as Token | null | undefined;
  return token?.ValueText ?? token?.Text ?? '';
}

/** The source text of a node without the blanks around it. */
export function textOf(node: Node): string {
  return node.ToString().trim();
}

/** The elements between the parentheses of an argument list. */
export function argumentsOf(node: Node, property = 'ArgumentList'): Node[] {
  return items(need(node, property), 'Expressions');
}
