import { expect, it } from 'vitest';
import type { Service } from '../../src/model.ts';
import { judgeAll } from '../../src/sweep/judge-all.ts';
import type { BatchPorts } from '../../src/sweep.ts';
import { aContext, aService } from '../builders.ts';

function servicesOf(count: number, subscriptions: number): readonly Service[] {
  return Array.from({ length: count }, (_, index) => ({
    ...aService('fhirService'),
    id: `/subscriptions/${index % subscriptions}/s/${String(index).padStart(5, '0')}`,
    key: String(index).padStart(5, '0'),
    subscriptionId: String(index % subscriptions),
  }));
}

/** Ports whose gathering ends when the test says so. */
function held() {
  const batches: { readonly services: readonly Service[]; readonly end: (error?: Error) => void }[] = [];
  const ports: BatchPorts = {
    checks: [],
    gather: (services) =>
      new Promise((resolve, reject) => {
        batches.push({ services, end: (error) => (error ? reject(error) : resolve(new Map())) });
      }),
    contextOf: (service) => ({ ...aContext(service.kind), service }),
  };
  return { batches, ports };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Ends whatever is gathered until nothing is any more; the most services that were under way at a time. */
async function runOut(batches: ReturnType<typeof held>['batches'], error?: Error): Promise<number> {
  let ended = 0;
  let most = 0;
  for (; ended < batches.length; await settle()) {
    const running = batches.slice(ended);
    most = Math.max(
      most,
      running.reduce((sum, { services }) => sum + services.length, 0),
    );
    running[0]?.end(error);
    ended += 1;
  }
  return most;
}

it('a small estate is gathered all at once, however many subscriptions it has', async () => {
  const { batches, ports } = held();
  const judging = judgeAll(servicesOf(50, 50), 'all', ports);
  await settle();
  expect(batches).toHaveLength(50);
  await runOut(batches);
  expect((await judging).postures).toHaveLength(50);
});

it('a large one has only so many services under way, taking turns among its subscriptions, and loses none', async () => {
  const { batches, ports } = held();
  const services = servicesOf(2_000, 4);
  const judging = judgeAll(services, 'all', ports);
  await settle();
  expect(batches.map((batch) => batch.services[0]?.subscriptionId)).toEqual([...'0123']);
  expect(await runOut(batches)).toBe(400);
  expect((await judging).postures.map(({ service }) => service.id)).toEqual(services.map(({ id }) => id));
});

it('what fails fails the whole, and nothing is left running unheard', async () => {
  const { batches, ports } = held();
  const judging = judgeAll(servicesOf(600, 3), 'all', ports);
  await settle();
  const refused = expect(judging).rejects.toThrow('storage is down');
  await runOut(batches, new Error('storage is down'));
  await refused;
});

it('nothing to judge is nothing found', async () => {
  expect(await judgeAll([], 'all', held().ports)).toEqual({ postures: [] });
});
