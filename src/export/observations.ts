import type { AuditRows, DnsAnswer, Evidence, PathOutcome, PublicPath, Traffic } from '../model.ts';
import { bareName } from '../rules/host-names.ts';
import type { DnsRecord, EndpointAnswer } from './estate-file.ts';
import type { Redaction } from './redaction.ts';

/**
 * What a scan observed rather than read as documents, as rows and records from which the sandbox makes the same again.
 * A scan asks for sums, so what stands here are rows that add up to them, not Azure's own.
 */

/** What a resolver answered, or that it did not, as records of its names. */
export function dnsRecords(host: string, answer: DnsAnswer | undefined, redaction: Redaction): readonly DnsRecord[] {
  if (answer === undefined) return [{ name: redaction.host(host), rcode: 'SERVFAIL' }];
  const names = [bareName(host), ...answer.chain].map((name) => redaction.host(name));
  const last = names.at(-1) ?? '';
  const aliases = names.slice(1).map((data, place): DnsRecord => ({ name: names[place] ?? '', type: 'CNAME', data }));
  return [...aliases, ...endRecords(last, answer)];
}

function endRecords(name: string, { rcode, addresses, incomplete }: DnsAnswer): readonly DnsRecord[] {
  if (rcode === 'NXDOMAIN') return [{ name, rcode }];
  const records = addresses.map((data): DnsRecord => ({ name, type: data.includes(':') ? 'AAAA' : 'A', data }));
  const lost: readonly DnsRecord[] =
    incomplete === undefined
      ? []
      : [{ name, type: incomplete.detail.startsWith('AAAA') ? 'AAAA' : 'A', rcode: 'SERVFAIL' }];
  // a name that exists and has no address
  return records.length + lost.length > 0 ? [...records, ...lost] : [{ name, type: 'TXT', data: '' }];
}

export type LogRow = Readonly<Record<string, string | number>>;

/**
 * The rows of one service in one workspace. Their times are not those of the originals, and no column is there but those
 * that the query groups by: no `RequestUri`, no caller's name; addresses are pseudonyms. Of the rows that did not fail,
 * one stands for all: only whether there are any counts. Equal failed rows are as many as there were, up to `most`,
 * which must be more than any threshold of the policy.
 */
export function auditLogRows(
  serviceId: string,
  window: Extract<AuditRows['workspaces'][number]['window'], { readonly ok: true }>['value'],
  { at, most }: { readonly at: string; readonly most: number },
  redaction: Redaction,
): readonly LogRow[] {
  const common = { TimeGenerated: at, _ResourceId: redaction.id(serviceId) };
  const failed = window.failures.flatMap(({ key, count, operation, status, callerObjectId, callerAddress }) => {
    const row: LogRow = {
      ...common,
      OperationName: operation,
      ResultType: 'Failed',
      ...(status === undefined ? {} : { StatusCode: status }),
      ...(callerObjectId === undefined ? {} : { CallerIdentityObjectId: redaction.caller(callerObjectId) }),
      ...(callerAddress === undefined ? {} : { CallerIPAddress: redaction.address(callerAddress) }),
      // copies of a row in another workspace have the same key
      CorrelationId: redaction.token(key),
    };
    return Array.from({ length: Math.min(count, most) }, () => row);
  });
  const others = window.rows - window.failures.reduce((sum, { count }) => sum + count, 0);
  return [...failed, ...(others > 0 ? [{ ...common, ResultType: 'Succeeded', StatusCode: 200 }] : [])];
}

/** Half an hour into each hour, so that a replay which starts a little later counts it to the same one. */
export function trafficPoints({ hours }: Traffic): readonly (readonly [string, number])[] {
  const shown = hours.filter(({ requests }, place) => requests > 0 || place === 0);
  return shown.map(({ from, requests }) => [new Date(Date.parse(from) + 1_800_000).toISOString(), requests]);
}

/** A certificate that ends so soon is a finding, and the sandbox's are always fresh. */
const certificateDays = 15;

/**
 * What a service answers inside the network. A broken path, a bad certificate: the sandbox has neither, and answers 504
 * in their place; what was not found out, 429.
 */
export function privateAnswer(
  path: Evidence['privatePath'],
  at: string,
  redaction: Redaction,
): EndpointAnswer | undefined {
  if (path === undefined) return undefined;
  if (!path.ok) return { status: 429 };
  const { outcome, dns } = path.value;
  if (outcome.is === 'no-address') return undefined;
  if (outcome.is !== 'answered' || endsSoon(outcome, at)) return { status: 504 };
  return answerOf(outcome, redaction.host(dns.host), redaction);
}

type Answered = Extract<PathOutcome, { readonly is: 'answered' }>;

function answerOf(answered: Answered, host: string, redaction: Redaction): EndpointAnswer {
  const { status, edgeDenied, html, capabilityStatement, fhirVersion, redirectHost } = answered;
  if (edgeDenied) return deniedAt(host);
  const type = html ? 'text/html' : 'application/json';
  const location = redirectHost === undefined ? {} : { location: `https://${redaction.host(redirectHost)}/` };
  const statement = { resourceType: 'CapabilityStatement', ...(fhirVersion === undefined ? {} : { fhirVersion }) };
  const body = html ? '<html></html>' : capabilityStatement ? statement : {};
  return { status, headers: { 'content-type': type, ...location }, body };
}

function deniedAt(host: string): EndpointAnswer {
  return { status: 403, headers: { 'content-type': 'text/plain' }, body: `Access to ${host} was denied.` };
}

function endsSoon({ certificateEnds }: Answered, at: string): boolean {
  return certificateEnds !== undefined && Date.parse(certificateEnds) - Date.parse(at) < certificateDays * 86_400_000;
}

/** What the Internet gets; undefined where no place got an answer that tells. */
export function publicAnswer({ host, results }: PublicPath, redaction: Redaction): EndpointAnswer | undefined {
  const statuses = results.map(({ outcome }) => outcome);
  const open = statuses.find((status) => typeof status === 'number' && status !== 403);
  if (typeof open === 'number') return { status: open };
  const isDenied = statuses.length > 0 && statuses.every((status) => status === 403);
  return isDenied ? deniedAt(redaction.host(host)) : undefined;
}
