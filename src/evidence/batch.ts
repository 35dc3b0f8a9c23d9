import type { Evidence, EvidenceByKind, EvidenceKind, Expectations, Failure, Gathered, Service } from '../model.ts';
import { sameId } from '../rules/resource-id.ts';
import type { Azure } from './azure/client.ts';
import { toFailure } from './azure/failure.ts';
import type { DnsLimits } from './dns/dns-answers.ts';
import type { Inventory } from './inventory.ts';
import type { ProbeMemory } from './probe/memory.ts';
import type { ProbeLimits } from './probe/probe.ts';

/** What a collector found: by service id; a service to which the kind does not apply has no entry. */
export type Collected<K extends EvidenceKind> = ReadonlyMap<string, Gathered<EvidenceByKind[K]>>;

/** How the monitor asks its resolver. */
export interface DnsInput {
  /** `address[:port]`; empty: the system's */
  readonly servers: readonly string[];
  /** the TXT record that proves where the monitor stands */
  readonly vantageRecord: string;
  /** absent: those of the collector */
  readonly limits?: DnsLimits;
  /** how long one server may think about one question, in milliseconds */
  readonly patienceMs?: number;
}

/** How the services themselves are asked, from inside and from outside. */
export interface ProbingInput {
  /** CONNECT proxy of the requests from inside; absent: none */
  readonly proxy?: string | undefined;
  /** what was asked lately; absent: nothing */
  readonly memory?: ProbeMemory;
  /** absent: those of the probe */
  readonly limits?: ProbeLimits;
  /** resource id or customer id of the workspace with the results from outside; absent: there is no public vantage */
  readonly telemetryWorkspace?: string | undefined;
}

export interface BatchInput {
  readonly services: readonly Service[];
  /** all that this process judges in the same sweep, for what one question can tell of many; absent: the batch's own */
  readonly together?: readonly Service[];
  readonly inventory: Inventory;
  /** whose documents are read directly: all services, or those with these ids */
  readonly confirm: 'all' | ReadonlySet<string>;
  readonly azure: Azure;
  readonly dns: DnsInput;
  /** absent: from inside without a proxy, from outside not at all */
  readonly probing?: ProbingInput;
  /** ends everything when the sweep's time is over */
  readonly signal: AbortSignal;
  /** the policy's `optIn` */
  readonly optIn: ReadonlySet<string>;
  expect(service: Service): Expectations;
  now(): Date;
}

export interface Batch extends BatchInput {
  /** another kind's evidence, collected once per batch whoever asks */
  gather<K extends EvidenceKind>(kind: K): Promise<Collected<K>>;
  /** one read shared by all who need it, by a key that names it */
  once<T>(key: string, read: () => Promise<T>): Promise<T>;
  /**
   * The same for all batches of a sweep, as far as they are in one process. Only for direct reads: a listing must not
   * stand in for the confirmation that another batch asks for. A failure is nobody's but the batch's own.
   */
  onceForSweep<T>(key: string, read: () => Promise<Gathered<T>>): Promise<Gathered<T>>;
}

export type Collectors = { readonly [K in EvidenceKind]: (batch: Batch) => Promise<Collected<K>> };

/** Calls of one collector at a time: as many as a batch has services at most, so that calls that hang all hang at once. */
const atOnce = 100;

/**
 * Collects the kinds asked for, and what they depend on, for every service. A collector that throws is a failure of
 * its kind for every service: a gap to see, never a crash.
 */
export async function runCollectors(
  input: BatchInput,
  kinds: ReadonlySet<EvidenceKind>,
  collectors: Collectors,
): Promise<ReadonlyMap<string, Evidence>> {
  const batch = createBatch(input, collectors);
  const asked = [...kinds];
  const collected = await Promise.all(asked.map((kind) => batch.gather(kind)));
  return new Map(
    input.services.map(({ id }) => [
      id,
      Object.fromEntries(
        asked.flatMap((kind, index) => {
          const gathered = collected[index]?.get(id);
          return gathered === undefined ? [] : [[kind, gathered]];
        }),
      ),
    ]),
  );
}

/** What the batches of a sweep have read: they share one inventory, and it goes when that goes. */
const readsOfSweeps = new WeakMap<Inventory, Map<string, Promise<unknown>>>();

function createBatch(input: BatchInput, collectors: Collectors): Batch {
  const reads = new Map<string, Promise<unknown>>();
  const sweep = readsOfSweeps.get(input.inventory) ?? new Map<string, Promise<unknown>>();
  readsOfSweeps.set(input.inventory, sweep);
  const batch: Batch = {
    ...input,
    gather: (kind) => batch.once(`kind ${kind}`, () => collect(batch, kind, collectors)),
    once<T>(key: string, read: () => Promise<T>): Promise<T> {
      const known = reads.get(key) ?? read();
      reads.set(key, known);
      // what is stored under a key was made by a reader of the same key
      return known as Promise<T>;
    },
    onceForSweep: <T>(key: string, read: () => Promise<Gathered<T>>) =>
      batch.once(key, async () => {
        const known = sweep.get(key) as Promise<Gathered<T>> | undefined;
        // without a step in between, in which another batch might begin the same read
        const shared = known === undefined ? undefined : await known;
        if (shared?.ok) return shared;
        const own = read();
        sweep.set(key, own);
        const gathered = await own;
        if (!gathered.ok && sweep.get(key) === own) sweep.delete(key);
        return gathered;
      }),
  };
  return batch;
}

async function collect<K extends EvidenceKind>(batch: Batch, kind: K, collectors: Collectors): Promise<Collected<K>> {
  try {
    return await collectors[kind](batch);
  } catch (error) {
    const failure: Gathered<never> = { ok: false, ...toFailure(error, `collecting ${kind}`), sources: [] };
    return new Map(batch.services.map(({ id }) => [id, failure]));
  }
}

/** Works on many things, a bounded number at a time, keeping their order. */
export async function mapBounded<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = new Array(items.length);
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}

/** Reads something for each service; undefined where the kind does not apply to it. */
export async function perService<T>(
  services: readonly Service[],
  read: (service: Service) => Promise<Gathered<T> | undefined>,
): Promise<ReadonlyMap<string, Gathered<T>>> {
  const results = await mapBounded(services, async (service) => ({ id: service.id, gathered: await read(service) }));
  return new Map(results.flatMap(({ id, gathered }) => (gathered === undefined ? [] : [[id, gathered]])));
}

/** Whether the policy of confirmation wants this resource, or a service inside it, read directly. */
export function isConfirmed({ confirm, services }: BatchInput, id: string): boolean {
  if (confirm === 'all') return true;
  return services.some(
    (service) =>
      confirm.has(service.id) &&
      (sameId(service.id, id) || (service.workspaceId !== undefined && sameId(service.workspaceId, id))),
  );
}

/** The reason of a failed read without what only success has. */
export function failureOf({ reason, detail }: Failure): Failure {
  return { reason, detail };
}
