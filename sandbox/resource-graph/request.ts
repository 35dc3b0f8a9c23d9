/** The body of a Resource Graph query, checked as Azure checks it. */
import { isRecord } from '../checks.ts';
import { inventoryOf } from '../resource-manager/inventory.ts';
import { chainOf, isUnreadable, nameOf, normalise } from '../resource-manager/scopes.ts';
import type { Estate } from '../types.ts';

export const scopeFilters = ['AtScopeAndBelow', 'AtScopeAndAbove', 'AtScopeExact', 'AtScopeAboveAndBelow'] as const;
export type ScopeFilter = (typeof scopeFilters)[number];

export interface GraphQuery {
  readonly query: string;
  /** the subscriptions asked of that the monitor can see, lower-case ids */
  readonly subscriptions: ReadonlySet<string>;
  /** where role rows are looked at from: subscriptions, or the management groups named */
  readonly scopes: readonly string[];
  readonly top: number;
  readonly skip: number;
  readonly format: 'objectArray' | 'table';
  readonly scopeFilter: ScopeFilter;
}

export type ReadQuery =
  | { readonly ok: true; readonly query: GraphQuery }
  | { readonly ok: false; readonly code: string; readonly message: string };

const mostRows = 1000;
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Reads a request body; `newest` tells whether the api-version knows `authorizationScopeFilter`. */
export function readGraphQuery(estate: Estate, body: string, newest: boolean): ReadQuery {
  const value = parse(body);
  if (!isRecord(value))
    return refuse('InvalidRequestBody', 'The request content was invalid and could not be deserialized.');
  const { query, subscriptions, managementGroups } = value;
  const options = value.options ?? {};
  if (typeof query !== 'string' || query.trim() === '') return refuse('InvalidQuery', 'Query cannot be null or empty.');
  if (!isRecord(options)) return refuse('InvalidRequestBody', "The 'options' must be an object.");
  if (!isTexts(subscriptions) || !isTexts(managementGroups))
    return refuse('InvalidRequestBody', "The 'subscriptions' and 'managementGroups' must be lists of ids.");
  const scope = readScope(estate, subscriptions ?? [], managementGroups ?? []);
  if (!scope.ok) return scope;
  const top = options.$top ?? mostRows;
  if (!isWhole(top) || top < 1 || top > mostRows)
    return refuse('InvalidTop', `The $top must be from 1 to ${mostRows}.`);
  const skip = typeof options.$skipToken === 'string' ? readSkipToken(options.$skipToken, query) : (options.$skip ?? 0);
  if (!isWhole(skip) || skip < 0) return refuse('InvalidSkipToken', 'The $skip or $skipToken is not valid.');
  const format = options.resultFormat ?? 'objectArray';
  if (format !== 'objectArray' && format !== 'table')
    return refuse('InvalidResultFormat', `Unknown result format '${format}'.`);
  const asked = newest ? (options.authorizationScopeFilter ?? scopeFilters[0]) : scopeFilters[0];
  const scopeFilter = scopeFilters.find((one) => one === asked);
  if (scopeFilter === undefined) return refuse('InvalidAuthorizationScopeFilter', `Unknown filter '${asked}'.`);
  return { ok: true, query: { query, ...scope, top, skip, format, scopeFilter } };
}

/** The token for the rows from `start` on; it is good for the same query only. */
export function skipTokenOf(query: string, start: number): string {
  return Buffer.from(JSON.stringify({ $id: '1', row: start, query: query.length })).toString('base64');
}

type Scope =
  | { readonly ok: true; readonly subscriptions: ReadonlySet<string>; readonly scopes: readonly string[] }
  | Extract<ReadQuery, { ok: false }>;

/** What cannot be seen is left out without a word; only if nothing is left does Azure refuse. */
function readScope(estate: Estate, subscriptions: readonly string[], groups: readonly string[]): Scope {
  const visible = inventoryOf(estate).subscriptions.filter(({ id }) => !isUnreadable(estate, id));
  if (subscriptions.length > 0) {
    const wanted = new Set(subscriptions.map(nameOf));
    const all = inventoryOf(estate).subscriptions.map(({ subscriptionId }) => subscriptionId.toLowerCase());
    const odd = [...wanted].filter((id) => !guid.test(id) && !all.includes(id));
    if (odd.length > 0)
      return refuse('SubscriptionsContainInvalidGuids', `Subscriptions must be valid Guids: '${odd.join(', ')}'`);
    const kept = visible.filter(({ subscriptionId }) => wanted.has(subscriptionId.toLowerCase()));
    return kept.length === 0 ? nothing(subscriptions) : scopeOf(kept.map(({ subscriptionId }) => subscriptionId));
  }
  if (groups.length > 0) {
    const named = groups.map((id) => `/providers/microsoft.management/managementgroups/${nameOf(id)}`);
    const readable = named.filter(
      (scope) => !isUnreadable(estate, scope) && estate.managementGroups.some(({ id }) => nameOf(id) === nameOf(scope)),
    );
    const kept = visible.filter(({ id }) => chainOf(estate, id).some((above) => readable.includes(above)));
    if (readable.length === 0) return nothing(groups);
    return { ...scopeOf(kept.map(({ subscriptionId }) => subscriptionId)), scopes: readable };
  }
  return scopeOf(visible.map(({ subscriptionId }) => subscriptionId));
}

function scopeOf(ids: readonly string[]): Extract<Scope, { ok: true }> {
  return {
    ok: true,
    subscriptions: new Set(ids.map((id) => id.toLowerCase())),
    scopes: ids.map((id) => normalise(`/subscriptions/${id}`)),
  };
}

function nothing(given: readonly string[]): Extract<ReadQuery, { ok: false }> {
  return refuse(
    'NoValidSubscriptionsInQueryRequest',
    `There must be at least one subscription that is eligible to contain resources. Given: '${given.join(', ')}'`,
  );
}

function readSkipToken(token: string, query: string): unknown {
  const value = parse(Buffer.from(token, 'base64').toString('utf8'));
  return isRecord(value) && value.query === query.length ? value.row : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isTexts(value: unknown): value is readonly string[] | undefined | null {
  return (
    value === undefined || value === null || (Array.isArray(value) && value.every((one) => typeof one === 'string'))
  );
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value);
}

function refuse(code: string, message: string): Extract<ReadQuery, { ok: false }> {
  return { ok: false, code, message };
}
