import type {
  BaselineEntry,
  BatchRecord,
  Cause,
  Change,
  Drift,
  Family,
  FindingRecord,
  Part,
  PolicyRecord,
  Service,
  Store,
  SweepPlan,
  SweepRecord,
  TeamsTrouble,
  TestAlert,
} from '../model.ts';
import { inOrder, isLater, isRecent, overlaps, step } from './intervals.ts';

interface Book {
  version: number;
  readonly now: Map<string, Drift>;
  past: readonly Drift[];
}

/** The store of one process: what it remembers dies with it. The same contract test holds for the Azure store. */
export function memoryStore(): Store {
  const current = new Map<string, FindingRecord>();
  let ended: readonly FindingRecord[] = [];
  const estates = new Map<Family, readonly Service[]>();
  const plans = new Map<string, SweepPlan>();
  const batches = new Map<string, Map<number, BatchRecord>>();
  const sweeps = new Map<string, SweepRecord>();
  const latest = new Map<string, SweepRecord>();
  const books = new Map<Family, Book>();
  const causes = new Map<string, Cause>();
  const baselines = new Map<string, BaselineEntry>();
  let policy: PolicyRecord | undefined;
  const shared = new Map<string, object>();
  const claims = new Map<string, string>();
  const changes = new Map<string, { readonly change: Change; readonly version: number }>();
  let noted = 0;
  let changesLedSince: string | undefined;
  const deliveries = new Map<string, { readonly state: 'claimed' | 'posted'; readonly at: string }>();
  const testAlerts = new Map<string, TestAlert>();
  let trouble: TeamsTrouble | undefined;

  const keyOf = (service: Service, check: string): string => `${service.key} ${check}`;
  const bookOf = (family: Family): Book => {
    const book = books.get(family) ?? { version: 0, now: new Map(), past: [] };
    books.set(family, book);
    return book;
  };
  return {
    async saveFindings({ sweepId, intervalSeconds }, at, postures) {
      for (const { service, findings } of postures) {
        for (const finding of findings) {
          const key = keyOf(service, finding.check);
          const next = step(current.get(key), { service, finding, at, sweepId, intervalSeconds });
          current.set(key, next.current);
          if (next.ended) ended = [...ended, next.ended];
        }
      }
    },
    async currentFindings(part) {
      return [...current.values()].filter((record) => isPart(record, part));
    },
    async findingsBetween(from, to, part) {
      const all = [...ended, ...current.values()].filter((record) => isPart(record, part));
      return inOrder(all).filter((record) => overlaps(record, from, to));
    },
    async forgetServices(family, at, services) {
      const gone = new Set(services.map(({ key }) => key));
      for (const [key, record] of current) {
        if (record.finding.family !== family || !gone.has(record.service.key)) continue;
        current.delete(key);
        ended = [...ended, { ...record, to: at }];
      }
    },
    async saveEstate(family, services) {
      estates.set(family, services);
    },
    async knownEstate(family) {
      return estates.get(family) ?? [];
    },

    async openSweep(plan, common) {
      plans.set(plan.sweepId, plan);
      if (common) shared.set(plan.sweepId, common);
    },
    async openPlan(family, sweepId) {
      const plan = plans.get(sweepId);
      return plan?.family === family ? plan : undefined;
    },
    async sharedOf(sweepId) {
      return shared.get(sweepId);
    },
    async claimSweep({ sweepId }, at, seconds) {
      if (!plans.has(sweepId) || isRecent(claims.get(sweepId), at, seconds)) return false;
      claims.set(sweepId, at);
      return true;
    },
    async releaseSweep({ sweepId }) {
      claims.delete(sweepId);
    },
    async openSweeps(family) {
      return [...plans.values()].filter((plan) => plan.family === family);
    },
    async saveBatch(sweepId, record) {
      batches.set(sweepId, new Map([...(batches.get(sweepId) ?? []), [record.index, record]]));
    },
    async savedBatches(sweepId) {
      return [...(batches.get(sweepId)?.values() ?? [])];
    },
    async saveSweep(record) {
      for (const slot of slotsOf(record)) if (isLater(record, latest.get(slot))) latest.set(slot, record);
      sweeps.set(record.sweepId, record);
      for (const kept of [plans, batches, shared, claims]) kept.delete(record.sweepId);
    },
    async sweep(sweepId) {
      return sweeps.get(sweepId);
    },
    async latestSweeps() {
      return [...new Set(latest.values())];
    },

    async noteChanges(seen, at, seconds) {
      for (const change of seen) {
        noted += 1;
        changes.set(`${change.operation} ${change.id}`.toLowerCase(), { change, version: noted });
      }
      if (isRecent(changesLedSince, at, seconds)) return false;
      changesLedSince = at;
      return true;
    },
    async dueChanges() {
      changesLedSince = undefined;
      return [...changes.values()].map(({ change, version }) => ({ ...change, version: String(version) }));
    },
    async forgetChanges(done) {
      const versions = new Set(done.map(({ version }) => version));
      for (const [key, { version }] of changes) if (versions.has(String(version))) changes.delete(key);
    },

    async driftBook(family) {
      const { now, version } = bookOf(family);
      return { drifts: [...now.values()], version: String(version) };
    },
    async saveDrifts(family, version, changes) {
      const book = bookOf(family);
      if (version !== String(book.version)) return undefined;
      for (const cause of changes.causes) causes.set(cause.causeId, cause);
      for (const drift of changes.drifts) book.now.set(drift.driftId, drift);
      for (const drift of changes.past) book.now.delete(drift.driftId);
      book.past = [...book.past, ...changes.past];
      book.version += 1;
      return String(book.version);
    },
    async driftsBetween(from, to) {
      const all = [...books.values()].flatMap((book) => [...book.now.values(), ...book.past]);
      return all.filter((drift) => wasOpen(drift, from, to));
    },
    async cause(causeId) {
      const cause = causes.get(causeId);
      if (!cause) return undefined;
      return { cause, drifts: [...bookOf(cause.family).now.values()].filter((drift) => drift.causeId === causeId) };
    },

    async baseline(family) {
      return [...baselines.values()].filter((entry) => entry.family === family);
    },
    async saveBaseline(family, entries, dropped) {
      for (const entry of dropped) baselines.delete(`${family} ${entry.serviceKey} ${entry.check}`);
      for (const entry of entries) baselines.set(`${family} ${entry.serviceKey} ${entry.check}`, entry);
    },

    async savePolicy(record) {
      policy = record;
    },
    async policy() {
      return policy;
    },

    async claimDelivery(key, at, seconds) {
      const known = deliveries.get(key);
      if (known?.state === 'posted') return 'posted';
      if (isRecent(known?.at, at, seconds)) return 'busy';
      deliveries.set(key, { state: 'claimed', at });
      return 'mine';
    },
    async saveDelivery(key, at) {
      deliveries.set(key, { state: 'posted', at });
    },
    async releaseDelivery(key) {
      deliveries.delete(key);
    },
    async saveTeamsTrouble(next) {
      trouble = next;
    },
    async teamsTrouble() {
      return trouble;
    },
    async saveTestAlert(record) {
      testAlerts.set(record.testId, record);
    },
    async testAlert(testId) {
      return testAlerts.get(testId);
    },

    async purge(family, before, limit) {
      const old = ended.filter((one) => one.finding.family === family && (one.to ?? '') < before).slice(0, limit);
      ended = ended.filter((record) => !old.includes(record));
      const book = bookOf(family);
      const past = book.past.filter((drift) => (drift.resolvedAt ?? '') < before).slice(0, limit);
      book.past = book.past.filter((drift) => !past.includes(drift));
      for (const drift of past) causes.delete(drift.causeId);
      const done = [...sweeps.values()].filter((sweep) => sweep.family === family && sweep.startedAt < before);
      for (const sweep of done.slice(0, limit)) sweeps.delete(sweep.sweepId);
      const posted = [...deliveries]
        .filter(([, { at }]) => at < before)
        .map(
          ([key]) =>
            () =>
              deliveries.delete(key),
        );
      const tests = [...testAlerts.values()].filter(({ sentAt }) => sentAt < before);
      const forget = [
        ...posted,
        ...tests.map(
          ({ testId }) =>
            () =>
              testAlerts.delete(testId),
        ),
      ];
      for (const one of forget.slice(0, limit)) one();
    },
  };
}

function isPart({ service, finding }: FindingRecord, part: Part = {}): boolean {
  return (
    (part.family === undefined || finding.family === part.family) &&
    (part.service === undefined || service.key === part.service.key)
  );
}

/** Whether the drift was open at some time of the period. */
export function wasOpen(drift: Drift, from: string, to: string): boolean {
  return drift.openedAt <= to && (drift.resolvedAt === undefined || drift.resolvedAt > from);
}

/** Where a sweep's record stands, if it looked at the whole estate: the last of its family, and the last completed one if it completed. */
export function slotsOf(record: SweepRecord): readonly string[] {
  if (record.partial) return [];
  return record.outcome === 'completed'
    ? [`${record.family}-last`, `${record.family}-completed`]
    : [`${record.family}-last`];
}
