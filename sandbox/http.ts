/** One way to serve HTTP(S) on loopback for every pretend service: request parsing, Azure's headers, and the estate's faults. */
import { randomUUID } from 'node:crypto';
import {
  createServer as createHttpServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { applyFault } from './http-faults.ts';
import { printJson } from './json-text.ts';
import type { Fault, FaultTarget, Json, Passage, RunningServer, TlsMaterial, World } from './types.ts';

/** A request as handlers see it: percent-decoded, `//` collapsed, no slash at the end. */
export interface SandboxRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** scheme, host and port as the client named them */
  readonly origin: string;
  /** of the connection: tells a server behind a proxy which way the request came */
  readonly remotePort?: number | undefined;
}

/** An answer: a string body is sent as it stands, anything else as JSON; no body means an empty one. */
export interface SandboxResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Json | string;
}

export interface ServerOptions {
  readonly world: World;
  /** the fault target of a request; undefined: no fault can hit it */
  readonly target: FaultTarget | ((request: SandboxRequest) => FaultTarget | undefined);
  readonly handle: (request: SandboxRequest) => SandboxResponse | Promise<SandboxResponse>;
  /** the body of this service's errors, for `status` faults without a body of their own */
  readonly errorBody: (status: number, request: SandboxRequest) => Json;
  /** what `partial` leaves of a good answer; undefined or absent: the first half of `value` and an error beside it */
  readonly partial?: (response: SandboxResponse, request: SandboxRequest) => SandboxResponse | undefined;
  /** absent: plain HTTP */
  readonly tls?: TlsMaterial;
}

const largestBody = 8 * 1024 * 1024;

/** Starts a server on a free port of 127.0.0.1; its `url` says `localhost`, which the certificate names. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const closing = new AbortController();
  const listener = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    serve(options, incoming, outgoing, closing.signal).catch((error: unknown) => {
      if (closing.signal.aborted || outgoing.destroyed) return;
      process.stderr.write(
        `sandbox: ${incoming.method} ${incoming.url}: ${error instanceof Error ? error.stack : error}\n`,
      );
      outgoing.destroy();
    });
  };
  const server = options.tls
    ? createHttpsServer({ key: options.tls.key, cert: options.tls.cert }, listener)
    : createHttpServer(listener);
  // Also those that are still shaking hands, of which the server itself does not know.
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: options.tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        closing.abort();
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** A query parameter by name without case, as Azure reads them. */
export function parameter(request: SandboxRequest, name: string): string | undefined {
  for (const [key, value] of request.query) if (key.toLowerCase() === name.toLowerCase()) return value;
  return undefined;
}

async function serve(
  options: ServerOptions,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  closing: AbortSignal,
) {
  const { world } = options;
  const request = await readRequest(incoming, options.tls ? 'https' : 'http');
  const target = typeof options.target === 'function' ? options.target(request) : options.target;
  const passage = target === undefined ? undefined : await world.toll?.(target, request);
  try {
    await reply({ options, incoming, outgoing, closing, request, target, passage });
  } finally {
    passage?.release?.();
  }
}

interface Exchange {
  readonly options: ServerOptions;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly closing: AbortSignal;
  readonly request: SandboxRequest;
  readonly target: FaultTarget | undefined;
  readonly passage: Passage | undefined;
}

async function reply({ options, incoming, outgoing, closing, request, target, passage }: Exchange): Promise<void> {
  const { world } = options;
  if (passage?.refusal) return send(passage.refusal, undefined, { incoming, outgoing, world });
  const fault = target === undefined ? undefined : world.fault(target, faultSubject(incoming, request));
  if (fault?.delayMs) await sleep(fault.delayMs, undefined, { signal: closing });
  if (fault?.kind === 'hang') return;
  if (fault?.kind === 'reset') {
    incoming.socket.destroy();
    return;
  }
  const { headers, ...response } = await applyFault(fault, request, options);
  send({ ...response, headers: { ...headers, ...passage?.headers } }, fault, { incoming, outgoing, world });
}

function send(
  response: SandboxResponse,
  fault: Fault | undefined,
  { incoming, outgoing, world }: Pick<Exchange, 'incoming' | 'outgoing'> & { readonly world: World },
): void {
  const text = bodyText(response.body);
  const payload = Buffer.from(fault?.kind === 'malformed' ? text.slice(0, Math.floor(text.length / 2)) : text);
  outgoing.writeHead(response.status, {
    ...(payload.length > 0 ? { 'content-type': 'application/json; charset=utf-8' } : {}),
    ...standardHeaders(incoming, dateOf(world, fault)),
    ...lowerKeys(response.headers),
    'content-length': payload.length,
  });
  outgoing.end(payload);
}

async function readRequest(incoming: IncomingMessage, scheme: string): Promise<SandboxRequest> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > largestBody) throw new Error('a request body larger than the sandbox takes');
    chunks.push(chunk);
  }
  const raw = incoming.url ?? '/';
  const cut = raw.indexOf('?');
  const path = decode(cut < 0 ? raw : raw.slice(0, cut)).replace(/\/{2,}/g, '/');
  return {
    method: incoming.method ?? 'GET',
    path: path.length > 1 ? path.replace(/\/$/, '') : path,
    query: new URLSearchParams(cut < 0 ? '' : raw.slice(cut + 1)),
    headers: incoming.headers,
    body: textOf(Buffer.concat(chunks), incoming.headers['content-encoding']),
    origin: `${scheme}://${incoming.headers.host ?? 'localhost'}`,
    remotePort: incoming.socket.remotePort,
  };
}

/** Telemetry clients compress; what expands beyond the limit is refused as a body of that size would be. */
function textOf(body: Buffer, encoding: string | undefined): string {
  return (encoding === 'gzip' ? gunzipSync(body, { maxOutputLength: largestBody }) : body).toString('utf8');
}

function faultSubject(incoming: IncomingMessage, request: SandboxRequest): string {
  return `${request.method} ${decode(incoming.url ?? '/')}\n${request.body}`;
}

/** A `%` that encodes nothing stays as it is: servers do not fail on it. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

function bodyText(body: SandboxResponse['body']): string {
  if (body === undefined) return '';
  return typeof body === 'string' ? body : printJson(body);
}

function dateOf(world: World, fault: Fault | undefined): Date {
  return new Date(world.now().getTime() + (fault?.skewMs ?? 0));
}

function standardHeaders(incoming: IncomingMessage, date: Date): Record<string, string> {
  const asked = incoming.headers['x-ms-correlation-request-id'] ?? incoming.headers['x-ms-client-request-id'];
  return {
    date: date.toUTCString(),
    'x-ms-request-id': randomUUID(),
    'x-ms-correlation-request-id': typeof asked === 'string' && /^[\w-]{1,64}$/.test(asked) ? asked : randomUUID(),
    'cache-control': 'no-cache',
    'strict-transport-security': 'max-age=31536000; includeSubDomains',
    'x-content-type-options': 'nosniff',
  };
}

function lowerKeys(headers: SandboxResponse['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([key, value]) => [key.toLowerCase(), value]));
}
