import { app } from '@azure/functions';
import { scheduleOf, sweepOnTimer } from '../app.ts';

app.timer('sweepAccess', {
  schedule: scheduleOf('access', process.env),
  handler: (_timer, context) => sweepOnTimer('access', process.env, context),
});
