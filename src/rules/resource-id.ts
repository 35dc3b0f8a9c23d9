/** Azure resource ids compare without case, segment by segment: `…/a` is not a parent of `…/ab`. */

const segmentsOf = (id: string): string[] =>
  id
    .toLowerCase()
    .split('/')
    .filter((part) => part !== '');

export function sameId(a: string, b: string): boolean {
  return a === b || normaliseId(a) === normaliseId(b);
}

/** A form of the id for use as a key. */
export function normaliseId(id: string): string {
  const isPlain = id.startsWith('/') && id.length > 1 && !id.endsWith('/') && !id.includes('//');
  return isPlain ? id.toLowerCase() : `/${segmentsOf(id).join('/')}`;
}

/** Whether `scope` is `id` itself or above it by path. Management groups are not: their hierarchy is not in the path. */
export function coversByPath(scope: string, id: string): boolean {
  const outer = segmentsOf(scope);
  const inner = segmentsOf(id);
  return outer.length <= inner.length && outer.every((part, i) => part === inner[i]);
}

/** The value after a segment name, e.g. `subscriptions` → the subscription id; as written, not lower-cased. */
export function segmentAfter(id: string, name: string): string | undefined {
  const parts = id.split('/').filter((part) => part !== '');
  const at = parts.findIndex((part) => part.toLowerCase() === name.toLowerCase());
  return at < 0 ? undefined : parts[at + 1];
}

/** The lower-case subscription id, or undefined for ids outside a subscription. */
export function subscriptionOf(id: string): string | undefined {
  return segmentAfter(id, 'subscriptions')?.toLowerCase();
}

export function lastSegment(id: string): string {
  return (
    id
      .split('/')
      .filter((part) => part !== '')
      .at(-1) ?? ''
  );
}

/** The id without its last `type/name` pair: the resource that a child resource belongs to. */
export function parentResourceId(id: string): string {
  return `/${id
    .split('/')
    .filter((part) => part !== '')
    .slice(0, -2)
    .join('/')}`;
}
