import { app, output } from '@azure/functions';
import { batchQueue, scheduleOf, sweepOnTimer } from '../app.ts';

const batches = output.storageQueue({ queueName: batchQueue, connection: 'AzureWebJobsStorage' });

app.timer('sweepAudit', {
  schedule: scheduleOf('audit', process.env),
  extraOutputs: [batches],
  handler: (_timer, context) =>
    sweepOnTimer('audit', process.env, context, (messages) => context.extraOutputs.set(batches, messages)),
});
