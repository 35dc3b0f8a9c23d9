import { readFileSync } from 'node:fs';
import type { Node } from 'web-tree-sitter';
import { bodyOf, literal, namedOf, propertiesOf, type Resource, type Template } from './bicep.ts';

/** Holds resources against the published types: Azure/bicep-types-az, as its own index and files have them. */

interface Ref {
  readonly $ref: string;
}

interface PropertyType {
  readonly type: Ref;
  /** 1 required, 2 read-only, 4 write-only, 8 constant */
  readonly flags?: number;
}

interface Type {
  readonly $type: string;
  readonly name?: string;
  readonly value?: string;
  readonly body?: Ref;
  readonly properties?: Readonly<Record<string, PropertyType>>;
  readonly baseProperties?: Readonly<Record<string, PropertyType>>;
  readonly additionalProperties?: Ref;
  readonly discriminator?: string;
  readonly elements?: readonly Ref[] | Readonly<Record<string, Ref>>;
  readonly itemType?: Ref;
}

export interface Types {
  check(template: Template, resource: Resource): readonly string[];
}

/** What Bicep itself adds to a resource. */
const ownKeys = new Set(['parent', 'scope', 'dependsOn', 'name']);
const isRequired = (property: PropertyType): boolean => ((property.flags ?? 0) & 1) !== 0;
const isReadOnly = (property: PropertyType): boolean => ((property.flags ?? 0) & 2) !== 0;

export function openTypes(folder: string): Types {
  const index = JSON.parse(readFileSync(`${folder}/index.json`, 'utf8')) as Readonly<Record<string, string>>;
  const files = new Map<string, readonly Type[]>();
  const known = new Map(Object.keys(index).map((name) => [name.toLowerCase(), name]));
  return {
    check(template, resource) {
      const at = `${template.file}: ${resource.symbol}`;
      const name = known.get(resource.type.toLowerCase());
      const file = name === undefined ? undefined : index[name];
      if (name === undefined || file === undefined) return [`${at}: there is no ${resource.type}`];
      if (name !== resource.type) return [`${at}: ${resource.type} is spelt ${name}`];
      const types = files.get(file) ?? (JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as readonly Type[]);
      files.set(file, types);
      const type = types.find((one) => one.$type === 'ResourceType' && one.name?.toLowerCase() === name.toLowerCase());
      if (!type?.body) return [`${at}: ${name} is not in ${file}`];
      const problems: string[] = [];
      const checker = { template, types, say: (path: string, what: string) => problems.push(`${at}: ${path} ${what}`) };
      const body = find(checker, type.body);
      if (resource.existing) return problems;
      checkValue(checker, resource.body, body, '', true);
      return problems;
    },
  };
}

interface Checker {
  readonly template: Template;
  readonly types: readonly Type[];
  say(path: string, what: string): void;
}

function find({ types }: Checker, ref: Ref | undefined): Type {
  const type = types[Number(ref?.$ref.split('/').at(-1))];
  if (!type) throw new Error(`a reference of the published types leads nowhere: ${ref?.$ref}`);
  return type;
}

const returnsText = /^(guid|toLower|uniqueString|replace|join|cidrSubnet|loadTextContent|trim|subscriptionResourceId)$/;
const scalarTypes: Readonly<Record<string, string>> = { string: 'string', int: 'number', bool: 'boolean' };

/** The values that an expression may have: both sides of a choice, what a variable stands for. Unknown ones are left out. */
function valuesOf(template: Template, node: Node): readonly (Node | 'string' | 'number' | 'boolean')[] {
  const parts = namedOf(node);
  if (node.type === 'for_statement' || node.type === 'if_statement') return valuesOf(template, bodyOf(node));
  if (node.type === 'ternary_expression') return parts.slice(1).flatMap((part) => valuesOf(template, part));
  if (node.type === 'parenthesized_expression') return parts.flatMap((part) => valuesOf(template, part));
  if (node.type === 'identifier') {
    const variable = template.variables.get(node.text);
    if (variable) return valuesOf(template, variable);
    const scalar = scalarTypes[template.parameters.find(({ name }) => name === node.text)?.type ?? ''];
    return scalar === 'string' || scalar === 'number' || scalar === 'boolean' ? [scalar] : [];
  }
  if (node.type === 'call_expression') return returnsText.test(parts[0]?.text ?? '') ? ['string'] : [];
  if (node.type === 'string' && literal(node) === undefined) return ['string'];
  return ['object', 'array', 'string', 'number', 'boolean'].includes(node.type) ? [node] : [];
}

function checkValue(checker: Checker, given: Node, type: Type, path: string, top = false): void {
  if (type.$type === 'AnyType') return;
  if (type.$type === 'ArrayType' && given.type === 'for_statement') {
    checkValue(checker, bodyOf(given), find(checker, type.itemType), `${path}[]`);
    return;
  }
  for (const value of valuesOf(checker.template, given)) {
    const kind = typeof value === 'string' ? value : value.type;
    const node = typeof value === 'string' ? undefined : value;
    const expected = expectedKind(checker, type);
    if (kind !== expected) checker.say(path, `is of type ${kind}, not ${expected}`);
    else if (node && kind === 'object') checkObject(checker, node, type, path, top);
    else if (node && kind === 'array') {
      for (const item of namedOf(node)) checkValue(checker, item, find(checker, type.itemType), `${path}[]`);
    } else if (node && kind === 'string') checkLiteral(checker, node, type, path);
  }
}

function expectedKind(checker: Checker, type: Type): string {
  if (type.$type === 'UnionType') return expectedKind(checker, find(checker, refsOf(type)[0]));
  const kinds: Readonly<Record<string, string>> = {
    ObjectType: 'object',
    DiscriminatedObjectType: 'object',
    ArrayType: 'array',
    IntegerType: 'number',
    BooleanType: 'boolean',
  };
  return kinds[type.$type] ?? 'string';
}

const refsOf = ({ elements }: Type): readonly Ref[] => (Array.isArray(elements) ? (elements as readonly Ref[]) : []);

function checkLiteral(checker: Checker, node: Node, type: Type, path: string): void {
  const options = type.$type === 'UnionType' ? refsOf(type).map((ref) => find(checker, ref)) : [type];
  // a union that ends in any text lists the values of its day; ours are all of that day
  const values = options.flatMap((option) => option.value ?? []);
  const text = literal(node);
  if (values.length > 0 && text !== undefined && !values.includes(text)) {
    checker.say(path, `is '${text}', not ${values.join(' or ')}`);
  }
}

function checkObject(checker: Checker, node: Node, type: Type, path: string, top: boolean): void {
  const given = propertiesOf(node);
  const { properties, rest } = shapeOf(checker, type, given, path);
  for (const { name, value, node: property } of given) {
    const at = path === '' ? (name ?? '') : `${path}.${name ?? '*'}`;
    if (top && name !== undefined && ownKeys.has(name) && name !== 'name') continue;
    const known = name === undefined ? undefined : properties[name];
    if (known) {
      if (isReadOnly(known) && !isRequired(known)) checker.say(at, 'is read-only');
      checkValue(checker, value, find(checker, known.type), at);
    } else if (rest) checkValue(checker, value, rest, at);
    else if (!isExcused(property)) checker.say(at, 'does not exist');
  }
  for (const [name, property] of Object.entries(properties)) {
    const isGiven = given.some((one) => one.name === name);
    if (isRequired(property) && !isReadOnly(property) && !isGiven) checker.say(`${path}.${name}`, 'is missing');
  }
}

/** A property that Azure documents and the types lack; the template says so in the line before, as Bicep has it. */
function isExcused(property: Node): boolean {
  return property.previousNamedSibling?.text === '#disable-next-line BCP037';
}

function shapeOf(checker: Checker, type: Type, given: ReturnType<typeof propertiesOf>, path: string) {
  const rest = type.additionalProperties ? find(checker, type.additionalProperties) : undefined;
  if (type.$type !== 'DiscriminatedObjectType') return { properties: type.properties ?? {}, rest };
  const tag = type.discriminator ?? '';
  const choice = literal(given.find(({ name }) => name === tag)?.value);
  const elements = Array.isArray(type.elements) ? {} : (type.elements as Readonly<Record<string, Ref>>);
  const ref = choice === undefined ? undefined : elements[choice];
  if (!ref) {
    checker.say(`${path}.${tag}`, `is ${choice}, not ${Object.keys(elements).join(' or ')}`);
    return { properties: type.baseProperties ?? {}, rest };
  }
  const chosen = find(checker, ref);
  return { properties: { ...type.baseProperties, ...chosen.properties }, rest };
}
