/**
 * The vocabulary of fhirwatch: types only. Every other room speaks in these words; this file imports nothing.
 * Ids are Azure resource ids as Azure wrote them and compare without case; times are ISO 8601 in UTC.
 */

// ── Outcome ───────────────────────────────────────────────────────────────────────────────────────────────────────

export type Status = 'pass' | 'fail' | 'unknown' | 'not-applicable';
export type Severity = 'critical' | 'high' | 'medium' | 'low';
export type Family = 'network' | 'access' | 'audit' | 'data' | 'lifecycle';

/** Why evidence did not arrive. `no-vantage`: the monitor cannot prove that it stands inside the private network. */
export type Reason = 'forbidden' | 'not-found' | 'throttled' | 'unreachable' | 'malformed' | 'no-vantage';

export interface Failure {
  readonly reason: Reason;
  /** one sentence for a reader: what was asked, what came; never a token, a key or a document's body */
  readonly detail: string;
}

/** One read: which call or query answered, with the service's own request id, and when. */
export interface Source {
  readonly source: string;
  readonly requestId?: string;
  readonly at: string;
}

/**
 * What a collector got of one thing, or why it got nothing. `unconfirmed` is set where Resource Graph, which may lag,
 * answered and the direct read that should have confirmed it failed; `direct` where a direct read confirmed it or where
 * no lag is possible. `incomplete` is set where a part of the value did not arrive: enough to fail on, never to
 * pass on.
 */
export type Gathered<T> =
  | {
      readonly ok: true;
      readonly value: T;
      readonly sources: readonly Source[];
      readonly direct: boolean;
      readonly unconfirmed?: Failure;
      readonly incomplete?: Failure;
    }
  | ({ readonly ok: false; readonly sources: readonly Source[] } & Failure);

// ── Estate ────────────────────────────────────────────────────────────────────────────────────────────────────────

export type ServiceKind = 'workspace' | 'fhirService' | 'dicomService' | 'medtechService' | 'apiForFhir' | 'fhirServer';

/** A watched resource: one posture each. */
export interface Service {
  readonly id: string;
  /** first 16 hex digits of SHA-256 of the lower-case id */
  readonly key: string;
  /** the id's last segment */
  readonly name: string;
  readonly kind: ServiceKind;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly location: string;
  /** of a workspace's child: the workspace's id */
  readonly workspaceId?: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Something that could not even be listed. */
export interface Problem extends Failure {
  readonly scope: string;
}

export type CloudName = 'AzureCloud' | 'AzureUSGovernment' | 'AzureChinaCloud';

/** The names of one Azure cloud. */
export interface Cloud {
  readonly name: CloudName;
  /** e.g. `https://management.azure.com` */
  readonly resourceManager: string;
  /** token audience of Resource Manager and Resource Graph, independent of an overridden endpoint */
  readonly resourceManagerAudience: string;
  readonly logs: string;
  readonly logsAudience: string;
  /** metrics batch endpoint; `{region}` stands for the region */
  readonly metrics: string;
  readonly metricsAudience: string;
  readonly microsoftGraph: string;
  /** e.g. `login.microsoftonline.com` */
  readonly authorityHost: string;
  /** e.g. `azurehealthcareapis.com` */
  readonly healthSuffix: string;
  /** an endpoint is overridden: every report says so */
  readonly simulated: boolean;
}

// ── Expectations: the policy's `expect`, resolved for one service ─────────────────────────────────────────────────

export type ScopeLevel = 'service' | 'workspace' | 'resourceGroup' | 'subscription' | 'managementGroup';

export interface ApprovedPrincipal {
  readonly id: string;
  readonly name?: string;
  /** role names or ids; absent: any */
  readonly roles?: readonly string[];
}

export interface NamedNetwork {
  readonly id: string;
  readonly via: 'peering' | 'other';
}

/** INTERFACES section 3; every default filled in. Durations in seconds. */
export interface Expectations {
  readonly tenant?: string;
  readonly logWorkspaces: readonly string[];
  readonly networks: readonly NamedNetwork[];
  readonly privateEndpointSubscriptions: readonly string[];
  readonly dataAccess: { readonly widestScope: ScopeLevel; readonly principals: readonly ApprovedPrincipal[] };
  readonly privilegedPrincipals: readonly ApprovedPrincipal[];
  readonly externalIdentityProviders: readonly string[];
  readonly corsOrigins: readonly string[];
  readonly exportAccounts: readonly string[];
  readonly auditFailures: {
    readonly windowSeconds: number;
    readonly clientErrors: number;
    readonly serverErrors: number;
    readonly perCaller: number;
  };
  readonly auditLiveness: { readonly minimumRequests: number };
  readonly operationFailures: { readonly windowSeconds: number; readonly perOperation: number };
  readonly slowOperations: {
    readonly windowSeconds: number;
    readonly minimumRows: number;
    readonly everythingMs: number;
    readonly searchMs: number;
  };
  readonly customerManagedKey: 'optional' | 'required';
  readonly templateRegistries: readonly string[];
  readonly importWindow: { readonly from: string; readonly to: string } | null;
  readonly lock: 'none' | 'CanNotDelete';
  readonly reindexHours: number;
  readonly successor?: string;
}

// ── Evidence ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** An Azure document as it came: `properties` is whatever the service wrote, `{}` where it wrote none. */
export interface ResourceDocument {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly kind?: unknown;
  readonly location?: unknown;
  readonly tags?: unknown;
  readonly identity?: unknown;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** The provider's side of a private endpoint connection (HF 1.6). Field values are as read; absent is undefined. */
export interface EndpointConnection {
  readonly id?: string;
  readonly status?: unknown;
  readonly provisioningState?: unknown;
  readonly endpointId?: string;
  /** the endpoint that the connection names; `not-found` where it says that it has none, absent where it says nothing */
  readonly endpoint?: Gathered<PrivateEndpoint>;
}

/** The consumer's side (HF 2.6). */
export interface PrivateEndpoint {
  readonly id: string;
  readonly location?: string;
  readonly provisioningState?: unknown;
  /** the virtual network of its subnet */
  readonly networkId?: string;
  /** automatic and manual connections alike */
  readonly connections: readonly {
    readonly serviceId?: string;
    readonly status?: unknown;
    readonly provisioningState?: unknown;
    readonly manual: boolean;
  }[];
  readonly customDnsConfigs: readonly { readonly fqdn: string; readonly addresses: readonly string[] }[];
  readonly addresses: Gathered<readonly EndpointAddress[]>;
  readonly zoneGroups: Gathered<readonly ZoneGroup[]>;
}

/** One address of a private endpoint's network interface. */
export interface EndpointAddress {
  readonly address: string;
  /** `privateLinkConnectionProperties.fqdns` */
  readonly fqdns: readonly string[];
  readonly memberName?: string;
}

export interface ZoneGroup {
  readonly id: string;
  readonly zones: readonly {
    readonly zoneId: string;
    readonly recordSets: readonly {
      readonly type?: string;
      readonly fqdn?: string;
      readonly addresses: readonly string[];
    }[];
  }[];
}

/** The private endpoint connections of the resource that owns them: a child's are its workspace's (HF 0.5). */
export interface PrivateEndpoints {
  readonly ownerId: string;
  readonly connections: readonly EndpointConnection[];
}

export interface PrivateZone {
  readonly id: string;
  readonly name: string;
  readonly links: Gathered<readonly ZoneLink[]>;
  readonly records: Gathered<readonly ZoneRecord[]>;
}

export interface ZoneLink {
  readonly id: string;
  readonly networkId?: string;
  readonly state?: unknown;
  readonly registrationEnabled?: unknown;
  readonly resolutionPolicy?: unknown;
}

export interface ZoneRecord {
  readonly type: 'A' | 'AAAA' | 'CNAME';
  /** relative to the zone: `name`, `*` or `@` */
  readonly name: string;
  readonly values: readonly string[];
  readonly autoRegistered?: boolean;
}

/** What the private vantage's resolver says of one host name. */
export interface DnsAnswer {
  readonly host: string;
  /** `address:port` of the server that answered, or the resolver's own name for it */
  readonly server: string;
  readonly rcode: 'NOERROR' | 'NXDOMAIN';
  /** CNAME targets in order, without trailing dots, lower case */
  readonly chain: readonly string[];
  /** all A and AAAA answers, sorted */
  readonly addresses: readonly string[];
  /** set where one of the two questions (A, AAAA) got no answer: what is here is only part */
  readonly incomplete?: Failure;
}

/** Where the monitor stands: the id that the vantage record holds, and which servers answered. */
export interface Vantage {
  readonly networkId: string;
  readonly servers: readonly string[];
}

export interface DnsAnswers {
  readonly vantage: Vantage;
  readonly hosts: readonly { readonly host: string; readonly answer: Gathered<DnsAnswer> }[];
}

/** What the one anonymous request from the private vantage met. Every word but `answered` is after bounded retries. */
export type PathOutcome =
  /** DNS says that the host does not exist or has no address */
  | { readonly is: 'no-address' }
  | { readonly is: 'refused' | 'timed-out' | 'reset' }
  /** no TLS session at all; `problem` is the error code */
  | { readonly is: 'no-tls'; readonly problem: string }
  /** the certificate is not valid for the host; nothing was sent */
  | { readonly is: 'untrusted'; readonly problem: string; readonly certificateEnds?: string }
  | {
      readonly is: 'answered';
      readonly status: number;
      /** Microsoft's edge, not the FHIR app, said that access was denied */
      readonly edgeDenied: boolean;
      readonly html: boolean;
      readonly capabilityStatement: boolean;
      /** of the capability statement */
      readonly fhirVersion?: string;
      /** of a redirect, which is not followed */
      readonly redirectHost?: string;
      readonly certificateEnds?: string;
    };

/** The private path of a service, as seen from inside the network: `/metadata`, of DICOM `/health/check` (HF 6). */
export interface PrivatePath {
  readonly url: string;
  /** the virtual network where the monitor stands */
  readonly networkId: string;
  readonly dns: DnsAnswer;
  /** the address of the DNS answer that was connected to */
  readonly address?: string;
  readonly outcome: PathOutcome;
}

/** What web tests from outside met in the last 30 minutes: the last result of each place that met anything, sorted by place. */
export interface PublicPath {
  readonly host: string;
  readonly results: readonly {
    readonly location: string;
    readonly at: string;
    /** the status that came; `unreadable`: an answer came, or none, and the result's message does not tell */
    readonly outcome: number | 'no-connection' | 'unreadable';
  }[];
}

export interface RoleAssignment {
  readonly id: string;
  readonly scope: string;
  readonly principalId: string;
  readonly principalType?: string;
  readonly roleDefinitionId: string;
  readonly condition?: string;
}

export interface Permission {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly dataActions: readonly string[];
  readonly notDataActions: readonly string[];
  /** of deny assignments: it denies only where this holds */
  readonly condition?: string;
}

export interface RoleDefinition {
  readonly id: string;
  readonly roleName: string;
  readonly permissions: readonly Permission[];
}

/** By the definition's guid in lower case. A definition that could not be read is a failure, not a gap. */
export type RoleDefinitions = Readonly<Record<string, Gathered<RoleDefinition>>>;

/** A PIM instance (HF 3.6): someone who may activate a role, or a role that is active now. */
export interface ScheduleInstance {
  readonly id: string;
  readonly scope: string;
  readonly principalId: string;
  readonly principalType?: string;
  readonly roleDefinitionId: string;
  readonly condition?: string;
  /** of active instances: `Activated` or `Assigned` */
  readonly assignmentType?: string;
  /** of active instances: the role assignment that the instance puts in the list */
  readonly roleAssignmentId?: string;
  /** `Direct`, `Inherited` or `Group`: held through a group */
  readonly memberType?: string;
  /** of eligible instances: `roleEligibilityScheduleId` */
  readonly scheduleId?: string;
  /** of `Activated` instances: `linkedRoleEligibilityScheduleId`, the eligibility that was activated */
  readonly linkedScheduleId?: string;
  /** of `Activated` instances: `linkedRoleEligibilityScheduleInstanceId` */
  readonly linkedInstanceId?: string;
}

export interface DenyAssignment {
  readonly id: string;
  readonly name?: string;
  readonly scope: string;
  readonly doNotApplyToChildScopes: boolean;
  readonly permissions: readonly Permission[];
  readonly principals: readonly { readonly id: string; readonly type?: string }[];
  readonly excludePrincipals: readonly { readonly id: string; readonly type?: string }[];
  readonly condition?: string;
  /** `denyAssignmentEffect`: `enforced` or absent denies, anything else only watches */
  readonly effect?: string;
}

export interface DiagnosticSetting {
  readonly id: string;
  readonly name: string;
  readonly workspaceId?: string;
  readonly logs: readonly { readonly category?: string; readonly categoryGroup?: string; readonly enabled?: unknown }[];
  /** the document has no list of logs, or one that was not understood; `logs` is empty then */
  readonly logsUnread?: true;
}

/** By lower-case id: the log workspaces that the service's settings name. `not-found` only where the scope is readable. */
export type LogWorkspaces = Readonly<Record<string, Gathered<{ readonly id: string }>>>;

/** Equal failed rows of one service in one workspace. Nothing here can hold a request URI. */
export interface AuditFailureRow {
  /** hash over every column of the row but `TenantId` and `_…`: equal rows in two workspaces have one key */
  readonly key: string;
  readonly count: number;
  readonly status?: number;
  readonly operation: string;
  readonly callerObjectId?: string;
  readonly callerAddress?: string;
}

/** One workspace's audit rows of one service within the policy's window. */
export interface AuditWindow {
  readonly workspaceId: string;
  /** all rows, `Started` included */
  readonly rows: number;
  readonly failures: readonly AuditFailureRow[];
  /** the answer was cut: what is here is only part */
  readonly incomplete?: Failure;
}

export interface AuditRows {
  readonly windowSeconds: number;
  readonly workspaces: readonly { readonly workspaceId: string; readonly window: Gathered<AuditWindow> }[];
}

/** `TotalRequests`, hour by hour, counted back from 15 minutes ago, newest first. No series in Azure: no hours. */
export interface Traffic {
  readonly hours: readonly { readonly from: string; readonly to: string; readonly requests: number }[];
}

/** What Microsoft Graph says of principals, if the policy opts in (`directory`). */
export type Directory =
  | { readonly asked: false }
  | {
      readonly asked: true;
      /** by lower-case object id; `gone`: the directory does not know it */
      readonly principals: Readonly<Record<string, 'User' | 'Group' | 'ServicePrincipal' | 'gone'>>;
    };

/** What each kind of evidence holds. A check reads only the kinds it declares. */
export interface EvidenceByKind {
  /** the service's own document */
  readonly resource: ResourceDocument;
  /** of a workspace's child: the workspace's document */
  readonly workspace: ResourceDocument;
  readonly privateEndpoints: PrivateEndpoints;
  /** `requiredZoneNames` of the owner's private link resources */
  readonly requiredZones: readonly string[];
  /** the readable private zones whose name is a suffix of one of the service's host names or of its privatelink alias */
  readonly privateZones: readonly PrivateZone[];
  readonly dnsAnswers: DnsAnswers;
  readonly privatePath: PrivatePath;
  readonly publicPath: PublicPath;
  /** at and above the service, management groups included; never below it */
  readonly roleAssignments: readonly RoleAssignment[];
  readonly roleDefinitions: RoleDefinitions;
  readonly eligibleRoles: readonly ScheduleInstance[];
  readonly activeRoles: readonly ScheduleInstance[];
  readonly denyAssignments: readonly DenyAssignment[];
  readonly directory: Directory;
  readonly diagnosticSettings: readonly DiagnosticSetting[];
  readonly logWorkspaces: LogWorkspaces;
  readonly auditRows: AuditRows;
  readonly traffic: Traffic;
}

export type EvidenceKind = keyof EvidenceByKind;

/** Everything gathered about one service; a kind that nobody asked for is absent. */
export type Evidence = { readonly [K in EvidenceKind]?: Gathered<EvidenceByKind[K]> };

// ── Checks, verdicts, findings ────────────────────────────────────────────────────────────────────────────────────

/** A value a verdict rests on. Nothing volatile (times, request ids, counts that move by themselves); arrays sorted. */
export type ObservedValue = string | number | boolean | null | readonly string[];
export type Observed = Readonly<Record<string, ObservedValue>>;

export interface Verdict {
  readonly status: Status;
  /** what is so, where it was read, what it should be: a sentence for a reader at 3 a.m. */
  readonly message: string;
  readonly observed: Observed;
  /** where the defect is less grave than the check's own severity */
  readonly severity?: Severity;
  readonly culprit?: Culprit;
}

/** What is to blame where it is not the service itself: its workspace, a role assignment, a log workspace. */
export interface Culprit {
  /** the same for every finding that it spoils; compared without case */
  readonly key: string;
  /** a noun phrase for a reader */
  readonly title: string;
}

/** Seconds that a finding must last before it counts, because Azure itself is late. */
export interface Settling {
  /** before a fail opens a drift; never of a critical one */
  readonly opening?: number;
  /** before a pass ends a drift */
  readonly resolving?: number;
}

/** All that a check may know besides its evidence. */
export interface CheckContext {
  readonly service: Service;
  readonly expect: Expectations;
  readonly cloud: Cloud;
  /** the sweep's time */
  readonly now: string;
  /** lower-case ids of the subscriptions in which watched services or the policy's networks stand */
  readonly estateSubscriptions: readonly string[];
}

export type Framework = 'HIPAA' | 'NIST 800-53 r5' | 'MCSB';

export interface Check<Required extends EvidenceKind = EvidenceKind, Considered extends EvidenceKind = EvidenceKind> {
  /** kebab-case noun phrase, the file's name, stable for ever */
  readonly id: string;
  readonly family: Family;
  /** the compliant state */
  readonly title: string;
  readonly severity: Severity;
  /** other kinds are not-applicable; a workspace's child is told that its workspace owns the setting */
  readonly appliesTo: readonly ServiceKind[];
  /** the threat, at most 400 characters */
  readonly why: string;
  readonly remediation: { readonly summary: string; command(service: Service): string };
  readonly references: readonly string[];
  /** `own`: our own mapping, not one that a published initiative makes (HF 10) */
  readonly controls: readonly { readonly framework: Framework; readonly id: string; readonly own?: boolean }[];
  /** without one of these the finding is `unknown` */
  readonly requires: readonly Required[];
  /** these may be missing; the check sees why */
  readonly considers?: readonly Considered[];
  readonly settling?: Settling;
  /** checks whose defect of the same service, or of its workspace, explains one of this check: both are told as one */
  readonly follows?: readonly string[];
  evaluate(
    evidence: { readonly [K in Required]: EvidenceByKind[K] } & {
      readonly [K in Considered]: Gathered<EvidenceByKind[K]>;
    },
    context: CheckContext,
  ): Verdict;
}

export interface EvidenceReference extends Source {
  readonly kind: EvidenceKind;
}

/** An accepted risk, as far as a report shows it. */
export interface AppliedException {
  readonly owner: string;
  readonly reason: string;
  readonly expires: string;
}

/** One verdict about one service by one check. */
export interface Finding {
  readonly check: string;
  readonly family: Family;
  /** of this finding: a check may grade below its own */
  readonly severity: Severity;
  readonly status: Status;
  readonly message: string;
  readonly observed: Observed;
  readonly evidence: readonly EvidenceReference[];
  readonly culprit?: Culprit;
}

/** All findings of one service, sorted by check id. */
export interface Posture {
  readonly service: Service;
  readonly findings: readonly Finding[];
}

// ── Memory ────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * What a sweep set out to do, kept until it is closed, so that whoever judges a batch or closes the sweep needs nothing
 * but its id.
 */
export interface SweepPlan {
  readonly schema: 1;
  readonly sweepId: string;
  readonly family: Family;
  readonly startedAt: string;
  readonly intervalSeconds: number;
  readonly policySha256: string;
  readonly services: readonly Service[];
  /** no longer part of the estate: direct reads say that they are gone, or the policy excludes them now */
  readonly gone: readonly Service[];
  /** the estate differs from the one that is remembered */
  readonly estateChanged: boolean;
  readonly problems: readonly Problem[];
  /** ids of the services whose critical verdicts are confirmed by direct reads beforehand */
  readonly confirm: readonly string[];
  /** set where the estate could not be listed: `services` is what was known of it */
  readonly unlisted?: Failure;
  /** only these services are looked at again: the others are neither judged nor missed, and no heartbeat follows */
  readonly partial?: true;
}

/** One batch of a sweep, done. */
export interface BatchRecord {
  readonly schema: 1;
  readonly index: number;
  readonly at: string;
  /** absent where no DNS question was asked */
  readonly vantage?: Gathered<Vantage>;
  /** given up after every attempt: its services are missing */
  readonly lost?: true;
}

/** One pass of one family over the estate. `incomplete`: it ended without a finding for every service; `missing` says which. */
export interface SweepRecord {
  readonly schema: 1;
  readonly sweepId: string;
  readonly family: Family;
  readonly startedAt: string;
  readonly completedAt: string;
  readonly outcome: 'completed' | 'incomplete';
  readonly missing: readonly string[];
  readonly intervalSeconds: number;
  readonly services: number;
  readonly findings: number;
  readonly unknown: number;
  /** share of findings that are not unknown; null without findings */
  readonly coverage: number | null;
  readonly durationMs: number;
  readonly problems: readonly Problem[];
  readonly policySha256: string;
  /** absent where the sweep asked no DNS question */
  readonly vantage?: Gathered<Vantage>;
  /** it looked at some services only, and says nothing of its family */
  readonly partial?: true;
}

/** Something in Azure was written, deleted or acted upon, as Event Grid tells it. */
export interface Change {
  /** the resource id, as told */
  readonly id: string;
  /** such as `Microsoft.HealthcareApis/workspaces/write` */
  readonly operation: string;
}

/** A change that waits to be looked at; `version` is another where it happened again. */
export interface PendingChange extends Change {
  readonly version: string;
}

/**
 * A finding as remembered: an interval of one status, severity and observed state, seen without a gap of more than two
 * sweeps.
 */
export interface FindingRecord {
  readonly schema: 1;
  readonly service: Service;
  readonly finding: Finding;
  /** since when it is so */
  readonly from: string;
  /** since when its status is so, whatever was observed meanwhile; `from` or earlier */
  readonly since: string;
  /** the last sweep that saw it so */
  readonly lastSeen: string;
  readonly sweepId: string;
  /** when another state was seen, or that it is gone; absent while the interval lasts */
  readonly to?: string;
}

/** The policy as it was last valid, and what has been told of it. */
export interface PolicyRecord {
  readonly schema: 1;
  /** absent: no valid policy was ever read */
  readonly good?: { readonly text: string; readonly sha256: string; readonly savedAt: string };
  /** ids of what was told and still holds: a set of problems, an exception that expires */
  readonly told: readonly string[];
}

/** Why the last card did not reach Teams. */
export interface TeamsTrouble {
  readonly schema: 1;
  readonly at: string;
  readonly detail: string;
}

/** An alert that a person asked for, to see whether it arrives. */
export interface TestAlert {
  readonly schema: 1;
  readonly testId: string;
  readonly sentAt: string;
  /** when the action group first brought it back to the app; absent: not yet */
  readonly receivedAt?: string;
  /** what became of its card; `later`: Teams did not take it yet */
  readonly card?: 'posted' | 'later' | 'refused' | 'no-workflow';
}

/** Which part of memory is asked for; all of it without. */
export interface Part {
  readonly family?: Family;
  readonly service?: Pick<Service, 'key' | 'subscriptionId'>;
}

/** The drifts of a family that still matter: open ones, ones not told to the end, and those that ended lately. */
export interface DriftBook {
  readonly drifts: readonly Drift[];
  /** changes with every write */
  readonly version: string;
}

export interface DriftChanges {
  /** new ones and changed ones */
  readonly drifts: readonly Drift[];
  /** of no more use but to history */
  readonly past: readonly Drift[];
  /** causes that begin with these drifts */
  readonly causes: readonly Cause[];
}

/** What is remembered between invocations: Azure Tables and Blobs, or memory. Every method throws where storage fails. */
export interface Store {
  /**
   * Remembers findings of one family as intervals: an unchanged one only moves `lastSeen`. What a sweep has written once
   * it does not write again, and what is older than what is known changes nothing: deliveries repeat and come late.
   */
  saveFindings(
    sweep: Pick<SweepPlan, 'sweepId' | 'family' | 'intervalSeconds'>,
    at: string,
    postures: readonly Posture[],
  ): Promise<void>;
  /** The interval that lasts, of every finding. */
  currentFindings(part?: Part): Promise<readonly FindingRecord[]>;
  /** Every interval that overlaps the period, by its start; for a moment `from` and `to` are the same. */
  findingsBetween(from: string, to: string, part?: Part): Promise<readonly FindingRecord[]>;
  /** Ends the intervals of services that left the estate. */
  forgetServices(family: Family, at: string, services: readonly Service[]): Promise<void>;
  /** The estate as the family last listed it. */
  saveEstate(family: Family, services: readonly Service[]): Promise<void>;
  knownEstate(family: Family): Promise<readonly Service[]>;

  /** `shared` is what the batches share, as plain data; it is kept until the sweep is closed. */
  openSweep(plan: SweepPlan, shared?: object): Promise<void>;
  /** Sweeps that were begun and not closed. */
  openSweeps(family: Family): Promise<readonly SweepPlan[]>;
  /** The plan of a sweep that is open; undefined of one that is closed, or never was. */
  openPlan(family: Family, sweepId: string): Promise<SweepPlan | undefined>;
  /** What the sweep was opened with; undefined where it is closed. */
  sharedOf(sweepId: string): Promise<object | undefined>;
  /** Whether the caller, and nobody else, may close the sweep: it is open, and claimed by none in the last `seconds`. */
  claimSweep(plan: SweepPlan, at: string, seconds: number): Promise<boolean>;
  /** Gives a claim back, for another attempt. */
  releaseSweep(plan: SweepPlan): Promise<void>;
  saveBatch(sweepId: string, record: BatchRecord): Promise<void>;
  savedBatches(sweepId: string): Promise<readonly BatchRecord[]>;
  /** Remembers how the sweep ended; its plan and batches are forgotten. */
  saveSweep(record: SweepRecord): Promise<void>;
  sweep(sweepId: string): Promise<SweepRecord | undefined>;
  /** The last sweep of each family, and the last completed one where that is another. */
  latestSweeps(): Promise<readonly SweepRecord[]>;

  /**
   * Puts changes on the list of what waits. Whether the caller must see to the list: nobody else said so in the last
   * `seconds`. Of many callers one is told to.
   */
  noteChanges(changes: readonly Change[], at: string, seconds: number): Promise<boolean>;
  /** The list as it stands; whoever notes a change from now on must see to it. */
  dueChanges(): Promise<readonly PendingChange[]>;
  /** Takes changes off the list, but those that happened again meanwhile. */
  forgetChanges(changes: readonly PendingChange[]): Promise<void>;

  driftBook(family: Family): Promise<DriftBook>;
  /** All or, where storage fails midway, the first of them; undefined and nothing where another wrote since `version`. */
  saveDrifts(family: Family, version: string, changes: DriftChanges): Promise<string | undefined>;
  /** Drifts that were open at some time of the period, past ones included. */
  driftsBetween(from: string, to: string): Promise<readonly Drift[]>;
  /** A cause, and the drifts of it that still matter. */
  cause(causeId: string): Promise<{ readonly cause: Cause; readonly drifts: readonly Drift[] } | undefined>;

  baseline(family: Family): Promise<readonly BaselineEntry[]>;
  saveBaseline(family: Family, entries: readonly BaselineEntry[], dropped: readonly BaselineEntry[]): Promise<void>;

  savePolicy(record: PolicyRecord): Promise<void>;
  policy(): Promise<PolicyRecord | undefined>;

  /**
   * Whether the caller is to post what `key` stands for: `mine`, where nobody has and nobody else claimed it in the last
   * `seconds`; `busy`, where another call is at it.
   */
  claimDelivery(key: string, at: string, seconds: number): Promise<'mine' | 'posted' | 'busy'>;
  /** It was posted, once and for all. */
  saveDelivery(key: string, at: string): Promise<void>;
  /** It was not posted: the next call may try. */
  releaseDelivery(key: string): Promise<void>;
  saveTeamsTrouble(trouble: TeamsTrouble | undefined): Promise<void>;
  teamsTrouble(): Promise<TeamsTrouble | undefined>;
  saveTestAlert(record: TestAlert): Promise<void>;
  testAlert(testId: string): Promise<TestAlert | undefined>;

  /** Forgets what ended before: at most `limit` findings, drifts and sweeps of the family each, and what went to Teams. */
  purge(family: Family, before: string, limit: number): Promise<void>;
}

/** A custom event of Application Insights: INTERFACES, "Signals". */
export interface Signal {
  readonly name: string;
  readonly at: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly measurements: Readonly<Record<string, number>>;
}

/** Where signals go. */
export interface SignalSink {
  /** Of these very signals those that the ingestion service said it accepted, in order; the rest must be sent again. Never throws. */
  send(signals: readonly Signal[]): Promise<readonly Signal[]>;
}

// ── Drift ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export type Direction = 'regressed' | 'obscured' | 'changed' | 'recovered' | 'added' | 'removed';

/** A signed-in person or program. */
export interface Person {
  readonly objectId: string;
  readonly name?: string;
}

/** What a person accepted of one finding. Fails and unknowns are never accepted: they stay open drifts. */
export interface BaselineEntry {
  readonly schema: 1;
  readonly serviceId: string;
  readonly serviceKey: string;
  readonly family: Family;
  readonly check: string;
  readonly status: 'pass' | 'not-applicable';
  readonly observed: Observed;
  readonly acceptedAt: string;
  readonly acceptedBy: Person;
}

export interface FindingState {
  readonly status: Status;
  readonly observed: Observed;
}

/** What is paged: the drifts that one thing made at one time. Nothing of it ever changes. */
export interface Cause {
  readonly schema: 1;
  readonly causeId: string;
  /** the culprit's */
  readonly key: string;
  readonly title: string;
  readonly family: Family;
  readonly direction: Direction;
  /** severity, check and service of its worst member when it began */
  readonly severity: Severity;
  readonly check: string;
  readonly serviceName: string;
  readonly openedAt: string;
}

/** Why a drift is over. `superseded`: the same finding became graver and opened anew. */
export type Resolution = 'recovered' | 'known' | 'excepted' | 'accepted' | 'removed' | 'superseded' | 'told';

/** A finding that differs from the baseline, from opening to resolving. */
export interface Drift {
  readonly schema: 1;
  /** stable from opening to resolving */
  readonly driftId: string;
  /** of its cause, see `Cause` */
  readonly causeId: string;
  readonly causeKey: string;
  readonly causeTitle: string;
  readonly causeSeverity: Severity;
  readonly causeCheck: string;
  readonly causeServiceName: string;
  readonly causeDirection: Direction;
  readonly service: Service;
  readonly check: string;
  readonly family: Family;
  readonly severity: Severity;
  readonly direction: Direction;
  /** null: nothing was accepted before */
  readonly was: FindingState | null;
  readonly is: FindingState;
  readonly message: string;
  /** since when the finding is as it is */
  readonly since: string;
  readonly openedAt: string;
  /** how often it seemed repaired and was not, this time and lately */
  readonly flaps: number;
  /** the finding last seen was in order, but not yet for long enough */
  readonly recovering: boolean;
  readonly resolvedAt?: string;
  readonly resolution?: Resolution;
  /** who last wrote to what is to blame before the drift was seen; absent: not recorded */
  readonly changed?: RecordedChange;
  /** when the opening, the last repeat and the end were told: the ingestion service accepted them */
  readonly openSentAt?: string;
  readonly stateSentAt?: string;
  readonly resolveSentAt?: string;
}

/** Who changed a watched resource, as Azure recorded it. */
export interface RecordedChange {
  readonly at: string;
  /** a user's name, or an application's object id */
  readonly actor: string;
  /** `User`, `Application`, … where recorded */
  readonly actorType?: string;
  /** the tool, where recorded: portal, CLI, … */
  readonly client?: string;
  readonly operation?: string;
  /** what Azure says was written; empty where it only says that something was */
  readonly properties: readonly { readonly path: string; readonly before: string; readonly after: string }[];
}
