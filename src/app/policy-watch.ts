import { createHash } from 'node:crypto';
import type { PolicyRecord, Signal, SignalSink, Store } from '../model.ts';
import { exceptionEnd, type Policy } from '../policy.ts';
import { checkPolicy, type LoadedPolicy, loadPolicy, type PolicyLoading } from './policy-file.ts';
import type { Log, Service } from './service.ts';

/** Days before its end at which an exception is told of, each once. */
const noticeDays = [14, 3];
const dayMs = 86_400_000;

/**
 * The policy file if it is valid, else the last good one; undefined where none was ever read. The family that speaks for
 * all remembers a good policy, and tells of an invalid one and of exceptions that end soon: each set of problems and each
 * notice once, and again only after it had been over.
 */
export async function watchPolicy(
  service: Service,
  { speaks, log }: { readonly speaks: boolean; readonly log: Log },
): Promise<LoadedPolicy | undefined> {
  const { settings, now } = service;
  const store = await service.store();
  const loading = await loadPolicy(settings.policyFile ?? 'fhirwatch.yaml', now());
  const before = (await store.policy()) ?? { schema: 1, told: [] };
  if (!loading.ok) log.error('the policy is not valid; the last good one holds', { problems: loading.problems });
  const current = loading.ok ? loading.loaded : lastGood(before);
  if (speaks) await tell(loading, current?.policy, before, store, await service.sink(), now());
  return current;
}

/** Judged at the time it was saved: an exception that has expired since must not make the whole policy invalid. */
export function lastGood(record: PolicyRecord | undefined): LoadedPolicy | undefined {
  if (!record?.good) return undefined;
  const again = checkPolicy(record.good.text, 'the last good policy', new Date(record.good.savedAt));
  return again.ok ? again.loaded : undefined;
}

interface Notice {
  readonly id: string;
  readonly signal: Signal;
}

async function tell(
  loading: PolicyLoading,
  policy: Policy | undefined,
  before: PolicyRecord,
  store: Store,
  sink: SignalSink,
  now: Date,
): Promise<void> {
  const due = [...(loading.ok ? [] : [invalid(loading.problems, now)]), ...(policy ? expiring(policy, now) : [])];
  const fresh = due.filter(({ id }) => !before.told.includes(id));
  const accepted = new Set(fresh.length === 0 ? [] : await sink.send(fresh.map(({ signal }) => signal)));
  const told = due.filter(({ id, signal }) => before.told.includes(id) || accepted.has(signal)).map(({ id }) => id);
  const good =
    loading.ok && before.good?.sha256 !== loading.loaded.sha256
      ? { text: loading.loaded.text, sha256: loading.loaded.sha256, savedAt: now.toISOString() }
      : before.good;
  const next: PolicyRecord = { schema: 1, told, ...(good ? { good } : {}) };
  if (
    JSON.stringify(next) !==
    JSON.stringify({ schema: 1, told: before.told, ...(before.good ? { good: before.good } : {}) })
  ) {
    await store.savePolicy(next);
  }
}

function invalid(problems: readonly string[], now: Date): Notice {
  const problem = problems.join('\n').slice(0, 4000);
  return {
    id: idOf('policy', problem),
    signal: { name: 'PolicyInvalid', at: now.toISOString(), properties: { problem }, measurements: {} },
  };
}

/** Of the notices whose day has come only the last: one that starts two days before the end is told of once. */
function expiring(policy: Policy, now: Date): readonly Notice[] {
  return policy.exceptions.flatMap(({ check, service, owner, expires }) => {
    const leftMs = exceptionEnd(expires).getTime() - now.getTime();
    const days = noticeDays.filter((one) => leftMs <= one * dayMs).at(-1);
    if (days === undefined || leftMs <= 0) return [];
    const properties = { check, serviceId: service, owner, expires };
    return [
      {
        id: idOf('exception', check, service.toLowerCase(), expires, String(days)),
        signal: { name: 'ExceptionExpiring', at: now.toISOString(), properties, measurements: { days } },
      },
    ];
  });
}

function idOf(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}
