import type {
  Cause,
  Check,
  Culprit,
  Drift,
  Family,
  Finding,
  FindingRecord,
  RecordedChange,
  Service,
  Signal,
  SignalSink,
  Store,
  SweepPlan,
  SweepRecord,
} from '../model.ts';
import { announcementsDue } from '../posture/announce.ts';
import { coverageOf } from '../posture/coverage.ts';
import { decide, isOpen, isPast } from '../posture/decide.ts';

/** What the close of a sweep needs of the world. */
export interface ClosePorts {
  readonly store: Store;
  readonly sink: SignalSink;
  /** all of the family */
  readonly checks: readonly Check[];
  /** the one family that tells what concerns no family */
  readonly speaker: Family;
  readonly retentionDays: number;
  isExcepted(service: Service, finding: Finding): boolean;
  reportUrlOf(drift: Drift): string;
  /** who last wrote to a resource before a moment; undefined where nobody is recorded. Never throws. */
  changeOf(resourceId: string, before: string): Promise<RecordedChange | undefined>;
  idOf(...parts: readonly string[]): string;
  now(): Date;
}

/** Drifts are written against what was read; another close of the same family may come between. */
const writeAttempts = 5;
/** Causes whose author is looked up in one sweep: after a change of policy there may be hundreds, and Azure limits such questions. */
const mostAttributed = 20;
/** Rows of each kind that one sweep forgets. */
const purgeLimit = 100;

interface Book {
  readonly drifts: readonly Drift[];
  readonly version: string;
}

/**
 * Closes a sweep: decides over all findings that it saw, remembers the drifts, tells what is due, marks what the
 * ingestion service accepted, and only then sends the heartbeat. Whatever fails throws before the heartbeat; what was not
 * accepted the next close tells. Closing twice does no harm.
 *
 * @throws where storage fails, or where the heartbeat was not accepted: its absence pages
 */
export async function closeSweep(plan: SweepPlan, ports: ClosePorts): Promise<SweepRecord> {
  const { store, sink } = ports;
  const at = notBefore(plan, ports.now());
  const only = plan.partial && new Set([...plan.services, ...plan.gone].map(({ key }) => key));
  const records = await store.currentFindings({ family: plan.family });
  const seen = records.filter(
    ({ lastSeen, service }) => lastSeen >= plan.startedAt && (only?.has(service.key) ?? true),
  );
  // One that another sweep has judged since is there again.
  const here = new Set(seen.map(({ service }) => service.key));
  const gone = plan.gone.filter(({ key }) => !here.has(key));
  const decided = await rememberDrifts({ ...plan, gone }, seen, only, at, ports);
  const book = await announce(plan, await attribute(plan, decided, ports), only, at, ports);
  await store.forgetServices(plan.family, at, gone);
  if (plan.estateChanged) await store.saveEstate(plan.family, plan.services);
  const record = await recordOf(plan, seen, ports);
  await store.saveSweep(record);
  if (plan.partial) return record;
  const accepted = await sink.send([heartbeat(record, book.drifts)]);
  if (accepted.length === 0)
    throw new Error(`the heartbeat of sweep ${record.sweepId} was not accepted by the ingestion service`);
  await store.purge(plan.family, daysBefore(at, ports.retentionDays), purgeLimit);
  return record;
}

/** The time by this machine's clock, which may be behind the one that planned. */
export function notBefore(plan: SweepPlan, now: Date): string {
  const at = now.toISOString();
  return at < plan.startedAt ? plan.startedAt : at;
}

/** Reads, decides and writes until nobody came between. */
async function rememberDrifts(
  plan: SweepPlan,
  seen: readonly FindingRecord[],
  only: ReadonlySet<string> | undefined,
  at: string,
  ports: ClosePorts,
): Promise<Book> {
  const { store, checks, isExcepted, idOf } = ports;
  const byId = new Map(checks.map((check) => [check.id, check]));
  const baseline = await store.baseline(plan.family);
  return writeBook(plan.family, store, (drifts) => {
    const decision = decide({
      at,
      family: plan.family,
      records: seen,
      only,
      removed: plan.gone,
      tellsRemovals: plan.family === ports.speaker,
      baseline,
      drifts,
      checks: new Set(byId.keys()),
      settling: (id) => ({ opening: 0, resolving: 0, ...byId.get(id)?.settling }),
      follows: (id) => byId.get(id)?.follows ?? [],
      isExcepted,
      culpritOf: (service, finding) => culpritOf(plan, service, finding),
      idOf,
    });
    const next = merge(drifts, decision.drifts);
    return {
      drifts: next.filter((drift) => !isPast(drift, at)),
      past: next.filter((drift) => isPast(drift, at)),
      causes: decision.causes,
    };
  });
}

/** Finds out who did it, once a cause and before it is told. */
async function attribute(plan: SweepPlan, book: Book, ports: ClosePorts): Promise<Book> {
  const untold = book.drifts.filter(
    ({ openSentAt, changed, direction }) =>
      !openSentAt && !changed && (direction === 'regressed' || direction === 'changed'),
  );
  const blamed = ({ causeKey, service }: Drift): string => (causeKey.startsWith('/') ? causeKey : service.id);
  const byResource = Map.groupBy(untold, blamed);
  const found = await Promise.all(
    [...byResource].slice(0, mostAttributed).map(async ([resourceId, drifts]) => {
      const since = drifts.map((drift) => drift.since).sort()[0] ?? '';
      return [resourceId, await ports.changeOf(resourceId, since)] as const;
    }),
  );
  const changes = new Map(found.flatMap(([resourceId, change]) => (change ? [[resourceId, change]] : [])));
  if (changes.size === 0) return book;
  const ids = new Map(untold.map((drift) => [drift.driftId, changes.get(blamed(drift))]));
  const attributed = (drifts: readonly Drift[]) => ({
    drifts: drifts.map((drift) => {
      const changed = ids.get(drift.driftId);
      return changed ? { ...drift, changed } : drift;
    }),
    past: [],
    causes: [],
  });
  const first = await save(plan.family, ports.store, book, attributed(book.drifts));
  return first ?? writeBook(plan.family, ports.store, attributed);
}

/** Sends what is due and marks what was accepted. Marks are put on the drifts as they stand by then. */
async function announce(
  plan: SweepPlan,
  book: Book,
  only: ReadonlySet<string> | undefined,
  at: string,
  ports: ClosePorts,
): Promise<Book> {
  const { reportUrlOf } = ports;
  const context = { at, sweepId: plan.sweepId, reportUrlOf };
  const due = announcementsDue(book.drifts, context).filter(
    ({ announced }) => only?.has(announced.service.key) ?? true,
  );
  if (due.length === 0) return book;
  const accepted = new Set(await ports.sink.send(due.map(({ signal }) => signal)));
  const announced = due.filter(({ signal }) => accepted.has(signal)).map((one) => one.announced);
  const marks = new Map(announced.map((drift) => [drift.driftId, marksOf(drift)]));
  const marked = (drifts: readonly Drift[]) => ({
    drifts: drifts.map((drift) => ({ ...drift, ...marks.get(drift.driftId) })),
    past: [],
    causes: [],
  });
  const first = await save(plan.family, ports.store, book, marked(book.drifts));
  return first ?? writeBook(plan.family, ports.store, marked);
}

function marksOf({ openSentAt, stateSentAt, resolveSentAt }: Drift): Partial<Drift> {
  return {
    ...(openSentAt === undefined ? {} : { openSentAt }),
    ...(stateSentAt === undefined ? {} : { stateSentAt }),
    ...(resolveSentAt === undefined ? {} : { resolveSentAt }),
  };
}

interface NextBook {
  readonly drifts: readonly Drift[];
  readonly past: readonly Drift[];
  readonly causes: readonly Cause[];
}

async function writeBook(family: Family, store: Store, change: (drifts: readonly Drift[]) => NextBook): Promise<Book> {
  for (let attempt = 1; attempt <= writeAttempts; attempt += 1) {
    const before = await store.driftBook(family);
    const written = await save(family, store, before, change(before.drifts));
    if (written) return written;
  }
  throw new Error(`the drifts of family ${family} could not be written: others wrote ${writeAttempts} times meanwhile`);
}

/** Writes what differs, nothing where nothing does; undefined where another came between. */
async function save(family: Family, store: Store, before: Book, next: NextBook): Promise<Book | undefined> {
  const known = new Map(before.drifts.map((drift) => [drift.driftId, JSON.stringify(drift)]));
  const drifts = next.drifts.filter((drift) => known.get(drift.driftId) !== JSON.stringify(drift));
  if (drifts.length + next.past.length === 0) return { drifts: next.drifts, version: before.version };
  const version = await store.saveDrifts(family, before.version, { ...next, drifts });
  return version === undefined ? undefined : { drifts: next.drifts, version };
}

function merge(before: readonly Drift[], after: readonly Drift[]): readonly Drift[] {
  return [...new Map([...before, ...after].map((drift) => [drift.driftId, drift])).values()];
}

/** What several findings cannot be judged for is one thing to look at; else it is the service, if the check names nothing. */
function culpritOf(plan: SweepPlan, service: Service, finding: Finding): Culprit {
  if (finding.culprit) return finding.culprit;
  if (finding.status !== 'unknown') return { key: service.id, title: service.name };
  if (plan.unlisted) return { key: 'estate', title: 'The estate cannot be listed' };
  return { key: `unknown ${finding.check}`, title: `${finding.check} cannot be judged` };
}

async function recordOf(plan: SweepPlan, seen: readonly FindingRecord[], ports: ClosePorts): Promise<SweepRecord> {
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
function heartbeat(record: SweepRecord, drifts: readonly Drift[]): Signal {
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

function daysBefore(at: string, days: number): string {
  return new Date(Date.parse(at) - days * 86_400_000).toISOString();
}
