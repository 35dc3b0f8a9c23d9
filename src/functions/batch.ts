import { app } from '@azure/functions';
import { batchQueue, workOnBatch } from '../app.ts';

app.storageQueue('batch', {
  queueName: batchQueue,
  connection: 'AzureWebJobsStorage',
  handler: (message, context) => workOnBatch(message, process.env, context),
});
