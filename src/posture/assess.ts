import type {
  Check,
  CheckContext,
  Culprit,
  Evidence,
  EvidenceKind,
  EvidenceReference,
  Failure,
  Finding,
  Gathered,
  Observed,
  ObservedValue,
  Posture,
  Service,
  ServiceKind,
  Source,
  Verdict,
} from '../model.ts';
import { deepFreeze } from './deep-freeze.ts';

/** How a reader calls each kind of evidence, at the start of a sentence. */
const evidenceNames: { readonly [K in EvidenceKind]: string } = {
  resource: "The service's own document",
  workspace: "The workspace's document",
  privateEndpoints: 'The private endpoint connections',
  requiredZones: 'The private link resources',
  privateZones: 'The private DNS zones',
  dnsAnswers: 'The DNS answers',
  privatePath: 'The path from inside the network',
  publicPath: 'What the Internet gets of it',
  roleAssignments: 'The role assignments',
  roleDefinitions: 'The role definitions',
  eligibleRoles: 'The eligible roles (PIM)',
  activeRoles: 'The active role instances (PIM)',
  denyAssignments: 'The deny assignments',
  directory: 'The directory',
  diagnosticSettings: 'The diagnostic settings',
  logWorkspaces: 'The log workspaces',
  auditRows: 'The audit log rows',
  traffic: 'The TotalRequests metric',
};

const kindNames: { readonly [K in ServiceKind]: string } = {
  workspace: 'a workspace',
  fhirService: 'a FHIR service',
  dicomService: 'a DICOM service',
  medtechService: 'a MedTech service',
  apiForFhir: 'an Azure API for FHIR service',
  fhirServer: 'a self-hosted FHIR server',
};

/** No message and no observed value of a report is longer: a property of hostile size never reaches a reader. */
const longestMessage = 4000;
const longestText = 1000;
const longestList = 50;
const mostSources = 10;

/** Told when a check threw: a defect of ours, shown as `unknown`. */
export type OnThrow = (checkId: string, service: Service, error: unknown) => void;

/** Exactly one finding for every check, whatever arrived; sorted by check id. */
export function assess(
  checks: readonly Check[],
  evidence: Evidence,
  context: CheckContext,
  onThrow: OnThrow = () => {},
): Posture {
  deepFreeze(evidence);
  const findings = checks.map((check) => toFinding(check, evidence, judge(check, evidence, context, onThrow)));
  return { service: context.service, findings: findings.sort((a, b) => (a.check < b.check ? -1 : 1)) };
}

function judge(check: Check, evidence: Evidence, context: CheckContext, onThrow: OnThrow): Verdict {
  const { service } = context;
  const resource = evidence.resource;
  if (resource && !resource.ok && resource.reason === 'not-found') {
    return unknownVerdict(
      `The estate lists this service, but a direct read says that it is not there: ${resource.detail}`,
    );
  }
  if (!check.appliesTo.includes(service.kind)) return outsideScope(check, service);
  for (const kind of check.requires) {
    const gathered = evidence[kind] ?? notGathered;
    const lost = gathered.ok ? gathered.incomplete : gathered;
    if (lost) return unknownVerdict(missing(kind, lost));
  }
  try {
    return confirmed(check, evidence, check.evaluate(argumentsOf(check, evidence), context));
  } catch (error) {
    onThrow(check.id, service, error);
    return unknownVerdict(`The check ${check.id} failed to judge this service; this is a defect of fhirwatch.`);
  }
}

/** What a critical verdict rests on must not be Resource Graph's word alone, which lags (CHECKS, Rulings, General). */
function confirmed(check: Check, evidence: Evidence, verdict: Verdict): Verdict {
  if (check.severity !== 'critical') return verdict;
  const failure = kindsOf(check)
    .map((kind) => evidence[kind])
    .map((gathered) => (gathered?.ok ? gathered.unconfirmed : undefined))
    .find((found) => found !== undefined);
  if (!failure) return verdict;
  if (verdict.status === 'pass') {
    return unknownVerdict(
      `Resource Graph shows the compliant state, but no direct read confirmed it: ${failure.detail}`,
    );
  }
  if (verdict.status === 'fail') {
    return { ...verdict, message: `${verdict.message} (As Resource Graph shows it; not confirmed: ${failure.detail})` };
  }
  return verdict;
}

/** Whether a direct read should confirm this finding before anyone is told. */
export function wantsConfirmation(check: Check, finding: Finding, evidence: Evidence): boolean {
  return (
    check.severity === 'critical' &&
    finding.status === 'fail' &&
    kindsOf(check).some((kind) => {
      const gathered = evidence[kind];
      return gathered?.ok === true && !gathered.direct && gathered.unconfirmed === undefined;
    })
  );
}

function argumentsOf(check: Check, evidence: Evidence): Parameters<Check['evaluate']>[0] {
  const given: Record<string, unknown> = {};
  for (const kind of check.considers ?? []) given[kind] = evidence[kind] ?? notGathered;
  for (const kind of check.requires) {
    const gathered = evidence[kind];
    if (gathered?.ok) given[kind] = gathered.value;
  }
  return given as Parameters<Check['evaluate']>[0];
}

const notGathered: Gathered<never> = {
  ok: false,
  reason: 'unreachable',
  detail: 'it was not gathered in this sweep',
  sources: [],
};

function missing(kind: EvidenceKind, failure: Failure): string {
  return `${evidenceNames[kind]} could not be read (${failure.reason}): ${failure.detail}`;
}

function outsideScope(check: Check, service: Service): Verdict {
  const owned = service.workspaceId !== undefined && check.appliesTo.includes('workspace');
  const message = owned
    ? `Its workspace ${service.workspaceId?.split('/').at(-1)} owns this setting and is judged for it.`
    : `Does not apply to ${kindNames[service.kind]}.`;
  return { status: 'not-applicable', message, observed: {} };
}

function unknownVerdict(message: string): Verdict {
  return { status: 'unknown', message, observed: {} };
}

/** What is seen from inside the network is all lost at once where the monitor cannot prove that it stands there. */
const seenFromInside: readonly EvidenceKind[] = ['dnsAnswers', 'privatePath'];

function culpritOf(check: Check, evidence: Evidence, verdict: Verdict): Culprit | undefined {
  const noVantage = kindsOf(check)
    .filter((kind) => seenFromInside.includes(kind))
    .map((kind) => evidence[kind])
    .some((gathered) => gathered?.ok === false && gathered.reason === 'no-vantage');
  if (verdict.status !== 'unknown' || !noVantage) return verdict.culprit;
  return { key: 'vantage', title: 'The private vantage is not proven' };
}

function toFinding(check: Check, evidence: Evidence, verdict: Verdict): Finding {
  const culprit = culpritOf(check, evidence, verdict);
  return {
    check: check.id,
    family: check.family,
    severity: verdict.status === 'fail' ? (verdict.severity ?? check.severity) : check.severity,
    status: verdict.status,
    message: shorten(verdict.message, longestMessage),
    observed: shortenObserved(verdict.observed),
    ...(culprit && { culprit: { key: shorten(culprit.key), title: shorten(culprit.title) } }),
    evidence: verdict.status === 'not-applicable' ? [] : kindsOf(check).flatMap((kind) => references(kind, evidence)),
  };
}

function kindsOf(check: Check): readonly EvidenceKind[] {
  return [...check.requires, ...(check.considers ?? [])];
}

function references(kind: EvidenceKind, evidence: Evidence): readonly EvidenceReference[] {
  return (evidence[kind]?.sources ?? []).slice(0, mostSources).map((source) => reference(kind, source));
}

const referred = new WeakMap<Source, Map<EvidenceKind, EvidenceReference>>();

/** One reference for all findings that rest on the same source: a subscription's role list stands behind thousands. */
function reference(kind: EvidenceKind, source: Source): EvidenceReference {
  const known = referred.get(source) ?? new Map<EvidenceKind, EvidenceReference>();
  referred.set(source, known);
  const made = known.get(kind) ?? { kind, ...source, source: shorten(source.source) };
  known.set(kind, made);
  return made;
}

function shorten(text: string, longest = longestText): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}… (${text.length} characters)`;
}

function shortenObserved(observed: Observed): Observed {
  const entries = Object.entries(observed).slice(0, longestList);
  return Object.fromEntries(entries.map(([key, value]) => [shorten(key), shortenValue(value)]));
}

function shortenValue(value: ObservedValue): ObservedValue {
  if (typeof value === 'string') return shorten(value);
  if (value === null || typeof value !== 'object') return value;
  const kept = value.slice(0, longestList).map((text) => shorten(text));
  return value.length > longestList ? [...kept, `… (${value.length} values)`] : kept;
}
