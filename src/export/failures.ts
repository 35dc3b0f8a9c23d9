import type { Reason } from '../model.ts';
import type { Fault } from './estate-file.ts';

/** How a read that failed is answered in a replay. */

export function faultFor(target: Fault['target'], match: string, reason: Reason): Fault {
  if (reason === 'malformed') return { target, match, kind: 'html' };
  const status = { forbidden: 403, 'not-found': 404 }[reason as string];
  // what was throttled is unavailable: a replay needs no minute of waiting to find nothing
  return { target, match, kind: 'status', status: status ?? 503 };
}

/** Of a GET by its path. */
export function matchPath(path: string): string {
  return `^GET /+${escapePattern(path.replace(/^\/+/, ''))}\\?`;
}

export function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
