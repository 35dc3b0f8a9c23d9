import type { Drift, Family, FindingRecord, Gathered, Store, SweepRecord, Vantage } from '../model.ts';
import { posturesAt, recordsAt } from '../posture/staleness.ts';
import { renderHtml } from '../reports/html.ts';
import { renderJson } from '../reports/json.ts';
import { buildReport, type Report } from '../reports/report.ts';
import { familyStates } from './families.ts';
import { loadPolicy } from './policy-file.ts';
import { lastGood } from './policy-watch.ts';
import type { Service } from './service.ts';
import { exceptionView, notAsked, version } from './views.ts';

export const reportFormats = { json: 'application/json', html: 'text/html; charset=utf-8' } as const;
export type ReportFormat = keyof typeof reportFormats;

export function renderReport(report: Report, format: ReportFormat): string {
  return format === 'html' ? renderHtml(report) : renderJson(report);
}

export interface ReportQuestion {
  /** absent: now */
  readonly at?: string | undefined;
  /** each finding with its history since then, up to `at` */
  readonly from?: string | undefined;
  /** id, key or name; absent: all */
  readonly service?: string | undefined;
  readonly family?: Family | undefined;
}

/**
 * The posture as the sweeps left it, now or at a moment that is past; findings that were too old by then to prove anything
 * are unknown. Exceptions are those of the policy of today.
 */
export async function reportOf(service: Service, question: ReportQuestion = {}): Promise<Report> {
  const { settings, now } = service;
  const store = await service.store();
  const at = question.at ?? now().toISOString();
  const [{ records, drifts, history }, sweeps, saved] = await Promise.all([
    remembered(store, question, at),
    store.latestSweeps(),
    store.policy(),
  ]);
  const loading = await loadPolicy(settings.policyFile ?? 'fhirwatch.yaml', now());
  const good = loading.ok ? loading.loaded : lastGood(saved);
  const policyProblems = loading.ok ? [] : loading.problems;
  const startOf = new Map(records.map((record) => [keyOf(record), record.since]));
  const driftOf = new Map(drifts.map((drift) => [`${drift.service.id} ${drift.check}`, drift.driftId]));
  const past = Map.groupBy(history, keyOf);
  return buildReport({
    generatedAt: now().toISOString(),
    version,
    cloud: settings.cloud,
    vantage: vantageOf(sweeps),
    policySha256: good?.sha256 ?? '',
    postures: posturesAt(
      records.filter((record) => isAsked(record, question)),
      at,
      (family) => settings.schedules[family].intervalSeconds,
    ),
    sweeps: familyStates(sweeps, settings.schedules, now()),
    problems: [
      ...newestOf(sweeps).flatMap((sweep) => sweep.problems),
      ...[...policyProblems, ...settings.remarks].map((detail) => ({
        scope: 'settings',
        reason: 'malformed' as const,
        detail,
      })),
    ],
    exceptionOf: good ? exceptionView(good.policy, new Date(at)) : () => ({ exception: null }),
    sinceOf: (watched, finding) => startOf.get(`${watched.id} ${finding.check}`) ?? null,
    driftOf: (watched, finding) => driftOf.get(`${watched.id} ${finding.check}`) ?? null,
    ...(question.from === undefined
      ? {}
      : { historyOf: (watched, finding) => (past.get(`${watched.id} ${finding.check}`) ?? []).map(intervalOf) }),
  });
}

async function remembered(
  store: Store,
  { at, from, family }: ReportQuestion,
  moment: string,
): Promise<{
  readonly records: readonly FindingRecord[];
  readonly drifts: readonly Drift[];
  readonly history: readonly FindingRecord[];
}> {
  const part = family === undefined ? {} : { family };
  const drifts = await store.driftsBetween(moment, moment);
  if (at === undefined && from === undefined)
    return { records: await store.currentFindings(part), drifts, history: [] };
  const history = await store.findingsBetween(from ?? moment, moment, part);
  return { records: recordsAt(history, moment), drifts, history };
}

function keyOf({ service, finding }: FindingRecord): string {
  return `${service.id} ${finding.check}`;
}

function isAsked({ service, finding }: FindingRecord, question: ReportQuestion): boolean {
  const asked = question.service?.toLowerCase();
  const names = [service.id, service.key, service.name].map((name) => name.toLowerCase());
  return (
    (asked === undefined || names.includes(asked)) &&
    (question.family === undefined || finding.family === question.family)
  );
}

function intervalOf({ from, to, lastSeen, finding }: FindingRecord) {
  const { status, severity, observed } = finding;
  return { from, to: to ?? null, lastSeen, status, severity, observed };
}

/** The last sweep that asked a DNS question says where the monitor stands. */
function vantageOf(sweeps: readonly SweepRecord[]): Gathered<Vantage> {
  const asked = sweeps.filter((sweep) => sweep.vantage !== undefined);
  return asked.sort((a, b) => (a.completedAt < b.completedAt ? 1 : -1))[0]?.vantage ?? notAsked;
}

function newestOf(sweeps: readonly SweepRecord[]): readonly SweepRecord[] {
  const newest = new Map<string, SweepRecord>();
  for (const sweep of sweeps) {
    const known = newest.get(sweep.family);
    if (!known || known.completedAt < sweep.completedAt) newest.set(sweep.family, sweep);
  }
  // Every family lists the same estate; one sweep's problems are enough.
  return [...newest.values()].sort((a, b) => (a.completedAt < b.completedAt ? 1 : -1)).slice(0, 1);
}
