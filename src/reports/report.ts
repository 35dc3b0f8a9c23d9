import type {
  AppliedException,
  Cloud,
  Family,
  Finding,
  Gathered,
  Posture,
  Problem,
  Service,
  ServiceKind,
  Vantage,
} from '../model.ts';
import { type Coverage, coverageOf, type Totals, totalsOf } from '../posture/coverage.ts';

/** The report that people and pipelines hold on to: INTERFACES, "Report"; JSON Schema in docs/report.schema.json. */
export interface Report {
  readonly schema: 'fhirwatch-report/1';
  readonly generatedAt: string;
  readonly product: { readonly name: 'fhirwatch'; readonly version: string };
  readonly environment: {
    readonly cloud: string;
    readonly simulated: boolean;
    readonly endpoints: {
      readonly resourceManager: string;
      readonly logs: string;
      readonly metrics: string;
      readonly microsoftGraph: string;
    };
  };
  readonly vantage: {
    readonly private: boolean;
    readonly network: string | null;
    readonly resolvers: readonly string[];
    readonly proof: string;
  };
  readonly policy: { readonly sha256: string };
  readonly coverage: Coverage;
  readonly totals: Totals;
  readonly sweeps: readonly SweepSummary[];
  readonly problems: readonly Problem[];
  readonly services: readonly ReportedService[];
}

export interface SweepSummary {
  readonly family: Family;
  readonly sweepId: string;
  readonly completedAt: string | null;
  readonly intervalSeconds: number | null;
  readonly stale: boolean;
}

export interface ReportedService {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  readonly kind: ServiceKind;
  readonly subscriptionId: string;
  readonly location: string;
  readonly findings: readonly ReportedFinding[];
}

export interface ReportedFinding extends Finding {
  readonly since: string | null;
  readonly exception: AppliedException | null;
  /** of the drift that is open */
  readonly drift: string | null;
  /** where a period was asked for: every state in it, oldest first */
  readonly history?: readonly ReportedInterval[];
}

/** `to`: when another state was seen; null while it lasts */
export interface ReportedInterval extends Pick<Finding, 'status' | 'severity' | 'observed'> {
  readonly from: string;
  readonly to: string | null;
  readonly lastSeen: string;
}

export interface ExceptionView {
  readonly exception: AppliedException | null;
  /** a sentence added to the finding's message */
  readonly remark?: string;
}

export interface ReportInput {
  readonly generatedAt: string;
  readonly version: string;
  readonly cloud: Cloud;
  readonly vantage: Gathered<Vantage>;
  readonly policySha256: string;
  readonly postures: readonly Posture[];
  readonly sweeps: readonly SweepSummary[];
  readonly problems: readonly Problem[];
  /** the exception that covers a failing finding now, or why the one there is no longer does */
  exceptionOf(service: Service, finding: Finding): ExceptionView;
  /** since when the finding has had this status; null where nobody remembers */
  sinceOf(service: Service, finding: Finding): string | null;
  /** absent: nobody remembers drifts */
  driftOf?(service: Service, finding: Finding): string | null;
  historyOf?(service: Service, finding: Finding): readonly ReportedInterval[];
}

/** Two reports of the same state are equal but for their times: services by id, findings by check. */
export function buildReport(input: ReportInput): Report {
  const services = input.postures
    .map((posture) => reportedService(posture, input))
    .sort((a, b) => compare(a.id.toLowerCase(), b.id.toLowerCase()));
  const findings = services.flatMap((service) => service.findings);
  return {
    schema: 'fhirwatch-report/1',
    generatedAt: input.generatedAt,
    product: { name: 'fhirwatch', version: input.version },
    environment: {
      cloud: input.cloud.name,
      simulated: input.cloud.simulated,
      endpoints: {
        resourceManager: input.cloud.resourceManager,
        logs: input.cloud.logs,
        metrics: input.cloud.metrics,
        microsoftGraph: input.cloud.microsoftGraph,
      },
    },
    vantage: reportedVantage(input.vantage),
    policy: { sha256: input.policySha256 },
    coverage: coverageOf(findings),
    totals: totalsOf(findings),
    sweeps: input.sweeps,
    problems: [...input.problems].sort((a, b) => compare(a.scope + a.detail, b.scope + b.detail)),
    services,
  };
}

function reportedService(posture: Posture, input: ReportInput): ReportedService {
  const { id, key, name, kind, subscriptionId, location } = posture.service;
  const findings = posture.findings.map((finding) => {
    const { exception, remark }: ExceptionView =
      finding.status === 'fail' ? input.exceptionOf(posture.service, finding) : { exception: null };
    const message = remark === undefined ? finding.message : `${finding.message} ${remark}`;
    const since = input.sinceOf(posture.service, finding);
    const drift = input.driftOf?.(posture.service, finding) ?? null;
    const history = input.historyOf?.(posture.service, finding);
    return { ...finding, message, since, exception, drift, ...(history ? { history } : {}) };
  });
  return {
    id,
    key,
    name,
    kind,
    subscriptionId,
    location,
    findings: findings.sort((a, b) => compare(a.check, b.check)),
  };
}

function reportedVantage(vantage: Gathered<Vantage>): Report['vantage'] {
  return vantage.ok
    ? {
        private: true,
        network: vantage.value.networkId,
        resolvers: vantage.value.servers,
        proof: vantage.sources.map((source) => source.source).join('; '),
      }
    : { private: false, network: null, resolvers: [], proof: vantage.detail };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
