import type { Drift, Observed } from '../model.ts';

/** Only what differs, where both sides are known: a person looks for the change. */
export function changesOf({ was, is }: Drift): { readonly was: string; readonly is: string } {
  if (was === null) return { was: 'nothing was accepted before', is: describe(is.status, is.observed) };
  const keys = new Set([...Object.keys(was.observed), ...Object.keys(is.observed)]);
  const differing = [...keys].filter((key) => shownValue(was.observed, key) !== shownValue(is.observed, key));
  // what an unknown finding does not show is not gone, only out of sight
  const pick = (observed: Observed): Observed =>
    Object.fromEntries(
      differing.map((key) => [key, Object.hasOwn(observed, key) ? (observed[key] ?? null) : 'not seen']),
    );
  return { was: describe(was.status, pick(was.observed)), is: describe(is.status, pick(is.observed)) };
}

function describe(status: string, observed: Observed): string {
  const values = Object.keys(observed).map((key) => `${key} = ${shownValue(observed, key)}`);
  return values.length === 0 ? status : `${status}: ${values.join('; ')}`;
}

function shownValue(observed: Observed, key: string): string {
  const value = observed[key];
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'object') return value.length === 0 ? 'none' : value.join(', ');
  return String(value);
}

const mostListed = 5;

/** Check by check the first of them, and how many more. */
export function listOf(drifts: readonly Drift[]): string {
  const listed = Map.groupBy(drifts.slice(0, mostListed), ({ check }) => check);
  const words = [...listed].map(
    ([check, members]) => `${check} of ${members.map(({ service }) => service.name).join(', ')}`,
  );
  return `${words.join('; ')}${drifts.length > mostListed ? `; and ${drifts.length - mostListed} more` : ''}`;
}

/** `silentMinutes` as `Silent minutes`. */
export function label(name: string): string {
  const words = name.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
}

export function timeOf(iso: string | undefined): string {
  const time = new Date(iso ?? '');
  return Number.isNaN(time.getTime()) ? 'not recorded' : `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** e.g. `2 d 3 h`, `45 min` */
export function lasting(from: string, to: string): string {
  const minutes = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 60_000));
  if (Number.isNaN(minutes)) return 'not recorded';
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  const parts = [days > 0 ? `${days} d` : '', hours > 0 ? `${hours} h` : '', days === 0 ? `${rest} min` : ''];
  return parts.filter((part) => part !== '' && part !== '0 min').join(' ') || 'less than a minute';
}
