/** The shapes that the sandbox's servers share. The estate file's keys and their meaning: INTERFACES, "Estate file". */

import type { SandboxRequest, SandboxResponse } from './http.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** An Azure document as the REST API returns it; what is inside is never refused. */
export interface AzureDocument {
  readonly id: string;
  readonly type?: string;
  readonly name?: string;
  readonly properties?: Json;
  readonly [key: string]: Json | undefined;
}

export interface DnsRecord {
  readonly name: string;
  readonly type?: 'A' | 'AAAA' | 'CNAME' | 'TXT';
  readonly data?: string;
  readonly rcode?: 'SERVFAIL' | 'NXDOMAIN' | 'TIMEOUT';
}

export type FaultTarget =
  | 'resource-manager'
  | 'resource-graph'
  | 'identity'
  | 'logs'
  | 'metrics'
  | 'dns'
  | 'insights'
  | 'storage'
  | 'fhir'
  | 'directory';

export type FaultKind =
  | 'status'
  | 'hang'
  | 'reset'
  | 'malformed'
  | 'empty'
  | 'html'
  | 'slow'
  | 'partial'
  | 'skew'
  | 'nextLink';

export interface Fault {
  readonly target: FaultTarget;
  readonly match: string;
  readonly kind: FaultKind;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Json;
  readonly link?: string;
  /** seconds, sent as `Retry-After` */
  readonly retryAfter?: number;
  readonly delayMs?: number;
  readonly skewMs?: number;
  /** matches to let pass first; default 0 */
  readonly after?: number;
  /** share of matches that are hit, 0 to 1; default 1 */
  readonly rate?: number;
  /** hits before the fault is over; default for ever */
  readonly times?: number;
}

export type CloudName = 'AzureCloud' | 'AzureUSGovernment' | 'AzureChinaCloud';

/** Rows of one log table: records, or columns with types and rows, which are lists in the columns' order or records. */
export type LogTable =
  | readonly JsonObject[]
  | { readonly columns: Readonly<Record<string, string>>; readonly rows: readonly (readonly Json[] | JsonObject)[] };

/** A validated estate file with its defaults filled in. */
export interface Estate {
  readonly name: string;
  /** where the clock starts */
  readonly now: Date;
  readonly cloud: CloudName;
  readonly tenantId: string;
  readonly managementGroups: readonly {
    readonly id: string;
    readonly parent: string | null;
    readonly subscriptions: readonly string[];
  }[];
  /** the policy as JSON, or undefined for the repository's example */
  readonly policy: JsonObject | undefined;
  readonly monitor: {
    readonly principalId: string;
    /** id of the network where the monitor stands; null: no private vantage */
    readonly network: string | null;
    readonly publicVantage: boolean;
    readonly unreadable: readonly string[];
  };
  readonly resources: readonly AzureDocument[];
  readonly roleDefinitions: readonly AzureDocument[];
  readonly roleAssignments: readonly AzureDocument[];
  readonly roleEligibilityScheduleInstances: readonly AzureDocument[];
  readonly roleAssignmentScheduleInstances: readonly AzureDocument[];
  readonly denyAssignments: readonly AzureDocument[];
  readonly diagnosticSettings: readonly AzureDocument[];
  readonly directory: readonly {
    readonly id: string;
    readonly type: 'User' | 'Group' | 'ServicePrincipal';
    readonly displayName?: string;
    readonly members?: readonly string[];
  }[];
  readonly dns: { readonly private: readonly DnsRecord[]; readonly public: readonly DnsRecord[] };
  readonly logs: Readonly<Record<string, Readonly<Record<string, LogTable>>>>;
  readonly metrics: Readonly<Record<string, Readonly<Record<string, readonly (readonly [string, number])[]>>>>;
  readonly endpoints: Readonly<Record<string, Json>>;
  readonly policyStates: readonly JsonObject[];
  readonly activity: readonly JsonObject[];
  readonly faults: readonly Fault[];
  readonly graph: { readonly resources: readonly AzureDocument[]; readonly without: readonly string[] };
}

/** The estate while the sandbox runs: a named drift replaces it, every server reads it anew for each request. */
export interface World {
  estate(): Estate;
  replace(next: Estate): void;
  /** the sandbox's clock: starts at the estate's `now` and runs on */
  now(): Date;
  /** the fault that hits this request, if any; counts the match (see {@link Fault}) */
  fault(target: FaultTarget, subject: string): Fault | undefined;
  /** what every call over HTTP pays before it is answered; absent: nothing */
  readonly toll?: Toll;
}

/** Lets a call pass, at once or later, or refuses it. */
export type Toll = (target: FaultTarget, request: SandboxRequest) => Promise<Passage>;

export interface Passage {
  /** the answer instead of the service's own */
  readonly refusal?: SandboxResponse;
  /** sent with the answer */
  readonly headers?: Readonly<Record<string, string>>;
  /** to be called when the call is over */
  readonly release?: () => void;
}

/** A server on loopback. */
export interface RunningServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Keys and certificates of one sandbox, PEM. `caFile` is the path of a file that holds `ca` (for `NODE_EXTRA_CA_CERTS`). */
export interface TlsMaterial {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
  readonly caFile: string;
}
