import type { Gathered, SweepRecord, Vantage } from '../model.ts';
import { posturesAt } from '../posture/staleness.ts';
import { renderHtml } from '../reports/html.ts';
import { renderJson } from '../reports/json.ts';
import { buildReport, type Report } from '../reports/report.ts';
import { familyStates } from './families.ts';
import { checkPolicy, loadPolicy } from './policy-file.ts';
import type { Service } from './service.ts';
import { exceptionView, notAsked, version } from './views.ts';

export const reportFormats = { json: 'application/json', html: 'text/html; charset=utf-8' } as const;
export type ReportFormat = keyof typeof reportFormats;

export function renderReport(report: Report, format: ReportFormat): string {
  return format === 'html' ? renderHtml(report) : renderJson(report);
}

/** The posture as the last sweeps left it; findings too old to prove anything are unknown. */
export async function reportNow(service: Service): Promise<Report> {
  const { settings, now } = service;
  const store = await service.store();
  const [records, sweeps, saved] = await Promise.all([
    store.currentFindings(),
    store.latestSweeps(),
    store.lastGoodPolicy(),
  ]);
  const loading = await loadPolicy(settings.policyFile ?? 'fhirwatch.yaml', now());
  const held = saved ? checkPolicy(saved.text, 'the last good policy', new Date(saved.savedAt)) : undefined;
  const good = loading.ok ? loading.loaded : held?.ok ? held.loaded : undefined;
  const policyProblems = loading.ok ? [] : loading.problems;
  const at = now().toISOString();
  const startOf = new Map(records.map((record) => [`${record.service.id} ${record.finding.check}`, record.from]));
  return buildReport({
    generatedAt: at,
    version,
    cloud: settings.cloud,
    vantage: vantageOf(sweeps),
    policySha256: good?.sha256 ?? '',
    postures: posturesAt(records, at, (family) => settings.schedules[family].intervalSeconds),
    sweeps: familyStates(sweeps, settings.schedules, now()),
    problems: [
      ...newestOf(sweeps).flatMap((sweep) => sweep.problems),
      ...[...policyProblems, ...settings.remarks].map((detail) => ({
        scope: 'settings',
        reason: 'malformed' as const,
        detail,
      })),
    ],
    exceptionOf: good ? exceptionView(good.policy, now()) : () => ({ exception: null }),
    sinceOf: (watched, finding) => startOf.get(`${watched.id} ${finding.check}`) ?? null,
  });
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
