/**
 * The one list of what the monitor's identity may do in Azure. The reader roles (infra/fleet), the page that explains
 * them (docs/deploy.md) and the check of the monitor's own rights are made from it. Names are those of Azure's permission
 * reference; Azure compares them without case.
 */

/** One operation of Resource Manager, and what the monitor would not know without it. */
export interface Permission {
  readonly action: string;
  readonly why: string;
}

/** Granted over everything that is watched: at the management group, or at each subscription. */
export const readerPermissions: readonly Permission[] = [
  {
    action: 'Microsoft.Authorization/denyAssignments/read',
    why: 'denials that take data access away again',
  },
  {
    action: 'Microsoft.Authorization/permissions/read',
    why: 'the monitor’s own rights: what it may not read must not look empty',
  },
  {
    action: 'Microsoft.Authorization/roleAssignments/read',
    why: 'who holds data access',
  },
  {
    action: 'Microsoft.Authorization/roleAssignmentScheduleInstances/read',
    why: 'which of it is an activated role of Privileged Identity Management',
  },
  {
    action: 'Microsoft.Authorization/roleDefinitions/read',
    why: 'what a role, built in or custom, allows in effect',
  },
  {
    action: 'Microsoft.Authorization/roleEligibilityScheduleInstances/read',
    why: 'who may activate data access',
  },
  {
    action: 'Microsoft.HealthcareApis/services/privateEndpointConnections/read',
    why: 'connections to an Azure API for FHIR service whose own document lists none',
  },
  {
    action: 'Microsoft.HealthcareApis/services/privateLinkResources/read',
    why: 'the DNS zones that its private endpoints need',
  },
  {
    action: 'Microsoft.HealthcareApis/services/read',
    why: 'Azure API for FHIR services and their settings',
  },
  {
    action: 'Microsoft.HealthcareApis/workspaces/dicomservices/read',
    why: 'DICOM services and their settings',
  },
  {
    action: 'Microsoft.HealthcareApis/workspaces/fhirservices/read',
    why: 'FHIR services and their settings',
  },
  {
    action: 'Microsoft.HealthcareApis/workspaces/iotconnectors/read',
    why: 'MedTech services and their settings',
  },
  {
    action: 'Microsoft.HealthcareApis/workspaces/privateEndpointConnections/read',
    why: 'connections to a workspace whose own document lists none',
  },
  {
    action: 'Microsoft.HealthcareApis/workspaces/privateLinkResources/read',
    why: 'the DNS zones that a workspace’s private endpoints need',
  },
  {
    action: 'Microsoft.HealthcareApis/workspaces/read',
    why: 'workspaces and their public access flag',
  },
  {
    action: 'Microsoft.Insights/DiagnosticSettings/Read',
    why: 'where audit logs are sent, if anywhere',
  },
  {
    action: 'Microsoft.Insights/Metrics/Read',
    why: 'whether a service had traffic that must have left audit rows',
  },
  {
    action: 'Microsoft.Network/networkInterfaces/read',
    why: 'the addresses of private endpoints, which DNS must answer with',
  },
  {
    action: 'Microsoft.Network/privateDnsZones/A/read',
    why: 'address records, to name the broken hop',
  },
  {
    action: 'Microsoft.Network/privateDnsZones/AAAA/read',
    why: 'the same of IPv6',
  },
  {
    action: 'Microsoft.Network/privateDnsZones/CNAME/read',
    why: 'aliases, to name the broken hop',
  },
  {
    action: 'Microsoft.Network/privateDnsZones/read',
    why: 'which zones exist, those that shadow the public names too',
  },
  {
    action: 'Microsoft.Network/privateDnsZones/virtualNetworkLinks/read',
    why: 'which networks a zone answers for',
  },
  {
    action: 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups/read',
    why: 'whether Azure keeps an endpoint’s DNS records up to date',
  },
  {
    action: 'Microsoft.Network/privateEndpoints/read',
    why: 'the endpoint’s own side of a connection',
  },
  {
    action: 'Microsoft.OperationalInsights/workspaces/read',
    why: 'whether the log workspace that a setting names exists',
  },
  {
    action: 'Microsoft.ResourceGraph/resources/read',
    why: 'one query for what would be thousands of reads',
  },
  {
    action: 'Microsoft.Resources/subscriptions/read',
    why: 'which subscriptions there are, and the management groups above them',
  },
];

/** Tables that the audit checks query; the monitor may read no other. */
export const auditTables: readonly string[] = [
  'AHDSDicomAuditLogs',
  'AzureDiagnostics',
  'MicrosoftHealthcareApisAuditLogs',
];

/** Granted at each log workspace that services send their audit logs to, and nowhere else. */
export const logPermissions: readonly Permission[] = [
  { action: 'Microsoft.OperationalInsights/workspaces/read', why: 'the workspace itself' },
  { action: 'Microsoft.OperationalInsights/workspaces/query/read', why: 'running a query, of no table yet' },
  ...auditTables.map((table) => ({
    action: `Microsoft.OperationalInsights/workspaces/query/${table}/read`,
    why: `audit rows in ${table}`,
  })),
];
