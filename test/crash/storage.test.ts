import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningAzurite } from '../../sandbox/azurite.ts';
import { startStorage } from '../../sandbox/storage.ts';
import type { Fault, World } from '../../sandbox/types.ts';
import { createWorld } from '../../sandbox/world.ts';
import type { Signal, SignalSink } from '../../src/model.ts';
import { azureStore } from '../../src/state/azure.ts';
import { makeEstate } from '../sandbox/dns-fixture.ts';
import { storageClients } from '../state/azure-fixture.ts';
import { sweepOnce, type Visit } from './clinic.ts';

/** Storage fails at every request of a sweep, one after the other: what was not told then is told later, once. */

let world: World;
let storage: RunningAzurite;
let requests = 0;
beforeAll(async () => {
  world = createWorld(makeEstate({}), () => 0);
  const counting: World = {
    ...world,
    fault: (target, subject) => {
      requests += 1;
      return world.fault(target, subject);
    },
  };
  storage = await startStorage(counting);
}, 60_000);
afterAll(() => storage.close());

interface Course {
  readonly visits: readonly Visit[];
  /** the visit during which storage fails */
  readonly struck: number;
  readonly alerts: string;
}

const opens: Course = {
  visits: [
    { minute: 0, status: 'pass' },
    { minute: 5, status: 'fail' },
    { minute: 10, status: 'fail' },
  ],
  struck: 1,
  alerts: 'open',
};
const ends: Course = {
  visits: [
    { minute: 0, status: 'fail' },
    { minute: 5, status: 'pass' },
    { minute: 10, status: 'pass' },
    { minute: 15, status: 'pass' },
    { minute: 20, status: 'pass' },
  ],
  struck: 2,
  alerts: 'open,resolved',
};

/** Plays the visits with the fault at one of them; what an alert rule tells of it, and whether the sweep failed. */
async function play(name: string, { visits, struck }: Course, fault?: Fault) {
  const received: Signal[] = [];
  const sink: SignalSink = {
    send: async (signals) => {
      received.push(...signals);
      return signals;
    },
  };
  const open = () => azureStore(storageClients(storage.connectionString, name, true));
  const store = open();
  let failed = false;
  let cost = 0;
  for (const [i, visit] of visits.entries()) {
    if (i !== struck) {
      await sweepOnce(name, visit, store, sink);
      continue;
    }
    world.replace(makeEstate({ faults: fault ? [fault] : [] }));
    const before = requests;
    // as in a process that starts anew: nothing is ready
    await sweepOnce(name, visit, open(), sink).catch(() => {
      failed = true;
    });
    cost = requests - before;
    world.replace(makeEstate({}));
  }
  return { failed, cost, alerts: alertsOf(received).join() };
}

function alertsOf(received: readonly Signal[]): readonly string[] {
  const open = new Set<string>();
  const alerts: string[] = [];
  for (const { name, properties } of received) {
    if (!name.startsWith('Drift')) continue;
    if (name === 'DriftResolved') open.delete(properties.driftId ?? '');
    else open.add(properties.driftId ?? '');
    const state = open.size > 0 ? 'open' : 'resolved';
    if (alerts.at(-1) !== state) alerts.push(state);
  }
  return alerts;
}

const down: Partial<Fault> = { kind: 'reset' };
const halfWritten: Partial<Fault> = { kind: 'partial', times: 1 };
const garbled: Partial<Fault> = { kind: 'malformed', times: 1 };

test.each([
  ['in which a drift opens, storage goes down', 'a', opens, down],
  ['in which a drift is over, storage goes down', 'b', ends, down],
  ['in which a drift opens, storage does what is asked and its answer is lost', 'd', opens, halfWritten],
  ['in which a drift is over, storage does what is asked and its answer is lost', 'e', ends, halfWritten],
  ['in which a drift opens, storage answers with half of what it wanted to say', 'f', opens, garbled],
])(
  'at any request of a sweep %s: no alert is lost and none repeated',
  async (_, letter, course, given) => {
    const whole = await play(`${letter}whole`, course);
    expect(whole).toMatchObject({ failed: false, alerts: course.alerts });
    const wrong: unknown[] = [];
    let failures = 0;
    for (let after = 0; after < whole.cost; after += 1) {
      const fault: Fault = { target: 'storage', match: '.', kind: 'reset', ...given, after };
      const outcome = await play(`${letter}n${after}x`, course, fault);
      if (outcome.alerts !== course.alerts) wrong.push({ after, ...outcome });
      if (outcome.failed) failures += 1;
    }
    expect(wrong).toEqual([]);
    expect(failures).toBeGreaterThan(5);
  },
  120_000,
);
