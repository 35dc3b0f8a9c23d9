/**
 * Azure Storage as an app meets it: Azurite, behind one proxy for each service that gives its answers the estate's faults.
 * `partial` is storage's own: the work is done and the answer never comes, so that the caller does not know.
 */
import { createServer, request as forward, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectionString, type RunningAzurite, startAzurite } from './azurite.ts';
import type { Fault, World } from './types.ts';

type Service = 'blob' | 'queue' | 'table';

interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Starts Azurite and what stands before it. */
export async function startStorage(world: World): Promise<RunningAzurite> {
  const azurite = await startAzurite();
  const proxies: Proxy[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
    await azurite.close();
  };
  const before = async (service: Service, url: string): Promise<string> => {
    const proxy = await startProxy(world, service, url);
    proxies.push(proxy);
    return proxy.url;
  };
  try {
    const [blobUrl, queueUrl, tableUrl] = [
      await before('blob', azurite.blobUrl),
      await before('queue', azurite.queueUrl),
      await before('table', azurite.tableUrl),
    ];
    return { connectionString: connectionString(blobUrl, queueUrl, tableUrl), blobUrl, queueUrl, tableUrl, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Proxy {
  readonly url: string;
  close(): Promise<void>;
}

async function startProxy(world: World, service: Service, behind: string): Promise<Proxy> {
  const closing = new AbortController();
  const { origin, pathname } = new URL(behind);
  const sockets = new Set<Socket>();
  const server: Server = createServer((incoming, outgoing) => {
    serve(world, service, origin, incoming, outgoing, closing.signal).catch(() => outgoing.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`,
    close: () =>
      new Promise((resolve) => {
        closing.abort();
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function serve(
  world: World,
  service: Service,
  origin: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  closing: AbortSignal,
): Promise<void> {
  const body = await bodyOf(incoming);
  const url = incoming.url ?? '/';
  const fault = world.fault('storage', `${incoming.method} ${decoded(url)}\n${body.toString('utf8')}`);
  if (fault?.delayMs) await sleep(fault.delayMs, undefined, { signal: closing });
  if (fault?.kind === 'hang') return;
  if (fault?.kind === 'reset') {
    incoming.socket.destroy();
    return;
  }
  const reply = isAnswered(fault) ? refusal(service, fault) : await ask(`${origin}${url}`, incoming, body);
  if (fault?.kind === 'partial') {
    incoming.socket.destroy();
    return;
  }
  const payload = fault?.kind === 'malformed' ? reply.body.subarray(0, Math.floor(reply.body.length / 2)) : reply.body;
  // the length that HEAD tells is of what a GET would bring
  const length = incoming.method === 'HEAD' ? {} : { 'content-length': payload.length };
  outgoing.writeHead(reply.status, { ...reply.headers, ...dated(fault, world), ...length });
  outgoing.end(payload);
}

/** Faults whose answer is not storage's own, and that keep it from doing anything. */
function isAnswered(fault: Fault | undefined): fault is Fault {
  return fault?.kind === 'status' || fault?.kind === 'empty' || fault?.kind === 'html';
}

/** As storage refuses: XML of blobs and queues, JSON of tables. */
function refusal(service: Service, fault: Fault): Reply {
  const { kind, status = kind === 'status' ? 500 : 200, retryAfter } = fault;
  const code =
    status === 503 || status === 429 ? 'ServerBusy' : status === 403 ? 'AuthorizationFailure' : 'InternalError';
  const message = 'The server is unable to serve the request now.';
  const own =
    service === 'table'
      ? JSON.stringify({ 'odata.error': { code, message: { lang: 'en-US', value: message } } })
      : `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  const text = kind === 'status' ? own : kind === 'html' ? '<!DOCTYPE html><h1>Sign in</h1>' : '';
  const type = kind === 'html' ? 'text/html' : service === 'table' ? 'application/json' : 'application/xml';
  return {
    status,
    headers: {
      'content-type': type,
      'x-ms-error-code': code,
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      ...fault.headers,
    },
    body: Buffer.from(typeof fault.body === 'string' ? fault.body : text),
  };
}

/** Storage's own answer. */
function ask(url: string, { method, headers }: IncomingMessage, body: Buffer): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = forward(url, { method, headers: { ...headers, 'content-length': body.length } }, (response) => {
      bodyOf(response).then((answer) => {
        const { 'transfer-encoding': _, ...kept } = response.headers;
        resolve({ status: response.statusCode ?? 500, headers: kept, body: answer });
      }, reject);
    });
    request.once('error', reject);
    request.end(body);
  });
}

function dated(fault: Fault | undefined, world: World): Record<string, string> {
  if (!fault?.skewMs) return {};
  return { date: new Date(world.now().getTime() + fault.skewMs).toUTCString() };
}

async function bodyOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A `%` that encodes nothing stays as it is. */
function decoded(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch (error) {
    if (error instanceof URIError) return url;
    throw error;
  }
}
