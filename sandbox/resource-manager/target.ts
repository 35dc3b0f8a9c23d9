/** What a Resource Manager path asks for. */

export interface Target {
  /** what stands before the last `/providers/`, '' for the tenant */
  readonly scope: string;
  readonly namespace: string;
  /** type below the namespace, as written: `workspaces/fhirservices` */
  readonly type: string;
  /** names that go with the segments of `type`; one fewer for a list */
  readonly names: readonly string[];
  readonly isList: boolean;
  /** the whole path, and the path of the resource that a nested list or child belongs to */
  readonly path: string;
  readonly parent: string;
}

/** Reads a path, or undefined where Resource Manager has no route of that form. */
export function readTarget(path: string): Target | undefined {
  const segments = path.split('/').filter(Boolean);
  const provider = segments.findLastIndex((segment) => segment.toLowerCase() === 'providers');
  if (provider >= 0) {
    const [namespace, ...rest] = segments.slice(provider + 1);
    if (namespace === undefined || rest.length === 0) return undefined;
    return target(segments.slice(0, provider), namespace, rest, segments);
  }
  if (!['subscriptions', 'tenants'].includes(segments[0]?.toLowerCase() ?? '')) return undefined;
  return target([], 'Microsoft.Resources', segments, segments);
}

/** `namespace/type`, lower case. */
export function typeOf({ namespace, type }: Pick<Target, 'namespace' | 'type'>): string {
  return `${namespace}/${type}`.toLowerCase();
}

/** The type that an id says, lower case; '' where it says none. */
export function typeOfId(id: string): string {
  const read = readTarget(id);
  return read === undefined || read.isList ? '' : typeOf(read);
}

/** `Microsoft.X/a/nameOfA/b/nameOfB`, as Azure names a resource in its error messages. */
export function displayName({ namespace, type, names }: Target): string {
  const pairs = type.split('/').map((segment, index) => [segment, names[index]].filter(Boolean).join('/'));
  return [namespace, ...pairs].join('/');
}

/** The resource group that a path stands in, as written. */
export function resourceGroupOf(path: string): string | undefined {
  return /^\/subscriptions\/[^/]+\/resourceGroups\/([^/]+)/i.exec(path)?.[1];
}

/** The subscription that a path stands in, as written. */
export function subscriptionOf(path: string): string | undefined {
  return /^\/subscriptions\/([^/]+)/i.exec(path)?.[1];
}

function target(scope: readonly string[], namespace: string, rest: readonly string[], all: readonly string[]): Target {
  const isList = rest.length % 2 === 1;
  return {
    scope: scope.length === 0 ? '' : `/${scope.join('/')}`,
    namespace,
    type: rest.filter((_, index) => index % 2 === 0).join('/'),
    names: rest.filter((_, index) => index % 2 === 1),
    isList,
    path: `/${all.join('/')}`,
    parent: rest.length <= 2 ? `/${scope.join('/')}` : `/${all.slice(0, isList ? -1 : -2).join('/')}`,
  };
}
