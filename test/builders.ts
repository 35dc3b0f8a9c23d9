import type {
  CheckContext,
  Cloud,
  CloudName,
  DnsAnswer,
  DnsAnswers,
  EndpointConnection,
  Expectations,
  Failure,
  Gathered,
  PrivateEndpoint,
  PrivateEndpoints,
  PrivateZone,
  Reason,
  ResourceDocument,
  Service,
  ServiceKind,
} from '../src/model.ts';

/** Small literals of the vocabulary for tests. Every argument overrides a default that is in order. */

export const SUBSCRIPTION = '11111111-1111-4111-8111-111111111111';
export const OTHER_SUBSCRIPTION = '99999999-9999-4999-8999-999999999999';
export const NOW = '2026-11-22T08:00:00.000Z';

const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-fhir`;
const HEALTH = `${GROUP}/providers/Microsoft.HealthcareApis`;

const PATHS: Readonly<Record<ServiceKind, string>> = {
  workspace: 'workspaces/wards',
  fhirService: 'workspaces/wards/fhirservices/ehr',
  dicomService: 'workspaces/wards/dicomservices/pacs',
  medtechService: 'workspaces/wards/iotconnectors/monitors',
  apiForFhir: 'services/praxis',
  fhirServer: 'servers/own',
};

/** One service of a kind: workspace `wards` with `ehr`, `pacs` and `monitors`, or API for FHIR `praxis`. */
export function aService(kind: ServiceKind, overrides: Partial<Service> = {}): Service {
  const id = `${HEALTH}/${PATHS[kind]}`;
  const child = kind === 'fhirService' || kind === 'dicomService' || kind === 'medtechService';
  return {
    id,
    key: '0123456789abcdef',
    name: id.split('/').at(-1) ?? '',
    kind,
    subscriptionId: SUBSCRIPTION,
    resourceGroup: 'rg-fhir',
    location: 'northeurope',
    tags: {},
    ...(child ? { workspaceId: `${HEALTH}/workspaces/wards` } : {}),
    ...overrides,
  };
}

export function someExpectations(overrides: Partial<Expectations> = {}): Expectations {
  return {
    logWorkspaces: [],
    networks: [],
    privateEndpointSubscriptions: [],
    dataAccess: { widestScope: 'service', principals: [] },
    privilegedPrincipals: [],
    externalIdentityProviders: [],
    corsOrigins: [],
    exportAccounts: [],
    auditFailures: { windowSeconds: 3600, clientErrors: 50, serverErrors: 5, perCaller: 20 },
    auditLiveness: { minimumRequests: 20 },
    operationFailures: { windowSeconds: 3600, perOperation: 10 },
    slowOperations: { windowSeconds: 3600, minimumRows: 20, everythingMs: 10_000, searchMs: 3000 },
    customerManagedKey: 'optional',
    templateRegistries: [],
    importWindow: null,
    lock: 'none',
    reindexHours: 72,
    ...overrides,
  };
}

export function aCloud(name: CloudName = 'AzureCloud'): Cloud {
  const gov = name === 'AzureUSGovernment';
  const arm = gov ? 'https://management.usgovcloudapi.net' : 'https://management.azure.com';
  const logs = gov ? 'https://api.loganalytics.us' : 'https://api.loganalytics.io';
  return {
    name,
    resourceManager: arm,
    resourceManagerAudience: arm,
    logs,
    logsAudience: logs,
    metrics: gov ? 'https://{region}.metrics.monitor.azure.us' : 'https://{region}.metrics.monitor.azure.com',
    metricsAudience: gov ? 'https://metrics.monitor.azure.us' : 'https://metrics.monitor.azure.com',
    microsoftGraph: gov ? 'https://graph.microsoft.us' : 'https://graph.microsoft.com',
    authorityHost: gov ? 'login.microsoftonline.us' : 'login.microsoftonline.com',
    healthSuffix: gov ? 'azurehealthcareapis.us' : 'azurehealthcareapis.com',
    simulated: false,
  };
}

export function aContext(kind: ServiceKind, overrides: Partial<CheckContext> = {}): CheckContext {
  return {
    service: aService(kind),
    expect: someExpectations(),
    cloud: aCloud(),
    now: NOW,
    estateSubscriptions: [SUBSCRIPTION],
    ...overrides,
  };
}

export function got<T>(value: T): Gathered<T> {
  return { ok: true, value, sources: [{ source: 'test', at: NOW }], direct: true };
}

/** Evidence that did not arrive. `Gathered<never>` fits wherever a `Gathered` of anything is wanted. */
export function lost(reason: Reason, detail = `asked, and it was ${reason}`): Gathered<never> {
  return { ok: false, sources: [{ source: 'test', at: NOW }], ...failure(reason, detail) };
}

export function failure(reason: Reason, detail = `asked, and it was ${reason}`): Failure {
  return { reason, detail };
}

/** The service's own document with these properties. */
export function aDocument(
  kind: ServiceKind,
  properties: Readonly<Record<string, unknown>> = {},
  overrides: Partial<ResourceDocument> = {},
): ResourceDocument {
  const { id, name } = aService(kind);
  const type =
    id
      .split('/providers/')[1]
      ?.split('/')
      .filter((_, i) => i === 0 || i % 2 === 1)
      .join('/') ?? '';
  return { id, type, name, properties, ...overrides };
}

export const NETWORK = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-network/providers/Microsoft.Network/virtualNetworks/vnet-hub`;

/** The id of a private endpoint of that name. */
export function endpointId(name = 'pe-main', subscription = SUBSCRIPTION): string {
  return `/subscriptions/${subscription}/resourceGroups/rg-network/providers/Microsoft.Network/privateEndpoints/${name}`;
}

/** An endpoint in `vnet-hub`, approved for the owner, that has these addresses for these host names. */
export function anEndpoint(
  ownerId: string,
  addresses: Readonly<Record<string, readonly string[]>> = {},
  overrides: Partial<PrivateEndpoint> = {},
): PrivateEndpoint {
  return {
    id: endpointId(),
    location: 'northeurope',
    provisioningState: 'Succeeded',
    networkId: NETWORK,
    connections: [{ serviceId: ownerId, status: 'Approved', manual: false }],
    customDnsConfigs: [],
    addresses: got(Object.entries(addresses).map(([address, fqdns]) => ({ address, fqdns }))),
    zoneGroups: got([]),
    ...overrides,
  };
}

/** An approved connection to that endpoint. */
export function aConnection(
  endpoint: PrivateEndpoint | Gathered<PrivateEndpoint>,
  overrides: Partial<EndpointConnection> = {},
): EndpointConnection {
  const gathered = 'ok' in endpoint ? endpoint : got(endpoint);
  return {
    id: 'connections/main',
    status: 'Approved',
    provisioningState: 'Succeeded',
    endpointId: gathered.ok ? gathered.value.id : endpointId(),
    endpoint: gathered,
    ...overrides,
  };
}

export function connectionsOf(ownerId: string, ...connections: readonly EndpointConnection[]): PrivateEndpoints {
  return { ownerId, connections };
}

/** A private zone linked to `vnet-hub`, with A records by relative name. */
export function aZone(
  name: string,
  records: Readonly<Record<string, readonly string[]>> = {},
  overrides: Partial<PrivateZone> = {},
): PrivateZone {
  return {
    id: `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-dns/providers/Microsoft.Network/privateDnsZones/${name}`,
    name,
    links: got([{ id: 'links/hub', networkId: NETWORK, state: 'Completed', registrationEnabled: false }]),
    records: got(Object.entries(records).map(([record, values]) => ({ type: 'A' as const, name: record, values }))),
    ...overrides,
  };
}

export function anAnswer(host: string, overrides: Partial<DnsAnswer> = {}): DnsAnswer {
  return { host, server: '10.0.0.4:53', rcode: 'NOERROR', chain: [], addresses: [], ...overrides };
}

export function answersOf(...answers: readonly (DnsAnswer | readonly [host: string, Gathered<never>])[]): DnsAnswers {
  return {
    vantage: { networkId: NETWORK, servers: ['10.0.0.4:53'] },
    hosts: answers.map((one) =>
      'host' in one ? { host: one.host, answer: got(one) } : { host: one[0], answer: one[1] },
    ),
  };
}
