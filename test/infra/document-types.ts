import { isObject } from '../../src/evidence/azure/json.ts';
import {
  follow,
  isReadOnly,
  isRequired,
  isWriteOnly,
  openPublished,
  type PropertyType,
  type Ref,
  refsOf,
  type Type,
} from './published-types.ts';

/** Holds documents, as Resource Manager answers them, against the published types. */
export interface DocumentTypes {
  /** Everything that is wrong with a document of a type, by path; read-only properties belong into an answer. */
  check(document: unknown, type: string, apiVersion: string): readonly string[];
}

export function openDocumentTypes(folder: string): DocumentTypes {
  const published = openPublished(folder);
  return {
    check(document, type, apiVersion) {
      const found = published.find(`${type}@${apiVersion}`);
      if (found === undefined) return [`there is no ${type}@${apiVersion}`];
      const problems: string[] = [];
      const say = (path: string, what: string) => problems.push(`${path || 'the document'} ${what}`);
      checkValue({ types: found.types, say }, document, found.body, '');
      return problems;
    },
  };
}

interface Checker {
  readonly types: readonly Type[];
  say(path: string, what: string): void;
}

function checkValue(checker: Checker, value: unknown, type: Type, path: string): void {
  const { say, types } = checker;
  switch (type.$type) {
    case 'AnyType':
      return;
    case 'ObjectType':
    case 'DiscriminatedObjectType':
      if (isObject(value)) checkObject(checker, value, type, path);
      else say(path, `is ${kindOf(value)}, not an object`);
      return;
    case 'ArrayType':
      if (!Array.isArray(value)) say(path, `is ${kindOf(value)}, not a list`);
      else
        for (const [place, item] of value.entries())
          checkValue(checker, item, follow(types, type.itemType), `${path}[${place}]`);
      return;
    case 'IntegerType':
      if (!Number.isInteger(value)) say(path, `is ${kindOf(value)}, not a whole number`);
      return;
    case 'BooleanType':
      if (typeof value !== 'boolean') say(path, `is ${kindOf(value)}, not true or false`);
      return;
    default:
      checkText(checker, value, type, path);
  }
}

/** A union that ends in any text lists the values of its day; those of our documents are all of that day. */
function checkText({ types, say }: Checker, value: unknown, type: Type, path: string): void {
  if (typeof value !== 'string') {
    say(path, `is ${kindOf(value)}, not a text`);
    return;
  }
  const options = type.$type === 'UnionType' ? refsOf(type).map((ref) => follow(types, ref)) : [type];
  const values = options.flatMap((option) => option.value ?? []);
  if (values.length > 0 && !values.some((one) => one.toLowerCase() === value.toLowerCase()))
    say(path, `is '${value}', not ${values.join(' or ')}`);
}

function checkObject(checker: Checker, value: Readonly<Record<string, unknown>>, type: Type, path: string): void {
  const properties = propertiesOf(checker, value, type, path);
  const rest = type.additionalProperties && follow(checker.types, type.additionalProperties);
  for (const [name, one] of Object.entries(value)) {
    const at = path === '' ? name : `${path}.${name}`;
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known === undefined && rest === undefined) checker.say(at, 'does not exist');
    else if (known === undefined) checkValue(checker, one, rest as Type, at);
    else if (isWriteOnly(known)) checker.say(at, 'is never answered');
    // Azure writes null where an optional property has no value
    else if (one !== null || isRequired(known)) checkValue(checker, one, follow(checker.types, known.type), at);
  }
  for (const [name, property] of Object.entries(properties)) {
    const isNeeded = isRequired(property) || (path === '' && ['id', 'type'].includes(name) && isReadOnly(property));
    if (isNeeded && !Object.hasOwn(value, name)) checker.say(path === '' ? name : `${path}.${name}`, 'is missing');
  }
}

function propertiesOf(
  { types, say }: Checker,
  value: Readonly<Record<string, unknown>>,
  type: Type,
  path: string,
): Readonly<Record<string, PropertyType>> {
  if (type.$type !== 'DiscriminatedObjectType') return type.properties ?? {};
  const choice = String(value[type.discriminator ?? '']);
  const elements = Array.isArray(type.elements) ? {} : (type.elements as Readonly<Record<string, Ref>>);
  const ref = elements[choice];
  if (!ref) say(`${path}.${type.discriminator}`, `is ${choice}, not ${Object.keys(elements).join(' or ')}`);
  return { ...type.baseProperties, ...(ref ? follow(types, ref).properties : {}) };
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
