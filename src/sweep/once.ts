import type { Family, SweepPlan, SweepRecord } from '../model.ts';
import { type ClosePorts, closeSweep } from './close.ts';

/**
 * A sweep of which nothing was heard for so long was cut short, and so was a close: longer than a batch or a close may
 * take, shorter than the time between two timers of a family.
 */
const quietSeconds = 240;

/** Closes a sweep unless another is at it or has done so; undefined then. */
export async function closeOnce(plan: SweepPlan, ports: ClosePorts): Promise<SweepRecord | undefined> {
  const { store } = ports;
  if (!(await store.claimSweep(plan, ports.now().toISOString(), quietSeconds))) return undefined;
  try {
    return await closeSweep(plan, ports);
  } catch (error) {
    // Where storage is down the claim stays, and ends by its age.
    await store.releaseSweep(plan).catch((again: unknown) => {
      throw new AggregateError(
        [error, again],
        `sweep ${plan.sweepId} could not be closed, nor left for another to close`,
      );
    });
    throw error;
  }
}

export interface UnfinishedPorts extends ClosePorts {
  onClosed(record: SweepRecord): void;
  onCloseError(plan: SweepPlan, error: unknown): void;
}

/**
 * Closes the sweeps of a family that were cut short, with what they saw, naming what is missing; gives those that are still
 * under way. One that cannot be closed must not keep the next from watching.
 */
export async function closeUnfinished(family: Family, ports: UnfinishedPorts): Promise<readonly SweepPlan[]> {
  const underWay: SweepPlan[] = [];
  for (const plan of await ports.store.openSweeps(family)) {
    if (await isUnderWay(plan, ports)) {
      underWay.push(plan);
      continue;
    }
    try {
      const record = await closeOnce(plan, ports);
      if (record) ports.onClosed(record);
    } catch (error) {
      ports.onCloseError(plan, error);
    }
  }
  return underWay;
}

/** Whether a batch of it was done lately; what was done in the distant future was done by a wrong clock. */
async function isUnderWay(plan: SweepPlan, { store, now }: ClosePorts): Promise<boolean> {
  const batches = await store.savedBatches(plan.sweepId);
  const signs = [plan.startedAt, ...batches.map(({ at }) => at)].map((at) => Date.parse(at));
  return signs.some((sign) => Math.abs(now().getTime() - sign) < quietSeconds * 1000);
}
