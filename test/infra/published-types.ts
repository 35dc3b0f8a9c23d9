import { readFileSync } from 'node:fs';

/** The published types of Azure's resources: Azure/bicep-types-az, as its own index and files have them. */

export interface Ref {
  readonly $ref: string;
}

export interface PropertyType {
  readonly type: Ref;
  /** 1 required, 2 read-only, 4 write-only, 8 constant */
  readonly flags?: number;
}

export interface Type {
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

/** A type of resource at one api-version; `types` is what its references lead into. */
export interface ResourceType {
  /** `Type/name@api-version` as it is spelt */
  readonly name: string;
  readonly types: readonly Type[];
  readonly body: Type;
}

export interface PublishedTypes {
  /** By `Type/name@api-version`, without case. */
  find(name: string): ResourceType | undefined;
}

export const isRequired = (property: PropertyType): boolean => ((property.flags ?? 0) & 1) !== 0;
export const isReadOnly = (property: PropertyType): boolean => ((property.flags ?? 0) & 2) !== 0;
export const isWriteOnly = (property: PropertyType): boolean => ((property.flags ?? 0) & 4) !== 0;

export function openPublished(folder: string): PublishedTypes {
  const index = JSON.parse(readFileSync(`${folder}/index.json`, 'utf8')) as Readonly<Record<string, string>>;
  const files = new Map<string, readonly Type[]>();
  const known = new Map(Object.keys(index).map((name) => [name.toLowerCase(), name]));
  return {
    find(wanted) {
      const name = known.get(wanted.toLowerCase());
      const file = name === undefined ? undefined : index[name];
      if (name === undefined || file === undefined) return undefined;
      const types = files.get(file) ?? (JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as readonly Type[]);
      files.set(file, types);
      const type = types.find((one) => one.$type === 'ResourceType' && one.name?.toLowerCase() === name.toLowerCase());
      if (!type?.body) throw new Error(`${name} is not in ${file}`);
      return { name, types, body: follow(types, type.body) };
    },
  };
}

export function follow(types: readonly Type[], ref: Ref | undefined): Type {
  const type = types[Number(ref?.$ref.split('/').at(-1))];
  if (!type) throw new Error(`a reference of the published types leads nowhere: ${ref?.$ref}`);
  return type;
}

/** Of a union, its members. */
export const refsOf = ({ elements }: Type): readonly Ref[] =>
  Array.isArray(elements) ? (elements as readonly Ref[]) : [];
