import { describe, expect, test } from 'vitest';
import { parseEstate } from '../../sandbox/estate.ts';
import type { Fault, World } from '../../sandbox/types.ts';
import { createWorld } from '../../sandbox/world.ts';

function worldOf(faults: readonly Partial<Fault>[], elapsed: () => number = () => 0, name = 'seed'): World {
  const complete = faults.map((fault) => ({ target: 'dns', match: '.', kind: 'hang', ...fault }));
  const parsed = parseEstate({ name, now: '2026-11-22T08:00:00Z', resources: [], faults: complete }, new Date(0));
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  return createWorld(parsed.estate, elapsed);
}

function hits(world: World, count: number, subject = 'GET /x'): string {
  return Array.from({ length: count }, () => (world.fault('dns', subject) ? 'x' : '.')).join('');
}

test('the clock starts at the estate and runs on', () => {
  let elapsed = 500;
  const world = worldOf([], () => elapsed);
  elapsed += 90_000;
  expect(world.now().toISOString()).toBe('2026-11-22T08:01:30.000Z');
});

describe('a fault', () => {
  test('hits always and for ever by default', () => expect(hits(worldOf([{}]), 5)).toBe('xxxxx'));

  test('lets the first matches pass, then hits so many times', () =>
    expect(hits(worldOf([{ after: 2, times: 2 }]), 6)).toBe('..xx..'));

  test('matches without case, over the line break too', () => {
    const world = worldOf([{ match: 'roleassignments[^]*principalid' }]);
    expect(world.fault('dns', 'POST /RoleAssignments?x\n{"PrincipalId":1}')).toBeDefined();
    expect(world.fault('dns', 'GET /other')).toBeUndefined();
  });

  test('leaves other targets alone', () => expect(worldOf([{}]).fault('logs', 'GET /x')).toBeUndefined());

  test('counts its own matches, also those that an earlier fault takes', () => {
    const world = worldOf([{ times: 2 }, { kind: 'reset', after: 1 }]);
    expect(Array.from({ length: 3 }, () => world.fault('dns', 'GET /x')?.kind)).toEqual(['hang', 'hang', 'reset']);
  });

  test('with a rate hits the same requests again in an estate of the same name, others in another', () => {
    const pattern = hits(worldOf([{ rate: 0.5 }]), 200);
    expect(hits(worldOf([{ rate: 0.5 }]), 200)).toBe(pattern);
    expect(
      hits(
        worldOf([{ rate: 0.5 }], () => 0, 'other'),
        200,
      ),
    ).not.toBe(pattern);
    expect(pattern.split('x').length - 1).toBeGreaterThan(70);
    expect(pattern.split('x').length - 1).toBeLessThan(130);
  });

  test('goes on counting when a drift replaces the estate', () => {
    const world = worldOf([{ times: 1 }]);
    expect(hits(world, 1)).toBe('x');
    world.replace({ ...world.estate(), name: 'drifted' });
    expect(hits(world, 1)).toBe('.');
  });
});
