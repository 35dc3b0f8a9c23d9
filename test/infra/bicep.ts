import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Language, type Node, Parser } from 'web-tree-sitter';

/** Bicep files as syntax trees: what they declare, what they refer to. There is no compiler to ask. */

export const infra = fileURLToPath(new URL('../../infra/', import.meta.url));

export interface Declaration {
  readonly symbol: string;
  readonly node: Node;
  readonly body: Node;
}

export interface Resource extends Declaration {
  /** `Namespace/type@api-version` */
  readonly type: string;
  readonly existing: boolean;
}

export interface Module extends Declaration {
  /** from the infra folder */
  readonly file: string;
}

export interface Parameter {
  readonly name: string;
  /** as written: `string`, `string[]`, `object` */
  readonly type: string;
  readonly required: boolean;
  readonly decorators: readonly string[];
}

export interface Template {
  /** from the infra folder */
  readonly file: string;
  readonly text: string;
  readonly root: Node;
  readonly errors: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly variables: ReadonlyMap<string, Node>;
  readonly resources: readonly Resource[];
  readonly modules: readonly Module[];
  readonly outputs: readonly string[];
}

const require = createRequire(import.meta.url);
await Parser.init();
const parser = new Parser();
parser.setLanguage(await Language.load(require.resolve('tree-sitter-bicep/tree-sitter-bicep.wasm')));

export const bicepFiles = readdirSync(infra, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.bicep'))
  .sort();

export const readTemplate = (file: string): Template => parseTemplate(file, readFileSync(join(infra, file), 'utf8'));

export function* walk(node: Node): Generator<Node> {
  yield node;
  for (const child of node.children) yield* walk(child);
}

export const namedOf = (node: Node): readonly Node[] =>
  node.namedChildren.filter((child) => !/comment$/.test(child.type));

/** The text of a string literal; undefined where something is put into it. */
export function literal(node: Node | null | undefined): string | undefined {
  if (node?.type !== 'string' || namedOf(node).some((part) => part.type !== 'string_content')) return undefined;
  return namedOf(node)
    .map((part) => part.text)
    .join('')
    .replaceAll("\\'", "'");
}

export interface Property {
  /** undefined where the name is put together at deployment */
  readonly name: string | undefined;
  readonly value: Node;
  readonly node: Node;
}

export function propertiesOf(object: Node): readonly Property[] {
  return namedOf(object)
    .filter((child) => child.type === 'object_property')
    .flatMap((node) => {
      const [key, value] = namedOf(node);
      if (!key || !value) return [];
      return [{ name: key.type === 'string' ? literal(key) : key.text, value, node }];
    });
}

export const propertyOf = (object: Node, name: string): Node | undefined =>
  propertiesOf(object).find((property) => property.name === name)?.value;

/** The object inside loops and conditions. */
export function bodyOf(node: Node): Node {
  if (node.type !== 'for_statement' && node.type !== 'if_statement') return node;
  const last = namedOf(node).at(-1);
  return last ? bodyOf(last) : node;
}

export function parseTemplate(file: string, text: string): Template {
  const root = parser.parse(text)?.rootNode;
  if (!root) throw new Error(`${file} could not be parsed`);
  const errors = [...walk(root)]
    .filter((node) => node.isError || node.isMissing)
    .map((node) => `${file}:${node.startPosition.row + 1}:${node.startPosition.column + 1} is no Bicep`);
  const parameters: Parameter[] = [];
  const variables = new Map<string, Node>();
  const resources: Resource[] = [];
  const modules: Module[] = [];
  const outputs: string[] = [];
  let decorators: readonly string[] = [];
  for (const node of namedOf(root)) {
    const parts = namedOf(node);
    const symbol = parts[0]?.text ?? '';
    const last = parts.at(-1);
    if (node.type === 'decorators') decorators = parts.map((part) => part.text);
    else if (node.type === 'parameter_declaration') {
      const type = parts.find((part) => part.type === 'type')?.text ?? '';
      parameters.push({ name: symbol, type, required: last?.type === 'type', decorators });
    } else if (node.type === 'variable_declaration' && last) variables.set(symbol, last);
    else if (node.type === 'output_declaration') outputs.push(symbol);
    else if (node.type === 'resource_declaration' && last) {
      const existing = node.children.some((child) => child.type === 'existing');
      resources.push({ symbol, node, body: bodyOf(last), type: literal(parts[1]) ?? '', existing });
    } else if (node.type === 'module_declaration' && last) {
      const path = literal(parts[1]) ?? '';
      const target = normalize(join(file, '..', path)).replaceAll('\\', '/');
      modules.push({ symbol, node, body: bodyOf(last), file: target });
    }
    if (node.type !== 'decorators') decorators = [];
  }
  return { file, text, root, errors, parameters, variables, resources, modules, outputs };
}

/** What stands where a value is read, by name; not the names of properties, types and the declared symbols themselves. */
export function references(template: Template): readonly string[] {
  return [...walk(template.root)].filter((node) => node.type === 'identifier' && isRead(node)).map((node) => node.text);
}

function isRead(node: Node): boolean {
  const { parent } = node;
  if (!parent || parent.type === 'type') return false;
  const first = namedOf(parent)[0];
  if (parent.type === 'object_property') return first?.id !== node.id;
  if (/_declaration$/.test(parent.type) || parent.type === 'lambda_expression') return first?.id !== node.id;
  if (parent.type === 'for_statement') return namedOf(parent)[0]?.type !== 'identifier' || first?.id !== node.id;
  return !/^(nullable_type|array_type|parameter|loop_variable|loop_enumerator)$/.test(parent.type);
}

/** Names that loops and lambdas bring. */
export function localNames(template: Template): ReadonlySet<string> {
  const names = [...walk(template.root)].flatMap((node) => {
    if (node.type === 'loop_variable' || node.type === 'loop_enumerator') return [node.text];
    const [first] = namedOf(node);
    const brings = node.type === 'lambda_expression' || node.type === 'for_statement';
    return brings && first?.type === 'identifier' ? [first.text] : [];
  });
  return new Set(names);
}

export interface Load {
  readonly call: string;
  /** undefined where the path is no literal, which Bicep refuses */
  readonly path: string | undefined;
}

export function loadsOf(template: Template): readonly Load[] {
  return [...walk(template.root)]
    .filter((node) => node.type === 'call_expression' && /^load\w+Content$/.test(namedOf(node)[0]?.text ?? ''))
    .map((node) => {
      const argument = namedOf(node)[1];
      return { call: node.text, path: literal(argument && namedOf(argument)[0]) };
    });
}
