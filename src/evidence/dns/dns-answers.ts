import type { DnsAnswer, DnsAnswers, Gathered, Service, Vantage } from '../../model.ts';
import { createGate } from '../azure/pace.ts';
import { bareName, type DnsClient } from './answer.ts';
import { proveVantage } from './vantage.ts';

/** What bounds a sweep whose DNS hangs altogether: proof and lookups of 50 services end within 20 seconds. */
export interface DnsLimits {
  readonly proofMs: number;
  readonly lookupMs: number;
  /** all lookups of 50 hosts; more, of other batches too, have as much more */
  readonly allLookupsMs: number;
  readonly atOnce: number;
}

export const DNS_LIMITS: DnsLimits = { proofMs: 5000, lookupMs: 5000, allLookupsMs: 14_000, atOnce: 16 };

const hostsPerBudget = 50;

/** Of all batches of this process: a resolver that is flooded drops questions. */
const inTurn = createGate(32);
/** Hosts of all batches that look names up in this process right now: they share the turns, so they share the time. */
let underWay = 0;

export interface DnsAnswersDependencies {
  readonly client: DnsClient;
  /** the policy's `vantage.record` */
  readonly vantageRecord: string;
  readonly signal: AbortSignal;
}

/**
 * Looks the hosts of all services up, each once, from one proven vantage. Without the proof nothing is looked up: every
 * service gets its failure. With it, every host has an answer or its own failure.
 */
export async function collectDnsAnswers(
  services: readonly { readonly service: Service; readonly hosts: readonly string[] }[],
  { client, vantageRecord, signal }: DnsAnswersDependencies,
  limits: DnsLimits = DNS_LIMITS,
): Promise<ReadonlyMap<string, Gathered<DnsAnswers>>> {
  const vantage = await proveVantage(
    client,
    vantageRecord,
    AbortSignal.any([signal, AbortSignal.timeout(limits.proofMs)]),
  );
  if (!vantage.ok) return new Map(services.map(({ service }) => [service.id, vantage]));

  const hosts = [...new Set(services.flatMap((one) => one.hosts.map(bareName)))];
  const began = performance.now();
  let most = 0;
  /** what is left for all lookups, in milliseconds */
  const left = (): number => {
    most = Math.max(most, underWay);
    return Math.floor(began + limits.allLookupsMs * Math.max(1, most / hostsPerBudget) - performance.now());
  };
  const answers = new Map<string, Gathered<DnsAnswer>>();
  const sameVantage = vantageOf(client, vantage.value, vantageRecord, () =>
    AbortSignal.any([signal, AbortSignal.timeout(limits.proofMs)]),
  );
  const lookup = async (host: string): Promise<void> => {
    const ms = Math.min(limits.lookupMs, left());
    if (ms <= 0) return;
    const answer = await client.lookup(host, AbortSignal.any([signal, AbortSignal.timeout(ms)]));
    answers.set(host, answer.ok ? await sameVantage(answer) : answer);
  };
  underWay += hosts.length;
  try {
    await inParallel(limits.atOnce, hosts, (host) => inTurn(() => lookup(host)));
  } finally {
    underWay -= hosts.length;
  }

  const servers = [...new Set([...vantage.value.servers, ...serversOf([...answers.values()])])].sort();
  return new Map(
    services.map(({ service, hosts: own }) => {
      const told = own.map(bareName).map((host) => ({ host, answer: answers.get(host) ?? notAsked(host) }));
      const sources = [...vantage.sources, ...told.flatMap(({ answer }) => answer.sources)];
      const value = { vantage: { ...vantage.value, servers }, hosts: told };
      return [service.id, { ok: true, value, sources, direct: true }] as const;
    }),
  );
}

/** An answer counts only from a server that shows the same vantage: the second server of a list may stand outside. */
function vantageOf(
  client: DnsClient,
  { networkId, servers }: Vantage,
  record: string,
  inTime: () => AbortSignal,
): (answer: Gathered<DnsAnswer> & { readonly ok: true }) => Promise<Gathered<DnsAnswer>> {
  const proofs = new Map<string, Promise<Gathered<Vantage>>>();
  return async (answer) => {
    const { server } = answer.value;
    if (servers.includes(server)) return answer;
    const proof = proofs.get(server) ?? proveVantage(client.only(server), record, inTime());
    proofs.set(server, proof);
    const proven = await proof;
    if (proven.ok && proven.value.networkId.toLowerCase() === networkId.toLowerCase()) return answer;
    const why = proven.ok ? `its vantage record names ${proven.value.networkId}` : proven.detail;
    return { ok: false, reason: 'no-vantage', detail: `${server} answered, but ${why}`, sources: answer.sources };
  };
}

function serversOf(answers: readonly Gathered<DnsAnswer>[]): readonly string[] {
  return answers.flatMap((answer) => (answer.ok ? answer.value.server : []));
}

function notAsked(host: string): Gathered<never> {
  return { ok: false, reason: 'unreachable', detail: `${host} was not looked up`, sources: [] };
}

async function inParallel<T>(atOnce: number, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}
