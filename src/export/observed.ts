import type { Cloud, Evidence, Expectations, Service } from '../model.ts';
import { bareName, publicHostOf } from '../rules/host-names.ts';
import { normaliseId } from '../rules/resource-id.ts';
import type { DnsRecord, EndpointAnswers, EstateFile, Fault } from './estate-file.ts';
import { escapePattern, faultFor } from './failures.ts';
import { auditLogRows, dnsRecords, type LogRow, privateAnswer, publicAnswer, trafficPoints } from './observations.ts';
import type { Redaction } from './redaction.ts';

export interface Observed {
  readonly service: Service;
  readonly evidence: Evidence;
  readonly expect: Expectations;
}

export type Observations = Pick<EstateFile, 'directory' | 'dns' | 'logs' | 'metrics' | 'endpoints' | 'faults'> & {
  /** where the monitor stands, if it could prove it */
  readonly network: string | null;
  /** whether web tests from outside reported */
  readonly publicVantage: boolean;
};

/** rows this long before the end of the window are in it, and stay there while a replay goes on */
const rowAgeMs = 60_000;

/** Everything that was observed of all services. */
export function writeObservations(
  all: readonly Observed[],
  { cloud, at, redaction }: { readonly cloud: Cloud; readonly at: string; readonly redaction: Redaction },
): Observations {
  const logs = writeLogs(all, at, redaction);
  const metrics = writeMetrics(all, redaction);
  const directory = writeDirectory(all, redaction);
  const proven = all.find(({ evidence }) => evidence.dnsAnswers?.ok)?.evidence.dnsAnswers;
  return {
    network: proven?.ok ? redaction.id(proven.value.vantage.networkId) : null,
    publicVantage: all.some(({ evidence }) => evidence.publicPath?.ok),
    dns: { private: privateRecords(all, redaction), public: publicRecords(all, redaction) },
    endpoints: writeEndpoints(all, cloud, at, redaction),
    logs: logs.rows,
    metrics: metrics.points,
    directory: directory.entries,
    faults: [...logs.faults, ...metrics.faults, ...directory.faults],
  };
}

/** The first answer for a name is everybody's. */
function privateRecords(all: readonly Observed[], redaction: Redaction): readonly DnsRecord[] {
  const byName = new Map<string, readonly DnsRecord[]>();
  for (const { evidence } of all) {
    if (!evidence.dnsAnswers?.ok) continue;
    for (const { host, answer } of evidence.dnsAnswers.value.hosts) {
      const records = dnsRecords(host, answer.ok ? answer.value : undefined, redaction);
      const grouped = Map.groupBy(records, ({ name }) => name);
      for (const [name, own] of grouped) if (!byName.has(name)) byName.set(name, own);
    }
  }
  return [...byName.values()].flat();
}

/** A host that no web test reached, or of which none reported, cannot be asked for. */
function publicRecords(all: readonly Observed[], redaction: Redaction): readonly DnsRecord[] {
  return all.flatMap(({ evidence: { publicPath } }) =>
    publicPath?.ok && publicAnswer(publicPath.value, redaction) === undefined
      ? [{ name: redaction.host(bareName(publicPath.value.host)), rcode: 'NXDOMAIN' as const }]
      : [],
  );
}

function writeEndpoints(
  all: readonly Observed[],
  cloud: Cloud,
  at: string,
  redaction: Redaction,
): EstateFile['endpoints'] {
  const entries = all.flatMap(({ service, evidence }): [string, Record<string, EndpointAnswers>][] => {
    const host = publicHostOf(service, cloud);
    const inside = privateAnswer(evidence.privatePath, at, redaction);
    const outside = evidence.publicPath?.ok ? publicAnswer(evidence.publicPath.value, redaction) : undefined;
    if (host === undefined || (inside === undefined && outside === undefined)) return [];
    const page = service.kind === 'dicomService' ? '/health/check' : '/metadata';
    // a name that resolves to a public address inside, too, is asked at the public side
    const open = outside ?? inside;
    const answers = { ...(inside ? { private: inside } : {}), ...(open ? { public: open } : {}) };
    return [[redaction.host(host), { [page]: answers }]];
  });
  return Object.fromEntries(entries);
}

function writeLogs(all: readonly Observed[], at: string, redaction: Redaction) {
  const rows: Record<string, Record<string, LogRow[]>> = {};
  const faults = new Map<string, Fault>();
  for (const { service, evidence, expect } of all) {
    if (!evidence.auditRows?.ok) continue;
    const { windowSeconds, workspaces } = evidence.auditRows.value;
    const { clientErrors, serverErrors, perCaller } = expect.auditFailures;
    const most = Math.max(clientErrors, serverErrors, perCaller) + 1;
    const age = Math.min(rowAgeMs, (windowSeconds * 1000) / 2);
    const rowAt = new Date(Date.parse(at) - age).toISOString();
    for (const { workspaceId, window } of workspaces) {
      const id = redaction.id(workspaceId);
      const match = `^POST /v1/+${escapePattern(normaliseId(id).slice(1))}/query`;
      if (!window.ok) {
        // a workspace that is gone is not asked
        if (window.reason !== 'not-found') faults.set(match, faultFor('logs', match, window.reason));
        continue;
      }
      if (window.value.incomplete) faults.set(match, { target: 'logs', match, kind: 'partial' });
      const written = auditLogRows(service.id, window.value, { at: rowAt, most }, redaction);
      if (written.length === 0) continue;
      const names = written.some(
        (row) => row.CallerIdentityObjectId !== undefined || row.CallerIPAddress !== undefined,
      );
      const table =
        service.kind === 'dicomService' && !names ? 'AHDSDicomAuditLogs' : 'MicrosoftHealthcareApisAuditLogs';
      const tables = rows[id] ?? {};
      rows[id] = tables;
      tables[table] = [...(tables[table] ?? []), ...written];
    }
  }
  return { rows, faults: [...faults.values()] };
}

function writeMetrics(all: readonly Observed[], redaction: Redaction) {
  const points: Record<string, Record<string, readonly (readonly [string, number])[]>> = {};
  const faults: Fault[] = [];
  for (const { service, evidence } of all) {
    const { traffic } = evidence;
    const id = redaction.id(service.id);
    if (traffic?.ok && traffic.value.hours.length > 0) points[id] = { TotalRequests: trafficPoints(traffic.value) };
    if (traffic && !traffic.ok) faults.push(faultFor('metrics', `"${escapePattern(id)}"`, traffic.reason));
  }
  return { points, faults };
}

/** Types alone: a scan asks for no name. */
function writeDirectory(all: readonly Observed[], redaction: Redaction) {
  const entries = new Map<string, string>();
  const faults: Fault[] = [];
  for (const { evidence } of all) {
    const { directory } = evidence;
    if (directory && !directory.ok) faults[0] = faultFor('directory', '.', directory.reason);
    if (!directory?.ok || !directory.value.asked) continue;
    for (const [id, type] of Object.entries(directory.value.principals)) if (type !== 'gone') entries.set(id, type);
  }
  return { entries: [...entries].map(([id, type]) => ({ id: redaction.id(id), type })), faults };
}
