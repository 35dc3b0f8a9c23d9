import { createHash, randomUUID } from 'node:crypto';
import { checks } from '../checks/index.ts';
import { discoverEstate, type Estate, EstateUnlistable } from '../evidence/inventory.ts';
import type { Evidence, EvidenceKind, Failure, Family, Store, Service as Watched } from '../model.ts';
import type { OnThrow } from '../posture/assess.ts';
import { type Confirm, runSweep, type SweepPorts } from '../sweep.ts';
import { checkPolicy, type LoadedPolicy, loadPolicy } from './policy-file.ts';
import { batchPorts, contextSource } from './ports.ts';
import { type Environment, type Log, openShared as open, type Service } from './service.ts';

/** A sweep must end before the host ends the invocation (host.json, `functionTimeout`). */
const budgetMs = 25 * 60_000;

/**
 * One family's sweep. Throws where no heartbeat could be sent: the host then shows a failed invocation, and the missing
 * heartbeat pages.
 */
export async function sweepFamily(family: Family, service: Service, log: Log): Promise<void> {
  const { settings, now } = service;
  const signal = AbortSignal.timeout(budgetMs);
  const [azure, store, sink] = await Promise.all([service.azure(), service.store(), service.sink()]);
  const policy = await currentPolicy(service, store, log);
  if (!policy) throw new Error('no valid policy was ever read: nothing can be judged');
  const own = checks.filter((check) => check.family === family);
  const known = await store.knownEstate();
  const listed = await listEstate(policy, service, signal);
  const { intervalSeconds } = settings.schedules[family];
  const common = { store, sink, now, checks: own, onThrow: logThrow(log) };
  const plan = { sweepId: randomUUID(), family, intervalSeconds, policySha256: policy.sha256 };
  if (listed instanceof EstateUnlistable) {
    log.error('the estate could not be listed; what was known of it is unknown now', { ...listed.failure });
    const contextOf = contextSource(known, policy.policy, settings.cloud, now);
    const ports: SweepPorts = {
      ...common,
      contextOf,
      gather: async (services) => failing(services, own, listed.failure),
    };
    const problems = [{ scope: '/', ...listed.failure }];
    await runSweep({ ...plan, services: known, problems, confirm: new Set() }, ports);
    return;
  }
  const { services, gone } = await withUnlisted(listed, known, async (id) => {
    const read = await azure.get(id, '2024-03-31', signal);
    return !read.ok && read.reason === 'not-found';
  });
  const estate = { ...listed, services };
  const ports = {
    ...common,
    ...batchPorts({ azure, estate, policy: policy.policy, settings, checks: own, now, signal }),
  };
  const confirm = rotation(services, intervalSeconds, now());
  const record = await runSweep({ ...plan, services, problems: listed.problems, confirm }, ports);
  await store.saveEstate(services);
  await store.forgetServices(gone.map((one) => one.key));
  log.info('sweep closed', { sweepId: record.sweepId, family, outcome: record.outcome, services: record.services });
}

async function listEstate(
  policy: LoadedPolicy,
  service: Service,
  signal: AbortSignal,
): Promise<Estate | EstateUnlistable> {
  try {
    return await discoverEstate(policy.policy.estate, await service.azure(), signal);
  } catch (error) {
    if (error instanceof EstateUnlistable) return error;
    throw error;
  }
}

/** Resource Graph lags and may drop a service for a while: one that was known stays watched until a direct read says 404. */
async function withUnlisted(
  listed: Estate,
  known: readonly Watched[],
  isGone: (id: string) => Promise<boolean>,
): Promise<{ readonly services: readonly Watched[]; readonly gone: readonly Watched[] }> {
  const seen = new Set(listed.services.map((service) => service.key));
  const missing = await Promise.all(
    known
      .filter((service) => !seen.has(service.key))
      .map(async (service) => ({ service, gone: await isGone(service.id) })),
  );
  const kept = missing.filter(({ gone }) => !gone).map(({ service }) => service);
  return {
    services: [...listed.services, ...kept],
    gone: missing.filter(({ gone }) => gone).map(({ service }) => service),
  };
}

/** The policy file if it is valid, else the last good one; an invalid one is told each time it is met. */
async function currentPolicy(service: Service, store: Store, log: Log): Promise<LoadedPolicy | undefined> {
  const { settings, now } = service;
  const loading = await loadPolicy(settings.policyFile ?? 'fhirwatch.yaml', now());
  const before = await store.lastGoodPolicy();
  if (loading.ok) {
    const { text, sha256 } = loading.loaded;
    if (before?.sha256 !== sha256) await store.savePolicy({ schema: 1, text, sha256, savedAt: now().toISOString() });
    return loading.loaded;
  }
  log.error('the policy is not valid; the last good one holds', { problems: loading.problems });
  const problem = loading.problems.join('\n').slice(0, 4000);
  const signal = { name: 'PolicyInvalid', at: now().toISOString(), properties: { problem }, measurements: {} };
  await (await service.sink()).send([signal]);
  // Judged at the time it was saved: an exception that has expired since must not make the whole policy invalid.
  const again = before ? checkPolicy(before.text, 'the last good policy', new Date(before.savedAt)) : undefined;
  return again?.ok ? again.loaded : undefined;
}

/** Within an hour every service is in the set once, so that every critical pass is read directly at least hourly. */
export function rotation(services: readonly Watched[], intervalSeconds: number, now: Date): Confirm {
  const slots = Math.max(1, Math.floor(3600 / intervalSeconds));
  const slot = Math.floor(now.getTime() / 1000 / intervalSeconds) % slots;
  const slotOf = (key: string): number => createHash('sha256').update(key).digest().readUInt32BE(0) % slots;
  return new Set(services.filter((service) => slotOf(service.key) === slot).map((service) => service.id));
}

function failing(
  services: readonly Watched[],
  own: readonly { readonly requires: readonly EvidenceKind[]; readonly considers?: readonly EvidenceKind[] }[],
  failure: Failure,
): ReadonlyMap<string, Evidence> {
  const kinds = new Set(own.flatMap((check) => [...check.requires, ...(check.considers ?? [])]));
  const nothing: Evidence = Object.fromEntries(
    [...kinds].map((kind) => [kind, { ok: false, ...failure, sources: [] }]),
  );
  return new Map(services.map((service) => [service.id, nothing]));
}

function logThrow(log: Log): OnThrow {
  return (checkId, service, error) =>
    log.error('a check threw', {
      checkId,
      serviceKey: service.key,
      error: error instanceof Error ? error.stack : 'unknown',
    });
}

/** What a timer does: it sweeps, or says why it cannot. Without settings nothing can even be announced. */
export async function sweepOnTimer(family: Family, environment: Environment, log: Log): Promise<void> {
  const opening = open(environment, log);
  if (!opening.ok) {
    for (const problem of opening.problems) log.error('a setting is wrong: nothing is swept', { problem });
    throw new Error('the app is not configured; the log names every setting that is wrong');
  }
  for (const remark of opening.service.settings.remarks) log.error('a setting could not be obeyed', { remark });
  await sweepFamily(family, opening.service, log);
}
