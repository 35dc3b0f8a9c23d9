import { describe, expect, it } from 'vitest';
import { runCollectors } from '../../src/evidence/batch.ts';
import { collectors, gatherEvidence } from '../../src/evidence/collectors.ts';
import { discoverEstate } from '../../src/evidence/inventory.ts';
import { azureAt } from './azure-fixture.ts';
import { clinic, everything, type FakeAzure, fhir, GET, run, signal, sub, workspace } from './collect-fixture.ts';

const assignments = GET(`/subscriptions/${sub}/providers/Microsoft.Authorization/roleAssignments`);

/** A sweep of the fake: batches that may be gathered one after the other, of one inventory. */
async function sweepOf(fake: FakeAzure) {
  const running = run(fake);
  const azure = azureAt('https://arm.test', { http: running.http });
  const { services, inventory } = await discoverEstate(everything, azure, signal);
  running.asked.splice(0);
  return {
    asked: running.asked,
    gather: async (
      id: string,
      kind: 'roleAssignments' | 'resource',
      confirm: 'all' | 'none',
      collect = gatherEvidence,
    ) => {
      const gathered = await collect(
        {
          services: services.filter((service) => service.id === id),
          inventory,
          confirm: confirm === 'all' ? 'all' : new Set(),
          azure,
          dns: { servers: [], vantageRecord: 'vantage.fhirwatch.internal' },
          signal,
          optIn: new Set(),
          expect: () => {
            throw new Error('no collector under test asks the policy');
          },
          now: () => new Date(0),
        },
        new Set([kind]),
      );
      return gathered.get(id)?.[kind];
    },
  };
}

describe('the batches of a sweep', () => {
  it("read a subscription's list once", async () => {
    const { gather, asked } = await sweepOf(clinic({ routes: { [assignments]: { value: [] } } }));
    expect(await gather(fhir, 'roleAssignments', 'none')).toMatchObject({ ok: true, direct: true });
    expect(await gather(workspace, 'roleAssignments', 'none')).toMatchObject({ ok: true, direct: true });
    expect(asked).toEqual([assignments]);
  });

  it('do not share a failure: the next batch asks for itself', async () => {
    const fake = clinic({ routes: { [assignments]: 403 } });
    const { gather } = await sweepOf(fake);
    expect(await gather(fhir, 'roleAssignments', 'none')).toMatchObject({ ok: false, reason: 'forbidden' });
    fake.routes[assignments] = { value: [] };
    expect(await gather(workspace, 'roleAssignments', 'none')).toMatchObject({ ok: true });
  });

  it('never take a listing for the direct read that confirms', async () => {
    const { gather, asked } = await sweepOf(clinic());
    expect(await gather(fhir, 'resource', 'none')).toMatchObject({ ok: true, direct: false });
    expect(asked).toEqual([]);
    expect(await gather(fhir, 'resource', 'all')).toMatchObject({ ok: true, direct: true });
    expect(asked).toEqual([GET(fhir)]);
  });

  it('share nothing with the next sweep', async () => {
    const fake = clinic({ routes: { [assignments]: { value: [] } } });
    for (const sweep of [await sweepOf(fake), await sweepOf(fake)]) {
      await sweep.gather(fhir, 'roleAssignments', 'none');
      expect(sweep.asked).toEqual([assignments]);
    }
  });

  it('ask at the same time for one answer', async () => {
    const { gather, asked } = await sweepOf(clinic({ routes: { [assignments]: { value: [] } } }));
    const together = (id: string) =>
      gather(id, 'roleAssignments', 'none', (input, kinds) => runCollectors(input, kinds, collectors));
    await Promise.all([together(fhir), together(workspace)]);
    expect(asked).toEqual([assignments]);
  });
});
