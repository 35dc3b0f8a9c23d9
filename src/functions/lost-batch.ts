import { app } from '@azure/functions';
import { giveUpBatch, lostBatchQueue } from '../app.ts';

app.storageQueue('lostBatch', {
  queueName: lostBatchQueue,
  connection: 'AzureWebJobsStorage',
  handler: (message, context) => giveUpBatch(message, process.env, context),
});
