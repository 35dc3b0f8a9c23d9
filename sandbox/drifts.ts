/** The named drifts: what goes wrong in an estate, as pure changes of it. The repair of each is the estate as it was. */

import { asJson, textAt } from './documents.ts';
import { deriveId } from './estate.ts';
import { assignTo } from './estates/access.ts';
import {
  approveForeignEndpoint,
  firstFhirService,
  firstOwner,
  hollowSetting,
  setPublicAccess,
  staleRecord,
  unlinkZones,
  widenRole,
} from './estates/changes.ts';
import { isAtOrBelow } from './resource-manager/scopes.ts';
import { subscriptionOf } from './resource-manager/target.ts';
import type { Estate, JsonObject, LogTable } from './types.ts';

export interface Drift {
  readonly name: string;
  /** one sentence for people */
  readonly what: string;
  /** the estate after it happened at `now`; throws where the estate has nothing it could happen to */
  readonly apply: (estate: Estate, now: Date) => Estate;
}

const culprit = 'mallory@contoso-health.example';
const auditTable = 'MicrosoftHealthcareApisAuditLogs';

export const drifts: readonly Drift[] = [
  {
    name: 'open-public-access',
    what: 'Somebody sets public network access of the first workspace to Enabled.',
    apply: (estate, now) => {
      const owner = firstOwner(estate.resources);
      const change = { path: 'properties.publicNetworkAccess', before: 'Disabled', after: 'Enabled' };
      const resources = setPublicAccess(estate.resources, owner, 'Enabled');
      return recorded({ ...estate, resources }, now, owner.id, `${owner.type}/write`, [change]);
    },
  },
  {
    name: 'approve-foreign-endpoint',
    what: 'Somebody approves a private endpoint that stands in a subscription nobody here knows.',
    apply: (estate, now) => {
      const owner = firstOwner(estate.resources);
      const resources = approveForeignEndpoint(estate.resources, owner);
      return recorded(
        { ...estate, resources },
        now,
        owner.id,
        `${owner.type}/privateEndpointConnectionsApproval/action`,
        [],
      );
    },
  },
  {
    name: 'unlink-zone',
    what: "The private DNS zones lose their link to the monitor's network, so names resolve to public addresses.",
    apply: (estate) => ({ ...estate, resources: unlinkZones(estate.resources, estate.monitor.network ?? '') }),
  },
  {
    name: 'stale-record',
    what: 'The record of the first service keeps an address that its private endpoint no longer has.',
    apply: (estate) => ({ ...estate, resources: staleRecord(estate.resources, '10.99.0.4') }),
  },
  {
    name: 'widen-role-scope',
    what: 'The first data role at a service is assigned at the whole subscription instead.',
    apply: (estate) => ({ ...estate, roleAssignments: widenRole(estate.roleAssignments) }),
  },
  {
    name: 'add-unlisted-writer',
    what: 'A principal that the policy does not list becomes FHIR Data Writer.',
    apply: (estate, now) => {
      const service = firstFhirService(estate.resources);
      const added = assignTo(deriveId('stranger', estate.name), 'ServicePrincipal', service.id, 'FHIR Data Writer');
      const roleAssignments = [...estate.roleAssignments, added];
      return recorded(
        { ...estate, roleAssignments },
        now,
        service.id,
        'Microsoft.Authorization/roleAssignments/write',
        [],
      );
    },
  },
  {
    name: 'hollow-audit-setting',
    what: 'The diagnostic setting of the first FHIR service stays, but exports nothing any more.',
    apply: (estate) => {
      const service = firstFhirService(estate.resources);
      const settings = estate.diagnosticSettings.map((one) =>
        isAtOrBelow(one.id, service.id) ? hollowSetting(one) : one,
      );
      return { ...estate, diagnosticSettings: settings };
    },
  },
  {
    name: 'burst-of-failures',
    what: 'One caller is refused sixty times within ten minutes.',
    apply: (estate, now) => mapAuditLogs(estate, (rows) => [...rows, ...refusals(estate, now)]),
  },
  {
    name: 'silent-audit-logs',
    what: 'Audit rows of the last six hours never arrive, while the traffic goes on.',
    apply: (estate, now) => {
      const silent = mapAuditLogs(estate, (rows) =>
        rows.filter((row) => Date.parse(textAt(row, 'TimeGenerated') ?? '') < now.getTime() - 6 * 3_600_000),
      );
      return { ...silent, metrics: withTraffic(estate.metrics, estate.now, 24) };
    },
  },
  {
    name: 'resolver-down',
    what: "The resolver of the monitor's network stops answering.",
    apply: (estate) => ({ ...estate, faults: [...estate.faults, { target: 'dns', match: '.', kind: 'hang' }] }),
  },
];

/** The drift of this name, or undefined. */
export function findDrift(name: string): Drift | undefined {
  return drifts.find((drift) => drift.name === name);
}

/** Forty requests every quarter of an hour from then on, for whoever had requests before. */
function withTraffic(metrics: Estate['metrics'], from: Date, hours: number): Estate['metrics'] {
  const quarter = 15 * 60_000;
  const points = Array.from(
    { length: hours * 4 },
    (_, i) => [new Date(from.getTime() + i * quarter).toISOString(), 40] as const,
  );
  return Object.fromEntries(
    Object.entries(metrics).map(([resource, series]) => {
      const before = series.TotalRequests;
      return [resource, before === undefined ? series : { ...series, TotalRequests: [...before, ...points] }];
    }),
  );
}

function recorded(
  estate: Estate,
  now: Date,
  resourceId: string,
  operation: string,
  changes: readonly JsonObject[],
): Estate {
  const entry = { resourceId, operation, caller: culprit, at: now.toISOString(), changes };
  return { ...estate, activity: [...estate.activity, entry] };
}

function mapAuditLogs(estate: Estate, change: (rows: readonly JsonObject[]) => readonly JsonObject[]): Estate {
  const workspaces = Object.entries(estate.logs).map(([workspace, tables]) => {
    const rows: LogTable = (Object.hasOwn(tables, auditTable) ? tables[auditTable] : undefined) ?? [];
    if ('columns' in rows) throw new Error(`the rows of ${auditTable} must be records`);
    return [workspace, { ...tables, [auditTable]: change(rows) }];
  });
  return { ...estate, logs: Object.fromEntries(workspaces) };
}

function refusals(estate: Estate, now: Date): readonly JsonObject[] {
  const service = asJson(firstFhirService(estate.resources));
  const id = textAt(service, 'id') ?? '';
  const oid = deriveId('stranger', estate.name);
  const issuer = `https://sts.windows.net/${estate.tenantId}/`;
  return Array.from({ length: 60 }, (_, index) => ({
    SourceSystem: 'Azure',
    TimeGenerated: new Date(now.getTime() - index * 10_000).toISOString(),
    OperationName: 'Microsoft.HealthcareApis/services/fhir-R4/search-type',
    CorrelationId: deriveId('refusal', id, String(index)).replaceAll('-', ''),
    RequestUri: 'https://redacted.example/Patient',
    FhirResourceType: 'Patient',
    StatusCode: 403,
    ResultType: 'Failed',
    OperationDuration: 12,
    LogCategory: 'AuditLogs',
    CallerIPAddress: '10.20.1.99',
    CallerIdentityIssuer: issuer,
    CallerIdentityObjectId: oid,
    CallerIdentity: { claims: { iss: issuer, oid } },
    Location: textAt(service, 'location') ?? '',
    Properties: {},
    Type: auditTable,
    _ResourceId: id.toLowerCase(),
    _SubscriptionId: subscriptionOf(id) ?? '',
  }));
}
