import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { EstateUnlistable } from '../evidence/inventory.ts';
import type { Change } from '../model.ts';
import { type Touch, touchOf } from '../rules/touched.ts';
import type { Post } from './batches.ts';
import { beginSweep } from './begin.ts';
import { families } from './families.ts';
import { listEstate, type Part, planSweep } from './plan.ts';
import { watchPolicy } from './policy-watch.ts';
import { type Environment, type Log, openShared, type Service } from './service.ts';

/** Where Event Grid puts what it tells (infra/fleet); Azure adds `-poison` for what failed five times. */
export const changesQueue = 'fhirwatch-changes';

/** A deployment changes many things within seconds: whoever hears the first waits for the others. */
const gatherMs = 15_000;
/** One who gathers and is not heard of again has died: the next change finds another. */
const leadSeconds = 120;
const lookMs = 60_000;

const resourceId = z
  .string()
  .max(2048)
  .regex(/^\/subscriptions\/[0-9a-f-]{36}(\/[^/\p{Cc}]+)*$/iu);
const data = z.object({
  resourceUri: resourceId,
  operationName: z
    .string()
    .max(256)
    .regex(/^[\w.]+(\/[\w.-]+)+$/),
});
const eventTypes = /^Microsoft\.Resources\.Resource(Write|Delete|Action)Success$/;
const eventSchema = z.union([
  z.object({ eventType: z.string().regex(eventTypes), data }),
  z.object({ specversion: z.literal('1.0'), type: z.string().regex(eventTypes), data }),
]);

/** What an event of Event Grid tells, in its own schema or as a CloudEvent; undefined of anything else. */
export function readChange(message: unknown): Change | undefined {
  const parsed = eventSchema.safeParse(message);
  if (!parsed.success) return undefined;
  const { resourceUri, operationName } = parsed.data.data;
  return { id: resourceUri, operation: operationName };
}

/**
 * Looks again at what a change touched. Of the changes of some seconds one invocation does it, the others put theirs on its
 * list; what it could not do stays there. An event is a hint and nothing more: without it, or if it fails every attempt, a
 * timer finds the same.
 */
export async function followChange(
  message: unknown,
  environment: Environment,
  log: Log,
  post: Post,
  { wait = sleep, open = openShared }: { wait?: (ms: number) => Promise<unknown>; open?: typeof openShared } = {},
): Promise<void> {
  const change = readChange(message);
  if (!change) {
    log.error('a message on the queue of changes was not understood');
    return;
  }
  const opening = open(environment, log);
  if (!opening.ok) throw new Error(`the app is not configured: ${opening.problems.join(' ')}`);
  const { service } = opening;
  const { cloud } = service.settings;
  if (!touchOf(change, cloud)) return;
  const store = await service.store();
  if (!(await store.noteChanges([change], service.now().toISOString(), leadSeconds))) return;
  await wait(gatherMs);
  const due = await store.dueChanges();
  const messages = await lookAgain(
    due.flatMap((one) => touchOf(one, cloud) ?? []),
    service,
    log,
  );
  if (messages.length > 0) post(messages);
  await store.forgetChanges(due);
}

async function lookAgain(touches: readonly Touch[], service: Service, log: Log): Promise<readonly string[]> {
  const policy = await watchPolicy(service, { speaks: false, log });
  if (!policy) throw new Error('no valid policy was ever read: nothing can be judged');
  const signal = AbortSignal.timeout(lookMs);
  const listed = await listEstate(policy, service, signal);
  if (listed instanceof EstateUnlistable) throw listed;
  const messages: string[] = [];
  for (const family of families) {
    const own = touches.filter((touch) => touch.families.includes(family));
    if (own.length === 0) continue;
    const isPart: Part = (watched, { inventory }) => {
      const { healthcare, privateEndpoints } = inventory;
      const known = {
        health: healthcare.ok ? healthcare.value : [],
        endpoints: privateEndpoints.ok ? privateEndpoints.value : [],
      };
      return own.some((touch) => touch.touches(watched, known));
    };
    const planned = await planSweep(family, listed, policy, service, signal, isPart);
    const { services, gone, sweepId } = planned.plan;
    if (services.length + gone.length === 0) continue;
    log.info('looking again at what was changed', { sweepId, family, services: services.length, gone: gone.length });
    messages.push(...(await beginSweep(planned, policy, service, log, { here: true })));
  }
  return messages;
}
