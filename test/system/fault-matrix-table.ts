/** Where each kind of evidence is read, what each check cannot pass without, and what each fault does to an answer. */
import type { FaultKind, FaultTarget } from '../../sandbox/types.ts';
import type { EvidenceKind, Service, ServiceKind, Status } from '../../src/model.ts';
import { quietService } from './fault-matrix-rig.ts';

export interface Read {
  readonly target: FaultTarget;
  /** as a fault's `match`; for DNS over `TYPE name` */
  readonly match: string;
  /** `pages` may name a further page; of `rows` half may come; of one document there is no half */
  readonly answers: 'pages' | 'rows' | 'document';
}

/** Every read of a sweep, by a name for people; those of the listing stand apart, in {@link listings}. */
export const reads = {
  'health documents': arm('(workspaces|(fhir|dicom)services)/[^/?]+\\?', 'document'),
  'private endpoints': arm('privateEndpoints/[^/?]+\\?', 'document'),
  'network interfaces': arm('networkInterfaces/[^/?]+\\?', 'document'),
  'zone groups': arm('privateDnsZoneGroups', 'pages'),
  'role assignments': arm('/roleAssignments\\?', 'pages'),
  // those that the list lacks are read one by one
  'role definitions': arm('/roleDefinitions[/?]', 'document'),
  'eligible roles': arm('/roleEligibilityScheduleInstances', 'pages'),
  'active roles': arm('/roleAssignmentScheduleInstances', 'pages'),
  'deny assignments': arm('/denyAssignments', 'pages'),
  'diagnostic settings': arm('/diagnosticSettings', 'pages'),
  'audit rows': { target: 'logs', match: 'AuditLogs', answers: 'rows' },
  'web tests': { target: 'logs', match: 'AppAvailabilityResults', answers: 'rows' },
  traffic: { target: 'metrics', match: 'getBatch', answers: 'rows' },
  directory: { target: 'directory', match: 'getByIds', answers: 'pages' },
  vantage: { target: 'dns', match: '^TXT ', answers: 'rows' },
  addresses: { target: 'dns', match: '^(A|AAAA) ', answers: 'rows' },
} as const satisfies Readonly<Record<string, Read>>;

export type ReadName = keyof typeof reads;

function arm(match: string, answers: Read['answers']): Read {
  return { target: 'resource-manager', match, answers };
}

interface Origin {
  /** without any one of these reads the kind is lost */
  readonly reads: readonly ReadName[];
  /** Resource Graph has it too: then the kind is only unconfirmed */
  readonly listed?: true;
  /** kinds that say what to ask for */
  readonly follows?: readonly EvidenceKind[];
}

export const evidence: { readonly [K in EvidenceKind]: Origin } = {
  resource: { reads: ['health documents'], listed: true },
  workspace: { reads: ['health documents'], listed: true },
  // its zone groups and addresses are gathered, or fail, each for themselves
  privateEndpoints: { reads: ['health documents', 'private endpoints'], listed: true },
  requiredZones: { reads: [] },
  // only listed
  privateZones: { reads: [] },
  dnsAnswers: { reads: ['vantage', 'addresses'] },
  // what stands at the other end is asked too, and its faults are findings: see the test of `fhir`
  privatePath: { reads: [], follows: ['dnsAnswers'] },
  publicPath: { reads: ['web tests'] },
  roleAssignments: { reads: ['role assignments'], listed: true },
  roleDefinitions: { reads: ['role definitions'] },
  eligibleRoles: { reads: ['eligible roles'] },
  activeRoles: { reads: ['active roles'] },
  denyAssignments: { reads: ['deny assignments'] },
  directory: { reads: ['directory'] },
  diagnosticSettings: { reads: ['diagnostic settings'] },
  // only listed, but for those that the listing lacks
  logWorkspaces: { reads: [], follows: ['diagnosticSettings'] },
  auditRows: { reads: ['audit rows'], follows: ['diagnosticSettings'] },
  traffic: { reads: ['traffic'] },
};

const grants: readonly EvidenceKind[] = ['roleAssignments', 'roleDefinitions', 'eligibleRoles', 'activeRoles'];

/**
 * The kinds without which a check cannot pass in this estate. A check that is not here needs what it requires, and may
 * do without what it considers.
 */
export const needs: Readonly<Record<string, (service: Pick<Service, 'kind' | 'name'>) => readonly EvidenceKind[]>> = {
  'public-network-access': ({ kind }) => (kind === 'workspace' ? ['resource'] : ['resource', 'workspace']),
  'private-endpoint-approval': () => ['privateEndpoints'],
  // a workspace has no host name unless its endpoint lists one
  'private-dns-resolution': ({ kind }) =>
    kind === 'workspace' ? ['privateEndpoints'] : ['dnsAnswers', 'privateEndpoints'],
  'private-path-open': ({ kind }) => (hasVersion(kind) ? ['privatePath', 'resource'] : ['privatePath']),
  'public-path-blocked': () => ['publicPath'],
  // what a deny assignment would take away stays granted
  'data-role-scope': () => grants,
  'data-role-privilege': () => grants,
  'data-role-principals': () => [...grants, 'directory'],
  'audit-log-setting': () => ['diagnosticSettings', 'logWorkspaces'],
  'audit-log-failures': ({ name }) => (name === quietService ? ['auditRows', 'traffic'] : ['auditRows']),
};

function hasVersion(kind: ServiceKind): boolean {
  return kind === 'fhirService' || kind === 'apiForFhir';
}

/** What Resource Graph is asked for, once for all batches: what a part of it leaves out is read directly. */
export const listings = {
  subscriptions: { match: 'microsoft.resources/subscriptions', problems: 1 },
  'private endpoints': { match: 'microsoft.network/privateendpoints', problems: 0 },
  'network interfaces': { match: 'microsoft.network/networkinterfaces', problems: 0 },
  'log workspaces': { match: 'microsoft.operationalinsights/workspaces', problems: 0 },
  zones: { match: "privatednszones' and", problems: 0 },
  links: { match: 'virtualnetworklinks', problems: 0 },
  records: { match: 'dnsresources', problems: 0 },
} as const;

export interface FaultRow {
  readonly name: string;
  readonly fault: { readonly kind: FaultKind } & Readonly<Record<string, unknown>>;
  /** whether it takes such an answer away */
  readonly spoils: (read: Read) => boolean;
}

const everything = () => true;
const nothing = () => false;

export const faultRows: readonly FaultRow[] = [
  ...[401, 403, 429, 500].map((status) => ({
    name: `status ${status}`,
    fault: { kind: 'status' as const, status },
    spoils: everything,
  })),
  { name: 'status 429 for an hour', fault: { kind: 'status', status: 429, retryAfter: 3600 }, spoils: everything },
  { name: 'hang', fault: { kind: 'hang' }, spoils: everything },
  { name: 'reset', fault: { kind: 'reset' }, spoils: everything },
  { name: 'malformed', fault: { kind: 'malformed' }, spoils: everything },
  { name: 'empty', fault: { kind: 'empty' }, spoils: everything },
  { name: 'html', fault: { kind: 'html' }, spoils: everything },
  { name: 'partial', fault: { kind: 'partial' }, spoils: ({ answers }) => answers !== 'document' },
  {
    name: 'nextLink that circles',
    fault: { kind: 'nextLink', link: '{self}' },
    spoils: ({ answers }) => answers === 'pages',
  },
  {
    name: 'nextLink to elsewhere',
    fault: { kind: 'nextLink', link: 'https://elsewhere.example/x' },
    spoils: ({ answers }) => answers === 'pages',
  },
  { name: 'slow', fault: { kind: 'slow', delayMs: 20 }, spoils: nothing },
  { name: 'skew', fault: { kind: 'skew', skewMs: 3_600_000 }, spoils: nothing },
];

/** Faults that are over before a call gives up; DNS has no throttling. */
export const passing = [
  { name: 'two throttles', fault: { kind: 'status', status: 429, times: 2 }, except: ['dns'] },
  { name: 'one 500', fault: { kind: 'status', status: 500, times: 1 }, except: [] },
  { name: 'one reset', fault: { kind: 'reset', times: 1 }, except: [] },
  { name: 'one try that hangs', fault: { kind: 'hang', times: 1 }, except: [] },
] as const satisfies readonly { name: string; fault: object; except: readonly FaultTarget[] }[];

/** What is lost, and what is only unconfirmed, where these reads are spoilt. */
export function losses(
  spoilt: ReadonlySet<ReadName>,
): Readonly<Record<'lost' | 'unconfirmed', ReadonlySet<EvidenceKind>>> {
  const kinds = Object.keys(evidence) as readonly EvidenceKind[];
  const hit = kinds.filter((kind) => evidence[kind].reads.some((name) => spoilt.has(name)));
  const lost = new Set(hit.filter((kind) => !evidence[kind].listed));
  for (const kind of kinds) if (evidence[kind].follows?.some((one) => lost.has(one))) lost.add(kind);
  return { lost, unconfirmed: new Set(hit.filter((kind) => evidence[kind].listed && !lost.has(kind))) };
}

/**
 * What each fault of a FHIR endpoint means there: most are the very finding (CHECKS, "Probes"). A DICOM service need
 * say nothing but 200.
 */
export const atEndpoint: Readonly<Record<string, (kind: ServiceKind) => Status>> = {
  'status 401': () => 'fail',
  'status 403': () => 'fail',
  'status 429': () => 'unknown',
  'status 500': () => 'fail',
  'status 429 for an hour': () => 'unknown',
  hang: () => 'fail',
  reset: () => 'fail',
  malformed: (kind) => (hasVersion(kind) ? 'fail' : 'pass'),
  empty: (kind) => (hasVersion(kind) ? 'fail' : 'pass'),
  html: () => 'fail',
};
