import { createHash } from 'node:crypto';
import { checks } from '../checks/index.ts';
import type { Check, Drift, Evidence, Failure, Family, SweepPlan, Service as Watched } from '../model.ts';
import type { OnThrow } from '../posture/assess.ts';
import { type ClosePorts, closeUnfinished } from '../sweep/close.ts';
import { type BatchPorts, runSweep } from '../sweep.ts';
import { tellAvailability } from './availability.ts';
import { type Planned, planSweep } from './plan.ts';
import type { LoadedPolicy } from './policy-file.ts';
import { watchPolicy } from './policy-watch.ts';
import { batchPorts, contextSource } from './ports.ts';
import { type Environment, type Log, openShared as open, type Service } from './service.ts';
import { exceptionView } from './views.ts';

/** A sweep must end before the host ends the invocation (host.json, `functionTimeout`). */
const budgetMs = 25 * 60_000;
/** The family that tells what concerns no family: removals, the policy, exceptions. It sweeps most often. */
const speaker: Family = 'network';

/**
 * One family's sweep. Throws where no heartbeat could be sent: the host then shows a failed invocation, and the missing
 * heartbeat pages.
 */
export async function sweepFamily(family: Family, service: Service, log: Log): Promise<void> {
  const signal = AbortSignal.timeout(budgetMs);
  const policy = await watchPolicy(service, { speaks: family === speaker, log });
  if (!policy) throw new Error('no valid policy was ever read: nothing can be judged');
  const close = await closePorts(family, policy, service);
  await closeUnfinished(family, {
    ...close,
    onClosed: ({ sweepId, outcome, missing }) =>
      log.error('a sweep had been cut short and is closed now', { sweepId, outcome, missing: missing.length }),
    onCloseError: ({ sweepId }, error) =>
      log.error('a sweep that had been cut short could not be closed', { sweepId, error: textOf(error) }),
  });
  const planned = await planSweep(family, policy, service, signal);
  const { plan } = planned;
  if (plan.unlisted) {
    log.error('the estate could not be listed; what was known of it is unknown now', { ...plan.unlisted });
  }
  const record = await runSweep(plan, {
    ...close,
    ...(await judgePorts(planned, policy, service, signal)),
    onThrow: logThrow(log),
    onBatchError: (index, error) =>
      log.error('a batch was lost', { sweepId: plan.sweepId, index, error: textOf(error) }),
  });
  await tellAvailability(record, service, log);
  const { sweepId, outcome, services } = record;
  log.info('sweep closed', { sweepId, family, outcome, services });
}

/** What the close of a family's sweep needs, in whatever process it happens. */
export async function closePorts(family: Family, policy: LoadedPolicy, service: Service): Promise<ClosePorts> {
  const { settings, environment, now } = service;
  const [store, sink] = await Promise.all([service.store(), service.sink()]);
  const exceptionOf = exceptionView(policy.policy, now());
  return {
    store,
    sink,
    now,
    speaker,
    checks: checks.filter((check) => check.family === family),
    retentionDays: settings.retentionDays,
    isExcepted: (watched, finding) => exceptionOf(watched, finding).exception !== null,
    reportUrlOf: (drift) => reportUrl(drift, environment),
    idOf: (...parts) => createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16),
  };
}

/** What judging a sweep's batches needs. */
async function judgePorts(
  { plan, estate }: Planned,
  policy: LoadedPolicy,
  service: Service,
  signal: AbortSignal,
): Promise<BatchPorts> {
  const { settings, now } = service;
  const own = checks.filter((check) => check.family === plan.family);
  if (estate) {
    const azure = await service.azure();
    return batchPorts({ azure, estate, policy: policy.policy, settings, checks: own, now, signal });
  }
  return {
    checks: own,
    contextOf: contextSource(plan.services, policy.policy, settings.cloud, now),
    gather: async (services) => failing(services, own, plan.unlisted),
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

/** The page of the service that drifted; `WEBSITE_HOSTNAME` is the platform's. */
function reportUrl({ service }: Drift, environment: Environment): string {
  const host = environment.WEBSITE_HOSTNAME;
  return host ? `https://${host}/api/report?format=html&service=${service.key}` : '';
}

function logThrow(log: Log): OnThrow {
  return (checkId, service, error) =>
    log.error('a check threw', { checkId, serviceKey: service.key, error: textOf(error) });
}

function textOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : 'unknown';
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
