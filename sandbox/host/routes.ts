/** Which HTTP function answers a path: prefixes, literals, `{parameter}`, `{optional?}`, `{*rest}` and constraints. */
import type { RegisteredFunction } from './worker.ts';

export interface Route {
  readonly name: string;
  /** key of the trigger's binding */
  readonly key: string;
  readonly methods: readonly string[] | undefined;
  readonly authLevel: string;
  readonly pattern: RegExp;
  readonly parameters: readonly string[];
  /** literal segments win over parameters, parameters over the rest */
  readonly weight: string;
}

const CONSTRAINTS: Readonly<Record<string, string>> = {
  int: '-?\\d+',
  long: '-?\\d+',
  alpha: '[A-Za-z]+',
  guid: '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}',
  bool: 'true|false',
};

export function toRoute({ metadata }: RegisteredFunction, prefix: string): Route | undefined {
  const [key, trigger] = Object.entries(metadata.bindings).find(([, one]) => one.type === 'httpTrigger') ?? [];
  if (key === undefined || trigger === undefined) return undefined;
  const route = typeof trigger.route === 'string' && trigger.route !== '' ? trigger.route : metadata.name;
  const segments = [...prefix.split('/'), ...route.split('/')].filter((segment) => segment !== '');
  if (['admin', 'runtime'].includes(segments[0]?.toLowerCase() ?? '')) {
    throw new Error(`The specified route conflicts with one or more built in routes: '${route}'.`);
  }
  const parameters: string[] = [];
  const parts = segments.map((segment) => partOf(segment, parameters));
  return {
    name: metadata.name,
    key,
    methods: Array.isArray(trigger.methods) ? trigger.methods.map((method) => String(method).toUpperCase()) : undefined,
    authLevel: typeof trigger.authLevel === 'string' ? trigger.authLevel.toLowerCase() : 'function',
    pattern: new RegExp(`^${parts.map(({ source }) => source).join('')}/?$`, 'i'),
    parameters,
    weight: parts.map(({ weight }) => weight).join(''),
  };
}

function partOf(segment: string, parameters: string[]): { readonly source: string; readonly weight: string } {
  const match = /^\{(\*?)(\w+)(?::([^}]*?))?(\?)?\}$/.exec(segment);
  if (match === null) {
    if (/[{}]/.test(segment)) throw new Error(`The route segment '${segment}' is not understood by this host.`);
    return { source: `/${segment.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}`, weight: '0' };
  }
  const [, rest, name = '', constraint, optional] = match;
  parameters.push(name);
  if (rest === '*') return { source: '(?:/(.*))?', weight: '2' };
  const inner = constraint === undefined ? '[^/]+' : CONSTRAINTS[constraint.toLowerCase()];
  if (inner === undefined) throw new Error(`The route constraint '${constraint}' is not understood by this host.`);
  return { source: optional === '?' ? `(?:/(${inner}))?` : `/(${inner})`, weight: '1' };
}

/** The function for the request. A path that only other methods have is not found either: Azure answers 404, not 405. */
export function findRoute(routes: readonly Route[], method: string, path: string): Route | undefined {
  return routes
    .filter((route) => route.pattern.test(path) && (route.methods === undefined || route.methods.includes(method)))
    .toSorted((a, b) => (a.weight < b.weight ? -1 : 1))[0];
}

export function parametersOf(route: Route, path: string): Readonly<Record<string, string>> {
  const values = route.pattern.exec(path)?.slice(1) ?? [];
  return Object.fromEntries(
    route.parameters.flatMap((name, index) => {
      const value = values[index];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
