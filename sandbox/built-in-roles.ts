/** Azure's built-in roles that this domain meets (fact base 3.1 and 3.3; the others as Azure publishes them). */
import type { JsonObject } from './types.ts';

interface BuiltInRole {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly actions?: readonly string[];
  readonly notActions?: readonly string[];
  readonly dataActions?: readonly string[];
  readonly notDataActions?: readonly string[];
}

const services = 'Microsoft.HealthcareApis/services/fhir/resources';
const workspaces = 'Microsoft.HealthcareApis/workspaces/fhirservices/resources';
const dicom = 'Microsoft.HealthcareApis/workspaces/dicomservices/resources';
const containers = 'Microsoft.Storage/storageAccounts/blobServices/containers';
const delegationKey = 'Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action';
const keys = 'Microsoft.KeyVault/vaults/keys';

/** The same actions of FHIR resources on both products. */
function onBoth(...actions: readonly string[]): readonly string[] {
  return [services, workspaces].flatMap((prefix) => actions.map((action) => `${prefix}/${action}`));
}

const fhirRoles: readonly BuiltInRole[] = [
  {
    id: '5a1fc7df-4bf1-4951-a576-89034ee01acd',
    name: 'FHIR Data Contributor',
    description: 'Role allows user or principal full access to FHIR Data',
    dataActions: onBoth('*'),
    notDataActions: onBoth('smart/action'),
  },
  {
    id: '3f88fce4-5892-4214-ae73-ba5294559913',
    name: 'FHIR Data Writer',
    description: 'Role allows user or principal to read and write FHIR Data',
    dataActions: onBoth(
      'read',
      'write',
      'delete',
      'export/action',
      'resourceValidate/action',
      'reindex/action',
      'convertData/action',
      'editProfileDefinitions/action',
      'import/action',
    ),
  },
  {
    id: '4c8d0bbc-75d3-4935-991f-5f3c56d81508',
    name: 'FHIR Data Reader',
    description: 'Role allows user or principal to read FHIR Data',
    dataActions: onBoth('read'),
  },
  {
    id: '3db33094-8700-4567-8da5-1501d4e7e843',
    name: 'FHIR Data Exporter',
    description: 'Role allows user or principal to read and export FHIR Data',
    dataActions: onBoth('read', 'export/action'),
  },
  {
    id: '4465e953-8ced-4406-a58e-0f6e3f3b530b',
    name: 'FHIR Data Importer',
    description: 'Role allows user or principal to read and import FHIR Data',
    dataActions: [`${workspaces}/read`, `${workspaces}/import/action`],
  },
  {
    id: 'a1705bd2-3a8f-45a5-8683-466fcfd5cc24',
    name: 'FHIR Data Converter',
    description: 'Role allows user or principal to convert data from legacy format to FHIR',
    dataActions: onBoth('convertData/action'),
  },
  {
    id: '4ba50f17-9666-485c-a643-ff00808643f0',
    name: 'FHIR SMART User',
    description: 'Role allows user to access FHIR Service according to SMART on FHIR specification',
    dataActions: onBoth('read', 'smart/action'),
  },
  {
    id: '804db8d3-32c7-4ad4-a975-3f6f90d5f5f5',
    name: 'FHIR Data Bulk Operator',
    description: 'Role allows user or principal to perform bulk operations on FHIR Data',
    dataActions: onBoth(
      'read',
      'write',
      'delete',
      'export/action',
      'reindex/action',
      'import/action',
      'hardDelete/action',
      'bulkOperator/action',
    ),
  },
  {
    id: '58a3b984-7adf-4c20-983a-32417c86fbc8',
    name: 'DICOM Data Owner',
    description: 'Full access to DICOM data.',
    dataActions: [`${dicom}/*`],
  },
  {
    id: 'e89c7a3c-2f64-4fa1-a847-3e4c9ba4283a',
    name: 'DICOM Data Reader',
    description: 'Read and search DICOM data.',
    dataActions: [`${dicom}/read`],
  },
];

const broadRoles: readonly BuiltInRole[] = [
  {
    id: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
    name: 'Owner',
    description: 'Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.',
    actions: ['*'],
  },
  {
    id: 'b24988ac-6180-42a0-ab88-20f7382dd24c',
    name: 'Contributor',
    description: 'Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC.',
    actions: ['*'],
    notActions: [
      'Microsoft.Authorization/*/Delete',
      'Microsoft.Authorization/*/Write',
      'Microsoft.Authorization/elevateAccess/Action',
      'Microsoft.Blueprint/blueprintAssignments/write',
      'Microsoft.Blueprint/blueprintAssignments/delete',
      'Microsoft.Compute/galleries/share/action',
      'Microsoft.Purview/consents/write',
      'Microsoft.Purview/consents/delete',
      'Microsoft.Resources/deploymentStacks/manageDenySetting/action',
    ],
  },
  {
    id: 'acdd72a7-3385-48ef-bd42-f606fba81ae7',
    name: 'Reader',
    description: 'View all resources, but does not allow you to make any changes.',
    actions: ['*/read'],
  },
  {
    id: '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9',
    name: 'User Access Administrator',
    description: 'Lets you manage user access to Azure resources.',
    actions: ['*/read', 'Microsoft.Authorization/*', 'Microsoft.Support/*'],
  },
  {
    id: 'f58310d9-a9f6-439a-9e8d-f62e7b41a168',
    name: 'Role Based Access Control Administrator',
    description: 'Manage access to Azure resources by assigning roles using Azure RBAC.',
    actions: [
      'Microsoft.Authorization/roleAssignments/write',
      'Microsoft.Authorization/roleAssignments/delete',
      '*/read',
      'Microsoft.Support/*',
    ],
  },
  {
    id: '39bc4728-0917-49c7-9d2c-d95423bc2eb4',
    name: 'Security Reader',
    description: 'Security Reader Role',
    actions: [
      'Microsoft.Authorization/*/read',
      'Microsoft.Insights/alertRules/read',
      'Microsoft.operationalInsights/workspaces/*/read',
      'Microsoft.Resources/deployments/*/read',
      'Microsoft.Resources/subscriptions/resourceGroups/read',
      'Microsoft.Security/*/read',
      'Microsoft.Support/*/read',
      'Microsoft.Management/managementGroups/read',
    ],
  },
];

const monitorRoles: readonly BuiltInRole[] = [
  {
    id: '43d0d8ad-25c7-4714-9337-8ba259a9fe05',
    name: 'Monitoring Reader',
    description: 'Can read all monitoring data.',
    actions: ['*/read', 'Microsoft.OperationalInsights/workspaces/search/action', 'Microsoft.Support/*'],
  },
  {
    id: '3913510d-42f4-4e42-8a64-420c390055eb',
    name: 'Monitoring Metrics Publisher',
    description: 'Enables publishing metrics against Azure resources',
    actions: [
      'Microsoft.Insights/Register/Action',
      'Microsoft.Support/*',
      'Microsoft.Resources/subscriptions/resourceGroups/read',
    ],
    dataActions: ['Microsoft.Insights/Metrics/Write', 'Microsoft.Insights/Telemetry/Write'],
  },
  {
    id: '73c42c96-874c-492b-b04d-ab87d138a893',
    name: 'Log Analytics Reader',
    description:
      'Log Analytics Reader can view and search all monitoring data as well as and view monitoring settings.',
    actions: [
      '*/read',
      'Microsoft.OperationalInsights/workspaces/analytics/query/action',
      'Microsoft.OperationalInsights/workspaces/search/action',
      'Microsoft.Support/*',
    ],
    notActions: ['Microsoft.OperationalInsights/workspaces/sharedKeys/read'],
  },
  {
    id: '92aaf0da-9dab-42b6-94a3-d43ce8d16293',
    name: 'Log Analytics Contributor',
    description: 'Log Analytics Contributor can read all monitoring data and edit monitoring settings.',
    actions: [
      '*/read',
      'Microsoft.ClassicCompute/virtualMachines/extensions/*',
      'Microsoft.ClassicStorage/storageAccounts/listKeys/action',
      'Microsoft.Compute/virtualMachines/extensions/*',
      'Microsoft.HybridCompute/machines/extensions/write',
      'Microsoft.Insights/alertRules/*',
      'Microsoft.Insights/diagnosticSettings/*',
      'Microsoft.OperationalInsights/*',
      'Microsoft.OperationsManagement/*',
      'Microsoft.Resources/deployments/*',
      'Microsoft.Resources/subscriptions/resourcegroups/deployments/*',
      'Microsoft.Storage/storageAccounts/listKeys/action',
      'Microsoft.Support/*',
    ],
  },
];

const storageRoles: readonly BuiltInRole[] = [
  {
    id: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
    name: 'Storage Blob Data Owner',
    description:
      'Allows for full access to Azure Storage blob containers and data, including assigning POSIX access control.',
    actions: [`${containers}/*`, delegationKey],
    dataActions: [`${containers}/blobs/*`],
  },
  {
    id: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
    name: 'Storage Blob Data Contributor',
    description: 'Allows for read, write and delete access to Azure Storage blob containers and data',
    actions: [`${containers}/delete`, `${containers}/read`, `${containers}/write`, delegationKey],
    dataActions: ['delete', 'read', 'write', 'move/action', 'add/action'].map(
      (action) => `${containers}/blobs/${action}`,
    ),
  },
  {
    id: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1',
    name: 'Storage Blob Data Reader',
    description: 'Allows for read access to Azure Storage blob containers and data',
    actions: [`${containers}/read`, delegationKey],
    dataActions: [`${containers}/blobs/read`],
  },
  {
    id: '17d1049b-9a84-46fb-8f53-869881c3d3ab',
    name: 'Storage Account Contributor',
    description: 'Lets you manage storage accounts, including accessing storage account keys.',
    actions: [
      'Microsoft.Authorization/*/read',
      'Microsoft.Insights/alertRules/*',
      'Microsoft.Insights/diagnosticSettings/*',
      'Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action',
      'Microsoft.ResourceHealth/availabilityStatuses/read',
      'Microsoft.Resources/deployments/*',
      'Microsoft.Resources/subscriptions/resourceGroups/read',
      'Microsoft.Storage/storageAccounts/*',
      'Microsoft.Support/*',
    ],
  },
];

const keyVaultRoles: readonly BuiltInRole[] = [
  {
    id: 'e147488a-f6f5-4113-8e2d-b22465e65bf6',
    name: 'Key Vault Crypto Service Encryption User',
    description: 'Read metadata of keys and perform wrap/unwrap operations.',
    actions: [
      'Microsoft.EventGrid/eventSubscriptions/write',
      'Microsoft.EventGrid/eventSubscriptions/read',
      'Microsoft.EventGrid/eventSubscriptions/delete',
    ],
    dataActions: [`${keys}/read`, `${keys}/wrap/action`, `${keys}/unwrap/action`],
  },
  {
    id: '14b46e9e-c2b7-41b4-b07b-48a6ebf60603',
    name: 'Key Vault Crypto Officer',
    description: 'Perform any action on the keys of a key vault, except manage permissions.',
    actions: [
      'Microsoft.Authorization/*/read',
      'Microsoft.Insights/alertRules/*',
      'Microsoft.Resources/deployments/*',
      'Microsoft.Resources/subscriptions/resourceGroups/read',
      'Microsoft.Support/*',
      'Microsoft.KeyVault/checkNameAvailability/read',
      'Microsoft.KeyVault/deletedVaults/read',
      'Microsoft.KeyVault/locations/*/read',
      'Microsoft.KeyVault/vaults/*/read',
      'Microsoft.KeyVault/operations/read',
    ],
    dataActions: [`${keys}/*`, 'Microsoft.KeyVault/vaults/keyrotationpolicies/*'],
  },
  {
    id: '12338af0-0e69-4776-bea7-57ae8d297424',
    name: 'Key Vault Crypto User',
    description: 'Perform cryptographic operations using keys.',
    dataActions: [
      'read',
      'update/action',
      'backup/action',
      'encrypt/action',
      'decrypt/action',
      'wrap/action',
      'unwrap/action',
      'sign/action',
      'verify/action',
    ].map((action) => `${keys}/${action}`),
  },
];

const roles: readonly BuiltInRole[] = [...fhirRoles, ...broadRoles, ...monitorRoles, ...storageRoles, ...keyVaultRoles];

/** The role definition documents, with ids as Resource Manager gives them under `prefix` (a subscription, or '' for the tenant). */
export function builtInRoleDefinitions(
  prefix = '',
): readonly (JsonObject & { readonly id: string; readonly name: string })[] {
  return roles.map(
    ({ id, name, description, actions = [], notActions = [], dataActions = [], notDataActions = [] }) => ({
      properties: {
        roleName: name,
        type: 'BuiltInRole',
        description,
        assignableScopes: ['/'],
        permissions: [{ actions, notActions, dataActions, notDataActions }],
        createdOn: '2015-02-02T21:55:09.8806423Z',
        updatedOn: '2026-01-15T15:13:02.8125411Z',
        createdBy: null,
        updatedBy: null,
      },
      id: `${prefix}/providers/Microsoft.Authorization/roleDefinitions/${id}`,
      type: 'Microsoft.Authorization/roleDefinitions',
      name: id,
    }),
  );
}
