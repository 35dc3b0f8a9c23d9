/** What differs between Azure's clouds, as far as the sandbox must know it. */
import type { CloudName } from './types.ts';

export interface Cloud {
  /** audiences that Resource Manager takes, the classic name last */
  readonly resourceManager: readonly string[];
  readonly logs: readonly string[];
  readonly metrics: readonly string[];
  readonly graph: string;
  readonly login: string;
  readonly fhirSuffix: string;
  readonly vault: string;
}

export const clouds: Readonly<Record<CloudName, Cloud>> = {
  AzureCloud: {
    resourceManager: ['https://management.azure.com', 'https://management.core.windows.net'],
    logs: ['https://api.loganalytics.io', 'https://api.loganalytics.azure.com'],
    metrics: ['https://metrics.monitor.azure.com'],
    graph: 'https://graph.microsoft.com',
    login: 'https://login.microsoftonline.com',
    fhirSuffix: 'azurehealthcareapis.com',
    vault: 'https://vault.azure.net',
  },
  AzureUSGovernment: {
    resourceManager: ['https://management.usgovcloudapi.net', 'https://management.core.usgovcloudapi.net'],
    logs: ['https://api.loganalytics.us'],
    metrics: ['https://metrics.monitor.azure.us'],
    graph: 'https://graph.microsoft.us',
    login: 'https://login.microsoftonline.us',
    fhirSuffix: 'azurehealthcareapis.us',
    vault: 'https://vault.usgovcloudapi.net',
  },
  AzureChinaCloud: {
    resourceManager: ['https://management.chinacloudapi.cn', 'https://management.core.chinacloudapi.cn'],
    logs: ['https://api.loganalytics.azure.cn'],
    metrics: ['https://metrics.monitor.azure.cn'],
    graph: 'https://microsoftgraph.chinacloudapi.cn',
    login: 'https://login.chinacloudapi.cn',
    fhirSuffix: 'azurehealthcareapis.cn',
    vault: 'https://vault.azure.cn',
  },
};

/** Every resource that the tenant knows, so that a token can be asked for it; FHIR and DICOM services beside these. */
export function tokenResources(cloud: Cloud): readonly string[] {
  return [
    ...cloud.resourceManager,
    ...cloud.logs,
    ...cloud.metrics,
    cloud.graph,
    cloud.vault,
    'https://storage.azure.com',
    'https://monitor.azure.com',
    `https://${cloud.fhirSuffix}`,
    'https://dicom.healthcareapis.azure.com',
  ];
}
