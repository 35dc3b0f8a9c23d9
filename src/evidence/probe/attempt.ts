import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as connectTcp, isIPv6, type Socket } from 'node:net';
import {
  connect as connectTls,
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';

/** One anonymous GET over TLS to an address that is given: nothing here asks DNS, follows a redirect or sends a token. */

export interface ProbeTarget {
  readonly host: string;
  /** what DNS answered; the connection goes there and nowhere else */
  readonly address: string;
  readonly path: string;
}

export interface Answer {
  readonly is: 'answer';
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** of 200 and 403 alone; undefined where it is larger than what is read */
  readonly body: string | undefined;
  readonly certificateEnds?: string;
}

export type Attempt =
  | Answer
  /** `sent`: the service may have got the request */
  | { readonly is: 'refused' | 'timed-out' | 'reset'; readonly sent: boolean }
  | { readonly is: 'no-tls'; readonly problem: string }
  | { readonly is: 'untrusted'; readonly problem: string; readonly certificateEnds?: string }
  /** not the path's fault: the proxy, the sweep's end, or this machine */
  | { readonly is: 'own-failure'; readonly problem: string; readonly sent: boolean };

export interface AttemptOptions {
  /** CONNECT proxy, e.g. `http://127.0.0.1:3128` */
  readonly proxy?: string | undefined;
  readonly attemptMs: number;
  readonly bodyBytes: number;
  /** the sweep's */
  readonly signal: AbortSignal;
}

/** Enough for the sentence by which the edge is known. */
const REFUSAL_BYTES = 4096;
const PORT = 443;

/** Why the tunnel did not come about, or whose fault it was. */
class WayError extends Error {
  readonly attempt: Attempt;
  constructor(attempt: Attempt) {
    super(attempt.is);
    this.attempt = attempt;
  }
}

export async function tryGet(target: ProbeTarget, options: AttemptOptions): Promise<Attempt> {
  const limit = AbortSignal.timeout(options.attemptMs);
  const signal = AbortSignal.any([options.signal, limit]);
  const open: { destroy(): unknown }[] = [];
  let phase: Phase = 'connecting';
  try {
    const tcp = await openTcp(target.address, options.proxy, signal, open);
    phase = 'handshake';
    const tls = await openTls(tcp, target.host, signal, open);
    const certificate = tls.getPeerCertificate();
    const ends = endOf(certificate.valid_to);
    const certificateEnds = ends === undefined ? {} : { certificateEnds: ends };
    if (!tls.authorized) {
      return { is: 'untrusted', problem: codeOf(tls.authorizationError) ?? 'not trusted', ...certificateEnds };
    }
    phase = 'sent';
    const response = await send(tls, target, signal);
    const { statusCode = 0, headers } = response;
    const body = await readBody(
      response,
      statusCode === 200 ? options.bodyBytes : statusCode === 403 ? REFUSAL_BYTES : 0,
    );
    return { is: 'answer', status: statusCode, headers, body, ...certificateEnds };
  } catch (error) {
    if (error instanceof WayError) return error.attempt;
    const sent = phase === 'sent';
    if (options.signal.aborted)
      return { is: 'own-failure', problem: 'the time for it ended before an answer came', sent };
    return limit.aborted ? { is: 'timed-out', sent } : attemptOf(error, phase);
  } finally {
    // what was opened last holds the others and takes them along: taken from below, Node's TLS falls over
    open.at(-1)?.destroy();
  }
}

type Phase = 'connecting' | 'handshake' | 'sent';

async function openTcp(
  address: string,
  proxy: string | undefined,
  signal: AbortSignal,
  open: { destroy(): unknown }[],
): Promise<Socket> {
  if (proxy !== undefined) return openTunnel(address, new URL(proxy), signal, open);
  const socket = keep(connectTcp({ host: address, port: PORT }), open);
  await once(socket, 'connect', { signal });
  return socket;
}

async function openTunnel(
  address: string,
  proxy: URL,
  signal: AbortSignal,
  open: { destroy(): unknown }[],
): Promise<Socket> {
  const authority = `${isIPv6(address) ? `[${address}]` : address}:${PORT}`;
  const ask = proxy.protocol === 'https:' ? httpsRequest : httpRequest;
  const asked = keep(
    ask({
      host: proxy.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: proxy.port === '' ? (proxy.protocol === 'https:' ? 443 : 80) : Number(proxy.port),
      method: 'CONNECT',
      path: authority,
      headers: { host: authority },
      agent: false,
    }),
    open,
  );
  asked.end();
  try {
    const [response, socket] = (await once(asked, 'connect', { signal })) as [IncomingMessage, Socket];
    keep(socket, open);
    const { statusCode = 0 } = response;
    if (statusCode === 200) return socket;
    // the two ways in which a proxy says that it could not reach the other side
    if (statusCode === 502 || statusCode === 503) throw new WayError({ is: 'refused', sent: false });
    if (statusCode === 504) throw new WayError({ is: 'timed-out', sent: false });
    throw new WayError({ is: 'own-failure', problem: `the proxy answered ${statusCode}`, sent: false });
  } catch (error) {
    if (error instanceof WayError || signal.aborted) throw error;
    const problem = `the proxy could not be used (${codeOf(error) ?? 'error'})`;
    throw new WayError({ is: 'own-failure', problem, sent: false });
  }
}

/** A certificate that is not valid does not end the handshake, so that it can be told what is wrong; nothing is sent then. */
async function openTls(
  tcp: Socket,
  host: string,
  signal: AbortSignal,
  open: { destroy(): unknown }[],
): Promise<TLSSocket> {
  const tls = keep(
    connectTls({
      socket: tcp,
      servername: host,
      secureContext: trusted(),
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: false,
    }),
    open,
  );
  await once(tls, 'secureConnect', { signal });
  return tls;
}

let context: SecureContext | undefined;

/** Node's own authorities, those of NODE_EXTRA_CA_CERTS and the system's; read once, when the first probe runs. */
function trusted(): SecureContext {
  context ??= createSecureContext({
    ca: [...new Set([...getCACertificates('default'), ...getCACertificates('system')])],
  });
  return context;
}

async function send(tls: TLSSocket, { host, path }: ProbeTarget, signal: AbortSignal): Promise<IncomingMessage> {
  const asked = httpRequest({
    createConnection: () => tls,
    method: 'GET',
    path,
    headers: {
      host,
      accept: 'application/fhir+json, application/json',
      'user-agent': 'fhirwatch',
      connection: 'close',
    },
    signal,
  });
  asked.end();
  const [response] = (await once(asked, 'response', { signal })) as [IncomingMessage];
  return response;
}

async function readBody(response: IncomingMessage, most: number): Promise<string | undefined> {
  if (most === 0) return undefined;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Whatever fails after its promise has been settled must not end the process. */
function keep<T extends { on(event: 'error', listener: () => void): unknown; destroy(): unknown }>(
  one: T,
  open: { destroy(): unknown }[],
): T {
  one.on('error', () => {});
  open.push(one);
  return one;
}

function attemptOf(error: unknown, phase: Phase): Attempt {
  const sent = phase === 'sent';
  const code = codeOf(error) ?? 'error';
  if (code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return { is: 'refused', sent };
  if (code === 'ETIMEDOUT') return { is: 'timed-out', sent };
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'ECONNABORTED') return { is: 'reset', sent };
  if (phase === 'handshake') return { is: 'no-tls', problem: code };
  return { is: 'own-failure', problem: sent ? `the answer is not HTTP (${code})` : `no connection (${code})`, sent };
}

/** An error's code if it looks like one: whatever else an error says may come from the other side. */
function codeOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : error;
  return typeof code === 'string' && /^\w{1,60}$/.test(code) ? code : undefined;
}

function endOf(validTo: string | undefined): string | undefined {
  const time = Date.parse(validTo ?? '');
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}
