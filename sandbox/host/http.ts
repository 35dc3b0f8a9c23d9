/** The HTTP side of the host: functions behind their routes, keys, sign-in, and the admin endpoint that fires a function. */
import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isRecord } from '../checks.ts';
import { authenticated, type Caller } from './principal.ts';
import { findRoute, parametersOf, type Route } from './routes.ts';
import { describe } from './timers.ts';
import type { InvocationResponse, Log } from './worker.ts';

export interface HttpOptions {
  readonly routes: readonly Route[];
  readonly masterKey: string;
  invoke(name: string, key: string, http: object): Promise<InvocationResponse>;
  /** begins a run of the function; undefined: there is none of this name */
  fire(name: string): Promise<void> | undefined;
  /** who is signed in: by a bearer token where the request brings one */
  caller(authorization: string | undefined): Caller | undefined;
  readonly log: Log;
}

export function createHttp(options: HttpOptions): Server {
  return createServer((request, response) => {
    serve(options, request, response).catch((error: unknown) => {
      options.log('error', 'Host.Http', describe(error));
      // Like Azure: the caller learns that it failed and nothing else.
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    });
  });
}

async function serve(options: HttpOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`);
  const path = decodePath(url.pathname);
  const body = await readBody(request);
  const fired = /^\/admin\/functions\/([^/]+)$/i.exec(path)?.[1];
  if (/^\/admin(\/|$)/i.test(path)) {
    response.writeHead(admin(options, request, url, fired)).end();
    return;
  }
  const route = findRoute(options.routes, request.method ?? 'GET', path);
  if (route === undefined || !isAuthorized(route.authLevel, request, url, options.masterKey)) {
    response.writeHead(route === undefined ? 404 : 401).end();
    return;
  }
  const enabled = process.env.WEBSITE_AUTH_ENABLED?.toLowerCase() === 'true';
  const answer = await options.invoke(route.name, route.key, {
    method: request.method,
    url: url.href,
    headers: authenticated(request.headers, enabled, options.caller(request.headers.authorization)),
    query: Object.fromEntries(url.searchParams),
    params: parametersOf(route, path),
    body: { bytes: body },
  });
  send(response, answer.returnValue?.http);
}

function admin(options: HttpOptions, request: IncomingMessage, url: URL, name: string | undefined): number {
  if (!isAuthorized('admin', request, url, options.masterKey)) return 401;
  if (name === undefined || request.method !== 'POST') return 404;
  const run = options.fire(name);
  // Accepted, not done: the outcome is in the log, as in Azure.
  run?.catch((error: unknown) => options.log('error', `Function.${name}`, describe(error)));
  return run === undefined ? 404 : 202;
}

/** `anonymous` needs nothing; the one key of this host opens `function` and `admin`, by header or `code`. */
function isAuthorized(level: string, request: IncomingMessage, url: URL, masterKey: string): boolean {
  if (level === 'anonymous') return true;
  const given = Buffer.from(String(request.headers['x-functions-key'] ?? url.searchParams.get('code') ?? ''));
  const wanted = Buffer.from(masterKey);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function send(response: ServerResponse, http: unknown): void {
  // A function that answers nothing answers 204.
  if (!isRecord(http)) {
    response.writeHead(204).end();
    return;
  }
  const headers = isRecord(http.headers) ? http.headers : {};
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, String(value));
  const cookies = Array.isArray(http.cookies) ? http.cookies.filter(isRecord) : [];
  if (cookies.length > 0) throw new Error('This host does not set cookies.');
  const body = isRecord(http.body) ? http.body : {};
  const payload =
    body.bytes instanceof Uint8Array ? Buffer.from(body.bytes) : typeof body.string === 'string' ? body.string : '';
  response.writeHead(Number(http.statusCode ?? 200)).end(payload);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A `%` that encodes nothing stays as it is. */
function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) return path;
    throw error;
  }
}
