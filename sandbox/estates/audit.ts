/** Diagnostic settings, the audit rows of a quiet day, and the traffic that goes with them. */
import { deriveId } from '../estate.ts';
import type { AzureDocument, JsonObject } from '../types.ts';
import {
  type Hospital,
  hostOf,
  legacyId,
  logWorkspaceId,
  type Plan,
  principalOf,
  type Service,
  serviceId,
} from './plan.ts';

const minute = 60_000;
const hours = 24;

interface Row {
  readonly minutesAgo: number;
  readonly who: string;
  readonly operation: string;
  readonly resourceType: string;
  readonly status: number;
  readonly durationMs: number;
}

export function settingsOf(plan: Plan): readonly AzureDocument[] {
  const byCategory = { category: 'AuditLogs', categoryGroup: null };
  const legacy = plan.legacy === undefined ? [] : [settingOf(plan, legacyId(plan), byCategory)];
  const services = plan.hospitals.flatMap((hospital) =>
    hospital.services.map((service, index) => {
      const chosen = index % 2 === 0 ? byCategory : { category: null, categoryGroup: 'allLogs' };
      return settingOf(plan, serviceId(hospital, service), chosen);
    }),
  );
  return [...services, ...legacy];
}

function settingOf(plan: Plan, resourceId: string, chosen: JsonObject): AzureDocument {
  const retentionPolicy = { enabled: false, days: 0 };
  return {
    id: `${resourceId}/providers/microsoft.insights/diagnosticSettings/to-log-hub`,
    type: 'Microsoft.Insights/diagnosticSettings',
    name: 'to-log-hub',
    properties: {
      storageAccountId: null,
      serviceBusRuleId: null,
      workspaceId: logWorkspaceId(plan),
      eventHubAuthorizationRuleId: null,
      eventHubName: null,
      logs: [{ ...chosen, enabled: true, retentionPolicy }],
      metrics: [],
      logAnalyticsDestinationType: 'Dedicated',
      marketplacePartnerId: null,
    },
  };
}

/** Rows of the last day: a request of each kind every hour, a few not found, nothing unusual. */
export function logsOf(plan: Plan): Readonly<Record<string, Readonly<Record<string, readonly JsonObject[]>>>> {
  const of = (kind: Service['kind'], rows: (hospital: Hospital, service: Service) => readonly JsonObject[]) =>
    plan.hospitals.flatMap((hospital) =>
      hospital.services.filter((service) => service.kind === kind).flatMap((service) => rows(hospital, service)),
    );
  return {
    [logWorkspaceId(plan)]: {
      MicrosoftHealthcareApisAuditLogs: of('fhir', (hospital, service) =>
        quietDay(plan).flatMap((row) => fhirRows(plan, hospital, service, row)),
      ),
      AHDSDicomAuditLogs: of('dicom', (hospital, service) =>
        quietDay(plan).map((row) => dicomRow(plan, hospital, service, row)),
      ),
    },
  };
}

export function metricsOf(plan: Plan): Readonly<Record<string, Readonly<Record<string, readonly [string, number][]>>>> {
  const point = (index: number, value: number): [string, number] => [ago(plan, (hours - index) * 60), value];
  const series = (value: (index: number) => number) =>
    Array.from({ length: hours }, (_, index) => point(index, value(index)));
  const one = {
    TotalRequests: series((index) => 40 + (index % 7)),
    TotalErrors: series(() => 0),
    Availability: series(() => 100),
  };
  const services = plan.hospitals.flatMap((hospital) =>
    hospital.services.filter(({ kind }) => kind === 'fhir').map((service) => serviceId(hospital, service)),
  );
  return Object.fromEntries(services.map((id) => [id, one]));
}

/** Two audit rows of one request to a FHIR service: started, and how it ended. */
export function fhirRows(plan: Plan, hospital: Hospital, service: Service, row: Row): readonly JsonObject[] {
  const resourceId = serviceId(hospital, service);
  const oid = principalOf(plan, row.who);
  const issuer = `https://sts.windows.net/${plan.tenantId}/`;
  const common: JsonObject = {
    TenantId: deriveId('customer', logWorkspaceId(plan)),
    SourceSystem: 'Azure',
    OperationName: `Microsoft.HealthcareApis/services/fhir-R4/${row.operation}`,
    CorrelationId: deriveId('request', resourceId, String(row.minutesAgo), row.operation).replaceAll('-', ''),
    RequestUri: `https://${hostOf(plan, hospital, service)}/${row.resourceType}`,
    FhirResourceType: row.resourceType,
    LogCategory: 'AuditLogs',
    CallerIPAddress: '10.20.1.17',
    CallerIdentityIssuer: issuer,
    CallerIdentityObjectId: oid,
    CallerIdentity: { claims: { iss: issuer, oid } },
    Location: plan.location,
    Properties: {},
    Type: 'MicrosoftHealthcareApisAuditLogs',
    _ResourceId: resourceId.toLowerCase(),
    _SubscriptionId: hospital.subscriptionId,
  };
  const ended = row.status < 400 ? 'Succeeded' : 'Failed';
  return [
    {
      ...common,
      TimeGenerated: ago(plan, row.minutesAgo),
      ResultType: 'Started',
      StatusCode: null,
      OperationDuration: 0,
    },
    {
      ...common,
      TimeGenerated: ago(plan, row.minutesAgo, row.durationMs),
      ResultType: ended,
      StatusCode: row.status,
      OperationDuration: row.durationMs,
    },
  ];
}

function dicomRow(plan: Plan, hospital: Hospital, service: Service, row: Row): JsonObject {
  const resourceId = serviceId(hospital, service);
  return {
    TenantId: deriveId('customer', logWorkspaceId(plan)),
    SourceSystem: 'Azure',
    TimeGenerated: ago(plan, row.minutesAgo, row.durationMs),
    OperationName: 'retrieve-study',
    ResultType: 'ended',
    StatusCode: row.status,
    Level: 'Information',
    CorrelationId: deriveId('request', resourceId, String(row.minutesAgo)).replaceAll('-', ''),
    Uri: `https://${hostOf(plan, hospital, service)}/v2/studies`,
    Identity: {},
    Type: 'AHDSDicomAuditLogs',
    _ResourceId: resourceId.toLowerCase(),
    _SubscriptionId: hospital.subscriptionId,
  };
}

function quietDay({ logHours = hours }: Plan): readonly Row[] {
  return Array.from({ length: logHours }, (_, hour): readonly Row[] => {
    const at = hour * 60 + 12;
    return [
      {
        minutesAgo: at,
        who: 'EHR integration',
        operation: 'search-type',
        resourceType: 'Patient',
        status: 200,
        durationMs: 140,
      },
      {
        minutesAgo: at + 9,
        who: 'Dr. Ada Okafor',
        operation: 'read',
        resourceType: 'Observation',
        status: hour % 8 === 3 ? 404 : 200,
        durationMs: 45,
      },
      {
        minutesAgo: at + 21,
        who: 'EHR integration',
        operation: 'update',
        resourceType: 'Encounter',
        status: 200,
        durationMs: 90,
      },
    ];
  }).flat();
}

function ago(plan: Plan, minutes: number, plusMs = 0): string {
  return new Date(plan.now.getTime() - minutes * minute + plusMs).toISOString();
}
