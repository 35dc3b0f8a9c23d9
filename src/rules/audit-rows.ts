import type { AuditFailureRow, AuditRows, AuditWindow, Traffic } from '../model.ts';
import { lastSegment } from './resource-id.ts';

/** Counting failed requests over the log workspaces of one service (CHECKS, Rulings, audit). */

/** What the workspaces of a service say together. */
export interface AuditReading {
  /** names of the workspaces that answered, sorted */
  readonly read: readonly string[];
  /** whether one of them answered in full; one suffices, and without one a pass is out of reach */
  readonly complete: boolean;
  /** the workspaces that did not answer, or only in part: a sentence each */
  readonly gaps: readonly string[];
  /** whether any row, `Started` included, is in the window of a workspace that answered in full */
  readonly anyRow: boolean;
  /** what is known of failures, of cut answers too: enough to fail on, not to pass on */
  readonly failures: readonly AuditFailureRow[];
}

/** Joins the windows of all workspaces. One that answered in full but lacks all rows of a cut one completes nothing. */
export function joinWorkspaces(auditRows: AuditRows): AuditReading {
  const gaps: string[] = [];
  const full: AuditWindow[] = [];
  const cut: AuditWindow[] = [];
  for (const { workspaceId, window } of auditRows.workspaces) {
    const name = lastSegment(workspaceId);
    if (!window.ok) {
      gaps.push(`${name} could not be read (${window.reason}): ${window.detail}`);
    } else if (window.value.incomplete) {
      gaps.push(`${name} answered only in part: ${window.value.incomplete.detail}`);
      cut.push(window.value);
    } else full.push(window.value);
  }
  const anyRow = full.some(({ rows }) => rows > 0);
  const silent = !anyRow && cut.some(({ rows }) => rows > 0);
  return {
    read: [...full, ...cut].map(({ workspaceId }) => lastSegment(workspaceId)).sort(),
    complete: full.length > 0 && !silent,
    gaps,
    anyRow,
    failures: mergeFailures([...full, ...cut]),
  };
}

/** Rows that are equal in two workspaces count once: per key the largest count that one workspace has. */
export function mergeFailures(windows: readonly AuditWindow[]): readonly AuditFailureRow[] {
  const byKey = new Map<string, AuditFailureRow>();
  for (const row of windows.flatMap(({ failures }) => failures)) {
    const known = byKey.get(row.key);
    if (!known || known.count < row.count) byKey.set(row.key, row);
  }
  return [...byKey.values()];
}

export interface FailureCounts {
  readonly clientErrors: number;
  readonly serverErrors: number;
  /** client errors by who made them; most first, then by name */
  readonly callers: readonly { readonly caller: string; readonly count: number; readonly statuses: string }[];
}

/** 5xx are the server's, every other failed row is the client's: 4xx, without a status, `Failed` below 400. */
export function countFailures(failures: readonly AuditFailureRow[]): FailureCounts {
  const ofClients = failures.filter((row) => !isServerError(row));
  const callers = [...Map.groupBy(ofClients, callerOf)].map(([id, rows]) => ({
    caller: showCaller(id),
    count: total(rows),
    statuses: describeStatuses(rows),
  }));
  return {
    clientErrors: total(ofClients),
    serverErrors: total(failures) - total(ofClients),
    callers: callers.sort((a, b) => b.count - a.count || (a.caller < b.caller ? -1 : 1)),
  };
}

function total(failures: readonly AuditFailureRow[]): number {
  return failures.reduce((sum, { count }) => sum + count, 0);
}

export function isServerError({ status }: AuditFailureRow): boolean {
  return status !== undefined && status >= 500 && status <= 599;
}

/** `4xx` codes and the like with their counts, largest first: `403 × 26, no status × 2`. */
export function describeStatuses(failures: readonly AuditFailureRow[]): string {
  const counts = new Map<string, number>();
  for (const { status, count } of failures) {
    const name = status === undefined ? 'no status' : String(status);
    counts.set(name, (counts.get(name) ?? 0) + count);
  }
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const shown = sorted.slice(0, 5).map(([name, count]) => `${name} × ${count}`);
  return sorted.length > shown.length ? `${shown.join(', ')}, others` : shown.join(', ');
}

const SHOWABLE = /^[\w.:%@-]{1,64}$/;

/** Object id, else address without its IPv6 mapping, else `unauthenticated`; in lower case. */
export function callerOf({ callerObjectId, callerAddress }: AuditFailureRow): string {
  return trimmed(callerObjectId) ?? trimmed(callerAddress)?.replace(/^::ffff:(?=\d+\.)/, '') ?? 'unauthenticated';
}

/** A log can hold anything where an id or address belongs: what looks like neither is not shown. */
function showCaller(id: string): string {
  return SHOWABLE.test(id) ? id : `a caller whose id is not fit to be shown (${id.length} characters)`;
}

function trimmed(text: string | undefined): string | undefined {
  const bare = text?.trim().toLowerCase();
  return bare ? bare : undefined;
}

export type TrafficInWindow =
  | { readonly is: 'none' }
  | { readonly is: 'some'; readonly from: string; readonly to: string; readonly requests: number }
  | { readonly is: 'unread' };

/**
 * Traffic is an hour with more than `minimumRequests`; the newest hours that the window touches count. A service
 * without the metric's series has no hours at all, and no traffic; fewer hours than the window needs prove nothing.
 */
export function trafficWithin(traffic: Traffic, windowSeconds: number, minimumRequests: number): TrafficInWindow {
  const needed = Math.max(1, Math.ceil(windowSeconds / 3600));
  const hours = traffic.hours.slice(0, needed);
  const busy = hours.find(({ requests }) => requests > minimumRequests);
  if (busy) return { is: 'some', ...busy };
  return hours.length === 0 || hours.length === needed ? { is: 'none' } : { is: 'unread' };
}

/** `1 h`, `90 min`, `45 s`: a duration for a sentence. */
export function describeWindow(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600} h`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
