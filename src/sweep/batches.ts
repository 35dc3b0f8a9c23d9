import type { SweepPlan, SweepRecord } from '../model.ts';
import { type BatchPorts, planBatches, runBatch } from '../sweep.ts';
import type { ClosePorts } from './close.ts';
import { closeOnce } from './once.ts';
import { notBefore } from './record.ts';

/**
 * One batch of a sweep that many processes share: judged unless it has been, and the sweep closed by whoever finds that no
 * batch is left. Batches may be delivered twice, at the same time too: findings are remembered once, and one closes.
 * Undefined: the sweep goes on, or another closes it.
 */
export async function workBatch(
  plan: SweepPlan,
  index: number,
  ports: ClosePorts,
  judging: () => Promise<BatchPorts>,
): Promise<SweepRecord | undefined> {
  if (!(await isDone(plan, index, ports))) await runBatch(plan, index, { ...ports, ...(await judging()) });
  return closeIfDone(plan, ports);
}

/** A batch that failed every attempt counts as done, so that its sweep ends and says what is missing. */
export async function loseBatch(plan: SweepPlan, index: number, ports: ClosePorts): Promise<SweepRecord | undefined> {
  if (!(await isDone(plan, index, ports))) {
    const at = notBefore(plan, ports.now());
    await ports.store.saveBatch(plan.sweepId, { schema: 1, index, at, lost: true });
  }
  return closeIfDone(plan, ports);
}

async function isDone({ sweepId }: SweepPlan, index: number, { store }: ClosePorts): Promise<boolean> {
  return (await store.savedBatches(sweepId)).some((batch) => batch.index === index);
}

async function closeIfDone(plan: SweepPlan, ports: ClosePorts): Promise<SweepRecord | undefined> {
  const done = new Set((await ports.store.savedBatches(plan.sweepId)).map(({ index }) => index));
  return done.size < planBatches(plan.services).length ? undefined : closeOnce(plan, ports);
}
