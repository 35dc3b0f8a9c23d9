import type {
  Check,
  Culprit,
  Drift,
  Family,
  Finding,
  FindingRecord,
  RecordedChange,
  Service,
  SignalSink,
  Store,
  SweepPlan,
  SweepRecord,
} from '../model.ts';
import { announcementsDue } from '../posture/announce.ts';
import { decide, isPast } from '../posture/decide.ts';
import { attribute } from './attribute.ts';
import { type Book, merge, saveBook, writeBook } from './drift-book.ts';
import { heartbeat, notBefore, recordOf } from './record.ts';

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

/** Rows of each kind that one sweep forgets. */
const purgeLimit = 100;

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
  const first = await saveBook(plan.family, ports.store, book, marked(book.drifts));
  return first ?? writeBook(plan.family, ports.store, marked);
}

function marksOf({ openSentAt, stateSentAt, resolveSentAt }: Drift): Partial<Drift> {
  return {
    ...(openSentAt === undefined ? {} : { openSentAt }),
    ...(stateSentAt === undefined ? {} : { stateSentAt }),
    ...(resolveSentAt === undefined ? {} : { resolveSentAt }),
  };
}

/** What several findings cannot be judged for is one thing to look at; else it is the service, if the check names nothing. */
function culpritOf(plan: SweepPlan, service: Service, finding: Finding): Culprit {
  if (finding.culprit) return finding.culprit;
  if (finding.status !== 'unknown') return { key: service.id, title: service.name };
  if (plan.unlisted) return { key: 'estate', title: 'The estate cannot be listed' };
  return { key: `unknown ${finding.check}`, title: `${finding.check} cannot be judged` };
}

function daysBefore(at: string, days: number): string {
  return new Date(Date.parse(at) - days * 86_400_000).toISOString();
}
