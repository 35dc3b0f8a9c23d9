import { expect, test } from 'vitest';
import { rotation, withUnlisted } from '../../src/app/plan.ts';
import type { Service } from '../../src/model.ts';
import { watched } from './fixture.ts';

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
