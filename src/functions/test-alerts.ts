import { app } from '@azure/functions';
import { answerTestAlerts } from '../app.ts';

app.http('testAlerts', {
  route: 'test-alerts',
  methods: ['GET', 'POST'],
  authLevel: 'anonymous',
  handler: (request, context) => answerTestAlerts(request, process.env, context),
});
