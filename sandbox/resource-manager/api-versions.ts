/**
 * The api-versions that exist, per type. HealthcareApis: fact base 1.1; the others: the published types and the versions
 * that the Azure SDKs send. A type that is in none of these tables is served at any version of the right form.
 */

const healthcare = [
  ...['2018-08-20-preview', '2019-09-16', '2020-03-15', '2020-03-30', '2021-01-11'],
  ...['2021-06-01-preview', '2021-11-01', '2022-01-31-preview', '2022-05-15', '2022-06-01', '2022-10-01-preview'],
  ...['2022-12-01', '2023-02-28', '2023-09-06', '2023-11-01', '2023-12-01', '2024-03-01', '2024-03-31'],
  ...['2025-03-01-preview', '2025-04-01-preview'],
];
const healthcareWorkspaces = healthcare.filter((version) => version >= '2021-06-01-preview');
const network = [
  ...['2020-11-01', '2021-02-01', '2021-03-01', '2021-05-01', '2021-08-01', '2022-01-01', '2022-05-01', '2022-07-01'],
  ...['2022-09-01', '2022-11-01', '2023-02-01', '2023-04-01', '2023-05-01', '2023-06-01', '2023-09-01', '2023-11-01'],
  ...['2024-01-01', '2024-03-01', '2024-05-01', '2024-07-01', '2024-10-01', '2025-01-01', '2025-03-01', '2025-05-01'],
  ...['2025-07-01', '2026-01-01'],
];
const privateDns = ['2018-09-01', '2020-01-01', '2020-06-01', '2024-06-01'];
const logWorkspaces = [
  ...['2020-08-01', '2020-10-01', '2021-06-01', '2021-12-01-preview', '2022-10-01', '2023-09-01'],
  ...['2025-02-01', '2025-07-01', '2026-03-01'],
];
const storage = [
  ...['2019-06-01', '2021-01-01', '2021-02-01', '2021-04-01', '2021-06-01', '2021-08-01', '2021-09-01', '2022-05-01'],
  ...['2022-09-01', '2023-01-01', '2023-04-01', '2023-05-01', '2024-01-01', '2025-01-01', '2025-06-01', '2026-04-01'],
];
const keyVault = [
  ...['2019-09-01', '2021-10-01', '2021-11-01-preview', '2022-07-01', '2022-11-01', '2023-02-01', '2023-07-01'],
  ...['2024-11-01', '2024-12-01-preview', '2025-05-01'],
];
const resources = [
  ...['2019-10-01', '2020-01-01', '2020-06-01', '2020-08-01', '2020-10-01', '2021-01-01', '2021-04-01', '2022-09-01'],
  ...['2022-12-01', '2023-07-01', '2024-03-01', '2024-07-01', '2024-11-01', '2025-03-01', '2025-04-01'],
];
const managementGroups = ['2019-11-01', '2020-02-01', '2020-05-01', '2020-10-01', '2021-04-01', '2023-04-01'];
const schedules = [
  '2020-10-01-preview',
  '2020-10-01',
  '2022-04-01-preview',
  '2024-02-01-preview',
  '2024-09-01-preview',
];
const metrics = ['2018-01-01', '2019-07-01', '2021-05-01', '2023-10-01', '2024-02-01'];
const policyStates = ['2018-04-04', '2018-07-01-preview', '2019-10-01', '2024-10-01'];

const table: Readonly<Record<string, readonly string[]>> = {
  'microsoft.healthcareapis/services': healthcare,
  'microsoft.healthcareapis/services/privateendpointconnections': healthcare,
  'microsoft.healthcareapis/services/privatelinkresources': healthcare,
  'microsoft.healthcareapis/workspaces': healthcareWorkspaces,
  'microsoft.healthcareapis/workspaces/privateendpointconnections': healthcareWorkspaces,
  'microsoft.healthcareapis/workspaces/privatelinkresources': healthcareWorkspaces,
  'microsoft.healthcareapis/workspaces/fhirservices': healthcareWorkspaces,
  'microsoft.healthcareapis/workspaces/dicomservices': healthcareWorkspaces,
  'microsoft.healthcareapis/workspaces/iotconnectors': healthcareWorkspaces,
  'microsoft.healthcareapis/workspaces/iotconnectors/fhirdestinations': healthcareWorkspaces,
  'microsoft.network/privateendpoints': network,
  'microsoft.network/privateendpoints/privatednszonegroups': network,
  'microsoft.network/networkinterfaces': network,
  'microsoft.network/virtualnetworks': network,
  'microsoft.network/virtualnetworks/subnets': network,
  'microsoft.network/virtualnetworks/virtualnetworkpeerings': network,
  'microsoft.network/networksecuritygroups': network,
  'microsoft.network/privatednszones': privateDns,
  'microsoft.network/privatednszones/virtualnetworklinks': privateDns,
  'microsoft.network/privatednszones/all': privateDns,
  'microsoft.network/privatednszones/a': privateDns,
  'microsoft.network/privatednszones/aaaa': privateDns,
  'microsoft.network/privatednszones/cname': privateDns,
  'microsoft.network/privatednszones/mx': privateDns,
  'microsoft.network/privatednszones/ptr': privateDns,
  'microsoft.network/privatednszones/soa': privateDns,
  'microsoft.network/privatednszones/srv': privateDns,
  'microsoft.network/privatednszones/txt': privateDns,
  'microsoft.operationalinsights/workspaces': logWorkspaces,
  'microsoft.storage/storageaccounts': storage,
  'microsoft.storage/storageaccounts/privateendpointconnections': storage,
  'microsoft.keyvault/vaults': keyVault,
  'microsoft.keyvault/vaults/privateendpointconnections': keyVault,
  'microsoft.resources/tenants': resources,
  'microsoft.resources/subscriptions': resources,
  'microsoft.resources/subscriptions/resourcegroups': resources,
  'microsoft.resources/subscriptions/resources': resources,
  'microsoft.resources/subscriptions/resourcegroups/resources': resources,
  'microsoft.management/managementgroups': managementGroups,
  'microsoft.management/managementgroups/descendants': managementGroups,
  'microsoft.management/getentities': managementGroups,
  'microsoft.resourcegraph/resources': ['2019-04-01', '2021-03-01', '2022-10-01', '2024-04-01'],
  'microsoft.authorization/roleassignments': [
    ...['2015-07-01', '2018-07-01', '2018-09-01-preview', '2020-04-01-preview', '2020-08-01-preview'],
    ...['2020-10-01-preview', '2021-04-01-preview', '2022-04-01'],
  ],
  'microsoft.authorization/roledefinitions': [
    '2015-07-01',
    '2018-01-01-preview',
    '2018-07-01',
    '2022-04-01',
    '2022-05-01-preview',
  ],
  'microsoft.authorization/denyassignments': ['2018-07-01-preview', '2022-04-01', '2024-07-01-preview', '2026-09-01'],
  'microsoft.authorization/roleeligibilityscheduleinstances': schedules,
  'microsoft.authorization/roleassignmentscheduleinstances': schedules,
  'microsoft.authorization/permissions': [
    '2015-07-01',
    '2018-01-01-preview',
    '2018-07-01',
    '2022-04-01',
    '2022-05-01-preview',
  ],
  'microsoft.authorization/locks': ['2015-01-01', '2016-09-01', '2017-04-01', '2020-05-01'],
  'microsoft.insights/diagnosticsettings': ['2016-09-01', '2017-05-01-preview', '2021-05-01-preview'],
  'microsoft.insights/diagnosticsettingscategories': ['2017-05-01-preview', '2021-05-01-preview'],
  'microsoft.insights/metrics': metrics,
  'microsoft.insights/metricdefinitions': metrics,
  'microsoft.insights/eventtypes/values': ['2014-04-01', '2015-04-01'],
  'microsoft.policyinsights/policystates/queryresults': policyStates,
};

/** Namespaces whose types are all in the table: another type does not exist. */
const complete = [
  'microsoft.healthcareapis',
  'microsoft.resourcegraph',
  'microsoft.authorization',
  'microsoft.resources',
];

export type VersionProblem =
  | { readonly kind: 'missing' | 'malformed' | 'unknown-type' }
  | { readonly kind: 'unknown-version'; readonly supported: readonly string[] };

/** What is wrong with asking for this type (`namespace/type`, any case) at this api-version, or undefined. */
export function checkVersion(type: string, version: string | undefined): VersionProblem | undefined {
  if (version === undefined || version === '') return { kind: 'missing' };
  if (!/^\d{4}-\d{2}-\d{2}(-[a-z]+)?$/i.test(version)) return { kind: 'malformed' };
  const key = type.toLowerCase();
  const supported = Object.hasOwn(table, key) ? table[key] : undefined;
  if (supported) return supported.includes(version.toLowerCase()) ? undefined : { kind: 'unknown-version', supported };
  return complete.includes(key.split('/')[0] ?? '') ? { kind: 'unknown-type' } : undefined;
}
