import type { JsonObject } from '../evidence/azure/json.ts';
import type { CloudName } from '../model.ts';

/** What `fhirwatch export` writes: the part of an estate file (the sandbox reads it) that a scan can know. */
export interface EstateFile {
  readonly name: string;
  readonly now: string;
  readonly cloud: CloudName;
  readonly tenantId?: string;
  readonly managementGroups: readonly ManagementGroup[];
  readonly policy: JsonObject;
  readonly monitor: {
    readonly network: string | null;
    readonly publicVantage: boolean;
    readonly unreadable: readonly string[];
  };
  readonly resources: readonly Document[];
  readonly roleDefinitions: readonly Document[];
  readonly roleAssignments: readonly Document[];
  readonly roleEligibilityScheduleInstances: readonly Document[];
  readonly roleAssignmentScheduleInstances: readonly Document[];
  readonly denyAssignments: readonly Document[];
  readonly diagnosticSettings: readonly Document[];
  readonly directory: readonly { readonly id: string; readonly type: string }[];
  readonly dns: { readonly private: readonly DnsRecord[]; readonly public: readonly DnsRecord[] };
  /** by workspace id and table */
  readonly logs: Readonly<Record<string, Readonly<Record<string, readonly JsonObject[]>>>>;
  /** by resource id and metric */
  readonly metrics: Readonly<Record<string, Readonly<Record<string, readonly (readonly [string, number])[]>>>>;
  /** by host and path */
  readonly endpoints: Readonly<Record<string, Readonly<Record<string, EndpointAnswers>>>>;
  readonly faults: readonly Fault[];
  readonly graph: { readonly resources: readonly Document[]; readonly without: readonly string[] };
}

export type Document = JsonObject & { readonly id: string };

export interface ManagementGroup {
  readonly id: string;
  readonly parent: string | null;
  readonly subscriptions: readonly string[];
}

export interface DnsRecord {
  readonly name: string;
  readonly type?: 'A' | 'AAAA' | 'CNAME' | 'TXT';
  readonly data?: string;
  readonly rcode?: 'SERVFAIL' | 'NXDOMAIN';
}

export interface EndpointAnswers {
  readonly private?: EndpointAnswer;
  readonly public?: EndpointAnswer;
}

export interface EndpointAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A read that failed, or one whose answer no document stands for: it is answered the same again. */
export interface Fault {
  readonly target: 'resource-manager' | 'resource-graph' | 'logs' | 'metrics' | 'directory';
  readonly match: string;
  readonly kind: 'status' | 'html' | 'partial';
  readonly status?: number;
  readonly body?: unknown;
}
