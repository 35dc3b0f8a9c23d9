import type { HttpClient, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';
import { pause, within } from './deadline.ts';
import { CallError, inBrackets, reasonOfStatus } from './failure.ts';
import { isObject, parseJson } from './json.ts';
import type { Limits } from './limits.ts';
import type { Pace } from './pace.ts';

export interface TransportOptions {
  /** nothing is sent anywhere else, whatever a `nextLink` says */
  readonly origin: string;
  readonly limits: Limits;
  /** what a call waits for before each of its tries; absent: nothing */
  readonly pace?: Pace;
  /** the first try has been let in already */
  readonly admitted?: boolean;
  /** runs each try when it is its turn; absent: at once */
  readonly inTurn?: <T>(run: () => Promise<T>) => Promise<T>;
  /** what sends a request; the pipeline's own client but for tests */
  readonly http: HttpClient;
  /** 0 to 1, for the jitter of back-offs */
  random(): number;
  now(): Date;
  /** hears every `Date` header with the time at which it was received */
  onDate?(date: Date, receivedAt: Date): void;
}

type Attempt =
  | { readonly response: PipelineResponse }
  | { readonly error: CallError; readonly again: boolean; readonly retryAfterMs?: number };

/** in first back-offs */
const longestBackOff = 5;
const anyStatus: Set<number> = new Set([Number.POSITIVE_INFINITY]);

/**
 * The innermost part of every client's pipeline, in place of each SDK's own retries: sends one request to one origin,
 * tries again what may pass (408, 429, 5xx, lost connections, an attempt that hangs), reads a body of limited size and
 * lets only JSON through. Rejects with a {@link CallError}; a 401 is returned, since it may hold a challenge that the
 * authentication policy answers.
 */
export function createTransport(options: TransportOptions): HttpClient {
  const { limits, inTurn = (run) => run() } = options;
  return {
    async sendRequest(request) {
      if (!isAt(request.url, options.origin)) {
        throw new CallError('malformed', 'the answer points to another host, which is not asked');
      }
      const signal = request.abortSignal as AbortSignal | undefined;
      let waited = 0;
      for (let attempt = 1; ; attempt += 1) {
        if (attempt > 1 || !options.admitted) await options.pace?.enter(request.url, signal);
        const outcome = await inTurn(() => tryOnce(request, signal, options));
        if ('response' in outcome) return outcome.response;
        const wait = outcome.retryAfterMs ?? backOff(attempt, options);
        waited += wait;
        const hopeless = wait > limits.retryAfterMs || waited > limits.waitMs;
        const most = outcome.error.reason === 'throttled' ? limits.throttledAttempts : limits.attempts;
        if (!outcome.again || attempt >= most || hopeless) throw outcome.error;
        await pause(wait, signal);
      }
    },
  };
}

function backOff(attempt: number, { limits, random }: TransportOptions): number {
  return limits.backOffMs * Math.min(longestBackOff, 2 ** (attempt - 1)) * (0.5 + random());
}

async function tryOnce(
  request: PipelineRequest,
  outer: AbortSignal | undefined,
  options: TransportOptions,
): Promise<Attempt> {
  try {
    return await within(options.limits.attemptMs, outer, async (signal) => {
      request.abortSignal = signal;
      request.streamResponseStatusCodes = anyStatus;
      const response = await options.http.sendRequest(request);
      return judge(await withBody(response, options.limits), options);
    });
  } catch (error) {
    if (outer?.aborted) throw error;
    if (error instanceof CallError) return { error, again: error.reason === 'unreachable' };
    const code = isObject(error) || error instanceof Error ? Reflect.get(error, 'code') : undefined;
    return { error: new CallError('unreachable', `no connection${inBrackets(code)}`), again: true };
  } finally {
    if (outer === undefined) delete request.abortSignal;
    else request.abortSignal = outer;
  }
}

function judge(response: PipelineResponse, options: TransportOptions): Attempt {
  const { status, headers } = response;
  noteDate(headers.get('date'), options);
  const retryAfterMs = retryAfter(headers, options.now());
  const code = status < 400 ? undefined : errorCode(response.bodyAsText ?? '', options.limits.depth);
  options.pace?.heed(response.request.url, { headers, code, retryAfterMs });
  if (status === 401) return { response };
  const requestId = headers.get('x-ms-request-id') ?? headers.get('request-id');
  if (status >= 200 && status < 300) {
    const type = headers.get('content-type');
    if (type !== undefined && !/json/i.test(type)) {
      throw new CallError('malformed', 'the answer is not JSON', { requestId });
    }
    const value = parseJson(response.bodyAsText ?? '', options.limits.depth);
    // written anew so that the SDK that parses it again meets no `__proto__` either
    const clean = /__proto__|\\u00/i.test(response.bodyAsText ?? '') ? JSON.stringify(value) : response.bodyAsText;
    return { response: { ...response, bodyAsText: clean ?? null } };
  }
  const asked = retryAfterMs === undefined ? '' : `, asked to wait ${Math.ceil(retryAfterMs / 1000)} s`;
  const error = new CallError(reasonOfStatus(status), `HTTP ${status}${inBrackets(code)}${asked}`, { code, requestId });
  const again = error.reason === 'throttled' || error.reason === 'unreachable';
  return { error, again, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** Reads the decompressed body, up to the limit. */
async function withBody(response: PipelineResponse, limits: Limits): Promise<PipelineResponse> {
  const { readableStreamBody: stream, ...rest } = response;
  if (stream === undefined) return response;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream) {
      const bytes = Buffer.from(chunk);
      size += bytes.length;
      if (size > limits.pageBytes) {
        throw new CallError('malformed', `the answer is larger than ${limits.pageBytes} bytes`);
      }
      chunks.push(bytes);
    }
  } catch (error) {
    const code = error instanceof Error ? Reflect.get(error, 'code') : undefined;
    if (typeof code === 'string' && code.startsWith('Z_')) {
      throw new CallError('malformed', `the answer cannot be decompressed${inBrackets(code)}`);
    }
    throw error;
  }
  return { ...rest, bodyAsText: Buffer.concat(chunks).toString('utf8') };
}

function isAt(url: string, origin: string): boolean {
  return URL.canParse(url) && new URL(url).origin === origin;
}

function errorCode(body: string, depth: number): string | undefined {
  try {
    const value = parseJson(body, depth);
    const error = isObject(value) && isObject(value.error) ? value.error : value;
    return isObject(error) && typeof error.code === 'string' ? error.code : undefined;
  } catch {
    // the status alone says enough where the body is no error document
    return undefined;
  }
}

/** `Retry-After` in seconds or as a date, and Azure's own variants in milliseconds. */
function retryAfter(headers: PipelineResponse['headers'], now: Date): number | undefined {
  for (const name of ['retry-after-ms', 'x-ms-retry-after-ms']) {
    const value = headers.get(name);
    if (value !== undefined && /^\d+$/.test(value)) return Number(value);
  }
  const value = headers.get('retry-after')?.trim();
  if (value === undefined) return quotaReset(headers.get('x-ms-user-quota-resets-after'));
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  if (Number.isNaN(date)) return undefined;
  const server = Date.parse(headers.get('date') ?? '');
  return Math.max(0, date - (Number.isNaN(server) ? now.getTime() : server));
}

/** Resource Graph's `hh:mm:ss` until its quota is full again. */
function quotaReset(value: string | undefined): number | undefined {
  const [, hours, minutes, seconds] = /^(\d+):(\d\d):(\d\d)/.exec(value ?? '') ?? [];
  return seconds === undefined ? undefined : (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
}

function noteDate(header: string | undefined, options: TransportOptions): void {
  const date = header === undefined ? Number.NaN : Date.parse(header);
  if (!Number.isNaN(date)) options.onDate?.(new Date(date), options.now());
}
