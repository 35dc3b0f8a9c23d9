import { app } from '@azure/functions';
import { answerHealth } from '../app.ts';

app.http('health', {
  route: 'health',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: (_request, context) => answerHealth(process.env, context),
});
