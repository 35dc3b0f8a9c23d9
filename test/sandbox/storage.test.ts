import { type TableClient, TableClient as Tables } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { RunningAzurite } from '../../sandbox/azurite.ts';
import { startStorage } from '../../sandbox/storage.ts';
import type { Fault, World } from '../../sandbox/types.ts';
import { createWorld } from '../../sandbox/world.ts';
import { makeEstate } from './dns-fixture.ts';

let world: World;
let storage: RunningAzurite;
beforeAll(async () => {
  world = createWorld(makeEstate({}), () => 0);
  storage = await startStorage(world);
}, 60_000);
afterEach(() => world.replace(makeEstate({})));
afterAll(() => storage.close());

const strike = (fault: Partial<Fault>): void =>
  world.replace(makeEstate({ faults: [{ target: 'storage', match: '.', kind: 'status', ...fault }] }));

/** A client that tries once. */
async function tableNamed(name: string): Promise<TableClient> {
  const table = Tables.fromConnectionString(storage.connectionString, name, {
    allowInsecureConnection: true,
    retryOptions: { maxRetries: 0 },
  });
  await table.createTable();
  return table;
}

test('without a fault the SDK’s clients use it as storage: tables with transactions, blobs, queues', async () => {
  const table = await tableNamed('plain');
  await table.submitTransaction([['create', { partitionKey: 'p', rowKey: 'a b', status: 'fail' }]]);
  expect((await table.getEntity('p', 'a b')).status).toBe('fail');
  const container = BlobServiceClient.fromConnectionString(storage.connectionString).getContainerClient('evidence');
  await container.create();
  await container.getBlockBlobClient('a/b').upload(Buffer.from([0, 255]), 2);
  expect(await container.getBlockBlobClient('a/b').downloadToBuffer()).toEqual(Buffer.from([0, 255]));
  const queue = QueueServiceClient.fromConnectionString(storage.connectionString).getQueueClient('work');
  await queue.create();
  await queue.sendMessage('one');
  expect((await queue.receiveMessages()).receivedMessageItems[0]?.messageText).toBe('one');
});

test.each([
  ['throttled', { kind: 'status', status: 503 }, { statusCode: 503 }],
  ['refused', { kind: 'status', status: 403 }, { statusCode: 403 }],
  ['reset', { kind: 'reset' }, { code: expect.stringMatching(/ECONNRESET|REQUEST_SEND_ERROR/) }],
] as const)('%s: nothing is done, and the caller knows', async (name, fault, error) => {
  const table = await tableNamed(name);
  strike(fault);
  await expect(table.createEntity({ partitionKey: 'p', rowKey: 'r' })).rejects.toMatchObject(error);
  world.replace(makeEstate({}));
  await expect(table.getEntity('p', 'r')).rejects.toMatchObject({ statusCode: 404 });
});

test('half-written: the work is done and the answer never comes', async () => {
  const table = await tableNamed('half');
  strike({ kind: 'partial', match: '^POST', times: 1 });
  await expect(table.createEntity({ partitionKey: 'p', rowKey: 'r' })).rejects.toMatchObject({
    code: expect.stringMatching(/ECONNRESET|REQUEST_SEND_ERROR/),
  });
  expect((await table.getEntity('p', 'r')).rowKey).toBe('r');
});

test('a hang lasts until the caller gives up', async () => {
  const table = await tableNamed('hang');
  strike({ kind: 'hang' });
  const abortSignal = AbortSignal.timeout(50);
  await expect(table.getEntity('p', 'r', { abortSignal })).rejects.toMatchObject({ name: 'AbortError' });
});
