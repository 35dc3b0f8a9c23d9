import { CallError, inBrackets } from './failure.ts';
import { isObject } from './json.ts';
import type { Limits } from './limits.ts';

/** A page of a listing: `value` must be there, since a missing one would look like nothing at all. */
export function readPage(value: unknown): { readonly rows: readonly unknown[]; readonly nextLink?: string } {
  if (!isObject(value) || !Array.isArray(value.value)) throw new CallError('malformed', 'the answer is no listing');
  const { nextLink, error } = value;
  // rows beside an error are only part of what there is
  if (isObject(error)) throw new CallError('malformed', `only part of the listing came${inBrackets(error.code)}`);
  if (nextLink === undefined || nextLink === null || nextLink === '') return { rows: value.value };
  if (typeof nextLink !== 'string') throw new CallError('malformed', 'the link to the next page is no text');
  return { rows: value.value, nextLink };
}

/** Ends a listing that turns in a circle or never ends. */
export function notePage(seen: Set<string>, page: string, limits: Limits): void {
  if (seen.has(page)) throw new CallError('malformed', 'the listing turns in a circle');
  seen.add(page);
  if (seen.size > limits.pages) throw new CallError('malformed', `the listing has more than ${limits.pages} pages`);
}
