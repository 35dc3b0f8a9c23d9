import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import packet from 'dns-packet';
import type { Fault, World } from '../types.ts';
import { type DnsView, resolveName } from './derive.ts';
import { decodeQuery, encodeAnswer, type Query } from './message.ts';

export interface DnsListener {
  /** `127.0.0.1:port`, as FHIRWATCH_DNS_SERVERS takes it; the same port for UDP and TCP */
  readonly address: string;
  readonly port: number;
}

export interface RunningDns {
  readonly private: DnsListener;
  readonly public: DnsListener;
  close(): Promise<void>;
}

type Outcome = { readonly bytes: Buffer } | 'silence' | 'drop';

const HOST = '127.0.0.1';

/** Two recursive resolvers on loopback: one as in the monitor's network, one as on the Internet. */
export async function startDns(world: World): Promise<RunningDns> {
  const inside = await startView(world, 'private');
  const outside = await startView(world, 'public');
  return {
    private: inside.listener,
    public: outside.listener,
    close: async () => {
      await Promise.all([inside.close(), outside.close()]);
    },
  };
}

async function startView(world: World, view: DnsView) {
  const { udp, tcp, port } = await bindBoth();
  const stop = new AbortController();
  udp.on('message', (message, peer) => {
    void answer(world, view, message, 'udp', stop.signal).then((outcome) => {
      if (typeof outcome === 'object' && !stop.signal.aborted) udp.send(outcome.bytes, peer.port, peer.address);
    });
  });
  const sockets = new Set<Socket>();
  tcp.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A client that goes away mid-answer is its own affair.
    socket.on('error', () => socket.destroy());
    serveStream(socket, (message) => answer(world, view, message, 'tcp', stop.signal));
  });
  return {
    listener: { address: `${HOST}:${port}`, port },
    close: async () => {
      stop.abort();
      for (const socket of sockets) socket.destroy();
      await Promise.all([new Promise<void>((done) => udp.close(() => done())), new Promise((done) => tcp.close(done))]);
    },
  };
}

async function bindBoth(): Promise<{ udp: DatagramSocket; tcp: Server; port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const udp = createSocket('udp4');
    udp.bind(0, HOST);
    await once(udp, 'listening');
    const { port } = udp.address();
    const tcp = createServer();
    try {
      tcp.listen(port, HOST);
      await once(tcp, 'listening');
      return { udp, tcp, port };
    } catch (error) {
      udp.close();
      // The port may be free for UDP and taken for TCP.
      if (attempt === 20) throw error;
    }
  }
}

function serveStream(socket: Socket, handle: (message: Buffer) => Promise<Outcome>): void {
  let held = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 2 && held.length >= 2 + held.readUInt16BE(0)) {
      const end = 2 + held.readUInt16BE(0);
      const message = held.subarray(2, end);
      held = held.subarray(end);
      void handle(message).then((outcome) => {
        if (outcome === 'drop') socket.resetAndDestroy();
        if (typeof outcome !== 'object' || socket.destroyed) return;
        const size = Buffer.alloc(2);
        size.writeUInt16BE(outcome.bytes.length);
        socket.write(Buffer.concat([size, outcome.bytes]));
      });
    }
  });
}

async function answer(
  world: World,
  view: DnsView,
  message: Buffer,
  transport: 'udp' | 'tcp',
  stop: AbortSignal,
): Promise<Outcome> {
  const query = decodeQuery(message);
  if (query === undefined) return 'silence';
  const { name, type } = query.question;
  const fault = world.fault('dns', `${type} ${name.toLowerCase()}`);
  if (fault?.delayMs !== undefined && fault.delayMs > 0) {
    const interrupted = await wait(fault.delayMs, false, { signal: stop }).catch(() => true);
    if (interrupted) return 'silence';
  }
  return faulty(query, fault, transport) ?? honest(world, view, query, transport, fault?.kind === 'partial');
}

function honest(world: World, view: DnsView, query: Query, transport: 'udp' | 'tcp', half: boolean): Outcome {
  const { status, answers } = resolveName(world.estate(), view, query.question.name, query.question.type);
  if (status === 'TIMEOUT') return 'silence';
  const sent = half ? answers.slice(0, Math.floor(answers.length / 2)) : answers;
  return { bytes: encodeAnswer(query, status, sent, transport) };
}

function faulty(query: Query, fault: Fault | undefined, transport: 'udp' | 'tcp'): Outcome | undefined {
  switch (fault?.kind) {
    case 'status':
      return { bytes: encodeAnswer(query, 'SERVFAIL', [], transport) };
    case 'empty':
      return { bytes: encodeAnswer(query, 'NOERROR', [], transport) };
    case 'malformed':
    case 'html':
      return { bytes: garbage(query.id) };
    case 'hang':
      return 'silence';
    case 'reset':
      return 'drop';
    default:
      return undefined;
  }
}

/** bytes that carry the question's id and then make no sense: a resolver must not crash over them */
function garbage(id: number): Buffer {
  const header = packet.encode({ type: 'response', id, flags: packet.RECURSION_AVAILABLE, questions: [], answers: [] });
  header.writeUInt16BE(7, 4);
  header.writeUInt16BE(9, 6);
  return Buffer.concat([header, Buffer.from([0xff, 0xc0, 0xff, 0x3f, 0x00, 0xfe])]);
}
