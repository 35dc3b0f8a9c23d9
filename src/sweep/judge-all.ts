import type { Posture, Service } from '../model.ts';
import { type BatchPorts, type BatchResult, type Confirm, judgeBatch, planBatches } from '../sweep.ts';

/**
 * Services under way at a time. What hangs must hang all at once in a small estate, and a large one must not hold the
 * evidence of all its services in memory.
 */
const mostUnderWay = 400;

/** Larger than a batch of a shared sweep, since nothing else works on this one: log queries are asked by batch. */
const batchSize = 100;

/** Judges an estate batch by batch, several at a time, taking turns among its subscriptions, whose limits are their own. */
export async function judgeAll(
  services: readonly Service[],
  confirm: Confirm,
  ports: BatchPorts,
): Promise<BatchResult> {
  const room = createRoom(mostUnderWay);
  const results = await Promise.all(
    inTurns(planBatches(services, 'id', batchSize)).map(async (batch) => {
      await room.enter(batch.length);
      try {
        return await judgeBatch(batch, confirm, ports);
      } finally {
        room.leave(batch.length);
      }
    }),
  );
  const postures = new Map<string, Posture>();
  for (const result of results) for (const posture of result.postures) postures.set(posture.service.id, posture);
  const vantages = results.flatMap(({ vantage }) => vantage ?? []);
  const vantage = vantages.find(({ ok }) => ok) ?? vantages[0];
  return { postures: services.flatMap(({ id }) => postures.get(id) ?? []), ...(vantage ? { vantage } : {}) };
}

/** The first batch of each subscription, then the second of each. */
function inTurns(batches: readonly (readonly Service[])[]): readonly (readonly Service[])[] {
  const bySubscription = [...Map.groupBy(batches, ([first]) => first?.subscriptionId.toLowerCase()).values()];
  const rounds = Math.max(0, ...bySubscription.map((own) => own.length));
  return Array.from({ length: rounds }, (_, round) =>
    bySubscription.flatMap((own) => own.slice(round, round + 1)),
  ).flat();
}

/** Lets in as many as there is room for, in order. */
function createRoom(size: number) {
  let free = size;
  const waiting: { readonly count: number; readonly start: () => void }[] = [];
  const letIn = (): void => {
    for (let [next] = waiting; next !== undefined && next.count <= free; [next] = waiting) {
      waiting.shift();
      free -= next.count;
      next.start();
    }
  };
  return {
    enter: (count: number) =>
      new Promise<void>((start) => {
        waiting.push({ count, start });
        letIn();
      }),
    leave(count: number): void {
      free += count;
      letIn();
    },
  };
}
