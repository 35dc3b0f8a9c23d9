import type { HttpClient, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';
import { CallError } from '../evidence/azure/failure.ts';
import { isObject, type JsonObject } from '../evidence/azure/json.ts';
import type { Reason } from '../model.ts';
import { normaliseId } from '../rules/resource-id.ts';

/** What came back at the one edge over which a scan reads Resource Manager and Resource Graph. */
export interface Recording {
  /** by normalised path */
  readonly reads: ReadonlyMap<string, Read>;
  readonly queries: readonly GraphRead[];
}

/** How a GET of Resource Manager ended; a listing with the rows of all its pages. */
export type Read = { readonly path: string } & (
  | { readonly is: 'document'; readonly document: JsonObject }
  | { readonly is: 'list'; readonly rows: readonly unknown[] }
  | { readonly is: 'failure'; readonly reason: Reason; readonly code: string | undefined }
);

/** How a query of Resource Graph ended; `rows` of all its pages, absent where one of them did not come. */
export interface GraphRead {
  readonly query: string;
  readonly rows?: readonly unknown[];
}

export interface Recorder {
  /** for `createAzure` */
  around(sender: HttpClient): HttpClient;
  recording(): Recording;
}

export function createRecorder(): Recorder {
  const reads = new Map<string, Read>();
  const queries = new Map<string, GraphRead>();
  /** links to further pages, as they were handed out */
  const pages = new Set<string>();

  function noteRead(url: string, outcome: PipelineResponse | CallError): void {
    const path = decodeURIComponent(new URL(url).pathname);
    const key = normaliseId(path);
    const body = outcome instanceof CallError ? undefined : bodyOf(outcome);
    if (body === undefined) {
      const { reason, code } = failureOf(outcome);
      reads.set(key, { path, is: 'failure', reason, code });
      return;
    }
    if (!Array.isArray(body.value) || typeof body.id === 'string') {
      reads.set(key, { path, is: 'document', document: body });
      return;
    }
    if (typeof body.nextLink === 'string') pages.add(body.nextLink);
    const before = pages.has(url) ? reads.get(key) : undefined;
    const rows = before?.is === 'list' ? [...before.rows, ...body.value] : body.value;
    // a listing of which a page failed stays failed
    if (before?.is !== 'failure') reads.set(key, { path, is: 'list', rows });
  }

  function noteQuery(request: PipelineRequest, outcome: PipelineResponse | CallError): void {
    const asked: unknown = JSON.parse(String(request.body));
    if (!isObject(asked) || typeof asked.query !== 'string') return;
    const { query, options, subscriptions } = asked;
    const key = JSON.stringify([query, subscriptions]);
    const isFurther = isObject(options) && options.$skipToken !== undefined;
    const before = isFurther ? queries.get(key)?.rows : [];
    const rows = outcome instanceof CallError ? undefined : bodyOf(outcome)?.data;
    queries.set(key, { query, ...(before && Array.isArray(rows) ? { rows: [...before, ...rows] } : {}) });
  }

  function note(request: PipelineRequest, outcome: PipelineResponse | CallError): void {
    if (request.method === 'GET') noteRead(request.url, outcome);
    else if (/\/providers\/Microsoft\.ResourceGraph\/resources\?/i.test(request.url)) noteQuery(request, outcome);
  }

  return {
    around: (sender) => ({
      async sendRequest(request) {
        try {
          const response = await sender.sendRequest(request);
          note(request, response);
          return response;
        } catch (error) {
          note(request, error instanceof CallError ? error : new CallError('unreachable', 'no answer in time'));
          throw error;
        }
      },
    }),
    recording: () => ({ reads, queries: [...queries.values()] }),
  };
}

/** The object that a good answer holds. */
function bodyOf({ status, bodyAsText }: PipelineResponse): JsonObject | undefined {
  if (status < 200 || status > 299) return undefined;
  try {
    const body: unknown = JSON.parse(bodyAsText ?? '');
    return isObject(body) ? body : undefined;
  } catch {
    // what is no JSON is a failed read, as it is for the scan
    return undefined;
  }
}

function failureOf(outcome: PipelineResponse | CallError): {
  readonly reason: Reason;
  readonly code?: string | undefined;
} {
  if (outcome instanceof CallError) return outcome;
  // the transport lets through what is good, and a 401
  return { reason: outcome.status === 401 ? 'forbidden' : 'malformed' };
}
