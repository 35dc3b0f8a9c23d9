import * as z from 'zod';
import { EstateUnlistable } from '../evidence/inventory.ts';
import type { Service as Watched } from '../model.ts';
import { type Answer, authorise, json, problem, type Request, readSelection } from './answers.ts';
import type { Post } from './batches.ts';
import { beginSweep } from './begin.ts';
import { families } from './families.ts';
import type { Open } from './http.ts';
import { listEstate, type Planned, planSweep } from './plan.ts';
import { watchPolicy } from './policy-watch.ts';
import { type Environment, type Log, openShared, type Service, textOf } from './service.ts';

export interface SweepsRequest extends Request {
  text(): Promise<string>;
}

/** Somebody waits for the answer. */
const planningMs = 60_000;
const bodySchema = z.strictObject({
  families: z.array(z.enum(families)).min(1).optional(),
  /** ids, keys or names */
  services: z.array(z.string().min(1).max(2048)).min(1).max(1000).optional(),
});
type Selection = z.infer<typeof bodySchema>;

/**
 * `POST sweeps`: checks now, for an Operator: everything, or these families and services. Answers with the sweeps' ids once
 * they are planned; workers do them.
 */
export async function answerSweeps(
  request: SweepsRequest,
  environment: Environment,
  log: Log,
  post: Post,
  open: Open = openShared,
): Promise<Answer> {
  const caller = authorise(request, environment, ['Operator']);
  if ('status' in caller) return caller;
  if (['cross-site', 'same-site'].includes(request.headers.get('sec-fetch-site') ?? '')) {
    return problem(403, 'Sent by another site', 'This route does not act for pages of other sites.');
  }
  const expected = `{ "families": […], "services": […] }, both optional; families are ${families.join(', ')}`;
  const selection: Selection | { readonly problem: string } = readSelection(await request.text(), bodySchema, expected);
  if ('problem' in selection) return problem(400, 'Not a selection', selection.problem);
  const opening = open(environment, log);
  if (!opening.ok) return problem(503, 'Not configured', opening.problems.join(' '));
  try {
    return await begin(selection, caller.objectId, opening.service, log, post);
  } catch (error) {
    log.error('a sweep could not be begun', { error: textOf(error) });
    return problem(503, 'Not begun', 'Storage or Azure could not be reached, so no sweep was begun; ask again.');
  }
}

async function begin(selection: Selection, by: string, service: Service, log: Log, post: Post): Promise<Answer> {
  const policy = await watchPolicy(service, { speaks: false, log });
  if (!policy) return problem(503, 'No policy', 'No valid policy was ever read, so nothing can be judged.');
  const signal = AbortSignal.timeout(planningMs);
  const listed = await listEstate(policy, service, signal);
  if (listed instanceof EstateUnlistable) {
    return problem(503, 'Estate unreadable', `The estate could not be listed (${listed.failure.reason}).`);
  }
  const { services } = selection;
  const isPart = services && ((watched: Watched) => services.some((given) => isNamed(watched, given)));
  const planned: Planned[] = [];
  for (const family of selection.families ?? families) {
    planned.push(await planSweep(family, listed, policy, service, signal, isPart));
  }
  const found = planned.flatMap(({ plan }) => [...plan.services, ...plan.gone]);
  const unknown = services?.filter((given) => !found.some((watched) => isNamed(watched, given))) ?? [];
  if (unknown.length > 0) {
    const named = unknown.map((given) => JSON.stringify(given.slice(0, 300))).join(', ');
    return problem(400, 'Not in the estate', `The estate holds no service ${named}.`);
  }
  const messages: string[] = [];
  for (const one of planned) messages.push(...(await beginSweep(one, policy, service, log, { here: false })));
  if (messages.length > 0) post(messages);
  log.info('sweeps were asked for', { by, sweeps: planned.length });
  return json(202, {
    schema: 'fhirwatch-sweeps/1',
    sweeps: planned.map(({ plan }) => ({ sweepId: plan.sweepId, family: plan.family, services: plan.services.length })),
  });
}

function isNamed({ id, key, name }: Watched, given: string): boolean {
  return [id, key, name].some((one) => one.toLowerCase() === given.toLowerCase());
}
