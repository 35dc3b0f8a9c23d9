import type { Cloud, CloudName } from './model.ts';

/**
 * The names of the three clouds. Sources: the SDKs' own constants (`@azure/identity` authority hosts,
 * `@azure/arm-resourcegraph` Resource Manager endpoints, `@azure/monitor-query-logs` audiences) and Microsoft's tables of
 * cloud endpoints. `azurehealthcareapis.cn` is unconfirmed: no table names a suffix for the health services in China.
 */
export const clouds: Readonly<Record<CloudName, Cloud>> = {
  AzureCloud: {
    name: 'AzureCloud',
    resourceManager: 'https://management.azure.com',
    resourceManagerAudience: 'https://management.azure.com',
    logs: 'https://api.loganalytics.io',
    logsAudience: 'https://api.loganalytics.io',
    metrics: 'https://{region}.metrics.monitor.azure.com',
    metricsAudience: 'https://metrics.monitor.azure.com',
    microsoftGraph: 'https://graph.microsoft.com',
    authorityHost: 'login.microsoftonline.com',
    healthSuffix: 'azurehealthcareapis.com',
    simulated: false,
  },
  AzureUSGovernment: {
    name: 'AzureUSGovernment',
    resourceManager: 'https://management.usgovcloudapi.net',
    resourceManagerAudience: 'https://management.usgovcloudapi.net',
    logs: 'https://api.loganalytics.us',
    logsAudience: 'https://api.loganalytics.us',
    metrics: 'https://{region}.metrics.monitor.azure.us',
    metricsAudience: 'https://metrics.monitor.azure.us',
    microsoftGraph: 'https://graph.microsoft.us',
    authorityHost: 'login.microsoftonline.us',
    healthSuffix: 'azurehealthcareapis.us',
    simulated: false,
  },
  AzureChinaCloud: {
    name: 'AzureChinaCloud',
    resourceManager: 'https://management.chinacloudapi.cn',
    resourceManagerAudience: 'https://management.chinacloudapi.cn',
    logs: 'https://api.loganalytics.azure.cn',
    logsAudience: 'https://api.loganalytics.azure.cn',
    metrics: 'https://{region}.metrics.monitor.azure.cn',
    metricsAudience: 'https://metrics.monitor.azure.cn',
    microsoftGraph: 'https://microsoftgraph.chinacloudapi.cn',
    authorityHost: 'login.chinacloudapi.cn',
    healthSuffix: 'azurehealthcareapis.cn',
    simulated: false,
  },
};

/** Host-name suffix of each cloud's storage accounts. */
export const storageSuffixes: Readonly<Record<CloudName, string>> = {
  AzureCloud: 'core.windows.net',
  AzureUSGovernment: 'core.usgovcloudapi.net',
  AzureChinaCloud: 'core.chinacloudapi.cn',
};

export type Endpoints = Pick<Cloud, 'resourceManager' | 'logs' | 'metrics' | 'microsoftGraph'>;

/** A cloud with endpoints of one's own; audiences stay the cloud's, since tokens are for it whoever answers. */
export function overrideCloud(cloud: Cloud, endpoints: Partial<Endpoints>): Cloud {
  return Object.keys(endpoints).length === 0 ? cloud : { ...cloud, ...endpoints, simulated: true };
}
