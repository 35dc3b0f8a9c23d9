import { describe, expect, test } from 'vitest';
import { collectTraffic } from '../../src/evidence/logs/traffic.ts';
import type { Gathered, Service, Traffic } from '../../src/model.ts';
import { aService, lost, SUBSCRIPTION } from '../builders.ts';
import { type FakeAnswer, fakeAzure, noHurry, type Seen } from './logs-fixture.ts';

// the sweep's time is 08:00, so hours end at 07:45
const EHR = aService('fhirService');
const PRAXIS = aService('apiForFhir');

type Point = readonly [at: string, total?: unknown];
const metric = (...points: readonly Point[]) => ({
  name: { value: 'TotalRequests' },
  unit: 'Count',
  errorCode: 'Success',
  timeseries: [{ metadatavalues: [], data: points.map(([timeStamp, total]) => ({ timeStamp, total })) }],
});
const resource = (service: Service, ...value: readonly unknown[]) => ({ resourceid: service.id.toLowerCase(), value });
const values = (...resources: readonly unknown[]): FakeAnswer => ({ body: { values: resources } });

async function collectOne(answer: FakeAnswer | undefined, hours = 1): Promise<Gathered<Traffic>> {
  const { azure } = fakeAzure(() => answer);
  return (await collectTraffic([{ service: EHR, hours }], azure, noHurry)).get(EHR.id) ?? lost('not-found');
}

describe('the question', () => {
  test('one call per subscription, region and type, for up to fifty resources', async () => {
    const { azure, seen, scopes } = fakeAzure(() => values());
    const west = { ...EHR, id: `${EHR.id}-west`, location: 'West Europe' };
    const other = { ...EHR, id: `${EHR.id}-other`, subscriptionId: 'OTHER' };
    const second = { ...EHR, id: `${EHR.id}-2`, location: 'North Europe', subscriptionId: SUBSCRIPTION.toUpperCase() };
    const services = [EHR, west, other, second, PRAXIS];
    await collectTraffic(
      services.map((service) => ({ service, hours: 1 })),
      azure,
      noHurry,
    );
    const told = seen.map(({ url, body }) => [
      url.host.split('.')[0],
      url.pathname.split('/')[2],
      url.searchParams.get('metricnamespace'),
      (body.resourceids as string[]).map((id) => id.split('/').at(-1)),
    ]);
    expect(told).toEqual([
      ['northeurope', SUBSCRIPTION, 'Microsoft.HealthcareApis/workspaces/fhirservices', ['ehr', 'ehr-2']],
      ['westeurope', SUBSCRIPTION, 'Microsoft.HealthcareApis/workspaces/fhirservices', ['ehr-west']],
      ['northeurope', 'other', 'Microsoft.HealthcareApis/workspaces/fhirservices', ['ehr-other']],
      ['northeurope', SUBSCRIPTION, 'Microsoft.HealthcareApis/services', ['praxis']],
    ]);
    expect(scopes.flat()).toEqual(['https://metrics.monitor.azure.com/.default']);
    const many = Array.from({ length: 51 }, (_, i) => ({ service: { ...EHR, id: `${EHR.id}${i}` }, hours: 1 }));
    const { azure: again, seen: calls } = fakeAzure(() => values());
    expect((await collectTraffic(many, again, noHurry)).size).toBe(51);
    expect(calls).toHaveLength(2);
  });

  test('ruling: hours are counted back from 15 minutes ago - a day by the minute, more by the quarter of an hour', async () => {
    const { azure, seen } = fakeAzure(() => values());
    await collectTraffic([{ service: EHR, hours: 2 }], azure, noHurry);
    await collectTraffic([{ service: EHR, hours: 168 }], azure, noHurry);
    const asked = ({ url: { searchParams: query } }: Seen) =>
      ['starttime', 'endtime', 'interval', 'metricnames', 'aggregation', 'api-version'].map((name) => query.get(name));
    expect(seen.map(asked)).toEqual([
      ['2026-11-22T05:45:00.000Z', '2026-11-22T07:45:00.000Z', 'PT1M', 'TotalRequests', 'total', '2024-02-01'],
      ['2026-11-15T07:45:00.000Z', '2026-11-22T07:45:00.000Z', 'PT15M', 'TotalRequests', 'total', '2024-02-01'],
    ]);
  });

  test('US Government has an endpoint and an audience of its own', async () => {
    const { azure, seen, scopes } = fakeAzure(() => values(), { cloud: 'AzureUSGovernment' });
    const service = { ...PRAXIS, location: 'usgovvirginia' };
    await collectTraffic([{ service, hours: 1 }], azure, noHurry);
    expect(seen[0]?.url.host).toBe('usgovvirginia.metrics.monitor.azure.us');
    expect(scopes.flat()).toEqual(['https://metrics.monitor.azure.us/.default']);
  });

  test.each(['', 'evil.example/', 'a@b', 'x:1', '../'])(
    'no token goes to a host that a location makes up: %j',
    async (location) => {
      const { azure, seen } = fakeAzure(() => values());
      const traffic = await collectTraffic([{ service: { ...EHR, location }, hours: 1 }], azure, noHurry);
      expect(traffic.get(EHR.id)).toMatchObject({ ok: false, reason: 'malformed' });
      expect(seen).toHaveLength(0);
    },
  );

  test('ruling: DICOM has no such metric - nothing is asked, and there are no hours', async () => {
    const { azure, seen } = fakeAzure(() => values());
    const pacs = aService('dicomService');
    const traffic = await collectTraffic([{ service: pacs, hours: 1 }], azure, noHurry);
    expect(traffic.get(pacs.id)).toMatchObject({ ok: true, value: { hours: [] } });
    expect(seen).toHaveLength(0);
  });
});

describe('the answer', () => {
  test('points are added up into hours, newest first, each from its first minute to before its last', async () => {
    const traffic = await collectOne(
      values(
        resource(
          EHR,
          metric(
            ['2026-11-22T05:44:00Z', 900],
            ['2026-11-22T05:45:00Z', 1],
            ['2026-11-22T06:44:00Z', 2],
            ['2026-11-22T06:45:00Z', 10],
            ['2026-11-22T07:00:00Z'],
            ['2026-11-22T07:44:00Z', 20],
            ['2026-11-22T07:45:00Z', 900],
          ),
        ),
      ),
      2,
    );
    expect(traffic).toMatchObject({
      ok: true,
      direct: true,
      sources: [{ requestId: 'r-1' }],
      value: {
        hours: [
          { from: '2026-11-22T06:45:00.000Z', to: '2026-11-22T07:45:00.000Z', requests: 30 },
          { from: '2026-11-22T05:45:00.000Z', to: '2026-11-22T06:45:00.000Z', requests: 3 },
        ],
      },
    });
  });

  test('several series of one metric are added', async () => {
    const one = metric(['2026-11-22T07:00:00Z', 5]);
    const two = { ...one, timeseries: [...one.timeseries, ...one.timeseries] };
    expect(await collectOne(values(resource(EHR, two)))).toMatchObject({ value: { hours: [{ requests: 10 }] } });
  });

  test("ruling: a service without the metric's series has none", async () => {
    const empty = { ...metric(), timeseries: [] };
    for (const answer of [resource(EHR), resource(EHR, empty), resource(EHR, { ...empty, name: { value: 'Other' } })]) {
      expect(await collectOne(values(answer))).toMatchObject({ ok: true, value: { hours: [] } });
    }
  });

  test('a series without points is an hour without requests, not a missing series', async () => {
    expect(await collectOne(values(resource(EHR, metric())))).toMatchObject({ value: { hours: [{ requests: 0 }] } });
  });

  test('an answer without the resource is malformed, not zero; the others keep theirs', async () => {
    const { azure } = fakeAzure(() => values(resource(EHR, metric(['2026-11-22T07:00:00Z', 5]))));
    const gone = { ...EHR, id: `${EHR.id}-2` };
    const traffic = await collectTraffic(
      [EHR, gone].map((service) => ({ service, hours: 1 })),
      azure,
      noHurry,
    );
    expect(traffic.get(EHR.id)).toMatchObject({ ok: true });
    expect(traffic.get(gone.id)).toMatchObject({ ok: false, reason: 'malformed' });
  });

  test("ruling: One lost source takes no other source's evidence with it. - a resource that spoils its batch", async () => {
    const gone = { ...EHR, id: `${EHR.id}-2` };
    const { azure, seen } = fakeAzure(({ body }) =>
      String(body.resourceids).includes(gone.id)
        ? { status: 403, body: {} }
        : values(resource(EHR, metric(['2026-11-22T07:00:00Z', 5]))),
    );
    const requests = [EHR, gone].map((service) => ({ service, hours: 1 }));
    const traffic = await collectTraffic(requests, azure, noHurry);
    expect(traffic.get(EHR.id)).toMatchObject({ ok: true, value: { hours: [{ requests: 5 }] } });
    expect(traffic.get(gone.id)).toMatchObject({ ok: false, reason: 'forbidden' });
    expect(seen).toHaveLength(3);
  });

  test('an answer with an error beside its values is only part', async () => {
    const whole = [resource(EHR, metric(['2026-11-22T07:00:00Z', 5]))];
    const answer = { body: { values: whole, error: { code: 'PartialResult' } } };
    const detail = expect.stringContaining('only part of the answer came (PartialResult)');
    expect(await collectOne(answer)).toMatchObject({ ok: false, reason: 'malformed', detail });
  });

  test.each<[string, FakeAnswer | undefined, string]>([
    ['401', { status: 401, body: {} }, 'forbidden'],
    ['403', { status: 403, body: {} }, 'forbidden'],
    ['429', { status: 429, headers: { 'retry-after': '600' }, body: {} }, 'throttled'],
    ['503', { status: 503, body: {} }, 'unreachable'],
    ['silence', undefined, 'unreachable'],
    ['HTML', { headers: { 'content-type': 'text/html' }, body: '<html>' }, 'malformed'],
    ['nothing', { body: '' }, 'malformed'],
    ['half a document', { body: '{"values":[{' }, 'malformed'],
    ['no values', { body: {} }, 'malformed'],
    ['values of nothing', values(null), 'malformed'],
    ['a metric without series', values(resource(EHR, { name: { value: 'TotalRequests' } })), 'malformed'],
    ['a metric that failed', values(resource(EHR, { ...metric(), errorCode: 'InternalError' })), 'malformed'],
    ['a point without time', values(resource(EHR, metric(['soon', 1]))), 'malformed'],
    ['a total of text', values(resource(EHR, metric(['2026-11-22T07:00:00Z', '5']))), 'malformed'],
    ['a negative total', values(resource(EHR, metric(['2026-11-22T07:00:00Z', -5]))), 'malformed'],
  ])('%s is a failure, never no traffic', async (_, answer, reason) => {
    expect(await collectOne(answer)).toMatchObject({ ok: false, reason, detail: expect.any(String) });
  });
});
