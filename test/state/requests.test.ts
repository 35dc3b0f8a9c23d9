import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningAzurite, startAzurite } from '../../sandbox/azurite.ts';
import type { SignalSink, Status } from '../../src/model.ts';
import { azureStore } from '../../src/state/azure.ts';
import { runSweep } from '../../src/sweep.ts';
import { aSweep } from '../crash/clinic.ts';
import { storageClients } from './azure-fixture.ts';

/** What a sweep costs in storage, in requests: a transaction of a hundred rows is one. */

let azurite: RunningAzurite;
let requests = 0;
const send = http.request;
beforeAll(async () => {
  azurite = await startAzurite();
  const counting = (...args: Parameters<typeof http.request>) => {
    requests += 1;
    return send(...args);
  };
  http.request = counting as typeof http.request;
  syncBuiltinESMExports();
});
afterAll(async () => {
  http.request = send;
  syncBuiltinESMExports();
  await azurite.close();
});

const sink: SignalSink = { send: async (signals) => signals };

test.each([
  [1, 21, 26],
  [50, 21, 31],
  [500, 64, 150],
])(
  'a sweep of %i services with three checks asks storage at most %i times, at most %i where all changed',
  async (services, unchanged, changed) => {
    const store = azureStore(storageClients(azurite.connectionString, `n${services}`));
    const cost: number[] = [];
    const statuses: readonly Status[] = ['pass', 'pass', 'fail', 'fail'];
    for (const [i, status] of statuses.entries()) {
      requests = 0;
      const { plan, ports } = aSweep('ward', { minute: 5 * i, status }, store, sink, { services, checks: 3 });
      await runSweep(plan, ports);
      cost.push(requests);
    }
    const [, quiet = 0, loud = 0, open = 0] = cost;
    expect(Math.max(quiet, open)).toBeLessThanOrEqual(unchanged);
    expect(loud).toBeLessThanOrEqual(changed);
  },
  60_000,
);
