import type { Drift, FindingRecord, Signal, SweepPlan, SweepRecord } from '../model.ts';
import { coverageOf } from '../posture/coverage.ts';
import { isOpen } from '../posture/decide.ts';
import type { ClosePorts } from './close.ts';

/** The time by this machine's clock, which may be behind the one that planned. */
export function notBefore(plan: SweepPlan, now: Date): string {
  const at = now.toISOString();
  return at < plan.startedAt ? plan.startedAt : at;
}

/** What is remembered of the sweep itself. */
export async function recordOf(
  plan: SweepPlan,
  seen: readonly FindingRecord[],
  ports: ClosePorts,
): Promise<SweepRecord> {
  const batches = await ports.store.savedBatches(plan.sweepId);
  const vantages = batches.flatMap(({ vantage }) => vantage ?? []);
  const vantage = vantages.find(({ ok }) => ok) ?? vantages[0];
  const judged = new Set(seen.map(({ service }) => service.key));
  const missing = plan.services.filter(({ key }) => !judged.has(key)).map(({ id }) => id);
  // What was not judged is not known: a finding for every service, always.
  const lost = missing.flatMap(() =>
    ports.checks.map(({ severity }) => ({ status: 'unknown' as const, severity, exception: null })),
  );
  const coverage = coverageOf([...seen.map(({ finding }) => ({ ...finding, exception: null })), ...lost]);
  const completedAt = notBefore(plan, ports.now());
  return {
    schema: 1,
    sweepId: plan.sweepId,
    family: plan.family,
    startedAt: plan.startedAt,
    completedAt,
    outcome: missing.length === 0 ? 'completed' : 'incomplete',
    missing,
    intervalSeconds: plan.intervalSeconds,
    services: plan.services.length,
    findings: coverage.findings,
    unknown: coverage.findings - coverage.known,
    coverage: coverage.ratio,
    durationMs: Date.parse(completedAt) - Date.parse(plan.startedAt),
    problems: plan.problems,
    policySha256: plan.policySha256,
    ...(vantage ? { vantage } : {}),
    ...(plan.partial ? { partial: true } : {}),
  };
}

/** The event whose absence pages. */
export function heartbeat(record: SweepRecord, drifts: readonly Drift[]): Signal {
  const { services, findings, unknown, durationMs, coverage, missing, sweepId, family, outcome } = record;
  return {
    name: 'SweepCompleted',
    at: record.completedAt,
    properties: {
      sweepId,
      family,
      outcome,
      ...(missing.length > 0 ? { missing: missing.slice(0, 20).join(' ') } : {}),
    },
    measurements: {
      services,
      findings,
      unknown,
      ...(coverage === null ? {} : { coverage }),
      durationMs,
      openDrifts: drifts.filter(isOpen).length,
      /** drifts of which not all is told yet: the ingestion service did not accept it */
      untold: drifts.filter((drift) =>
        !isOpen(drift) ? drift.resolveSentAt === undefined : drift.openSentAt === undefined,
      ).length,
    },
  };
}
