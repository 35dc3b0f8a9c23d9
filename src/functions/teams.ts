import { app } from '@azure/functions';
import { answerTeams } from '../app.ts';

app.http('teams', {
  route: 'teams',
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: (request, context) => answerTeams(request, process.env, context),
});
