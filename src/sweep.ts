import type {
  Check,
  CheckContext,
  Evidence,
  EvidenceKind,
  Gathered,
  Posture,
  Problem,
  Service,
  Signal,
  SignalSink,
  Store,
  SweepRecord,
  Vantage,
} from './model.ts';
import { assess, type OnThrow, wantsConfirmation } from './posture/assess.ts';
import { coverageOf } from './posture/coverage.ts';

/** Services that a batch holds at most; all of one subscription (ARCHITECTURE, "Scale-out"). */
const batchSize = 50;

/** Whose critical verdicts are confirmed by direct reads beforehand; a would-be critical fail is confirmed anyway. */
export type Confirm = 'all' | ReadonlySet<string>;

/** What a batch needs of the world. */
export interface BatchPorts {
  readonly checks: readonly Check[];
  gather(
    services: readonly Service[],
    kinds: ReadonlySet<EvidenceKind>,
    confirm: Confirm,
  ): Promise<ReadonlyMap<string, Evidence>>;
  contextOf(service: Service): CheckContext;
  readonly onThrow?: OnThrow;
}

export interface BatchResult {
  readonly postures: readonly Posture[];
  /** where the DNS answers came from; absent where none was asked for */
  readonly vantage?: Gathered<Vantage>;
}

/** Gathers, judges, and confirms would-be critical fails: one posture for every service of the batch. */
export async function judgeBatch(
  services: readonly Service[],
  confirm: Confirm,
  ports: BatchPorts,
): Promise<BatchResult> {
  const kinds = kindsOf(ports.checks);
  const first = await gatherAndAssess(services, kinds, confirm, ports);
  const doubtful = first.filter(({ posture, evidence }) => isDoubtful(posture, evidence, ports.checks));
  const again =
    doubtful.length === 0
      ? []
      : await gatherAndAssess(
          doubtful.map(({ posture }) => posture.service),
          kinds,
          'all',
          ports,
        );
  const confirmed = new Map(again.map((judged) => [judged.posture.service.id, judged]));
  const judged = first.map((one) => confirmed.get(one.posture.service.id) ?? one);
  const vantage = vantageOf(judged.map(({ evidence }) => evidence));
  return { postures: judged.map(({ posture }) => posture), ...(vantage ? { vantage } : {}) };
}

interface Judged {
  readonly posture: Posture;
  readonly evidence: Evidence;
}

async function gatherAndAssess(
  services: readonly Service[],
  kinds: ReadonlySet<EvidenceKind>,
  confirm: Confirm,
  ports: BatchPorts,
): Promise<readonly Judged[]> {
  const gathered = await ports.gather(services, kinds, confirm);
  return services.map((service) => {
    const evidence = gathered.get(service.id) ?? {};
    return { evidence, posture: assess(ports.checks, evidence, ports.contextOf(service), ports.onThrow) };
  });
}

function isDoubtful(posture: Posture, evidence: Evidence, checks: readonly Check[]): boolean {
  const byId = new Map(checks.map((check) => [check.id, check]));
  return posture.findings.some((finding) => {
    const check = byId.get(finding.check);
    return check !== undefined && wantsConfirmation(check, finding, evidence);
  });
}

function vantageOf(evidence: readonly Evidence[]): Gathered<Vantage> | undefined {
  const asked = evidence.flatMap((one) => (one.dnsAnswers ? [one.dnsAnswers] : []));
  const proven = asked.find((answers) => answers.ok);
  if (proven?.ok) return { ok: true, value: proven.value.vantage, direct: true, sources: proven.sources.slice(0, 1) };
  const refused = asked[0];
  return refused && !refused.ok ? refused : undefined;
}

function kindsOf(checks: readonly Check[]): ReadonlySet<EvidenceKind> {
  return new Set(checks.flatMap((check) => [...check.requires, ...(check.considers ?? [])]));
}

/** Services in batches of one subscription each. */
export function planBatches(services: readonly Service[]): readonly (readonly Service[])[] {
  const bySubscription = Map.groupBy(services, (service) => service.subscriptionId.toLowerCase());
  return [...bySubscription.values()].flatMap((members) =>
    Array.from({ length: Math.ceil(members.length / batchSize) }, (_, i) =>
      members.slice(i * batchSize, (i + 1) * batchSize),
    ),
  );
}

/** What a whole sweep needs besides. */
export interface SweepPorts extends BatchPorts {
  readonly store: Store;
  readonly sink: SignalSink;
  now(): Date;
}

export interface SweepPlan {
  readonly sweepId: string;
  readonly family: SweepRecord['family'];
  readonly intervalSeconds: number;
  readonly policySha256: string;
  readonly services: readonly Service[];
  readonly problems: readonly Problem[];
  readonly confirm: Confirm;
}

/**
 * One family's sweep on a timer: every batch is judged and remembered, then the sweep is closed and its heartbeat
 * acknowledged. A batch that throws (storage down) leaves the sweep incomplete, naming its services.
 */
export async function runSweep(plan: SweepPlan, ports: SweepPorts): Promise<SweepRecord> {
  const startedAt = ports.now();
  const missing: string[] = [];
  const postures: Posture[] = [];
  let vantage: Gathered<Vantage> | undefined;
  for (const batch of planBatches(plan.services)) {
    const result = await judgeBatch(batch, plan.confirm, ports);
    vantage = vantage?.ok ? vantage : (result.vantage ?? vantage);
    await ports.store.saveFindings(plan.sweepId, ports.now().toISOString(), result.postures);
    postures.push(...result.postures);
    const seen = new Set(result.postures.map(({ service }) => service.id));
    missing.push(...batch.filter((service) => !seen.has(service.id)).map((service) => service.id));
  }
  const record = closeSweep(plan, startedAt, ports.now(), postures, missing, vantage);
  await ports.store.saveSweep(record);
  const accepted = await ports.sink.send([heartbeat(record)]);
  if (accepted.length === 0)
    throw new Error(`the heartbeat of sweep ${record.sweepId} was not accepted by the ingestion service`);
  return record;
}

function closeSweep(
  plan: SweepPlan,
  startedAt: Date,
  completedAt: Date,
  postures: readonly Posture[],
  missing: readonly string[],
  vantage: Gathered<Vantage> | undefined,
): SweepRecord {
  const findings = postures.flatMap((posture) => posture.findings.map((finding) => ({ ...finding, exception: null })));
  const coverage = coverageOf(findings);
  return {
    schema: 1,
    sweepId: plan.sweepId,
    family: plan.family,
    startedAt: startedAt.toISOString(),
    completedAt: completedAt.toISOString(),
    outcome: missing.length === 0 ? 'completed' : 'incomplete',
    missing,
    intervalSeconds: plan.intervalSeconds,
    services: plan.services.length,
    findings: coverage.findings,
    unknown: coverage.findings - coverage.known,
    coverage: coverage.ratio,
    durationMs: completedAt.getTime() - startedAt.getTime(),
    problems: plan.problems,
    policySha256: plan.policySha256,
    ...(vantage ? { vantage } : {}),
  };
}

/** The event whose absence pages. */
function heartbeat(record: SweepRecord): Signal {
  return {
    name: 'SweepCompleted',
    at: record.completedAt,
    properties: {
      sweepId: record.sweepId,
      family: record.family,
      outcome: record.outcome,
      ...(record.missing.length > 0 ? { missing: record.missing.slice(0, 20).join(' ') } : {}),
    },
    measurements: {
      services: record.services,
      findings: record.findings,
      unknown: record.unknown,
      ...(record.coverage === null ? {} : { coverage: record.coverage }),
      durationMs: record.durationMs,
    },
  };
}
