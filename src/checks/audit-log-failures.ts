import type { AuditRows, Check, CheckContext, Culprit, Gathered, Traffic, Verdict } from '../model.ts';
import {
  countFailures,
  describeStatuses,
  describeWindow,
  isServerError,
  joinWorkspaces,
  trafficWithin,
} from '../rules/audit-rows.ts';
import { blame, fail, pass, unknown } from './verdict.ts';

export const auditLogFailures: Check<'auditRows', 'traffic'> = {
  id: 'audit-log-failures',
  family: 'audit',
  title: "FHIR service's failed requests stay within the policy's thresholds, by status class and by caller",
  severity: 'medium',
  appliesTo: ['fhirService', 'dicomService', 'apiForFhir'],
  why: 'A burst of refused requests is what password spraying, a stolen token or a client probing for records looks like; a burst of server errors is an outage of the record. Both stand in the audit log long before anyone complains.',
  remediation: {
    summary:
      'List the failed rows by status and caller. 401 and 403 of one caller: look at its token and role, or block it. 5xx: gather correlation ids and open a support request. Raise the threshold only for known traffic.',
    command: ({ id, kind }) =>
      `az monitor log-analytics query --workspace "<log workspace guid>" --timespan PT1H --analytics-query "${kind === 'dicomService' ? 'AHDSDicomAuditLogs' : 'MicrosoftHealthcareApisAuditLogs'} | where _ResourceId =~ '${id}' and (ResultType =~ 'Failed' or StatusCode >= 400) | summarize count() by StatusCode${kind === 'dicomService' ? '' : ', CallerIdentityObjectId, CallerIPAddress'}"`,
  },
  references: [
    'https://learn.microsoft.com/azure/azure-monitor/reference/tables/microsofthealthcareapisauditlogs',
    'https://learn.microsoft.com/azure/azure-monitor/reference/tables/ahdsdicomauditlogs',
    'https://learn.microsoft.com/azure/healthcare-apis/fhir/fhir-service-diagnostic-logs',
  ],
  controls: [
    { framework: 'HIPAA', id: '164.308(a)(1)(ii)(D)', own: true },
    { framework: 'HIPAA', id: '164.308(a)(5)(ii)(C)', own: true },
    { framework: 'HIPAA', id: '164.308(a)(6)(ii)', own: true },
    { framework: 'NIST 800-53 r5', id: 'AU-6', own: true },
    { framework: 'NIST 800-53 r5', id: 'SI-4', own: true },
    { framework: 'NIST 800-53 r5', id: 'IR-4', own: true },
    { framework: 'NIST 800-53 r5', id: 'IR-5', own: true },
    { framework: 'MCSB', id: 'LT-1', own: true },
    { framework: 'MCSB', id: 'IR-3', own: true },
  ],
  // rows may take 15 minutes: so long fewer of them prove nothing (HF 4.2)
  settling: { resolving: 900 },
  follows: ['audit-log-setting'],
  requires: ['auditRows'],
  considers: ['traffic'],
  evaluate({ auditRows, traffic }, context) {
    if (auditRows.workspaces.length === 0) {
      return unknown(
        'No enabled diagnostic setting sends audit logs to a Log Analytics workspace, so failures cannot be seen; audit-log-setting judges that.',
      );
    }
    const reading = joinWorkspaces(auditRows);
    const window = describeWindow(auditRows.windowSeconds);
    const defects = findDefects(reading.failures, context);
    const gaps = reading.gaps.length === 0 ? '' : ` Log workspaces: ${reading.gaps.join('; ')}.`;
    const read = ` (${reading.read.join(', ')})`;
    const observed = { exceeded: listExceeded(defects) };
    if (defects.length > 0) {
      const named = summarise(defects.map((defect) => defect.sentence));
      const verdict = fail(`In the last ${window} the audit log${read} holds ${named}.${gaps}`, observed);
      return blame(verdict, culpritOf(defects));
    }
    if (!reading.complete) {
      return unknown(`The audit rows of the last ${window} could not be read in full.${gaps}`, observed);
    }
    if (!reading.anyRow) return judgeSilence(auditRows, traffic, context);
    const { clientErrors, serverErrors } = countFailures(reading.failures);
    return pass(
      `In the last ${window} the audit log${read} holds failures within the policy: client errors ${clientErrors}, server errors ${serverErrors}.${gaps}`,
      observed,
    );
  },
};

interface Defect {
  readonly sentence: string;
  /** the class that is exceeded and the limit; no count, for counts move by themselves */
  readonly observed: string;
  /** the caller whose limit is exceeded */
  readonly caller?: string;
  readonly server?: boolean;
}

/** The one caller that is over its limit, where the service itself did not err: it may knock at many doors. */
function culpritOf(defects: readonly Defect[]): Culprit | undefined {
  const callers = defects.flatMap(({ caller }) => caller ?? []);
  const [caller] = callers;
  const isAlone = callers.length === 1 && !defects.some(({ server }) => server);
  return caller === undefined || !isAlone ? undefined : { key: `caller ${caller}`, title: `caller ${caller}` };
}

/** More than the threshold fails, equal passes. DICOM rows name no caller, so they count by status class only. */
function findDefects(
  failures: Parameters<typeof countFailures>[0],
  { service, expect }: CheckContext,
): readonly Defect[] {
  const limits = expect.auditFailures;
  const { clientErrors, serverErrors, callers } = countFailures(failures);
  const defects: Defect[] = [];
  const add = (
    what: string,
    count: number,
    statuses: string,
    name: keyof typeof limits,
    whose: Pick<Defect, 'caller' | 'server'> = {},
  ): void => {
    const limit = limits[name];
    const sentence = `${count} ${what} (policy: at most ${limit}, auditFailures.${name}; by status ${statuses})`;
    defects.push({ sentence, observed: `${what} > ${limit}`, ...whose });
  };
  const statusesOf = (server: boolean) => describeStatuses(failures.filter((row) => isServerError(row) === server));
  if (serverErrors > limits.serverErrors)
    add('server errors', serverErrors, statusesOf(true), 'serverErrors', { server: true });
  if (clientErrors > limits.clientErrors) add('client errors', clientErrors, statusesOf(false), 'clientErrors');
  if (service.kind === 'dicomService') return defects;
  for (const { caller, count, statuses } of callers.filter((one) => one.count > limits.perCaller)) {
    const of = caller === 'unauthenticated' ? 'unauthenticated callers' : caller;
    add(`client errors of ${of}`, count, statuses, 'perCaller', caller === 'unauthenticated' ? {} : { caller });
  }
  return defects;
}

/** No row at all: good where nothing was asked of the service, blindness where something was. */
function judgeSilence(
  { windowSeconds }: AuditRows,
  traffic: Gathered<Traffic>,
  { service, expect }: CheckContext,
): Verdict {
  const { minimumRequests } = expect.auditLiveness;
  const silence = `No audit row in the last ${describeWindow(windowSeconds)}`;
  const observed = { exceeded: [] };
  if (service.kind === 'dicomService') {
    return pass(`${silence}, so no failure; DICOM has no request metric that could tell of traffic.`, observed);
  }
  if (!traffic.ok) {
    return unknown(
      `${silence}, and whether there was traffic could not be read (${traffic.reason}): ${traffic.detail}`,
      observed,
    );
  }
  const found = trafficWithin(traffic.value, windowSeconds, minimumRequests);
  if (found.is === 'none') {
    return pass(
      `${silence} and no traffic: no hour had more than ${minimumRequests} requests (TotalRequests).`,
      observed,
    );
  }
  return found.is === 'unread'
    ? unknown(`${silence}, and the TotalRequests metric does not cover that time.`, observed)
    : unknown(
        `${silence}, although TotalRequests counts ${found.requests} requests from ${found.from} to ${found.to}: failures cannot be seen.`,
        observed,
      );
}

const MOST_OBSERVED = 20;

function listExceeded(defects: readonly Defect[]): readonly string[] {
  const sorted = defects.map((defect) => defect.observed).sort();
  return sorted.length > MOST_OBSERVED ? [...sorted.slice(0, MOST_OBSERVED), 'more callers than these'] : sorted;
}

const MOST_NAMED = 6;

function summarise(sentences: readonly string[]): string {
  const rest = sentences.length - MOST_NAMED;
  const shown = sentences.slice(0, MOST_NAMED).join(', ');
  return rest > 0 ? `${shown}, and ${rest} more callers over their limit` : shown;
}
