/** An Azure in memory, behind the real SDK clients: answers by path, rows of Resource Graph by what is asked for. */
import { createHttpHeaders, type HttpClient } from '@azure/core-rest-pipeline';
import type { BatchInput } from '../../src/evidence/batch.ts';
import { gatherEvidence } from '../../src/evidence/collectors.ts';
import { discoverEstate, type Estate, type PolicyEstate } from '../../src/evidence/inventory.ts';
import type { Evidence, EvidenceByKind, EvidenceKind, Gathered } from '../../src/model.ts';
import { azureAt, now } from './azure-fixture.ts';

export const sub = '11111111-1111-1111-1111-111111111111';
export const hub = '22222222-2222-2222-2222-222222222222';
const group = `/subscriptions/${sub}/resourceGroups/rg`;
export const workspace = `${group}/providers/Microsoft.HealthcareApis/workspaces/ws`;
export const fhir = `${workspace}/fhirservices/ehr`;
export const api = `${group}/providers/Microsoft.HealthcareApis/services/old`;
const network = `/subscriptions/${hub}/resourceGroups/net/providers/Microsoft.Network`;
export const endpoint = `${network}/privateEndpoints/pe`;
export const nic = `${network}/networkInterfaces/nic`;
export const zone = `${network}/privateDnsZones/privatelink.fhir.azurehealthcareapis.com`;
export const logs = `/subscriptions/${hub}/resourceGroups/logs/providers/Microsoft.OperationalInsights/workspaces/log`;

/** The key of a route. */
export const GET = (path: string): string => `GET ${path.toLowerCase()}`;

/** A body is a 200; a number is a status. */
export type Reply = object | number | { readonly status: number; readonly body: unknown };
export type Rows = readonly unknown[];

export interface FakeAzure {
  /** by method and path in lower case, without query: `GET /subscriptions/…` */
  readonly routes: Record<string, Reply>;
  /** by what is asked for: subscriptions, healthcare, endpoints, interfaces, logs, zones, links, records, roles */
  readonly graph: Record<string, Rows | number>;
}

export interface Running {
  /** every request but Resource Graph's, as the key of `routes` */
  readonly asked: string[];
  /** the bodies of Resource Graph's queries */
  readonly queries: Record<string, unknown>[];
  readonly http: HttpClient;
}

const subjects: readonly (readonly [string, RegExp])[] = [
  ['subscriptions', /^resourcecontainers/],
  ['healthcare', /'microsoft\.healthcareapis\/'/],
  ['endpoints', /privateendpoints/],
  ['interfaces', /networkinterfaces/],
  ['logs', /operationalinsights/],
  ['links', /virtualnetworklinks/],
  ['records', /^dnsresources/],
  ['zones', /privatednszones'/],
  ['roles', /^authorizationresources/],
];

export function run(fake: FakeAzure): Running {
  const asked: string[] = [];
  const queries: Record<string, unknown>[] = [];
  const answerGraph = (body: string): Reply => {
    const question = JSON.parse(body);
    queries.push(question);
    const subject = subjects.find(([, pattern]) => pattern.test(question.query))?.[0] ?? '';
    const rows = fake.graph[subject] ?? [];
    if (typeof rows === 'number') return rows;
    return { totalRecords: rows.length, count: rows.length, resultTruncated: 'false', data: rows };
  };
  const http: HttpClient = {
    async sendRequest(request) {
      const { pathname } = new URL(request.url);
      const key = `${request.method} ${decodeURIComponent(pathname)
        .replace(/\/{2,}/g, '/')
        .toLowerCase()}`;
      const isGraph = key.endsWith('/microsoft.resourcegraph/resources');
      if (!isGraph) asked.push(key);
      const reply = isGraph ? answerGraph(String(request.body)) : (fake.routes[key] ?? 404);
      const { status, body } =
        typeof reply === 'number'
          ? { status: reply, body: { error: { code: `Code${reply}` } } }
          : 'status' in reply && 'body' in reply
            ? { status: Number(reply.status), body: reply.body }
            : { status: 200, body: reply };
      const headers = createHttpHeaders({ 'content-type': 'application/json', 'x-ms-request-id': 'id' });
      return { request, status, headers, bodyAsText: JSON.stringify(body) };
    },
  };
  return { asked, queries, http };
}

export const signal = new AbortController().signal;
export const everything: PolicyEstate = { subscriptions: [], managementGroups: [], exclude: [], servers: [] };

export function discover(fake: FakeAzure, policy: PolicyEstate = everything): Promise<Estate> {
  return discoverEstate(policy, azureAt('https://arm.test', { http: run(fake).http }), signal);
}

/** Evidence of one kind by service, and what was asked for it beyond the inventory. */
export async function gather<K extends EvidenceKind>(fake: FakeAzure, kind: K, more: Partial<BatchInput> = {}) {
  const { evidence, asked, queries } = await gatherAll(fake, [kind], more);
  const of = (id: string): Gathered<EvidenceByKind[K]> | undefined => evidence.get(id)?.[kind];
  return { of, asked, queries };
}

export async function gatherAll(
  fake: FakeAzure,
  kinds: readonly EvidenceKind[],
  more: Partial<BatchInput> = {},
): Promise<{ evidence: ReadonlyMap<string, Evidence>; asked: string[]; queries: Record<string, unknown>[] }> {
  const running = run(fake);
  const azure = azureAt('https://arm.test', { http: running.http });
  const { services, inventory } = await discoverEstate(everything, azure, signal);
  running.asked.splice(0);
  running.queries.splice(0);
  const input: BatchInput = {
    services,
    inventory,
    confirm: new Set(),
    azure,
    dns: { servers: [], vantageRecord: 'vantage.fhirwatch.internal' },
    signal,
    optIn: new Set(),
    expect: () => {
      throw new Error('no collector under test asks the policy');
    },
    now,
    ...more,
  };
  const evidence = await gatherEvidence(input, new Set(kinds));
  return { evidence, asked: running.asked, queries: running.queries };
}

export function subscriptionRow(id: string, ancestors: readonly string[] = ['root']): object {
  const managementGroupAncestorsChain = ancestors.map((name) => ({ name, displayName: name }));
  return { id: `/subscriptions/${id}`, properties: { managementGroupAncestorsChain } };
}

export function row(id: string, properties: unknown, more: object = {}): object {
  return {
    id,
    name: id.split('/').at(-1),
    type: 't',
    kind: '',
    location: 'westeurope',
    tags: null,
    properties,
    ...more,
  };
}

export function connection(status: string, endpointId = endpoint): object {
  return {
    id: `${workspace}/privateEndpointConnections/c`,
    properties: {
      privateEndpoint: { id: endpointId },
      privateLinkServiceConnectionState: { status },
      provisioningState: 'Succeeded',
    },
  };
}

export const workspaceRow = row(workspace, {
  publicNetworkAccess: 'Disabled',
  privateEndpointConnections: [connection('Approved')],
});
export const fhirRow = row(fhir, { publicNetworkAccess: 'Disabled' });

export const endpointRow = row(endpoint, {
  provisioningState: 'Succeeded',
  subnet: { id: `${network}/virtualNetworks/vnet/subnets/pe` },
  networkInterfaces: [{ id: nic }],
  privateLinkServiceConnections: [
    {
      properties: {
        privateLinkServiceId: workspace,
        privateLinkServiceConnectionState: { status: 'Approved' },
      },
    },
  ],
  manualPrivateLinkServiceConnections: [],
  customDnsConfigs: [{ fqdn: 'ws-ehr.fhir.azurehealthcareapis.com', ipAddresses: ['10.0.0.4'] }],
});

export const nicRow = row(nic, {
  ipConfigurations: [
    {
      properties: {
        privateIPAddress: '10.0.0.4',
        privateLinkConnectionProperties: {
          requiredMemberName: 'fhirservices',
          fqdns: ['ws-ehr.fhir.azurehealthcareapis.com'],
        },
      },
    },
  ],
});

/** One workspace with a FHIR service and a private endpoint in another subscription, all in order. */
export function clinic(
  more: { routes?: Record<string, Reply>; graph?: Record<string, Rows | number> } = {},
): FakeAzure {
  return {
    routes: {
      [GET(workspace)]: workspaceRow,
      [GET(fhir)]: fhirRow,
      [GET(endpoint)]: endpointRow,
      [GET(nic)]: nicRow,
      [`${GET(endpoint)}/privatednszonegroups`]: { value: [] },
      ...more.routes,
    },
    graph: {
      subscriptions: [subscriptionRow(sub), subscriptionRow(hub)],
      healthcare: [workspaceRow, fhirRow],
      endpoints: [endpointRow],
      interfaces: [nicRow],
      ...more.graph,
    },
  };
}
