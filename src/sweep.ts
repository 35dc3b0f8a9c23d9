import type {
  Check,
  CheckContext,
  Evidence,
  EvidenceKind,
  Gathered,
  Posture,
  Service,
  Store,
  SweepPlan,
  SweepRecord,
  Vantage,
} from './model.ts';
import { assess, type OnThrow, wantsConfirmation } from './posture/assess.ts';
import type { ClosePorts } from './sweep/close.ts';
import { closeOnce } from './sweep/once.ts';
import { notBefore } from './sweep/record.ts';

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
  const again = doubtful.length === 0 ? [] : await confirmCritical(doubtful, ports);
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
  return services.map((service) => judgeOne(service, gathered.get(service.id) ?? {}, ports));
}

/** Reads once more, directly, what critical verdicts rest on, and no more: a resolver that hangs is not asked twice. */
async function confirmCritical(doubtful: readonly Judged[], ports: BatchPorts): Promise<readonly Judged[]> {
  const kinds = kindsOf(ports.checks.filter(({ severity }) => severity === 'critical'));
  const services = doubtful.map(({ posture }) => posture.service);
  const gathered = await ports.gather(services, kinds, 'all');
  return doubtful.map(({ posture: { service }, evidence }) =>
    judgeOne(service, { ...evidence, ...gathered.get(service.id) }, ports),
  );
}

function judgeOne(service: Service, evidence: Evidence, ports: BatchPorts): Judged {
  return { evidence, posture: assess(ports.checks, evidence, ports.contextOf(service), ports.onThrow) };
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

/**
 * Services in batches of one subscription each: by key, where a batch is to be one range of the store, or by id, where what
 * shares a workspace is to be in one batch.
 */
export function planBatches(
  services: readonly Service[],
  order: 'key' | 'id' = 'key',
  size = batchSize,
): readonly (readonly Service[])[] {
  const bySubscription = Map.groupBy(services, (service) => service.subscriptionId.toLowerCase());
  const place = (service: Service): string => service[order].toLowerCase();
  return [...bySubscription.values()].flatMap((members) => {
    const sorted = members.toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
    return Array.from({ length: Math.ceil(sorted.length / size) }, (_, i) => sorted.slice(i * size, (i + 1) * size));
  });
}

/** What a whole sweep needs. */
export interface SweepPorts extends BatchPorts, ClosePorts {
  /** a batch could not be judged or remembered; the sweep goes on and names its services as missing */
  onBatchError(index: number, error: unknown): void;
}

/**
 * One family's sweep in one process: begun, every batch judged and remembered, closed. Each of the three needs the plan
 * and the store alone, so that other processes may do them; whatever is cut short is closed by the next timer. Undefined
 * where another closed it.
 */
export async function runSweep(plan: SweepPlan, ports: SweepPorts): Promise<SweepRecord | undefined> {
  await ports.store.openSweep(plan);
  for (const index of planBatches(plan.services).keys()) {
    try {
      await runBatch(plan, index, ports);
    } catch (error) {
      ports.onBatchError(index, error);
    }
  }
  return closeOnce(plan, ports);
}

/** Judges one batch of a sweep and remembers what was found; doing it again changes nothing. */
export async function runBatch(
  plan: SweepPlan,
  index: number,
  ports: BatchPorts & { readonly store: Store; now(): Date },
): Promise<void> {
  const services = planBatches(plan.services)[index] ?? [];
  const { postures, vantage } = await judgeBatch(services, new Set(plan.confirm), ports);
  const at = notBefore(plan, ports.now());
  await ports.store.saveFindings(plan, at, postures);
  await ports.store.saveBatch(plan.sweepId, { schema: 1, index, at, ...(vantage ? { vantage } : {}) });
}
