import type { PathOutcome, PrivatePath, ServiceKind, Severity } from '../model.ts';
import { type Reading, readEnum, show } from './reading.ts';

/** What an anonymous request from inside the network proves of a service (HF 6). */

const DAY_MS = 86_400_000;
/** A certificate that ends sooner needs someone now: renewals fail quietly. */
export const CERTIFICATE_DAYS = 14;

/** The words of a FHIR resource's `kind` (HF 1.3, 1.5). */
const FHIR_KINDS = ['fhir', 'fhir-Stu3', 'fhir-R4'] as const;
export type FhirKind = Reading<(typeof FHIR_KINDS)[number]>;

export function readFhirKind(kind: unknown): FhirKind {
  return readEnum(kind, FHIR_KINDS);
}

export interface PathDefect {
  /** a sentence without its full stop */
  readonly text: string;
  /** where it is less grave than the check's own */
  readonly severity?: Severity;
  /** no answer of the service itself: the way to it is broken */
  readonly unreached?: 'dns' | 'path' | 'edge';
}

/** What is wrong with the path; empty where it is open and the service answers as it should, its version aside. */
export function pathDefects(path: PrivatePath, kind: ServiceKind, now: string): readonly PathDefect[] {
  const certificate = certificateDefect(path.outcome, now);
  const defects = [outcomeDefect(path, kind), certificate];
  return defects.filter((defect) => defect !== undefined);
}

function outcomeDefect({ url, dns, address, outcome }: PrivatePath, kind: ServiceKind): PathDefect | undefined {
  const asked = `GET ${url} at ${address}`;
  switch (outcome.is) {
    case 'no-address': {
      const said = dns.rcode === 'NXDOMAIN' ? 'does not exist (NXDOMAIN)' : 'has no address';
      return { text: `DNS: ${dns.host} ${said}, says ${dns.server}`, unreached: 'dns' };
    }
    case 'refused':
      return { text: `${asked}: the connection was refused`, unreached: 'path' };
    case 'timed-out':
      return { text: `${asked}: timed out, no answer came`, unreached: 'path' };
    case 'reset':
      return { text: `${asked}: the connection was reset`, unreached: 'path' };
    case 'no-tls':
      return { text: `${asked}: no TLS session (${outcome.problem}); what answers there shows no usable certificate` };
    case 'untrusted':
      return undefined;
    case 'answered':
      return answerDefect(asked, outcome, kind);
  }
}

type Answered = Extract<PathOutcome, { readonly is: 'answered' }>;

function answerDefect(asked: string, answer: Answered, kind: ServiceKind): PathDefect | undefined {
  const { status } = answer;
  if (answer.edgeDenied)
    return { text: `${asked}: Microsoft's edge answers 403, access was denied`, unreached: 'edge' };
  if (status === 401)
    return { text: `${asked} answers 401: it asks for a token, although this page is open to everyone` };
  if (answer.redirectHost !== undefined) {
    return { text: `${asked} answers ${status}, a redirect to ${show(answer.redirectHost)}` };
  }
  if (status !== 200) return { text: `${asked} answers ${status} instead of 200` };
  if (answer.html) return { text: `${asked} answers 200 with an HTML page: something else than the service answers` };
  if (kind === 'dicomService') return undefined;
  if (!answer.capabilityStatement) return { text: `${asked} answers 200, but with no capability statement` };
  return answer.fhirVersion === undefined
    ? { text: `${asked} answers with a capability statement that has no fhirVersion` }
    : undefined;
}

function certificateDefect(outcome: PathOutcome, now: string): PathDefect | undefined {
  if (outcome.is === 'untrusted') {
    const ends = outcome.certificateEnds === undefined ? '' : `; it ends ${outcome.certificateEnds}`;
    return {
      text: `the certificate is not valid for the host (${outcome.problem}${ends}): clients refuse it`,
      severity: 'medium',
    };
  }
  if (outcome.is !== 'answered' || outcome.certificateEnds === undefined) return undefined;
  if (Date.parse(outcome.certificateEnds) - Date.parse(now) > CERTIFICATE_DAYS * DAY_MS) return undefined;
  const text = `the certificate ends ${outcome.certificateEnds}, within ${CERTIFICATE_DAYS} days`;
  return { text, severity: 'medium' };
}

/** Whether the capability statement is of the version that the service's kind promises; `fhir` promises none. */
export function fitsKind(fhirVersion: string, kind: FhirKind): boolean | undefined {
  if (kind.is !== 'value') return undefined;
  if (kind.value === 'fhir') return true;
  return kind.value === 'fhir-R4' ? fhirVersion === '4.0.1' : /^3\.0\.\d+$/.test(fhirVersion);
}

/** The outcome in a few words that do not move by themselves. */
export function observePath(outcome: PathOutcome): string {
  switch (outcome.is) {
    case 'no-address':
      return 'no address';
    case 'refused':
    case 'timed-out':
    case 'reset':
      return 'no connection';
    case 'no-tls':
      return 'no TLS';
    case 'untrusted':
      return 'certificate not valid';
    case 'answered':
      if (outcome.edgeDenied) return '403 of the edge';
      return outcome.status >= 500 ? '5xx' : String(outcome.status);
  }
}
