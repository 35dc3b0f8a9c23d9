import { expect, test } from 'vitest';
import { planSweep, rotation, withUnlisted } from '../../src/app/plan.ts';
import type { LoadedPolicy } from '../../src/app/policy-file.ts';
import type { Azure } from '../../src/evidence/azure/client.ts';
import type { Drift, Service } from '../../src/model.ts';
import { memoryStore } from '../../src/state/memory.ts';
import { appOf, watched } from './fixture.ts';

const [one, two] = [watched('one'), watched('two')];

function listing(services: readonly Service[], shown: readonly Service[]) {
  const healthcare = { ok: true, value: shown.map(({ id }) => ({ id })), sources: [], direct: true };
  return { services, inventory: { healthcare } } as unknown as Parameters<typeof withUnlisted>[0];
}

test('a service that Resource Graph drops stays watched until a direct read says that it is gone', async () => {
  const listed = listing([one], [one]);
  expect(await withUnlisted(listed, [one, two], async () => false)).toEqual({ services: [one, two], gone: [] });
  expect(await withUnlisted(listed, [one, two], async () => true)).toEqual({ services: [one], gone: [two] });
});

test('a service that the policy excludes from now on is let go, although it is there', async () => {
  const unasked = () => Promise.reject(new Error('not asked'));
  expect(await withUnlisted(listing([one], [one, two]), [one, two], unasked)).toEqual({ services: [one], gone: [two] });
});

test('within an hour every service has its turn to be read directly', () => {
  const services = Array.from({ length: 40 }, (_, i) => watched(`s${i}`));
  const start = Date.parse('2026-11-22T08:00:00Z');
  const turns = Array.from({ length: 12 }, (_, i) => rotation(services, 300, new Date(start + i * 300_000)));
  expect(turns.flat().sort()).toEqual(services.map(({ id }) => id).sort());
  expect(rotation(services, 3600, new Date(start))).toHaveLength(40);
});

test('a service with an open defect is read directly in every sweep, so that no lagging replica ends it', async () => {
  const store = memoryStore();
  const drift = (service: Service, more: Partial<Drift>) =>
    ({ driftId: service.key, service, direction: 'regressed', ...more }) as Drift;
  const services = Array.from({ length: 4 }, (_, i) => watched(`s${i}`));
  const [open, ended, unseen] = services as [Service, Service, Service];
  const drifts = [
    drift(open, {}),
    drift(ended, { resolvedAt: '2026-11-22T07:00:00Z' }),
    drift(unseen, { direction: 'obscured' }),
  ];
  await store.saveDrifts('network', (await store.driftBook('network')).version, { drifts, past: [], causes: [] });
  const listed = { ...listing(services, services), problems: [] } as unknown as Parameters<typeof planSweep>[1];
  const confirmed = await Promise.all(
    Array.from({ length: 12 }, async (_, i) => {
      const now = new Date(Date.parse('2026-11-22T08:00:00Z') + i * 300_000);
      const service = { ...appOf(store, () => now).service, azure: async () => ({}) as Azure };
      const planned = await planSweep('network', listed, {} as LoadedPolicy, service, AbortSignal.timeout(5000));
      return planned.plan.confirm;
    }),
  );
  const timesOf = ({ id }: Service) => confirmed.flat().filter((one) => one === id).length;
  expect(services.map(timesOf)).toEqual([12, 1, 1, 1]);
});
