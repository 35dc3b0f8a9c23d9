/** Standard web tests: what the Internet gets of a service, asked from outside at fixed intervals. */
import { randomUUID } from 'node:crypto';
import { hostsOf } from '../dns/derive.ts';
import { expectedOutside, type OutsideAnswer, outside, publicAnswer, resultOf } from '../fhir/web-tests.ts';
import type { Estate, JsonObject } from '../types.ts';

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
const locations = [outside, 'North Europe', 'UK South', 'East US', 'Southeast Asia'] as const;

/** The test of the app's own health, every five minutes from everywhere (infra/modules/web-tests.bicep). */
export function healthWebTest(ask: WebTest['ask']): WebTest {
  return { name: 'health', expected: 200, every: 300, locations, ask };
}

/** The tests of the estate's services: each is asked for a public document and must be turned away at the edge. */
export function serviceWebTests(estate: () => Estate): readonly WebTest[] {
  if (!estate().monitor.publicVantage) return [];
  const hosts = [...hostsOf(estate()).values()].filter(({ kind }) => kind !== 'workspace');
  return hosts.map((service) => ({
    name: `public ${service.host}`,
    expected: expectedOutside,
    // seldom and from one place: the service must not take it for traffic
    every: 900,
    locations: [outside],
    ask: () => publicAnswer(estate(), service),
  }));
}

/** The rows of one run, one a location, as Application Insights writes them. */
export async function runWebTest(test: WebTest, now: Date): Promise<readonly JsonObject[]> {
  const answer = await askOrTell(test);
  return test.locations.map((location, index) => ({
    TimeGenerated: now.toISOString(),
    Id: randomUUID(),
    Name: test.name,
    Location: location,
    ...resultOf(answer, test.expected),
    DurationMs: 40 + 15 * index,
    Properties: {
      WebtestName: test.name,
      ...('status' in answer ? { ResponseCode: String(answer.status) } : {}),
    },
    SourceSystem: 'Azure',
  }));
}

/** What cannot be asked is a failed result, as with the real ones. */
async function askOrTell(test: WebTest): Promise<OutsideAnswer> {
  try {
    return await test.ask();
  } catch (error) {
    return { failure: `The request failed: ${error instanceof Error ? error.message : 'unknown'}` };
  }
}
