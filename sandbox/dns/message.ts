import packet, { type Answer, type Packet, type Question } from 'dns-packet';
import type { DnsAnswer, NamedRecord } from './derive.ts';
import { bareName } from './private-zones.ts';

const CODES = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3 } as const;
/** largest UDP answer for a client that does not say otherwise (RFC 1035) */
const PLAIN_UDP_SIZE = 512;

/** A decoded question with what is needed to answer it; undefined: not a query that deserves an answer. */
export interface Query {
  readonly id: number;
  readonly question: Question;
  readonly recursionDesired: boolean;
  /** bytes of UDP the client takes */
  readonly udpSize: number;
}

export function decodeQuery(message: Buffer): Query | undefined {
  let decoded: Packet;
  try {
    decoded = packet.decode(message);
  } catch {
    // Like a real server: bytes that are no DNS message get no answer.
    return undefined;
  }
  const question = decoded.questions?.[0];
  if (decoded.type !== 'query' || question === undefined || decoded.questions?.length !== 1) return undefined;
  const option = decoded.additionals?.find((additional) => additional.type === 'OPT');
  const offered = option !== undefined && 'udpPayloadSize' in option ? Number(option.udpPayloadSize) : 0;
  return {
    id: decoded.id ?? 0,
    question,
    recursionDesired: ((decoded.flags ?? 0) & packet.RECURSION_DESIRED) !== 0,
    udpSize: Math.max(PLAIN_UDP_SIZE, offered),
  };
}

/** The wire form; over UDP an answer that does not fit is emptied and marked truncated, so that the client asks by TCP. */
export function encodeAnswer(
  query: Query,
  answer: Exclude<DnsAnswer['status'], 'TIMEOUT'>,
  records: readonly NamedRecord[],
  transport: 'udp' | 'tcp',
): Buffer {
  // An estate may hold names that no server can send (a label over 63 bytes): a real one fails to answer, too.
  if (!records.every(isSendable)) return encodeAnswer(query, 'SERVFAIL', [], transport);
  const answers = records.map((record) => toWire(record, query.question.name));
  const message: Packet = {
    type: 'response',
    id: query.id,
    flags: packet.RECURSION_AVAILABLE | (query.recursionDesired ? packet.RECURSION_DESIRED : 0) | CODES[answer],
    questions: [query.question],
    answers,
    authorities: records.some((record) => record.type === query.question.type)
      ? []
      : [startOfAuthority(query.question.name)],
  };
  const whole = packet.encode(message);
  if (transport === 'tcp' || whole.length <= query.udpSize) return whole;
  const flags = (message.flags ?? 0) | packet.TRUNCATED_RESPONSE;
  return packet.encode({ ...message, flags, answers: [], authorities: [] });
}

function isSendable(record: NamedRecord): boolean {
  const names = record.type === 'CNAME' ? [record.name, record.data] : [record.name];
  return names.every((name) => {
    const sizes = name.split('.').map((label) => Buffer.byteLength(label));
    return Buffer.byteLength(name) <= 253 && sizes.every((size) => size >= 1 && size <= 63);
  });
}

function toWire(record: NamedRecord, asked: string): Answer {
  // Resolvers check that the answer's name is spelled as they asked it.
  const name = record.name === bareName(asked) ? asked : record.name;
  if (record.type === 'TXT') {
    return { type: 'TXT', name, ttl: record.ttl, data: inParts(Buffer.from(record.data)) };
  }
  return { type: record.type, name, ttl: record.ttl, data: record.data };
}

/** a character string of a TXT record holds at most 255 bytes */
function inParts(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += 255) parts.push(bytes.subarray(start, start + 255));
  return parts.length === 0 ? [Buffer.alloc(0)] : parts;
}

/** goes with answers that hold nothing of the type asked for, so that they may be cached briefly (RFC 2308) */
function startOfAuthority(name: string): Answer {
  const zone = name.split('.').slice(-2).join('.') || '.';
  return {
    type: 'SOA',
    name: zone,
    ttl: 10,
    data: {
      mname: 'azureprivatedns.net',
      rname: 'azureprivatedns-host.microsoft.com',
      serial: 1,
      refresh: 3600,
      retry: 300,
      expire: 2419200,
      minimum: 10,
    },
  };
}
