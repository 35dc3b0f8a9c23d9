import { severityRank } from '../posture/coverage.ts';
import type { Report, ReportedFinding, ReportedService } from './report.ts';

/** One finding of a report, with the service it is about. */
export interface Row {
  readonly service: ReportedService;
  readonly finding: ReportedFinding;
}

/** As a person reads: failing, unknown, accepted, then what is in order; the graver first. */
export function worstFirst(report: Report): readonly Row[] {
  return report.services
    .flatMap((service) => service.findings.map((finding) => ({ service, finding })))
    .sort((a, b) => rank(a.finding) - rank(b.finding) || byName(a, b));
}

/** The whole report in one sentence. */
export function verdictLine({ totals, coverage, problems }: Report): string {
  if (coverage.findings === 0) return 'No FHIR service is visible to this identity.';
  if (totals.fail > totals.excepted) return 'NOT in order: something fails.';
  if (totals.unknown > 0 || problems.length > 0) return 'NOT proven: something could not be read.';
  return 'In order: everything known, nothing failing.';
}

/** A workspace's child is named with its workspace: two workspaces may both hold an `ehr`. */
export function displayName(service: Pick<ReportedService, 'id' | 'name'>): string {
  const workspace = /\/workspaces\/([^/]+)\/[^/]+\/[^/]+$/i.exec(service.id)?.[1];
  return workspace === undefined ? service.name : `${workspace}/${service.name}`;
}

function rank({ status, severity, exception }: ReportedFinding): number {
  const group = { fail: exception === null ? 0 : 200, unknown: 100, pass: 300, 'not-applicable': 400 };
  return group[status] + severityRank(severity);
}

function byName(a: Row, b: Row): number {
  const [x, y] = [`${a.finding.check} ${a.service.id}`, `${b.finding.check} ${b.service.id}`];
  return x < y ? -1 : x > y ? 1 : 0;
}
