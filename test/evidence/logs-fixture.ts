import { createHttpHeaders, type HttpClient, type PipelineRequest } from '@azure/core-rest-pipeline';
import { type Azure, createAzure } from '../../src/evidence/azure/client.ts';
import type { Limits } from '../../src/evidence/azure/limits.ts';
import type { CloudName } from '../../src/model.ts';
import { aCloud, NOW } from '../builders.ts';

/** One request as the fake Azure saw it. */
export interface Seen {
  readonly url: URL;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: PipelineRequest['headers'];
}

export interface FakeAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, or text as it stands */
  readonly body?: unknown;
}

/** An Azure client whose requests never leave the process. A handler that returns nothing hangs until it is aborted. */
export function fakeAzure(
  handle: (seen: Seen) => FakeAnswer | undefined,
  { cloud = 'AzureCloud', limits = {} }: { cloud?: CloudName; limits?: Partial<Limits> } = {},
): { readonly azure: Azure; readonly seen: readonly Seen[]; readonly scopes: readonly unknown[] } {
  const seen: Seen[] = [];
  const scopes: unknown[] = [];
  const http: HttpClient = {
    sendRequest(request) {
      const one: Seen = {
        url: new URL(request.url),
        body: JSON.parse(String(request.body)),
        headers: request.headers,
      };
      seen.push(one);
      const answer = handle(one);
      if (answer === undefined) return untilAborted(request);
      const { status = 200, headers = {}, body = '' } = answer;
      return Promise.resolve({
        request,
        status,
        headers: createHttpHeaders({ 'content-type': 'application/json', 'x-ms-request-id': 'r-1', ...headers }),
        bodyAsText: typeof body === 'string' ? body : JSON.stringify(body),
      });
    },
  };
  const now = () => new Date(NOW);
  const azure = createAzure({
    credential: {
      getToken: async (asked) => {
        scopes.push(asked);
        return { token: 'secret-token', expiresOnTimestamp: now().getTime() + 3_600_000 };
      },
    },
    cloud: aCloud(cloud),
    now,
    random: () => 0.5,
    http,
    limits: { attemptMs: 60, callMs: 2_000, backOffMs: 1, waitMs: 10, ...limits },
  });
  return { azure, seen, scopes };
}

function untilAborted(request: PipelineRequest): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  request.abortSignal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
  return promise;
}

export const noHurry = new AbortController().signal;
