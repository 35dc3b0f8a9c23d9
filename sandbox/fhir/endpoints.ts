/** The estate's FHIR and DICOM endpoints over TLS, and the CONNECT proxy by which an app reaches them at their addresses. */
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { clouds } from '../clouds.ts';
import { hostsOf } from '../dns/derive.ts';
import { keyOf, parentKey } from '../dns/resource-ids.ts';
import { type SandboxRequest, type SandboxResponse, startServer } from '../http.ts';
import type { Estate, TlsMaterial, World } from '../types.ts';
import { answerAt, denied, outcome } from './answers.ts';
import { type Way, wayTo } from './ways.ts';

export interface RunningEndpoints {
  /** what FHIRWATCH_PROBE_PROXY holds */
  readonly proxy: string;
  close(): Promise<void>;
}

/** The names that a certificate for an estate's endpoints must have. */
export function endpointNames(estate: Estate): readonly string[] {
  const { fhirSuffix } = clouds[estate.cloud];
  const own = Object.keys(estate.endpoints).filter((host) => /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i.test(host));
  return [...['', 'fhir.', 'dicom.', 'workspace.'].map((kind) => `*.${kind}${fhirSuffix}`), ...own];
}

export async function startEndpoints(world: World, tls: TlsMaterial): Promise<RunningEndpoints> {
  const ways = new Map<number, Way>();
  const server = await startServer({
    world,
    tls,
    target: 'fhir',
    handle: (request) => answer(world.estate(), request, ways.get(request.remotePort ?? 0)),
    errorBody: (status) => outcome('exception', `The request failed with ${status}.`).body ?? null,
  });
  const proxy = createServer((_, response) => response.writeHead(405).end());
  const sockets = new Set<Duplex>();
  const keep = (socket: Duplex): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).once('close', () => sockets.delete(socket));
  };
  proxy.on('connection', keep);
  proxy.on('connect', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    const [, address] = /^\[?([0-9a-f.:]+?)\]?:443$/i.exec(request.url ?? '') ?? [];
    const way = address === undefined ? undefined : wayTo(world.estate(), address);
    // an address that nobody has answers nothing: a proxy tells that as its own time-out
    if (way === undefined) return void client.end('HTTP/1.1 504 Gateway Timeout\r\ncontent-length: 0\r\n\r\n');
    const upstream: Socket = connect(server.port, '127.0.0.1', () => {
      const port = upstream.localPort ?? 0;
      ways.set(port, way);
      upstream.once('close', () => ways.delete(port));
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client);
      client.pipe(upstream);
    });
    keep(upstream);
    upstream.once('close', () => client.destroy());
    client.once('close', () => upstream.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    proxy.once('error', reject);
    proxy.listen(0, '127.0.0.1', resolve);
  });
  return {
    proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await Promise.all([server.close(), new Promise((resolve) => proxy.close(resolve))]);
    },
  };
}

/** A request that came by another resource's endpoint, or by one that nobody approved, ends at the edge. */
function answer(estate: Estate, request: SandboxRequest, way: Way | undefined): SandboxResponse {
  const host = String(request.headers.host ?? '')
    .replace(/:\d+$/, '')
    .toLowerCase();
  if (way === undefined) return denied(host);
  if (way.to === 'edge') return answerAt(estate, host, 'public', request.path);
  const service = hostsOf(estate).get(host);
  const keys = service === undefined ? [] : [keyOf(service.id), parentKey(service.id)];
  const leadsThere = service === undefined || way.owners.some((owner) => keys.includes(owner));
  return leadsThere ? answerAt(estate, host, 'private', request.path) : denied(host);
}
