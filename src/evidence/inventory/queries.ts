import type { Cloud } from '../../model.ts';
import type { GraphQuery } from '../azure/resource-graph.ts';

const columns = 'project id, name, type, kind, location, tags, identity, properties | order by id asc';

/** Ordered and with their ids, or Resource Graph could not page them. */
export const subscriptionsQuery: GraphQuery = {
  subject: 'subscriptions',
  query: `resourcecontainers | where type =~ 'microsoft.resources/subscriptions' | project id, properties | order by id asc`,
};

export const healthcareQuery: GraphQuery = {
  subject: 'health services',
  query: `resources | where type startswith 'microsoft.healthcareapis/' | ${columns}`,
};

/** Endpoints that mention a health service on either side; those it misses are read directly. */
export const privateEndpointsQuery: GraphQuery = {
  subject: 'private endpoints',
  query: `resources | where type =~ 'microsoft.network/privateendpoints' and tostring(properties) contains 'microsoft.healthcareapis' | ${columns}`,
};

/** Interfaces of private endpoints only: a tenant has far more of virtual machines. */
export const networkInterfacesQuery: GraphQuery = {
  subject: 'network interfaces',
  query: `resources | where type =~ 'microsoft.network/networkinterfaces' and isnotempty(tostring(properties.privateEndpoint.id)) | ${columns}`,
};

export const logWorkspacesQuery: GraphQuery = {
  subject: 'log workspaces',
  query: `resources | where type =~ 'microsoft.operationalinsights/workspaces' | ${columns}`,
};

/** Zones under the health suffix, links and records by the zone's name in their ids. */
export function zoneQueries({
  healthSuffix,
}: Cloud): Readonly<Record<'zones' | 'zoneLinks' | 'zoneRecords', GraphQuery>> {
  const ours = `id contains '${healthSuffix.replaceAll("'", '')}'`;
  return {
    zones: {
      subject: 'private DNS zones',
      query: `resources | where type =~ 'microsoft.network/privatednszones' and ${ours} | ${columns}`,
    },
    zoneLinks: {
      subject: 'virtual network links',
      query: `resources | where type =~ 'microsoft.network/privatednszones/virtualnetworklinks' and ${ours} | ${columns}`,
    },
    zoneRecords: {
      subject: 'private DNS records',
      query: `dnsresources | where type in~ ('microsoft.network/privatednszones/a', 'microsoft.network/privatednszones/aaaa', 'microsoft.network/privatednszones/cname') and ${ours} | ${columns}`,
    },
  };
}
