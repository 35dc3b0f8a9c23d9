import type { Node } from 'web-tree-sitter';
import { bodyOf, literal, namedOf, propertiesOf, type Resource, type Template } from './bicep.ts';
import { follow, isReadOnly, isRequired, openPublished, type Ref, refsOf, type Type } from './published-types.ts';

/** Holds resources against the published types: Azure/bicep-types-az, as its own index and files have them. */

export interface Types {
  check(template: Template, resource: Resource): readonly string[];
}

/** What Bicep itself adds to a resource. */
const ownKeys = new Set(['parent', 'scope', 'dependsOn', 'name']);

export function openTypes(folder: string): Types {
  const published = openPublished(folder);
  return {
    check(template, resource) {
      const at = `${template.file}: ${resource.symbol}`;
      const found = published.find(resource.type);
      if (found === undefined) return [`${at}: there is no ${resource.type}`];
      if (found.name !== resource.type) return [`${at}: ${resource.type} is spelt ${found.name}`];
      if (resource.existing) return [];
      const problems: string[] = [];
      const { types, body } = found;
      const checker = { template, types, say: (path: string, what: string) => problems.push(`${at}: ${path} ${what}`) };
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

const find = ({ types }: Checker, ref: Ref | undefined): Type => follow(types, ref);

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
