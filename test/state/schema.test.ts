import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningAzurite, startAzurite } from '../../sandbox/azurite.ts';
import { azureStore } from '../../src/state/azure.ts';
import { storageClients } from './azure-fixture.ts';

/**
 * Rows and documents of schema 1 as they were written, letter by letter. They are never changed: what an app has stored
 * must be read by every later one.
 */

const service =
  '{"id":"/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg/providers/Microsoft.HealthcareApis/services/one","key":"00000000000000aa","name":"one","kind":"apiForFhir","subscriptionId":"11111111-1111-4111-8111-111111111111","resourceGroup":"rg","location":"westeurope","tags":{"env":"prod"}}';
const findingOf = (status: string) =>
  `{"check":"public-network-access","family":"network","severity":"critical","status":"${status}","message":"Disabled","observed":{"properties.publicNetworkAccess":"Disabled"},"evidence":[{"kind":"resource","source":"ARM GET","requestId":"r","at":"2026-11-22T08:00:00.000Z"}]}`;

const rows = {
  findings: [
    {
      partitionKey: 'now!network!11111111-1111-4111-8111-111111111111',
      rowKey: '00000000000000aa!public-network-access',
      schema: 1,
      json: `{"schema":1,"service":${service},"finding":${findingOf('pass')},"from":"2026-11-22T09:00:00.000Z","since":"2026-11-22T09:00:00.000Z","lastSeen":"2026-11-22T10:00:00.000Z","sweepId":"20261122T100000Z-network-0a1b2c3d"}`,
    },
    {
      partitionKey: 'was!network!2026-11',
      rowKey: '2026-11-22T09:00:00.000Z!00000000000000aa!public-network-access',
      schema: 1,
      blob: 'long/findings/0123.json',
    },
  ],
  drifts: [
    { partitionKey: 'network', rowKey: 'head', schema: 1, json: '"5d0c3f5e-0000-4000-8000-000000000000"' },
    {
      partitionKey: 'network',
      rowKey: 'now!00112233445566ff',
      schema: 1,
      json: `{"schema":1,"driftId":"00112233445566ff","causeId":"c0ffee0000000000","causeKey":"/subscriptions/s","causeTitle":"one","causeSeverity":"critical","causeCheck":"public-network-access","service":${service},"check":"public-network-access","family":"network","severity":"critical","direction":"regressed","was":{"status":"pass","observed":{"a":"b"}},"is":{"status":"fail","observed":{"a":"c"}},"message":"open","since":"2026-11-22T08:00:00.000Z","openedAt":"2026-11-22T08:00:30.000Z","flaps":1,"recovering":true,"openSentAt":"2026-11-22T08:00:30.000Z","stateSentAt":"2026-11-22T08:00:30.000Z"}`,
    },
    {
      partitionKey: 'network',
      rowKey: 'was!2026-11-20T08:00:00.000Z!ff00112233445566',
      schema: 1,
      json: `{"schema":1,"driftId":"ff00112233445566","causeId":"c0ffee0000000001","causeKey":"k","causeTitle":"one","causeSeverity":"high","causeCheck":"private-dns-resolution","service":${service},"check":"private-dns-resolution","family":"network","severity":"high","direction":"obscured","was":null,"is":{"status":"unknown","observed":{}},"message":"no answer","since":"2026-11-20T07:00:00.000Z","openedAt":"2026-11-20T07:05:00.000Z","flaps":0,"recovering":false,"resolvedAt":"2026-11-20T08:00:00.000Z","resolution":"known","openSentAt":"2026-11-20T07:05:00.000Z","stateSentAt":"2026-11-20T07:05:00.000Z","resolveSentAt":"2026-11-20T08:00:00.000Z"}`,
    },
    {
      partitionKey: 'network',
      rowKey: 'cause!c0ffee0000000000',
      schema: 1,
      json: '{"schema":1,"causeId":"c0ffee0000000000","key":"/subscriptions/s","title":"one","family":"network","direction":"regressed","severity":"critical","check":"public-network-access","openedAt":"2026-11-22T08:00:30.000Z"}',
    },
  ],
  baselines: [
    {
      partitionKey: 'network',
      rowKey: '00000000000000aa!public-network-access',
      schema: 1,
      json: '{"schema":1,"serviceId":"/subscriptions/s","serviceKey":"00000000000000aa","family":"network","check":"public-network-access","status":"pass","observed":{"a":["b"]},"acceptedAt":"2026-11-01T00:00:00.000Z","acceptedBy":{"objectId":"051be183-4712-560b-ade3-c82db193d2b6","name":"Ada"}}',
    },
  ],
  sweeps: [
    ...['latest!network-last', 'latest!network-completed', 'id!network!20261122t100000z-network-0a1b2c3d!'].map(
      (rowKey) => ({
        partitionKey: 'sweeps',
        rowKey,
        schema: 1,
        json: '{"schema":1,"sweepId":"20261122T100000Z-network-0a1b2c3d","family":"network","startedAt":"2026-11-22T10:00:00.000Z","completedAt":"2026-11-22T10:00:09.000Z","outcome":"completed","missing":[],"intervalSeconds":300,"services":1,"findings":1,"unknown":0,"coverage":1,"durationMs":9000,"problems":[],"policySha256":"ab","vantage":{"ok":true,"value":{"networkId":"/n","servers":["10.0.0.4:53"]},"direct":true,"sources":[]}}',
      }),
    ),
    {
      partitionKey: 'sweeps',
      rowKey: 'open!network!20261122t100500z-network-0a1b2c3e!',
      schema: 1,
      json: `{"schema":1,"sweepId":"20261122T100500Z-network-0a1b2c3e","family":"network","startedAt":"2026-11-22T10:05:00.000Z","intervalSeconds":300,"policySha256":"ab","services":[${service}],"gone":[],"estateChanged":false,"problems":[],"confirm":[]}`,
    },
    {
      partitionKey: 'sweeps',
      rowKey: 'done!20261122t100500z-network-0a1b2c3e!00000',
      schema: 1,
      json: '{"schema":1,"index":0,"at":"2026-11-22T10:05:03.000Z"}',
    },
  ],
};
const documents = {
  'long/findings/0123.json': `{"schema":1,"service":${service},"finding":${findingOf('fail')},"from":"2026-11-22T08:00:00.000Z","since":"2026-11-22T08:00:00.000Z","lastSeen":"2026-11-22T08:55:00.000Z","sweepId":"20261122T085500Z-network-0a1b2c3c","to":"2026-11-22T09:00:00.000Z"}`,
  'estate-network.json': `{"schema":1,"services":[${service}]}`,
  'policy.json':
    '{"schema":1,"good":{"text":"version: 1\\n","sha256":"ab","savedAt":"2026-11-22T07:00:00.000Z"},"told":["0011223344556677"]}',
};

let azurite: RunningAzurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.close());

test('records of schema 1 are read, wherever they stand', async () => {
  const clients = storageClients(azurite.connectionString, 'old');
  await clients.documents.create();
  for (const [name, text] of Object.entries(documents)) {
    await clients.documents.getBlockBlobClient(name).upload(text, Buffer.byteLength(text));
  }
  for (const [name, entities] of Object.entries(rows)) {
    const client = clients[name as keyof typeof rows];
    await client.createTable();
    for (const entity of entities) await client.createEntity(entity);
  }
  const store = azureStore(clients);
  const day = ['2026-11-22T08:30:00.000Z', '2026-11-22T10:00:00.000Z'] as const;
  expect(await store.findingsBetween(...day)).toMatchObject([
    { finding: { status: 'fail' }, to: '2026-11-22T09:00:00.000Z' },
    { finding: { status: 'pass' }, service: { tags: { env: 'prod' } }, lastSeen: '2026-11-22T10:00:00.000Z' },
  ]);
  expect(await store.currentFindings({ family: 'network' })).toHaveLength(1);
  expect((await store.driftBook('network')).drifts).toMatchObject([
    { flaps: 1, recovering: true, causeServiceName: 'one', causeDirection: 'regressed' },
  ]);
  expect(await store.driftsBetween('2026-11-20T07:30:00.000Z', '2026-11-20T07:30:00.000Z')).toMatchObject([
    { direction: 'obscured', resolution: 'known' },
  ]);
  expect(await store.cause('c0ffee0000000000')).toMatchObject({
    cause: { severity: 'critical', serviceName: 'one' },
    drifts: [{}],
  });
  expect(await store.baseline('network')).toMatchObject([{ acceptedBy: { name: 'Ada' }, observed: { a: ['b'] } }]);
  expect(await store.latestSweeps()).toMatchObject([{ vantage: { ok: true } }]);
  expect(await store.sweep('20261122T100000Z-network-0a1b2c3d')).toMatchObject({ durationMs: 9000 });
  expect(await store.openSweeps('network')).toMatchObject([{ services: [{ name: 'one' }] }]);
  expect(await store.savedBatches('20261122T100500Z-network-0a1b2c3e')).toEqual([
    { schema: 1, index: 0, at: '2026-11-22T10:05:03.000Z' },
  ]);
  expect(await store.knownEstate('network')).toMatchObject([{ name: 'one' }]);
  expect(await store.policy()).toMatchObject({ good: { sha256: 'ab' }, told: ['0011223344556677'] });
});

test('a record of a schema to come is refused, not guessed at', async () => {
  const clients = storageClients(azurite.connectionString, 'new');
  await clients.baselines.createTable();
  await clients.baselines.createEntity({ partitionKey: 'network', rowKey: 'a!b', schema: 2, json: '{"schema":2}' });
  await expect(azureStore(clients).baseline('network')).rejects.toThrow('schema 2');
});
