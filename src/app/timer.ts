import type { Family } from '../model.ts';
import { closeUnfinished } from '../sweep/once.ts';
import type { Post } from './batches.ts';
import { beginSweep } from './begin.ts';
import { closePorts, speaker } from './closing.ts';
import { listEstate, planSweep } from './plan.ts';
import { watchPolicy } from './policy-watch.ts';
import { type Environment, type Log, openShared as open, type Service, textOf } from './service.ts';

/** Listing the estate must leave time for a batch before the host ends the invocation (host.json, `functionTimeout`). */
const planningMs = 210_000;

/**
 * One family's sweep: planned, and done here where it is one batch; more are left to the workers. Throws where no heartbeat
 * could be sent: the host then shows a failed invocation, and the missing heartbeat pages.
 */
export async function sweepFamily(family: Family, service: Service, log: Log, post: Post): Promise<void> {
  const policy = await watchPolicy(service, { speaks: family === speaker, log });
  if (!policy) throw new Error('no valid policy was ever read: nothing can be judged');
  const close = await closePorts(family, policy, service);
  const underWay = await closeUnfinished(family, {
    ...close,
    onClosed: ({ sweepId, outcome, missing }) =>
      log.error('a sweep had been cut short and is closed now', { sweepId, outcome, missing: missing.length }),
    onCloseError: ({ sweepId }, error) =>
      log.error('a sweep that had been cut short could not be closed', { sweepId, error: textOf(error) }),
  });
  // Workers that are behind get no further behind: the sweep that they are at will send the heartbeat.
  const before = underWay.find(({ partial }) => !partial);
  if (before) {
    log.info('the sweep before is still under way', { family, sweepId: before.sweepId });
    return;
  }
  const signal = AbortSignal.timeout(planningMs);
  const listed = await listEstate(policy, service, signal);
  const planned = await planSweep(family, listed, policy, service, signal);
  const { unlisted } = planned.plan;
  if (unlisted) {
    log.error('the estate could not be listed; what was known of it is unknown now', { ...unlisted });
  }
  const messages = await beginSweep(planned, policy, service, log, { here: true });
  if (messages.length > 0) post(messages);
}

/** What a timer does: it sweeps, or says why it cannot. Without settings nothing can even be announced. */
export async function sweepOnTimer(family: Family, environment: Environment, log: Log, post: Post): Promise<void> {
  const opening = open(environment, log);
  if (!opening.ok) {
    for (const problem of opening.problems) log.error('a setting is wrong: nothing is swept', { problem });
    throw new Error('the app is not configured; the log names every setting that is wrong');
  }
  for (const remark of opening.service.settings.remarks) log.error('a setting could not be obeyed', { remark });
  await sweepFamily(family, opening.service, log, post);
}
