import { app } from '@azure/functions';
import { answerBaseline } from '../app.ts';

app.http('baseline', {
  route: 'baseline',
  methods: ['GET', 'POST'],
  authLevel: 'anonymous',
  handler: (request, context) => answerBaseline(request, process.env, context),
});
