import { app, output } from '@azure/functions';
import { answerSweeps, batchQueue } from '../app.ts';

const batches = output.storageQueue({ queueName: batchQueue, connection: 'AzureWebJobsStorage' });

app.http('sweeps', {
  route: 'sweeps',
  methods: ['POST'],
  authLevel: 'anonymous',
  extraOutputs: [batches],
  handler: (request, context) =>
    answerSweeps(request, process.env, context, (messages) => context.extraOutputs.set(batches, messages)),
});
