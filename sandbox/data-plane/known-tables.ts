import type { KqlType } from '../kql/engine.ts';

/** A table whose columns Azure fixes; one with `growing` gets a column for whatever else a record holds. */
export interface KnownTable {
  readonly columns: Readonly<Record<string, KqlType>>;
  readonly growing: boolean;
}

/** columns that every table of a workspace has */
const STANDARD =
  'TenantId SourceSystem Type _ResourceId _SubscriptionId _IsBillable _ItemId | TimeGenerated:datetime _TimeReceived:datetime _BilledSize:real';

/** columns that the tables of Application Insights share */
const APPLICATION =
  'OperationName OperationId ParentId SyntheticSource SessionId UserId UserAuthenticatedId UserAccountId AppVersion ' +
  'AppRoleName AppRoleInstance ClientType ClientModel ClientOS ClientIP ClientCity ClientStateOrProvince ' +
  'ClientCountryOrRegion ClientBrowser ResourceGUID IKey SDKVersion ItemCount:int Properties:dynamic';

const RESOURCE =
  'Resource ResourceGroup ResourceId ResourceProvider SubscriptionId OperationName OperationVersion Category ' +
  'ResultType ResultSignature ResultDescription CallerIPAddress CorrelationId Level Location';

function table(columns: string, growing = false): KnownTable {
  const all = `${STANDARD} ${columns}`.split(/[\s|]+/).map((column) => {
    const [name = '', type = 'string'] = column.split(':');
    return [name, type as KqlType] as const;
  });
  return { columns: Object.fromEntries(all), growing };
}

/**
 * Azure's columns of the tables that this product and its alert rules read (HF 4.3, 4.4 and Azure Monitor's table
 * reference). A query that names another column fails there, so it must fail here.
 */
export const KNOWN_TABLES: ReadonlyMap<string, KnownTable> = new Map(
  Object.entries({
    MicrosoftHealthcareApisAuditLogs: table(
      'OperationName ResultType StatusCode:int LogCategory CallerIdentity:dynamic CallerIdentityIssuer ' +
        'CallerIdentityObjectId CallerIPAddress CorrelationId FhirResourceType RequestUri OperationDuration:int ' +
        'Properties:dynamic Location',
    ),
    AHDSDicomAuditLogs: table('CorrelationId Identity:dynamic Level OperationName ResultType StatusCode:int Uri'),
    AHDSDicomDiagnosticLogs: table('CorrelationId Location LogLevel Message OperationName Properties:dynamic'),
    AHDSMedTechDiagnosticLogs: table('LogType Message OperationName'),
    AzureDiagnostics: table(`${RESOURCE} ResourceType DurationMs:long AdditionalFields:dynamic`, true),
    AzureActivity: table(
      'ActivityStatus ActivityStatusValue ActivitySubstatus ActivitySubstatusValue Authorization ' +
        'Authorization_d:dynamic Caller CallerIpAddress Category CategoryValue Claims Claims_d:dynamic CorrelationId ' +
        'EventDataId EventSubmissionTimestamp:datetime Hierarchy HTTPRequest Level OperationId OperationName ' +
        'OperationNameValue Properties Properties_d:dynamic Resource ResourceGroup ResourceId ResourceProvider ' +
        'ResourceProviderValue SubscriptionId',
    ),
    AzureMetrics: table(
      `${RESOURCE} MetricName TimeGrain UnitName Confidence Properties DurationMs:long ` +
        'Average:real Count:real Maximum:real Minimum:real Total:real',
    ),
    Heartbeat: table(
      'Category Computer ComputerEnvironment ComputerIP ComputerPrivateIPs:dynamic IsGatewayInstalled:bool ' +
        'ManagementGroupName MG OSMajorVersion OSMinorVersion OSName OSType RemoteIPCountry RemoteIPLatitude:real ' +
        'RemoteIPLongitude:real Resource ResourceGroup ResourceId ResourceProvider ResourceType SCAgentChannel ' +
        'Solutions SourceComputerId SubscriptionId Version VMUUID',
    ),
    AppEvents: table(`${APPLICATION} Name Measurements:dynamic`),
    AppAvailabilityResults: table(
      `${APPLICATION} Id Name Location Success:bool Message Size:real DurationMs:real PerformanceBucket Measurements:dynamic`,
    ),
    AppMetrics: table(`${APPLICATION} Name Sum:real Min:real Max:real`),
    AppTraces: table(`${APPLICATION} Message SeverityLevel:int ReferencedItemId ReferencedType Measurements:dynamic`),
    AppExceptions: table(
      `${APPLICATION} ProblemId HandledAt ExceptionType Assembly Method Message OuterType OuterMessage OuterAssembly ` +
        'OuterMethod InnermostType InnermostMessage InnermostAssembly InnermostMethod Details:dynamic ' +
        'SeverityLevel:int Measurements:dynamic',
    ),
  }),
);
