import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import dnsPacket, { type Answer } from 'dns-packet';

/** What the test's DNS server does with a question; `*` as type: with each. */
export type Reaction =
  | readonly Answer[]
  | 'NXDOMAIN'
  | 'SERVFAIL'
  | 'REFUSED'
  | 'silence'
  | 'garbage'
  /** the whole answer only over TCP */
  | { readonly truncated: readonly Answer[] };

export interface TestDnsServer {
  /** `127.0.0.1:port` */
  readonly server: string;
  /** every question it got, as `A name` */
  readonly asked: string[];
  close(): Promise<void>;
}

const RCODES = { NXDOMAIN: 3, SERVFAIL: 2, REFUSED: 5 } as const;
const TRUNCATED = 0x0200;

export function alias(name: string, target: string): Answer {
  return { type: 'CNAME', name, ttl: 60, data: target };
}

export function address(name: string, data: string): Answer {
  return data.includes(':') ? { type: 'AAAA', name, ttl: 60, data } : { type: 'A', name, ttl: 60, data };
}

export function text(name: string, ...data: readonly string[]): Answer {
  return { type: 'TXT', name, ttl: 60, data: [...data] };
}

/** A zone of records answers as a resolver would: aliases followed, the last name's own type, NXDOMAIN at dead ends. */
export function resolving(...records: readonly Answer[]): (name: string, type: string) => Reaction {
  return (name, type) => {
    const found: Answer[] = [];
    let here = name.toLowerCase();
    for (let hop = 0; hop < 20; hop += 1) {
      const own = records.filter((record) => record.name.toLowerCase() === here);
      const next = own.find((record) => record.type === 'CNAME');
      if (own.length === 0)
        return found.length === 0 ? 'NXDOMAIN' : [...found, { type: 'NS', name: '', data: 'NXDOMAIN' }];
      if (next?.type !== 'CNAME') return [...found, ...own.filter((record) => record.type === type)];
      found.push(next);
      if (type === 'CNAME') return found;
      here = next.data.toLowerCase();
    }
    return found;
  };
}

/** A DNS server on loopback, UDP and TCP on one port. */
export async function startDns(react: (name: string, type: string) => Reaction): Promise<TestDnsServer> {
  const asked: string[] = [];
  const answerTo = (message: Buffer, overTcp: boolean): Buffer | undefined => {
    const { id, questions = [] } = dnsPacket.decode(message);
    const question = questions[0];
    if (!question) return undefined;
    asked.push(`${question.type} ${question.name}`);
    const reaction = react(question.name, question.type);
    if (reaction === 'silence') return undefined;
    const encode = (flags: number, answers: readonly Answer[]): Buffer => {
      // An alias to nowhere: the marker that `resolving` adds stands for the rcode.
      const records = answers.filter((answer) => answer.type !== 'NS');
      const rcode = records.length < answers.length ? RCODES.NXDOMAIN : 0;
      const all = dnsPacket.RECURSION_DESIRED | dnsPacket.RECURSION_AVAILABLE | flags | rcode;
      return dnsPacket.encode({ type: 'response', id: id ?? 0, flags: all, questions, answers: [...records] });
    };
    if (reaction === 'garbage') return Buffer.concat([message.subarray(0, 2), Buffer.from('not a DNS message')]);
    if (typeof reaction === 'string') return encode(RCODES[reaction], []);
    if (!('truncated' in reaction)) return encode(0, reaction);
    return overTcp ? encode(0, reaction.truncated) : encode(TRUNCATED, []);
  };
  const { udp, tcp, port } = await bindBoth();
  udp.on('message', (message, peer) => {
    const answer = answerTo(message, false);
    if (answer) udp.send(answer, peer.port, peer.address);
  });
  tcp.on('connection', (socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', (data) => {
      const answer = answerTo(data.subarray(2), true);
      if (!answer) return;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(answer.length);
      socket.end(Buffer.concat([length, answer]));
    });
  });
  return {
    server: `127.0.0.1:${port}`,
    asked,
    close: async () => {
      udp.close();
      tcp.close();
      await once(tcp, 'close');
    },
  };
}

/** Port 0 for TCP may be one that UDP does not have free: then another. */
async function bindBoth(): Promise<{ udp: dgram.Socket; tcp: net.Server; port: number }> {
  for (;;) {
    const tcp = net.createServer().listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    const bound = tcp.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    const udp = dgram.createSocket('udp4');
    const outcome = Promise.race([once(udp, 'listening').then(() => true), once(udp, 'error').then(() => false)]);
    udp.bind(port, '127.0.0.1');
    if (await outcome) return { udp, tcp, port };
    tcp.close();
  }
}
