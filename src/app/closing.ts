import { createHash } from 'node:crypto';
import { checks } from '../checks/index.ts';
import { findChange } from '../evidence/changes.ts';
import type { Drift, Family, SweepRecord } from '../model.ts';
import type { ClosePorts } from '../sweep/close.ts';
import { tellAvailability } from './availability.ts';
import type { LoadedPolicy } from './policy-file.ts';
import type { Environment, Log, Service } from './service.ts';
import { exceptionView } from './views.ts';

/** Who made a change is worth this much waiting, in milliseconds, and no failed sweep. */
const changeMs = 20_000;

/** The family that tells what concerns no family: removals, the policy, exceptions. It sweeps most often. */
export const speaker: Family = 'network';

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
    changeOf: async (resourceId, before) => {
      const found = await findChange({ resourceId, before }, await service.azure(), AbortSignal.timeout(changeMs));
      return found.ok ? found.value : undefined;
    },
    idOf: (...parts) => createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16),
  };
}

/** What follows the close of a sweep, in whatever process it happened; of a part of the estate nothing does. */
export async function tellClosed(record: SweepRecord, service: Service, log: Log): Promise<void> {
  const { sweepId, family, outcome, services, missing, partial } = record;
  log.info('sweep closed', { sweepId, family, outcome, services, missing: missing.length });
  if (!partial) await tellAvailability(record, service, log);
}

/** The page of the service that drifted; `WEBSITE_HOSTNAME` is the platform's. */
function reportUrl({ service }: Drift, environment: Environment): string {
  const host = environment.WEBSITE_HOSTNAME;
  return host ? `https://${host}/api/report?format=html&service=${service.key}` : '';
}
