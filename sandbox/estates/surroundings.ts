/** What stands beside the health services: export storage, keys, the lock, the log workspace. */
import { deriveId } from '../estate.ts';
import type { AzureDocument } from '../types.ts';
import { type Hospital, healthId, logWorkspaceId, type Plan, serviceId, workspaceId } from './plan.ts';

export function storageName(hospital: Hospital): string {
  return `st${hospital.workspace.replaceAll('-', '')}export`.slice(0, 24);
}

export function logWorkspace(plan: Plan): AzureDocument {
  const id = logWorkspaceId(plan);
  return {
    id,
    name: 'log-hub',
    type: 'Microsoft.OperationalInsights/workspaces',
    location: plan.location,
    tags: {},
    properties: {
      customerId: deriveId('customer', id),
      provisioningState: 'Succeeded',
      sku: { name: 'PerGB2018', lastSkuUpdate: '2025-01-10T08:00:00Z' },
      retentionInDays: 730,
      features: { enableLogAccessUsingOnlyResourcePermissions: true },
      workspaceCapping: { dailyQuotaGb: -1, dataIngestionStatus: 'RespectQuota' },
      publicNetworkAccessForIngestion: 'Enabled',
      publicNetworkAccessForQuery: 'Enabled',
    },
  };
}

export function storage(plan: Plan, hospital: Hospital): AzureDocument {
  const name = storageName(hospital);
  const rules = [workspaceId(hospital), ...hospital.services.map((service) => serviceId(hospital, service))];
  return {
    id: storageId(hospital),
    name,
    type: 'Microsoft.Storage/storageAccounts',
    location: plan.location,
    kind: 'StorageV2',
    sku: { name: 'Standard_ZRS', tier: 'Standard' },
    tags: {},
    properties: {
      provisioningState: 'Succeeded',
      minimumTlsVersion: 'TLS1_2',
      supportsHttpsTrafficOnly: true,
      allowBlobPublicAccess: false,
      allowSharedKeyAccess: false,
      publicNetworkAccess: 'Enabled',
      networkAcls: {
        bypass: 'AzureServices',
        defaultAction: 'Deny',
        ipRules: [],
        virtualNetworkRules: [],
        resourceAccessRules: rules.map((resourceId) => ({ tenantId: plan.tenantId, resourceId })),
      },
      privateEndpointConnections: [],
    },
  };
}

export function storageId(hospital: Hospital): string {
  return healthId(hospital, 'Microsoft.Storage/storageAccounts', storageName(hospital));
}

export function vaultName(hospital: Hospital): string {
  return `kv-${hospital.workspace}`.slice(0, 24);
}

export function vaultId(hospital: Hospital): string {
  return healthId(hospital, 'Microsoft.KeyVault/vaults', vaultName(hospital));
}

export function vault(plan: Plan, hospital: Hospital): AzureDocument {
  return {
    id: vaultId(hospital),
    name: vaultName(hospital),
    type: 'Microsoft.KeyVault/vaults',
    location: plan.location,
    tags: {},
    properties: {
      tenantId: plan.tenantId,
      sku: { family: 'A', name: 'premium' },
      accessPolicies: [],
      enableSoftDelete: true,
      softDeleteRetentionInDays: 90,
      enablePurgeProtection: true,
      enableRbacAuthorization: true,
      publicNetworkAccess: 'Disabled',
      networkAcls: { bypass: 'AzureServices', defaultAction: 'Deny', ipRules: [], virtualNetworkRules: [] },
      provisioningState: 'Succeeded',
    },
  };
}

/** At the resource group, which several hospitals may share. */
export function lock(hospital: Hospital): AzureDocument {
  const name = hospital.resourceGroup === undefined ? 'keep-patient-data' : `keep-${hospital.workspace}`;
  return {
    id: healthId(hospital, 'Microsoft.Authorization/locks', name),
    name,
    type: 'Microsoft.Authorization/locks',
    properties: { level: 'CanNotDelete', notes: 'Patient data: delete only through the change board.' },
  };
}
