/** Standard web tests: what the Internet gets of a service, asked from outside at fixed intervals. */
import { randomUUID } from 'node:crypto';
import { documentsOfType, keyOf, parentKey } from '../dns/resource-ids.ts';
import { type ServiceHost, serviceHosts } from '../dns/service-hosts.ts';
import { at, listAt, textAt } from '../documents.ts';
import type { AzureDocument, Estate, Json, JsonObject } from '../types.ts';

/** What came back from outside. */
export type OutsideAnswer = { readonly status: number } | { readonly failure: string };

export interface WebTest {
  readonly name: string;
  /** the status that makes a result a success */
  readonly expected: number;
  /** seconds between two runs */
  readonly every: number;
  /** where it runs; each gives a result of its own */
  readonly locations: readonly string[];
  ask(): OutsideAnswer | Promise<OutsideAnswer>;
}

/** Five places on the Internet, as Azure advises for what pages. */
const locations = ['West Europe', 'North Europe', 'UK South', 'East US', 'Southeast Asia'] as const;

/** The test of the app's own health, every five minutes from everywhere (infra/modules/web-tests.bicep). */
export function healthWebTest(ask: WebTest['ask']): WebTest {
  return { name: 'health', expected: 200, every: 300, locations, ask };
}

/** The tests of the estate's services: each is asked for a public document and must be turned away at the edge. */
export function serviceWebTests(estate: () => Estate): readonly WebTest[] {
  if (!estate().monitor.publicVantage) return [];
  const hosts = [...serviceHosts(estate()).values()].filter(({ kind }) => kind !== 'workspace');
  return hosts.map((service) => ({
    name: `public ${service.host}`,
    expected: 403,
    // seldom and from one place: the service must not take it for traffic
    every: 900,
    locations: [locations[0]],
    ask: () => publicAnswer(estate(), service),
  }));
}

/** The rows of one run, one a location, as Application Insights writes them. */
export async function runWebTest(test: WebTest, now: Date): Promise<readonly JsonObject[]> {
  const answer = await test.ask();
  const isExpected = 'status' in answer && answer.status === test.expected;
  const message = isExpected
    ? 'Passed'
    : 'status' in answer
      ? `Response code ${answer.status} is not the expected ${test.expected}`
      : answer.failure;
  return test.locations.map((location, index) => ({
    TimeGenerated: now.toISOString(),
    Id: randomUUID(),
    Name: test.name,
    Location: location,
    Success: isExpected,
    Message: message,
    DurationMs: 40 + 15 * index,
    Properties: {
      WebtestName: test.name,
      ...('status' in answer ? { ResponseCode: String(answer.status) } : {}),
    },
    SourceSystem: 'Azure',
  }));
}

/** The public side of a service (INTERFACES, "Estate file"): an override of the estate, else what its public access says. */
export function publicAnswer(estate: Estate, service: ServiceHost): OutsideAnswer {
  const path = service.kind === 'dicom' ? '/health/check' : '/metadata';
  const override = at(estate.endpoints[service.host], path, 'public');
  const status = at(override, 'status');
  if (typeof status === 'number') return { status };
  if (override !== undefined) return { status: 200 };
  const document = estate.resources.find((one) => keyOf(one.id) === keyOf(service.id));
  if (document === undefined) return { failure: 'The name could not be resolved' };
  const owner = estate.resources.find((one) => keyOf(one.id) === parentKey(service.id)) ?? document;
  const flags = [document, owner].map((one) => textAt(one.properties, 'publicNetworkAccess')?.toLowerCase());
  if (flags.includes('enabled')) return { status: 200 };
  if (flags.includes('disabled')) return { status: 403 };
  return { status: hasApprovedEndpoint(estate, owner) ? 403 : 200 };
}

function hasApprovedEndpoint(estate: Estate, owner: AzureDocument): boolean {
  const separate = documentsOfType(estate, `${owner.type}/privateEndpointConnections`)
    .filter((one) => parentKey(one.id) === keyOf(owner.id))
    .map((one) => one.properties);
  const inside = listAt(owner.properties, 'privateEndpointConnections').map((one) => at(one, 'properties'));
  return [...separate, ...inside].some((one: Json | undefined) => {
    return textAt(one, 'privateLinkServiceConnectionState', 'status')?.toLowerCase() === 'approved';
  });
}
