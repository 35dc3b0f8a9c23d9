import { setTimeout as sleep } from 'node:timers/promises';
import type { DnsAnswer, Failure, Gathered, Source } from '../../model.ts';
import {
  type Asked,
  bareName,
  combine,
  type DnsClient,
  failureOf,
  isHostName,
  type QuestionType,
  type Texts,
} from './answer.ts';

/** One question to one server; it ends by itself about when its patience does, and never rejects. */
export type Ask = (server: string, name: string, type: QuestionType, patience: Patience) => Promise<Asked>;

export interface Patience {
  /** how long one server may think about one question, in milliseconds; twice as long for all of its hops */
  readonly ms: number;
  readonly signal: AbortSignal;
}

export interface DnsClientOptions {
  readonly now?: () => Date;
  readonly patienceMs?: number;
}

const PATIENCE_MS = 1500;

/** A passing fault ends known: what failed is asked again, once. */
const ROUNDS = 2;

/**
 * A client over one way of asking. One server answers a lookup whole; the next one is asked only where nothing at all
 * came from it, because servers of different views must not be mixed in one answer.
 */
export function makeDnsClient(ask: Ask, servers: readonly string[], options: DnsClientOptions = {}): DnsClient {
  const { now = () => new Date(), patienceMs = PATIENCE_MS } = options;
  const sourceOf = (question: string, server: string): Source => ({
    source: `DNS ${question} @${server}`,
    at: now().toISOString(),
  });

  async function lookup(host: string, signal: AbortSignal): Promise<Gathered<DnsAnswer>> {
    const name = bareName(host);
    if (!isHostName(name)) return refused(host);
    let last: Failure = noServer;
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const server of servers) {
        if (signal.aborted) return lost(givenUp(name), sourceOf(`A, AAAA ${name}`, server));
        let [a, aaaa] = await both(server, name, signal);
        if (a.kind !== 'silent' || aaaa.kind !== 'silent') {
          if (a.kind !== 'answer') a = await ask(server, name, 'A', { ms: patienceMs, signal });
          if (aaaa.kind !== 'answer') aaaa = await ask(server, name, 'AAAA', { ms: patienceMs, signal });
          const source = sourceOf(`A, AAAA ${name}`, server);
          const answer = combine(name, server, a, aaaa);
          if (answer) return { ok: true, value: answer, sources: [source], direct: true };
          if (a.kind !== 'answer') return lost(signal.aborted ? givenUp(name) : failureOf('A', a), source);
        }
        if (a.kind === 'silent') last = { reason: 'unreachable', detail: `${server}: ${a.detail}` };
      }
    }
    return lost(last, sourceOf(`A, AAAA ${name}`, servers.join(', ')));
  }

  async function both(server: string, name: string, signal: AbortSignal): Promise<[Asked, Asked]> {
    return Promise.all([
      ask(server, name, 'A', { ms: patienceMs, signal }),
      ask(server, name, 'AAAA', { ms: patienceMs, signal }),
    ]);
  }

  async function readText(given: string, signal: AbortSignal): Promise<Gathered<Texts>> {
    const name = bareName(given);
    if (!isHostName(name)) return refused(given);
    let last: Failure = noServer;
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const server of servers) {
        if (signal.aborted) return lost(givenUp(name), sourceOf(`TXT ${name}`, server));
        const asked = await ask(server, name, 'TXT', { ms: patienceMs, signal });
        const source = sourceOf(`TXT ${name}`, server);
        if (asked.kind === 'answer') {
          if (asked.values.length > 0) {
            return { ok: true, value: { texts: asked.values, server }, sources: [source], direct: true };
          }
          const said = asked.rcode === 'NXDOMAIN' ? 'does not exist (NXDOMAIN)' : 'has no TXT record';
          return lost({ reason: 'not-found', detail: `${name} ${said} at ${server}` }, source);
        }
        last = { ...failureOf('TXT', asked), detail: `${server}: ${asked.detail}` };
        if (asked.kind === 'failed') break;
      }
    }
    return lost(last, sourceOf(`TXT ${name}`, servers.join(', ')));
  }

  return { servers, lookup, readText, only: (server) => makeDnsClient(ask, [server], options) };
}

/** The work, or silence where it is not done in twice its time: a chain has several hops, and dig starts up first. */
export async function withPatience(work: Promise<Asked>, { ms, signal }: Patience): Promise<Asked> {
  const over = new AbortController();
  const silence: Asked = { kind: 'silent', detail: 'no answer in time' };
  const end = AbortSignal.any([signal, over.signal]);
  try {
    return await Promise.race([work, sleep(2 * ms, silence, { signal: end }).catch(() => silence)]);
  } finally {
    over.abort();
  }
}

const noServer: Failure = { reason: 'unreachable', detail: 'no DNS server is configured' };

function givenUp(name: string): Failure {
  return { reason: 'unreachable', detail: `gave up on ${name}: its time was over` };
}

function refused(name: string): Gathered<never> {
  const detail = `not a host name that can be asked for: ${JSON.stringify(name.slice(0, 80))}`;
  return { ok: false, reason: 'malformed', detail, sources: [] };
}

function lost({ reason, detail }: Failure, source: Source): Gathered<never> {
  return { ok: false, reason, detail, sources: [source] };
}
