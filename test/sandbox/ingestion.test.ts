import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { AzureMonitorLogExporter } from '@azure/monitor-opentelemetry-exporter';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type RunningIngestion, startIngestion } from '../../sandbox/data-plane/ingestion.ts';
import { runQuery } from '../../sandbox/kql/engine.ts';
import type { Fault } from '../../sandbox/types.ts';
import { makeEstate, makeWorld } from './dns-fixture.ts';
import { type Asking, ask, makeTls } from './logs-fixture.ts';

let tls: Awaited<ReturnType<typeof makeTls>>;
let server: RunningIngestion | undefined;
beforeAll(async () => {
  tls = await makeTls();
});
afterEach(async () => {
  await server?.close();
  server = undefined;
});
afterAll(() => tls.remove());

async function start(faults: readonly Fault[] = []) {
  const world = makeWorld(makeEstate({ faults }));
  const running = await startIngestion(world, tls);
  server = running;
  const iKey = /InstrumentationKey=([^;]+)/.exec(running.connectionString)?.[1] ?? '';
  const item = (baseType: string, baseData: object, more: object = {}) => ({
    name: `Microsoft.ApplicationInsights.${baseType}`,
    time: '2026-11-22T07:59:00.123Z',
    iKey,
    sampleRate: 100,
    tags: { 'ai.cloud.role': 'fhirwatch', 'ai.operation.id': 'op' },
    data: { baseType, baseData },
    ...more,
  });
  const post = (body: unknown, asking: Asking = {}) =>
    ask(world, tls, running, '/v2.1/track', { method: 'POST', body, ...asking });
  const query = (text: string) => {
    const result = runQuery(
      text,
      { tables: running.telemetryTables(), dialect: 'log-analytics' },
      { now: world.now() },
    );
    return 'error' in result ? result.error : result.rows;
  };
  return { world, running, item, post, query };
}

describe('telemetry that is accepted', () => {
  test('becomes rows of the tables that alert rules read', async () => {
    const { item, post, query } = await start();
    const answer = await post([
      item('EventData', {
        name: 'DriftOpened',
        properties: { driftId: 'd1', severity: 'high' },
        measurements: { members: 2 },
      }),
      item('AvailabilityData', {
        id: 'i',
        name: 'probe',
        duration: '00:00:01.500',
        success: false,
        runLocation: 'weu',
        message: 'm',
      }),
      item('MetricData', { metrics: [{ name: 'coverage', value: 0.5 }] }),
      item('MessageData', { message: 'hello', severityLevel: 'Warning' }),
      item('ExceptionData', {
        exceptions: [
          { typeName: 'Error', message: 'outer' },
          { typeName: 'TypeError', message: 'inner' },
        ],
      }),
      item('RequestData', { id: 'r' }),
    ]);
    expect([answer.status, answer.body]).toMatchObject([200, { itemsReceived: 6, itemsAccepted: 6, errors: [] }]);
    expect(
      query(
        'AppEvents | project Name, tostring(Properties.severity), todouble(Measurements.members), AppRoleName, OperationId, ItemCount',
      ),
    ).toEqual([['DriftOpened', 'high', 2, 'fhirwatch', 'op', 1]]);
    expect(query('AppEvents | where TimeGenerated > ago(2m) | count')).toEqual([[1]]);
    expect(query('AppAvailabilityResults | project Name, Success, DurationMs, Location, Message')).toEqual([
      ['probe', false, 1500, 'weu', 'm'],
    ]);
    expect(query('AppMetrics | project Name, Sum, ItemCount')).toEqual([['coverage', 0.5, 1]]);
    expect(query('AppTraces | project Message, SeverityLevel')).toEqual([['hello', 2]]);
    expect(query('AppExceptions | project ExceptionType, OuterMessage, InnermostMessage')).toEqual([
      ['Error', 'outer', 'inner'],
    ]);
  });
  test('may come one item a line, or as one object', async () => {
    const { item, post, query } = await start();
    const lines = [1, 2].map((n) => JSON.stringify(item('EventData', { name: `e${n}` }))).join('\r\n');
    expect((await post(lines, { headers: { 'content-type': 'application/x-json-stream' } })).body.itemsAccepted).toBe(
      2,
    );
    expect((await post(item('EventData', { name: 'e3' }))).body.itemsAccepted).toBe(1);
    expect(query('AppEvents | project Name | sort by Name asc')).toEqual([['e1'], ['e2'], ['e3']]);
  });
  test('loses what is too long in a property', async () => {
    const { item, post, query } = await start();
    await post([item('EventData', { name: 'e', properties: { detail: 'x'.repeat(9000) } })]);
    expect(query('AppEvents | project strlen(tostring(Properties.detail))')).toEqual([[8192]]);
  });
  test('may be joined by rows that others wrote', async () => {
    const { running, query } = await start();
    expect(query('AppAvailabilityResults | count')).toEqual([[0]]);
    running.addRows('AppAvailabilityResults', [{ TimeGenerated: '2026-11-22T07:58:00Z', Name: 'web', Success: true }]);
    expect(query('AppAvailabilityResults | project Name, Success')).toEqual([['web', true]]);
    expect(running.workspace.tables().get('AppAvailabilityResults')?.rows).toHaveLength(1);
  });
});

test('Azure Monitor’s own exporter delivers events and availability', async () => {
  const { world, running, query } = await start();
  const trusted = getCACertificates('default');
  setDefaultCACertificates([...trusted, tls.ca]);
  vi.stubEnv('APPLICATION_INSIGHTS_NO_STATSBEAT', '1');
  const exporter = new AzureMonitorLogExporter({
    connectionString: running.connectionString,
    disableOfflineStorage: true,
  });
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ 'service.name': 'fhirwatch', 'service.instance.id': 'one' }),
    processors: [new BatchLogRecordProcessor({ exporter })],
  });
  const timestamp = world.now();
  const log = provider.getLogger('test');
  log.emit({ timestamp, attributes: { 'microsoft.custom_event.name': 'SweepCompleted', family: 'network' } });
  const availability = { id: 'i', name: 'network', duration: '00:00:00.120', success: 'true', runLocation: 'inside' };
  const named = Object.entries(availability).map(([key, value]) => [`microsoft.availability.${key}`, value]);
  log.emit({ timestamp, attributes: Object.fromEntries(named) });
  await provider.forceFlush();
  await provider.shutdown();
  setDefaultCACertificates(trusted);
  vi.unstubAllEnvs();
  expect(query('AppEvents | project Name, tostring(Properties.family), AppRoleName, TimeGenerated')).toEqual([
    ['SweepCompleted', 'network', 'fhirwatch', '2026-11-22T08:00:00.0000000Z'],
  ]);
  expect(query('AppAvailabilityResults | project Name, Success, DurationMs, Location')).toEqual([
    ['network', true, 120, 'inside'],
  ]);
});

describe('telemetry that is refused', () => {
  test.each([
    ['another key', (item: object) => ({ ...item, iKey: crypto.randomUUID() }), 'Invalid instrumentation key'],
    ['no time', (item: object) => ({ ...item, time: undefined }), "102: Field 'time'"],
    [
      'a time two days ago',
      (item: object) => ({ ...item, time: '2026-11-20T07:00:00Z' }),
      'older than the allowed min date',
    ],
    [
      'a time far ahead',
      (item: object) => ({ ...item, time: '2026-11-22T11:00:00Z' }),
      'newer than the allowed max date',
    ],
    [
      'no name',
      (item: object) => ({ ...item, data: { baseType: 'EventData', baseData: {} } }),
      "102: Field 'name' on type 'EventData'",
    ],
    ['an unknown type', (item: object) => ({ ...item, data: { baseType: 'Other', baseData: {} } }), "'baseType'"],
    [
      'too much',
      (item: object) => ({ ...item, data: { baseType: 'EventData', baseData: { name: 'x'.repeat(70_000) } } }),
      'maximum size',
    ],
  ])('for %s is named by its place in the batch, the rest is taken', async (_, spoil, message) => {
    const { item, post, query } = await start();
    const good = item('EventData', { name: 'good' });
    const answer = await post([good, spoil(good)]);
    expect([answer.status, answer.body]).toMatchObject([
      206,
      {
        itemsReceived: 2,
        itemsAccepted: 1,
        errors: [{ index: 1, statusCode: 400, message: expect.stringContaining(message) }],
      },
    ]);
    expect(query('AppEvents | count')).toEqual([[1]]);
    expect((await post([spoil(good)])).status).toBe(400);
  });
  test('is no JSON, or carries a token for something else', async () => {
    const { item, post } = await start();
    expect((await post('{"name":')).status).toBe(400);
    expect((await post([item('EventData', { name: 'e' })], { audience: 'https://management.azure.com' })).status).toBe(
      401,
    );
    expect((await post([item('EventData', { name: 'e' })], { audience: 'https://monitor.azure.com' })).status).toBe(
      200,
    );
  });
});

test('partial accepts the first half of a batch and asks for the rest again', async () => {
  const { item, post, query } = await start([{ target: 'insights', match: 'track', kind: 'partial' }]);
  const answer = await post([1, 2, 3].map((n) => item('EventData', { name: `e${n}` })));
  expect([answer.status, answer.body]).toMatchObject([
    206,
    {
      itemsReceived: 3,
      itemsAccepted: 1,
      errors: [
        { index: 1, statusCode: 500 },
        { index: 2, statusCode: 500 },
      ],
    },
  ]);
  expect(query('AppEvents | project Name')).toEqual([['e1']]);
});

test('live metrics is told that nobody watches, and nothing else is there', async () => {
  const { world, running } = await start();
  const ping = await ask(world, tls, running, '/QuickPulseService.svc/ping?ikey=x', { method: 'POST', body: {} });
  expect([ping.status, ping.headers['x-ms-qps-subscribed']]).toEqual([200, 'false']);
  expect((await ask(world, tls, running, '/other', {})).status).toBe(404);
});
