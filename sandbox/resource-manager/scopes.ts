/** Scopes as Azure sees them: compared without case and segment by segment, inherited down the management groups. */
import type { Estate } from '../types.ts';

export type Relation = 'above' | 'at' | 'below';

const inSubscription = '/subscriptions/';
const managementGroupPrefix = '/providers/microsoft.management/managementgroups/';

/** One form for one scope: lower case, single slashes, none at the end; the root is `/`. */
export function normalise(scope: string): string {
  return `/${scope.toLowerCase().split('/').filter(Boolean).join('/')}`;
}

/** Whether `scope` is `ancestor` or below it by path alone; management groups and `/` cover only themselves. */
export function isAtOrBelow(scope: string, ancestor: string): boolean {
  const [inner, outer] = [normalise(scope), normalise(ancestor)];
  return inner === outer || (outer !== '/' && inner.startsWith(`${outer}/`));
}

/**
 * Whether the monitor may not read this id or scope. A management group that cannot be read says nothing of the
 * subscriptions in it: access to those comes from assignments of their own.
 */
export function isUnreadable(estate: Estate, id: string): boolean {
  return estate.monitor.unreadable.some((scope) => isAtOrBelow(id, scope));
}

/**
 * Whether the monitor lacks the right to read rows of this type of `Microsoft.Authorization` at a scope. Rights are
 * inherited, and so is the lack: what may not be read at a subscription may not be read at what is in it.
 */
export function lacksRight(estate: Estate, scope: string, type: string): boolean {
  return estate.monitor.unreadable.some((path) => {
    const [, at = '', only] = roleTypePath.exec(normalise(path)) ?? [];
    return at !== '' && (only === undefined || only === type.toLowerCase()) && isAtOrBelow(scope, at);
  });
}

const roleTypePath = /^(.+)\/providers\/microsoft\.authorization(?:\/([^/]+))?$/;

/** The scope that inherits to this one, or undefined for the root. */
export function parentOf(estate: Estate, scope: string): string | undefined {
  const path = normalise(scope);
  if (path === '/') return undefined;
  const segments = path.slice(1).split('/');
  const group = managementGroupOf(path);
  if (group !== undefined)
    return managementGroupScope(estate.managementGroups.find((one) => nameOf(one.id) === group)?.parent);
  if (segments[0] === 'subscriptions' && segments.length === 2) {
    const owner = estate.managementGroups.find((one) => one.subscriptions.some((id) => nameOf(id) === segments[1]));
    return managementGroupScope(owner?.id);
  }
  const provider = segments.lastIndexOf('providers');
  const typed = provider < 0 ? 0 : segments.length - provider - 2;
  const kept = provider >= 0 && typed <= 2 ? provider : segments.length - 2;
  return normalise(segments.slice(0, Math.max(kept, 0)).join('/'));
}

/** The scope and everything above it, nearest first, `/` last; a loop in the management groups ends the walk. */
export function chainOf(estate: Estate, scope: string): readonly string[] {
  const chain: string[] = [];
  for (
    let at: string | undefined = normalise(scope);
    at !== undefined && !chain.includes(at);
    at = parentOf(estate, at)
  )
    chain.push(at);
  return chain.at(-1) === '/' ? chain : [...chain, '/'];
}

/** Where `other` stands as seen from `scope`, or undefined where neither inherits to the other. */
export function relationOf(estate: Estate, other: string, scope: string): Relation | undefined {
  const [there, here] = [normalise(other), normalise(scope)];
  if (there === here) return 'at';
  // two subscriptions' paths, or two of one subscription's, are each other's by path or not at all
  if (there.startsWith(inSubscription) && here.startsWith(inSubscription)) {
    if (!there.startsWith(`${here}/`) && !here.startsWith(`${there}/`)) return undefined;
  }
  if (chainOf(estate, here).includes(there)) return 'above';
  if (chainOf(estate, there).includes(here)) return 'below';
  // A management group that the estate does not describe is above every subscription.
  const group = managementGroupOf(there);
  const known = group !== undefined && estate.managementGroups.some((one) => nameOf(one.id) === group);
  return group !== undefined && !known && here.startsWith('/subscriptions/') ? 'above' : undefined;
}

/** The lower-case name of a management group's own scope, else undefined. */
export function managementGroupOf(scope: string): string | undefined {
  const path = normalise(scope);
  if (!path.startsWith(managementGroupPrefix)) return undefined;
  const name = path.slice(managementGroupPrefix.length);
  return name.includes('/') ? undefined : name;
}

/** The last segment, lower case: estates name subscriptions and management groups by full id or by name. */
export function nameOf(id: string): string {
  return normalise(id).split('/').at(-1) ?? '';
}

function managementGroupScope(id: string | null | undefined): string {
  return id === null || id === undefined ? '/' : `${managementGroupPrefix}${nameOf(id)}`;
}
