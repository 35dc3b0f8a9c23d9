import { app } from '@azure/functions';
import { answerDrifts } from '../app.ts';

app.http('drifts', {
  route: 'drifts',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: (request, context) => answerDrifts(request, process.env, context),
});
