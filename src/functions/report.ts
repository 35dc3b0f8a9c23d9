import { app } from '@azure/functions';
import { answerReport } from '../app.ts';

app.http('report', {
  route: 'report',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: (request, context) => answerReport(request, process.env, context),
});
