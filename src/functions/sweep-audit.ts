import { app } from '@azure/functions';
import { scheduleOf, sweepOnTimer } from '../app.ts';

app.timer('sweepAudit', {
  schedule: scheduleOf('audit', process.env),
  handler: (_timer, context) => sweepOnTimer('audit', process.env, context),
});
