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

/** Questions about one name to one server, answered in their order; ends about when its patience does, never rejects. */
export type Ask = (
  server: string,
  name: string,
  types: readonly QuestionType[],
  patience: Patience,
) => Promise<readonly Asked[]>;

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

  // Who answered is asked first from then on: a dead server costs one time-out, not one for each name.
  let order = servers;
  const prefer = (server: string): void => {
    order = [server, ...servers.filter((one) => one !== server)];
  };

  function questions(
    server: string,
    name: string,
    signal: AbortSignal,
    ...types: readonly QuestionType[]
  ): Promise<readonly Asked[]> {
    return ask(server, name, types, { ms: patienceMs, signal });
  }

  async function lookup(host: string, signal: AbortSignal): Promise<Gathered<DnsAnswer>> {
    const name = bareName(host);
    if (!isHostName(name)) return refused(host);
    let last: Failure = noServer;
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const server of order) {
        const source = sourceOf(`A, AAAA ${name}`, server);
        if (signal.aborted) return lost(givenUp(name), source);
        let [a = silence, aaaa = silence] = await questions(server, name, signal, 'A', 'AAAA');
        if (a.kind === 'silent' && aaaa.kind === 'silent') {
          last = { reason: 'unreachable', detail: `${server}: ${a.detail}` };
          continue;
        }
        prefer(server);
        if (a.kind !== 'answer') [a = silence] = await questions(server, name, signal, 'A');
        if (aaaa.kind !== 'answer') [aaaa = silence] = await questions(server, name, signal, 'AAAA');
        const answer = combine(name, server, a, aaaa);
        if (answer) return { ok: true, value: answer, sources: [source], direct: true };
        if (a.kind === 'answer' || signal.aborted) return lost(givenUp(name), source);
        const { reason, detail } = failureOf('A', a);
        return lost({ reason, detail: `${server}: ${detail}` }, source);
      }
    }
    return lost(last, sourceOf(`A, AAAA ${name}`, servers.join(', ')));
  }

  async function readText(given: string, signal: AbortSignal): Promise<Gathered<Texts>> {
    const name = bareName(given);
    if (!isHostName(name)) return refused(given);
    let last: Failure = noServer;
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const server of order) {
        const source = sourceOf(`TXT ${name}`, server);
        if (signal.aborted) return lost(givenUp(name), source);
        const [asked = silence] = await questions(server, name, signal, 'TXT');
        if (asked.kind === 'answer') {
          prefer(server);
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

const silence: Asked = { kind: 'silent', detail: 'no answer in time' };

/** The work, or silence where it is not done in twice its time: a chain has several hops, and dig starts up first. */
export async function withPatience(
  work: Promise<readonly Asked[]>,
  { ms, signal }: Patience,
): Promise<readonly Asked[]> {
  const over = new AbortController();
  const end = AbortSignal.any([signal, over.signal]);
  const nothing: readonly Asked[] = [];
  try {
    return await Promise.race([work, sleep(2 * ms, nothing, { signal: end }).catch(() => nothing)]);
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
