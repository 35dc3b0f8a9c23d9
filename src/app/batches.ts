import * as z from 'zod';
import type { Family, SweepRecord } from '../model.ts';
import { loseBatch, workBatch } from '../sweep/batches.ts';
import { judgePorts, type Shared } from './begin.ts';
import { closePorts, tellClosed } from './closing.ts';
import { families } from './families.ts';
import { watchPolicy } from './policy-watch.ts';
import { type Environment, type Log, openShared, type Service } from './service.ts';

/** One message for each batch of a sweep that is more than one; ids only. Azure adds `-poison` for what failed five times. */
export const batchQueue = 'fhirwatch-batches';
export const lostBatchQueue = `${batchQueue}-poison`;

/** Puts messages on the queue of batches once the invocation has ended well. */
export type Post = (messages: readonly string[]) => void;

const messageSchema = z.object({
  schema: z.literal(1),
  family: z.custom<Family>((given) => families.some((family) => family === given)),
  sweepId: z.string().regex(/^[\w-]{1,100}$/),
  index: z.int().nonnegative(),
});

/**
 * Judges one batch; the last one of its sweep closes the sweep. Throws what the queue's next attempt may not meet again. A
 * batch of a sweep that is closed has nothing to do: it came late, and its services were named as missing.
 */
export async function workOnBatch(message: unknown, environment: Environment, log: Log): Promise<void> {
  await onBatch(message, environment, log, async ({ plan, index, close, policy, service }) => {
    const { sweepId } = plan;
    return workBatch(plan, index, close, async () => {
      const shared = await sharedOf(sweepId, service);
      if (!shared) throw new Error(`sweep ${sweepId} was closed while its batch ${index} was about to begin`);
      return judgePorts(plan, shared, policy, service, log);
    });
  });
}

/** What failed every attempt ends its sweep as incomplete, which is told, rather than leaving it to the next timer. */
export async function giveUpBatch(message: unknown, environment: Environment, log: Log): Promise<void> {
  await onBatch(message, environment, log, async ({ plan, index, close }) => {
    log.error('a batch failed every attempt and is given up', { sweepId: plan.sweepId, index });
    return loseBatch(plan, index, close);
  });
}

interface Delivered {
  readonly plan: Parameters<typeof workBatch>[0];
  readonly index: number;
  readonly close: Awaited<ReturnType<typeof closePorts>>;
  readonly policy: Parameters<typeof closePorts>[1];
  readonly service: Service;
}

async function onBatch(
  message: unknown,
  environment: Environment,
  log: Log,
  work: (delivered: Delivered) => Promise<SweepRecord | undefined>,
): Promise<void> {
  const parsed = messageSchema.safeParse(message);
  if (!parsed.success) {
    // No attempt makes sense of it; if it was a batch of ours, the next timer names what is missing.
    log.error('a message on the queue of batches was not understood', { problems: parsed.error.issues.length });
    return;
  }
  const { family, sweepId, index } = parsed.data;
  const opening = openShared(environment, log);
  if (!opening.ok) throw new Error(`the app is not configured: ${opening.problems.join(' ')}`);
  const { service } = opening;
  const plan = await (await service.store()).openPlan(family, sweepId);
  if (!plan) {
    log.info('a batch came after its sweep was closed', { sweepId, index });
    return;
  }
  const policy = await watchPolicy(service, { speaks: false, log });
  if (!policy) throw new Error('no valid policy was ever read: nothing can be judged');
  const close = await closePorts(family, policy, service);
  const record = await work({ plan, index, close, policy, service });
  if (record) await tellClosed(record, service, log);
}

/** What the batches of a sweep share never changes, so that a process reads it once; it is kept of the last few sweeps. */
const known = new Map<string, Promise<Shared | undefined>>();
const kept = 3;

function sharedOf(sweepId: string, service: Service): Promise<Shared | undefined> {
  const before = known.get(sweepId);
  if (before) return before;
  const reading = readShared(sweepId, service).catch((error: unknown) => {
    known.delete(sweepId);
    throw error;
  });
  known.set(sweepId, reading);
  const [oldest] = known.keys();
  if (known.size > kept && oldest !== undefined) known.delete(oldest);
  return reading;
}

async function readShared(sweepId: string, service: Service): Promise<Shared | undefined> {
  const shared = (await (await service.store()).sharedOf(sweepId)) as Shared | undefined;
  if (shared && shared.schema !== 1)
    throw new Error(`what sweep ${sweepId} shares is of schema ${shared.schema}; this version reads schema 1`);
  return shared;
}
