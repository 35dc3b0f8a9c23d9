import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { resourceMetrics, startMetrics } from '../../sandbox/data-plane/metrics.ts';
import type { Estate, Fault, RunningServer } from '../../sandbox/types.ts';
import { apiForFhir, clinic, HEALTH, makeEstate, makeWorld, SUBSCRIPTION } from './dns-fixture.ts';
import { type Asking, ask, makeTls } from './logs-fixture.ts';

const WARD = `${HEALTH}/services/ward`;
const EMPTY = `${HEALTH}/services/empty`;
const NAMESPACE = 'Microsoft.HealthcareApis/services';

const estateOf = (parts: Partial<Estate> = {}): Estate =>
  makeEstate({
    resources: [{ ...apiForFhir('ward'), location: 'West Europe' }, apiForFhir('empty'), ...clinic('clinic')],
    metrics: {
      [WARD.toUpperCase()]: {
        totalrequests: [
          ['2026-11-22T06:00:00Z', 3],
          ['2026-11-22T06:59:59Z', 4],
          ['2026-11-22T07:00:00Z', 5],
          ['2026-11-22T08:00:00Z', 100],
        ],
      },
    },
    ...parts,
  });

let tls: Awaited<ReturnType<typeof makeTls>>;
let server: RunningServer | undefined;
beforeAll(async () => {
  tls = await makeTls();
});
afterEach(async () => {
  await server?.close();
  server = undefined;
});
afterAll(() => tls.remove());

const ordinary: Readonly<Record<string, string>> = {
  'api-version': '2024-02-01',
  metricnamespace: NAMESPACE,
  metricnames: 'TotalRequests',
  starttime: '2026-11-22T05:00:00Z',
  endtime: '2026-11-22T08:00:00Z',
  interval: 'PT1H',
  aggregation: 'total',
};

async function getBatch(
  query: Readonly<Record<string, string>> = {},
  ids: unknown = [WARD],
  asking: Asking = {},
  estate = estateOf(),
) {
  const world = makeWorld(estate);
  server ??= await startMetrics(world, tls);
  const path = `${SUBSCRIPTION}/metrics:getBatch?${new URLSearchParams({ ...ordinary, ...query })}`;
  return ask(world, tls, server, path, {
    method: 'POST',
    body: { resourceids: ids },
    audience: 'https://metrics.monitor.azure.com',
    ...asking,
  });
}

describe('a batch', () => {
  test('sums the points into buckets from its start on; an hour without points has no value', async () => {
    const answer = await getBatch();
    expect(answer.status).toBe(200);
    expect(answer.body.values).toEqual([
      {
        starttime: '2026-11-22T05:00:00Z',
        endtime: '2026-11-22T08:00:00Z',
        interval: 'PT1H',
        namespace: NAMESPACE,
        resourceregion: 'westeurope',
        resourceid: WARD,
        value: [
          {
            id: `${WARD}/providers/Microsoft.Insights/metrics/TotalRequests`,
            type: 'Microsoft.Insights/metrics',
            name: { value: 'TotalRequests', localizedValue: 'Total Requests' },
            displayDescription: 'Total Requests',
            errorCode: 'Success',
            unit: 'Count',
            timeseries: [
              {
                metadatavalues: [],
                data: [
                  { timeStamp: '2026-11-22T05:00:00Z' },
                  { timeStamp: '2026-11-22T06:00:00Z', total: 7 },
                  { timeStamp: '2026-11-22T07:00:00Z', total: 5 },
                ],
              },
            ],
          },
        ],
      },
    ]);
  });
  test('aggregates as asked, over one bucket if need be', async () => {
    const query = { interval: 'FULL', aggregation: 'Average,count,maximum,minimum,total' };
    const [series] = (await getBatch(query)).body.values[0].value[0].timeseries;
    expect(series.data).toEqual([
      { timeStamp: '2026-11-22T05:00:00Z', average: 4, count: 3, maximum: 5, minimum: 3, total: 12 },
    ]);
  });
  test.each([EMPTY, `${HEALTH}/services/gone`])(
    'gives %s, which has no series, no time series, beside the others',
    async (id) => {
      const { values } = (await getBatch({}, [id, WARD])).body;
      expect(values[0].value[0].timeseries).toEqual([]);
      expect(values[1].value[0].timeseries).toHaveLength(1);
    },
  );
  test.each([
    ['more than 50 resources', {}, Array(51).fill(WARD), 400],
    ['no resources', {}, [], 400],
    ['resources of two types', {}, [WARD, `${HEALTH}/workspaces/clinic`], 400],
    ['a resource of another subscription', {}, [WARD.replace('1111', '2222')], 400],
    ['a body that is no list', {}, 'x', 400],
    ['an unknown grain', { interval: 'PT2H' }, [WARD], 400],
    ['a metric that the type lacks', { metricnames: 'Nothing' }, [WARD], 400],
    ['an unknown aggregation', { aggregation: 'sum' }, [WARD], 400],
    ['an old api-version', { 'api-version': '2018-01-01' }, [WARD], 400],
    ['a time that is none', { starttime: 'yesterday' }, [WARD], 400],
  ])('is refused with %s', async (_, query, ids, status) => {
    expect((await getBatch(query, ids)).status).toBe(status);
  });
  test('has no TotalRequests for DICOM', async () => {
    const type = 'Microsoft.HealthcareApis/workspaces/dicomservices';
    const answer = await getBatch({ metricnamespace: type }, [`${HEALTH}/workspaces/clinic/dicomservices/pacs`]);
    expect(answer.body.error.message).toContain('Valid metrics: ImportsProcessed');
  });
  test('needs a token for metrics', async () => {
    expect((await getBatch({}, [WARD], { audience: null })).status).toBe(401);
    expect((await getBatch({}, [WARD], { audience: 'https://management.azure.com' })).status).toBe(401);
  });
  test('is refused where one resource may not be read', async () => {
    const estate = estateOf({ monitor: { ...makeEstate().monitor, unreadable: [EMPTY] } });
    const answer = await getBatch({}, [WARD, EMPTY], {}, estate);
    expect([answer.status, answer.body.error.code]).toEqual([403, 'AuthorizationFailed']);
  });
});

describe('a fault', () => {
  const faults = (kind: Fault['kind'], more: Partial<Fault> = {}) =>
    estateOf({ faults: [{ target: 'metrics', match: 'getBatch', kind, ...more }] });
  test('partial leaves the first half of the resources and an error beside them', async () => {
    const { body } = await getBatch({}, [WARD, EMPTY], {}, faults('partial'));
    expect([body.values.length, body.error.code]).toEqual([1, 'PartialResult']);
  });
  test('empty is 200 and nothing', async () => {
    const answer = await getBatch({}, [WARD], {}, faults('empty'));
    expect([answer.status, answer.text]).toEqual([200, '']);
  });
  test('status speaks the service’s words', async () => {
    const answer = await getBatch({}, [WARD], {}, faults('status', { status: 429 }));
    expect([answer.status, answer.body.error.code]).toEqual([429, 'TooManyRequests']);
  });
});

test('Resource Manager’s own metrics of a resource come from the same points', () => {
  const query = new URLSearchParams({
    metricnames: 'TotalRequests',
    timespan: 'PT2H',
    interval: 'PT1H',
    aggregation: 'Total',
  });
  const request = { method: 'GET', path: '', query, headers: {}, body: '', origin: '' };
  expect(resourceMetrics(makeWorld(estateOf()), WARD, request)).toMatchObject({
    status: 200,
    body: {
      timespan: '2026-11-22T06:00:00Z/2026-11-22T08:00:00Z',
      interval: 'PT1H',
      resourceregion: 'westeurope',
      value: [{ timeseries: [{ data: [{ total: 7 }, { total: 5 }] }] }],
    },
  });
});
