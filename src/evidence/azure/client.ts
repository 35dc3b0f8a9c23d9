import type { AuthorizationManagementClient } from '@azure/arm-authorization';
import type { ResourceGraphClient } from '@azure/arm-resourcegraph';
import type { TokenCredential } from '@azure/core-auth';
import type { HttpClient, HttpMethods, Pipeline, PipelineResponse } from '@azure/core-rest-pipeline';
import type { Cloud, Failure, Gathered, Source } from '../../model.ts';
import { guardCredential } from './credential.ts';
import { within } from './deadline.ts';
import { CallError, toFailure } from './failure.ts';
import { isObject, type JsonObject, parseJson } from './json.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { notePage, readPage } from './listing.ts';
import { createGate, createPace } from './pace.ts';
import { isEndpointOf, nameCall, originOf, resourceUrl } from './paths.ts';
import { createTransport } from './transport.ts';

export interface AzureOptions {
  readonly credential: TokenCredential;
  readonly cloud: Cloud;
  now(): Date;
  /** 0 to 1, for the jitter of back-offs */
  random(): number;
  readonly limits?: Partial<Limits>;
  /** sends the requests of every client; default: the SDK's own */
  readonly http?: HttpClient;
  /** stands around what sends requests and tries them again: hears every request and how it ended */
  around?(sender: HttpClient): HttpClient;
  /** hears the `Date` header of every answer of Resource Manager and its peers, for the judgement of clock skew */
  onDate?(date: Date, receivedAt: Date): void;
}

/** What an SDK client needs so that its calls behave as all others do: retries, limits and origin are the transport's. */
export interface ClientOptions {
  readonly httpClient: HttpClient;
  readonly retryOptions: { readonly maxRetries: 0 };
  readonly redirectOptions: { readonly maxRetries: 0 };
  readonly userAgentOptions: { readonly userAgentPrefix: string };
}

/** The answer of an SDK operation as its `onResponse` hook sees it. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | undefined };
  readonly request: { readonly url: string; readonly method: string };
  readonly bodyAsText?: string | null | undefined;
}

/** The project's way to Azure. Nothing here throws for what Azure answers: every outcome is a {@link Gathered}. */
export interface Azure {
  readonly cloud: Cloud;
  readonly limits: Limits;
  /** hands out tokens in time or fails; for SDK clients made outside this file */
  readonly credential: TokenCredential;
  now(): Date;
  /** Why there is no token for Resource Manager; undefined if there is one. */
  signIn(signal: AbortSignal): Promise<Failure | undefined>;
  /** One document of Resource Manager. */
  get(path: string, apiVersion: string, signal: AbortSignal): Promise<Gathered<JsonObject>>;
  /** All pages of a Resource Manager listing; one page that fails fails the listing. */
  list(
    path: string,
    apiVersion: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Gathered<readonly unknown[]>>;
  /** A question that is asked by POST, at any endpoint of the cloud. */
  post(url: string, audience: string, body: unknown, signal: AbortSignal): Promise<Gathered<unknown>>;
  authorization(subscriptionId: string): Promise<AuthorizationManagementClient>;
  graph(): Promise<ResourceGraphClient>;
  /** Runs a log query when it is its turn: Log Analytics runs five of an identity at once. */
  inLogTurn<T>(run: () => Promise<T>): Promise<T>;
  /** Options for an SDK client of the given endpoint, e.g. `LogsQueryClient`; beside them it needs its own scopes. */
  clientOptions(endpoint: string, limits?: Partial<Limits>): Promise<ClientOptions>;
  /** Where an answer came from, for evidence. */
  sourceOf(answer: RawAnswer): Source;
}

interface Endpoint {
  readonly url: string;
  readonly audience: string;
}

/** https://learn.microsoft.com/azure/azure-monitor/fundamentals/service-limits */
const logQueriesAtOnce = 5;
/** Each holds a connection. More than a small estate has calls, so that those that hang all hang at once. */
const callsAtOnce = 150;
const userAgentOptions = { userAgentPrefix: 'fhirwatch' } as const;

export function createAzure(options: AzureOptions): Azure {
  const { cloud, now } = options;
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const credential = guardCredential(options.credential, limits.tokenMs, now);
  const rest = once(() => import('@azure/core-rest-pipeline'));
  const http = once(async () => options.http ?? (await rest()).createDefaultHttpClient());
  const arm: Endpoint = { url: cloud.resourceManager, audience: cloud.resourceManagerAudience };
  const pipelines = new Map<string, Promise<Pipeline>>();
  const authorizations = new Map<string, Promise<AuthorizationManagementClient>>();

  const pace = createPace(cloud.resourceManager, limits.retryAfterMs);
  const inTurn = createGate(callsAtOnce);

  const around = options.around ?? ((sender: HttpClient) => sender);
  const transportTo = async (endpoint: string, own: Partial<Limits>, admitted: boolean): Promise<HttpClient> => {
    const transport = createTransport({
      origin: originOf(endpoint),
      limits: { ...limits, ...own },
      pace,
      inTurn,
      admitted,
      http: await http(),
      random: options.random,
      now,
      ...(options.onDate === undefined ? {} : { onDate: options.onDate }),
    });
    return around(transport);
  };

  const clientOptions: Azure['clientOptions'] = async (endpoint, own = {}) => ({
    httpClient: await transportTo(endpoint, own, false),
    retryOptions: { maxRetries: 0 },
    redirectOptions: { maxRetries: 0 },
    userAgentOptions,
  });

  async function buildPipeline(audience: string): Promise<Pipeline> {
    const { bearerTokenAuthenticationPolicy, createPipelineFromOptions } = await rest();
    const pipeline = createPipelineFromOptions({
      retryOptions: { maxRetries: 0 },
      redirectOptions: { maxRetries: 0 },
      userAgentOptions,
    });
    pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes: [scopeOf(audience)] }));
    return pipeline;
  }

  /**
   * `endpoint` is whose token is sent: a page link that leads elsewhere is refused by the transport. The time of a call
   * begins when it is its turn.
   */
  async function send(method: HttpMethods, url: string, endpoint: Endpoint, body: unknown, signal: AbortSignal) {
    const { audience } = endpoint;
    await pace.enter(url, signal);
    return within(limits.callMs, signal, async (abortSignal) => {
      const { createHttpHeaders, createPipelineRequest } = await rest();
      const httpClient = await transportTo(endpoint.url, {}, true);
      const request = createPipelineRequest({
        url,
        method,
        abortSignal,
        headers: createHttpHeaders({ accept: 'application/json' }),
      });
      if (body !== undefined) {
        request.headers.set('content-type', 'application/json');
        request.body = JSON.stringify(body);
      }
      const pipeline = await remembered(pipelines, audience, () => buildPipeline(audience));
      const response = await pipeline.sendRequest(httpClient, request);
      // only a 401 comes back without having been judged
      if (response.status === 401) throw new CallError('forbidden', 'HTTP 401', { requestId: requestIdOf(response) });
      return { value: parseJson(response.bodyAsText ?? '', limits.depth), source: sourceOf(response) };
    });
  }

  const sourceOf: Azure['sourceOf'] = (answer) => {
    const requestId = requestIdOf(answer);
    return {
      source: nameCall(answer.request.method, answer.request.url, cloud),
      ...(requestId === undefined ? {} : { requestId }),
      at: now().toISOString(),
    };
  };

  async function gather<T>(
    method: HttpMethods,
    url: () => string,
    fallbackName: string,
    run: (url: string) => Promise<{ value: T; sources: readonly Source[] }>,
  ): Promise<Gathered<T>> {
    let what = fallbackName;
    try {
      const target = url();
      what = nameCall(method, target, cloud);
      return { ok: true, ...(await run(target)), direct: true };
    } catch (error) {
      return failed(error, what, now());
    }
  }

  return {
    cloud,
    limits,
    credential,
    now,
    clientOptions,
    sourceOf,
    inLogTurn: createGate(logQueriesAtOnce),

    async signIn(signal) {
      try {
        await within(limits.callMs, signal, () =>
          credential.getToken([scopeOf(cloud.resourceManagerAudience)], { enableCae: true }),
        );
        return undefined;
      } catch (error) {
        return toFailure(error, 'sign-in');
      }
    },

    get(path, apiVersion, signal) {
      const url = () => resourceUrl(cloud.resourceManager, path, { 'api-version': apiVersion });
      return gather('GET', url, `ARM GET ${path}`, async (target) => {
        const { value, source } = await send('GET', target, arm, undefined, signal);
        if (!isObject(value)) throw new CallError('malformed', 'the answer is no object');
        return { value, sources: [source] };
      });
    },

    list(path, apiVersion, query, signal) {
      const url = () => resourceUrl(cloud.resourceManager, path, { 'api-version': apiVersion, ...query });
      return gather('GET', url, `ARM GET ${path}`, async (target) => {
        const rows: unknown[] = [];
        const sources: Source[] = [];
        const seen = new Set<string>();
        for (let next: string | undefined = target; next !== undefined; ) {
          notePage(seen, next, limits);
          const { value, source } = await send('GET', next, arm, undefined, signal);
          const page = readPage(value);
          for (const row of page.rows) rows.push(row);
          sources.push(source);
          next = page.nextLink;
        }
        return { value: rows, sources };
      });
    },

    post(url, audience, body, signal) {
      const checked = () => {
        if (!isEndpointOf(cloud, url)) throw new CallError('malformed', 'this is no endpoint of the cloud');
        return url;
      };
      return gather('POST', checked, 'POST', async (target) => {
        const { value, source } = await send('POST', target, { url: target, audience }, body, signal);
        return { value, sources: [source] };
      });
    },

    authorization: (subscriptionId) =>
      remembered(authorizations, subscriptionId.toLowerCase(), async () => {
        const sdk = await import('@azure/arm-authorization');
        return new sdk.AuthorizationManagementClient(credential, subscriptionId, {
          ...(await clientOptions(cloud.resourceManager)),
          endpoint: cloud.resourceManager,
          credentialScopes: scopeOf(cloud.resourceManagerAudience),
        });
      }),

    graph: once(async () => {
      const sdk = await import('@azure/arm-resourcegraph');
      return new sdk.ResourceGraphClient(credential, {
        ...(await clientOptions(cloud.resourceManager)),
        endpoint: cloud.resourceManager,
        credentials: { scopes: [scopeOf(cloud.resourceManagerAudience)] },
      });
    }),
  };
}

/** A failure that still says which call it was and when. */
export function failed(error: unknown, what: string, at: Date): Gathered<never> {
  const requestId = error instanceof CallError ? error.requestId : undefined;
  const source = { source: what, ...(requestId === undefined ? {} : { requestId }), at: at.toISOString() };
  return { ok: false, ...toFailure(error, what), sources: [source] };
}

function requestIdOf(answer: RawAnswer | PipelineResponse): string | undefined {
  return answer.headers.get('x-ms-request-id') ?? answer.headers.get('request-id');
}

function scopeOf(audience: string): string {
  return `${audience}/.default`;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function remembered<T>(map: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}
