import { TableClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningAzurite, startAzurite } from '../../sandbox/azurite.ts';

let azurite: RunningAzurite;
beforeAll(async () => {
  azurite = await startAzurite();
}, 60_000);
afterAll(() => azurite.close());

test('the SDK’s clients keep tables, blobs and queues in it', async () => {
  const { connectionString } = azurite;
  const table = TableClient.fromConnectionString(connectionString, 'findings', { allowInsecureConnection: true });
  await table.createTable();
  await table.createEntity({ partitionKey: 'p', rowKey: 'r', status: 'fail' });
  expect((await table.getEntity('p', 'r')).status).toBe('fail');

  const container = BlobServiceClient.fromConnectionString(connectionString).getContainerClient('evidence');
  await container.create();
  await container.getBlockBlobClient('one').upload('seen', 4);
  expect((await container.getBlockBlobClient('one').downloadToBuffer()).toString()).toBe('seen');

  const queue = QueueServiceClient.fromConnectionString(connectionString).getQueueClient('batches');
  await queue.create();
  await queue.sendMessage('work');
  expect((await queue.receiveMessages()).receivedMessageItems.map((one) => one.messageText)).toEqual(['work']);
});

test('a start that takes too long fails and leaves no process behind', async () => {
  await expect(startAzurite(1)).rejects.toThrow('did not start within 1 ms');
});
