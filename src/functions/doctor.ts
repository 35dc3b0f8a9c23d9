import { app } from '@azure/functions';
import { answerDoctor } from '../app.ts';

app.http('doctor', {
  route: 'doctor',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: (request, context) => answerDoctor(request, process.env, context),
});
