import { app } from '@azure/functions';
import { scheduleOf, sweepOnTimer } from '../app.ts';

app.timer('sweepNetwork', {
  schedule: scheduleOf('network', process.env),
  handler: (_timer, context) => sweepOnTimer('network', process.env, context),
});
