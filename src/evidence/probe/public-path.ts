import type { Gathered, PublicPath } from '../../model.ts';
import { type Azure, failed } from '../azure/client.ts';
import { CallError } from '../azure/failure.ts';
import { queryLogs } from '../logs/log-query.ts';

/** Results of the web tests from outside that `infra` deploys: they are called `public <host>` and expect 403. */

const REACH_SECONDS = 3600;
const columns = ['Host', 'Location', 'TimeGenerated', 'Success', 'Message'] as const;

/** The results of the last 30 minutes, two or three of each place. A workspace in which no test ever ran may lack the table. */
function writeQuery(hosts: readonly string[]): string {
  return `union isfuzzy=true
    (datatable(TimeGenerated: datetime, Name: string, Location: string, Success: bool, Message: string) []),
    AppAvailabilityResults
| where TimeGenerated > ago(30m) and Name startswith "public "
| extend Host = tolower(substring(Name, 7))
| where Host in (${hosts.map((host) => JSON.stringify(host)).join(', ')})
| project Host, Location, TimeGenerated, Success, Message`;
}

/** The last results of web tests by host. */
export type WebTests = ReadonlyMap<string, PublicPath['results']>;

/** What the Internet got of some hosts, at least one; one query for all of them. A host without a result is not in it. */
export async function readWebTests(
  hosts: readonly string[],
  workspaceId: string,
  azure: Azure,
  signal: AbortSignal,
): Promise<Gathered<WebTests>> {
  const query = writeQuery(hosts);
  const answer = await queryLogs(azure, { workspaceId, query, columns, reachSeconds: REACH_SECONDS }, signal);
  if (!answer.ok) return answer;
  const { rows, incomplete } = answer.value;
  if (incomplete) return { ok: false, ...incomplete, sources: answer.sources };
  try {
    const byHost = Map.groupBy(rows.map(readRow), ({ host }) => host);
    const results = [...byHost].map(([host, own]) => [host, lastOfEachPlace(own)] as const);
    return { ...answer, value: new Map(results) };
  } catch (error) {
    return { ...failed(error, `log query in ${workspaceId}`, azure.now()), sources: answer.sources };
  }
}

type Result = PublicPath['results'][number];

/** A test that met nothing shows nothing: where the one before it is recent enough, that one counts. */
function lastOfEachPlace(results: readonly (Result & { readonly host: string })[]): readonly Result[] {
  const inOrder = results.toSorted((a, b) => (a.at < b.at ? -1 : 1)).map(({ host: _, ...result }): Result => result);
  const places = [...Map.groupBy(inOrder, ({ location }) => location)].sort(([a], [b]) => (a < b ? -1 : 1));
  return places.flatMap(([, own]) => own.findLast(({ outcome }) => outcome !== 'no-connection') ?? own.slice(-1));
}

function readRow(row: Readonly<Record<string, unknown>>): Result & { readonly host: string } {
  const { Host: host, Location: location, TimeGenerated: at, Success: success, Message: message } = row;
  if (typeof host !== 'string' || !(at instanceof Date) || typeof success !== 'boolean') {
    throw new CallError('malformed', 'a row of AppAvailabilityResults has cells of another type');
  }
  return {
    host,
    location: typeof location === 'string' && location !== '' ? location.slice(0, 60) : 'an unnamed place',
    at: at.toISOString(),
    outcome: success ? 403 : readMessage(typeof message === 'string' ? message : ''),
  };
}

/**
 * The status that a failed test met, from its message, which Azure writes in free words: the one status beside the
 * expected 403. Where there is none, or more than one, it is not told.
 */
export function readMessage(message: string): Result['outcome'] {
  const text = message.slice(0, 4000);
  const told = text.matchAll(
    /\b(?:status|code|response|returned|received|got|actual|was|http(?:\/\d(?:\.\d)?)?)\b\D{0,16}?\b([2-5]\d\d)\b|\b([2-5]\d\d) (?:- |\()[A-Z]/gi,
  );
  const statuses = new Set([...told].map(([, first, second]) => Number(first ?? second)));
  statuses.delete(403);
  const [status] = statuses;
  if (status !== undefined && statuses.size === 1) return status;
  const isUnconnected =
    /\b(resolv|connect|timed? ?out|refused|reset|unreachable|no such host|tls|ssl|certificate)/i.test(text) &&
    statuses.size === 0;
  return isUnconnected ? 'no-connection' : 'unreadable';
}
