/** The health services: workspaces, FHIR and DICOM services, and what is left of Azure API for FHIR. */
import { clouds } from '../clouds.ts';
import { deriveId } from '../estate.ts';
import type { AzureDocument, JsonObject } from '../types.ts';
import { connectionOf } from './networks.ts';
import {
  type Hospital,
  hostOf,
  legacyId,
  legacyOwner,
  type Plan,
  principalOf,
  type Service,
  serviceId,
  workspaceId,
  workspaceOwner,
} from './plan.ts';
import { lock, logWorkspace, storage, storageName, vault, vaultName } from './surroundings.ts';

export const portal = 'https://portal.contoso-health.example';

const cors = {
  origins: [portal],
  headers: ['Authorization', 'Content-Type'],
  methods: ['GET', 'OPTIONS'],
  maxAge: 600,
  allowCredentials: false,
};

export function serviceDocuments(plan: Plan): readonly AzureDocument[] {
  return [
    logWorkspace(plan),
    ...plan.hospitals.flatMap((hospital) => hospitalDocuments(plan, hospital)),
    ...(plan.legacy === undefined ? [] : legacyDocuments(plan, plan.legacy)),
  ];
}

/** The service's own identity, a principal of the directory. */
export function identityOf(plan: Plan, hospital: Hospital, service: Service): string {
  return principalOf(plan, `${hospital.workspace}/${service.name}`);
}

function hospitalDocuments(plan: Plan, hospital: Hospital): readonly AzureDocument[] {
  const network: JsonObject = {
    publicNetworkAccess: 'Disabled',
    privateEndpointConnections: [connectionOf(plan, workspaceOwner(plan, hospital))],
  };
  const suffix = clouds[plan.cloud].fhirSuffix;
  return [
    {
      ...envelope(plan, workspaceId(hospital), 'Microsoft.HealthcareApis/workspaces'),
      properties: { provisioningState: 'Succeeded', ...network },
    },
    {
      id: `${workspaceId(hospital)}/privateLinkResources/healthcareworkspace`,
      name: 'healthcareworkspace',
      type: 'Microsoft.HealthcareApis/workspaces/privateLinkResources',
      properties: {
        groupId: 'healthcareworkspace',
        requiredMembers: ['fhirservices', 'dicomservices'],
        requiredZoneNames: [`privatelink.fhir.${suffix}`, `privatelink.dicom.${suffix}`],
      },
    },
    ...hospital.services.map((service) =>
      service.kind === 'fhir' ? fhir(plan, hospital, service, network) : dicom(plan, hospital, service, network),
    ),
    storage(plan, hospital),
    vault(plan, hospital),
    lock(hospital),
  ];
}

function envelope(plan: Plan, id: string, type: string): AzureDocument {
  return {
    id,
    name: id.split('/').at(-1) ?? id,
    type,
    location: plan.location,
    tags: { environment: 'prod' },
    etag: `"${deriveId('etag', id)}"`,
    systemData: {
      createdBy: 'platform@contoso-health.example',
      createdByType: 'User',
      createdAt: '2026-02-03T09:12:44.1837274Z',
      lastModifiedBy: 'platform@contoso-health.example',
      lastModifiedByType: 'User',
      lastModifiedAt: '2026-09-14T06:40:00.5512345Z',
    },
  };
}

function systemIdentity(plan: Plan, principalId: string): JsonObject {
  return { type: 'SystemAssigned', principalId, tenantId: plan.tenantId };
}

function keyOf(plan: Plan, hospital: Hospital): JsonObject {
  const version = deriveId('key', hospital.workspace).replaceAll('-', '');
  const host = `${vaultName(hospital)}.${clouds[plan.cloud].vault.replace('https://', '')}`;
  return { customerManagedKeyEncryption: { keyEncryptionKeyUrl: `https://${host}/keys/health/${version}` } };
}

function authority(plan: Plan): string {
  return `${clouds[plan.cloud].login}/${plan.tenantId}`;
}

function fhir(plan: Plan, hospital: Hospital, service: Service, network: JsonObject): AzureDocument {
  return {
    ...envelope(plan, serviceId(hospital, service), 'Microsoft.HealthcareApis/workspaces/fhirservices'),
    kind: 'fhir-R4',
    identity: systemIdentity(plan, identityOf(plan, hospital, service)),
    properties: {
      provisioningState: 'Succeeded',
      authenticationConfiguration: {
        authority: authority(plan),
        audience: `https://${hostOf(plan, hospital, service)}`,
        smartProxyEnabled: false,
        smartIdentityProviders: [],
      },
      corsConfiguration: cors,
      exportConfiguration: { storageAccountName: storageName(hospital) },
      importConfiguration: { enabled: false, initialImportMode: false },
      ...network,
      eventState: 'Disabled',
      resourceVersionPolicyConfiguration: { default: 'versioned', resourceTypeOverrides: {} },
      implementationGuidesConfiguration: { usCoreMissingData: false },
      encryption: keyOf(plan, hospital),
    },
  };
}

function dicom(plan: Plan, hospital: Hospital, service: Service, network: JsonObject): AzureDocument {
  return {
    ...envelope(plan, serviceId(hospital, service), 'Microsoft.HealthcareApis/workspaces/dicomservices'),
    identity: systemIdentity(plan, identityOf(plan, hospital, service)),
    properties: {
      provisioningState: 'Succeeded',
      authenticationConfiguration: {
        authority: authority(plan),
        audiences: ['https://dicom.healthcareapis.azure.com/', 'https://dicom.healthcareapis.azure.com'],
      },
      corsConfiguration: cors,
      serviceUrl: `https://${hostOf(plan, hospital, service)}`,
      ...network,
      eventState: 'Disabled',
      enableDataPartitions: false,
      encryption: keyOf(plan, hospital),
    },
  };
}

function legacyDocuments(plan: Plan, name: string): readonly AzureDocument[] {
  const suffix = clouds[plan.cloud].fhirSuffix;
  return [
    {
      ...envelope(plan, legacyId(plan), 'Microsoft.HealthcareApis/services'),
      kind: 'fhir-R4',
      identity: { type: 'None' },
      properties: {
        provisioningState: 'Succeeded',
        accessPolicies: [{ objectId: principalOf(plan, 'clinic-of-another-tenant') }],
        cosmosDbConfiguration: { offerThroughput: 1000, keyVaultKeyUri: '' },
        authenticationConfiguration: {
          authority: authority(plan),
          audience: `https://${name}.${suffix}`,
          smartProxyEnabled: true,
        },
        corsConfiguration: cors,
        exportConfiguration: { storageAccountName: null },
        acrConfiguration: { loginServers: [] },
        publicNetworkAccess: 'Disabled',
        privateEndpointConnections: [connectionOf(plan, legacyOwner(plan, name))],
      },
    },
    {
      id: `${legacyId(plan)}/privateLinkResources/fhir`,
      name: 'fhir',
      type: 'Microsoft.HealthcareApis/services/privateLinkResources',
      properties: { groupId: 'fhir', requiredMembers: ['fhir'], requiredZoneNames: [`privatelink.${suffix}`] },
    },
  ];
}
