import { checks } from '../checks/index.ts';
import type { Inventory } from '../evidence/inventory.ts';
import type { Check, Evidence, Failure, SweepPlan, Service as Watched } from '../model.ts';
import { type BatchPorts, planBatches, runSweep } from '../sweep.ts';
import { closePorts, tellClosed } from './closing.ts';
import type { Planned } from './plan.ts';
import type { LoadedPolicy } from './policy-file.ts';
import { batchPorts, contextSource } from './ports.ts';
import { type Log, type Service, textOf } from './service.ts';

/**
 * A batch must end before the next timer takes its sweep for one that was cut short (sweep/once.ts), and well before the
 * host ends the invocation (host.json, `functionTimeout`). What is not read by then is unknown.
 */
const batchMs = 210_000;

/** What the batches of a sweep share, as it stands in the store. */
export interface Shared {
  readonly schema: 1;
  /** those of the whole estate, whatever part of it is judged */
  readonly subscriptions: readonly string[];
  /** absent where the estate could not be listed */
  readonly inventory?: Inventory;
}

/**
 * Begins a sweep. With `here`, one of a single batch is done and closed at once: nothing is gained by a queue between two
 * invocations of one app, and the plan in the store makes it as safe, since the next timer closes what is cut short.
 * Otherwise the plan and what Resource Graph said are left in the store, and what is returned is to be put on the queue.
 */
export async function beginSweep(
  { plan, estate }: Planned,
  policy: LoadedPolicy,
  service: Service,
  log: Log,
  { here }: { readonly here: boolean },
): Promise<readonly string[]> {
  const { sweepId, family } = plan;
  const batches = planBatches(plan.services).length;
  const watched = estate?.services ?? plan.services;
  const shared: Shared = {
    schema: 1,
    subscriptions: [...new Set(watched.map(({ subscriptionId }) => subscriptionId))],
    ...(estate ? { inventory: estate.inventory } : {}),
  };
  if (batches === 0 || (here && batches === 1)) {
    const ports = await judgePorts(plan, shared, policy, service, log);
    const record = await runSweep(plan, {
      ...(await closePorts(family, policy, service)),
      ...ports,
      onBatchError: (index, error) => log.error('a batch was lost', { sweepId, index, error: textOf(error) }),
    });
    if (record) await tellClosed(record, service, log);
    return [];
  }
  await (await service.store()).openSweep(plan, shared);
  log.info('sweep begun', { sweepId, family, services: plan.services.length, batches });
  return Array.from({ length: batches }, (_, index) => JSON.stringify({ schema: 1, family, sweepId, index }));
}

/** What judging a sweep's batches needs. */
export async function judgePorts(
  plan: SweepPlan,
  { inventory, subscriptions }: Shared,
  policy: LoadedPolicy,
  service: Service,
  log: Log,
): Promise<BatchPorts> {
  const { settings, now } = service;
  const own = checks.filter((check) => check.family === plan.family);
  const watched = subscriptions.map((subscriptionId) => ({ subscriptionId }));
  const onThrow: BatchPorts['onThrow'] = (checkId, watched, error) =>
    log.error('a check threw', { checkId, serviceKey: watched.key, error: textOf(error) });
  if (inventory) {
    const azure = await service.azure();
    const estate = { services: watched, inventory };
    const signal = AbortSignal.timeout(batchMs);
    return { ...batchPorts({ azure, estate, policy: policy.policy, settings, checks: own, now, signal }), onThrow };
  }
  return {
    checks: own,
    contextOf: contextSource(watched, policy.policy, settings.cloud, now),
    gather: async (services) => failing(services, own, plan.unlisted),
    onThrow,
  };
}

const notListed: Failure = { reason: 'unreachable', detail: 'the estate could not be listed' };

function failing(
  services: readonly Watched[],
  own: readonly Pick<Check, 'requires' | 'considers'>[],
  failure: SweepPlan['unlisted'] = notListed,
): ReadonlyMap<string, Evidence> {
  const kinds = new Set(own.flatMap((check) => [...check.requires, ...(check.considers ?? [])]));
  const nothing: Evidence = Object.fromEntries(
    [...kinds].map((kind) => [kind, { ok: false, ...failure, sources: [] }]),
  );
  return new Map(services.map((service) => [service.id, nothing]));
}
