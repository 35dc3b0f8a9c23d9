import type { PipelineResponse } from '@azure/core-rest-pipeline';
import type { LogsQueryResult, LogsTable } from '@azure/monitor-query-logs';
import type { Failure, Gathered, Source } from '../../model.ts';
import { type Azure, failed } from '../azure/client.ts';
import { within } from '../azure/deadline.ts';
import { CallError, inBrackets, reasonOfStatus } from '../azure/failure.ts';

/** The rows of one answer by column name; with `incomplete`, only those that arrived before the answer was cut. */
export interface LogAnswer {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly incomplete?: Failure;
}

/** A log query takes longer than a read of Resource Manager, and its answer may be larger. */
const patience = 2.5;
const pageBytes = 64 * 1024 * 1024;
const serverTimeoutInSeconds = 18;

/**
 * Runs a query in one Log Analytics workspace, named by resource id or by customer id. `columns` must all be in the answer. A failure
 * names the workspace and the error code, never the query or a row.
 */
export async function queryLogs(
  azure: Azure,
  { workspaceId, query, columns, reachSeconds }: LogQuery,
  signal: AbortSignal,
): Promise<Gathered<LogAnswer>> {
  const what = `log query in ${workspaceId}`;
  const sources: Source[] = [];
  try {
    const result = await azure.inLogTurn(() =>
      within(azure.limits.callMs, signal, async (abortSignal) => {
        const client = await createClient(azure, abortSignal, (answer) => {
          sources[0] = {
            ...azure.sourceOf(answer),
            source: `log query ${new URL(answer.request.url).host} ${workspaceId}`,
          };
        });
        const duration = `PT${Math.ceil(reachSeconds / 60)}M`;
        const options = { serverTimeoutInSeconds };
        if (!workspaceId.includes('/')) return client.queryWorkspace(workspaceId, query, { duration }, options);
        // without its leading slash, which would stand twice in the URL
        return client.queryResource(workspaceId.replace(/^\/+/, ''), query, { duration }, options);
      }),
    );
    return { ok: true, value: readAnswer(result, columns, what), sources, direct: true };
  } catch (error) {
    const failure = failed(error, what, azure.now());
    return sources.length === 0 ? failure : { ...failure, sources };
  }
}

export interface LogQuery {
  readonly workspaceId: string;
  readonly query: string;
  readonly columns: readonly string[];
  /** how far back the query can see; at least as far as it looks */
  readonly reachSeconds: number;
}

/**
 * `queryResource` of version 1.0.0 drops `abortSignal` and `onResponse`, and stumbles over error answers without a JSON
 * body: a policy around the whole call does what they should.
 */
async function createClient(azure: Azure, abortSignal: AbortSignal, onAnswer: (answer: PipelineResponse) => void) {
  const { LogsQueryClient } = await import('@azure/monitor-query-logs');
  const client = new LogsQueryClient(azure.credential, {
    ...(await azure.clientOptions(azure.cloud.logs, { attemptMs: patience * azure.limits.attemptMs, pageBytes })),
    // a custom endpoint is used as it is
    endpoint: `${azure.cloud.logs.replace(/\/+$/, '')}/v1`,
    credentials: { scopes: [`${azure.cloud.logsAudience}/.default`] },
  });
  client.pipeline.addPolicy({
    name: 'fhirwatchWholeCall',
    async sendRequest(request, next) {
      request.abortSignal = abortSignal;
      const answer = await next(request);
      onAnswer(answer);
      if (answer.status !== 200) throw new CallError(reasonOfStatus(answer.status), `HTTP ${answer.status}`);
      return answer;
    },
  });
  return client;
}

function readAnswer(result: LogsQueryResult, columns: readonly string[], what: string): LogAnswer {
  const cut = result.status === 'PartialFailure';
  const [table] = cut ? result.partialTables : result.tables;
  if (table === undefined) throw new CallError('malformed', 'the answer holds no table');
  const rows = readRows(table, columns);
  if (!cut) return { rows };
  // partialError is plain data, no Error
  const code = inBrackets(result.partialError.code);
  return { rows, incomplete: { reason: 'malformed', detail: `${what}: only part of the answer came${code}` } };
}

function readRows(table: LogsTable, columns: readonly string[]): LogAnswer['rows'] {
  const places = columns.map((name) => {
    const place = table.columnDescriptors.findIndex((column) => column.name === name);
    if (place < 0) throw new CallError('malformed', `the answer lacks the column ${name}`);
    return [name, place] as const;
  });
  return table.rows.map((row) => {
    if (row.length !== table.columnDescriptors.length) throw new CallError('malformed', 'a row has missing cells');
    return Object.fromEntries(places.map(([name, place]) => [name, row[place]]));
  });
}
