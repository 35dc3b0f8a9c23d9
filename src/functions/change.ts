import { app, output } from '@azure/functions';
import { batchQueue, changesQueue, followChange } from '../app.ts';

const batches = output.storageQueue({ queueName: batchQueue, connection: 'AzureWebJobsStorage' });

app.storageQueue('change', {
  queueName: changesQueue,
  connection: 'AzureWebJobsStorage',
  extraOutputs: [batches],
  handler: (message, context) =>
    followChange(message, process.env, context, (messages) => context.extraOutputs.set(batches, messages)),
});
