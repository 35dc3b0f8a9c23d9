import { TableClient } from '@azure/data-tables';
import { ContainerClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAzurite } from '../../sandbox/azurite.ts';
import type { Finding, Posture, Service, Store, SweepRecord } from '../../src/model.ts';
import { azureStore } from '../../src/state/azure.ts';
import { memoryStore } from '../../src/state/memory.ts';

let azurite: Awaited<ReturnType<typeof startAzurite>>;
beforeAll(async () => {
  azurite = await startAzurite();
}, 30_000);
afterAll(() => azurite.close());

let made = 0;
const stores: readonly [string, () => Store][] = [
  ['memory', memoryStore],
  [
    'Azure Tables and Blobs',
    () => {
      made += 1;
      const table = (name: string) =>
        TableClient.fromConnectionString(azurite.connectionString, `${name}${made}`, { allowInsecureConnection: true });
      const documents = new ContainerClient(azurite.connectionString, `documents${made}`);
      return azureStore({ findings: table('findings'), sweeps: table('sweeps'), documents });
    },
  ],
];

const service: Service = {
  id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.HealthcareApis/services/one',
  key: '00000000000000aa',
  name: 'one',
  kind: 'apiForFhir',
  subscriptionId: 's',
  resourceGroup: 'rg',
  location: 'westeurope',
  tags: {},
};

function posture(finding: Partial<Finding> = {}, of: Partial<Service> = {}): Posture {
  return {
    service: { ...service, ...of },
    findings: [
      {
        check: 'public-network-access',
        family: 'network',
        severity: 'critical',
        status: 'pass',
        message: 'Disabled',
        observed: { 'properties.publicNetworkAccess': 'Disabled' },
        evidence: [],
        ...finding,
      },
    ],
  };
}

function sweep(extra: Partial<SweepRecord>): SweepRecord {
  return {
    schema: 1,
    sweepId: 'sweep-1',
    family: 'network',
    startedAt: '2026-11-22T08:00:00.000Z',
    completedAt: '2026-11-22T08:01:00.000Z',
    outcome: 'completed',
    missing: [],
    intervalSeconds: 300,
    services: 1,
    findings: 1,
    unknown: 0,
    coverage: 1,
    durationMs: 60_000,
    problems: [],
    policySha256: 'ab',
    ...extra,
  };
}

const [at8, at9, at10] = ['2026-11-22T08:00:00.000Z', '2026-11-22T09:00:00.000Z', '2026-11-22T10:00:00.000Z'];

describe.each(stores)('%s', (_name, open) => {
  test('remembers nothing at first', async () => {
    const store = open();
    expect(await store.currentFindings()).toEqual([]);
    expect(await store.knownEstate()).toEqual([]);
    expect(await store.latestSweeps()).toEqual([]);
    expect(await store.lastGoodPolicy()).toBeUndefined();
  });

  test('an unchanged finding keeps its start and moves its last sight', async () => {
    const store = open();
    await store.saveFindings('a', at8, [posture()]);
    await store.saveFindings('b', at9, [posture({ message: 'Disabled, as read at nine' })]);
    expect(await store.currentFindings()).toEqual([
      {
        schema: 1,
        service,
        finding: posture({ message: 'Disabled, as read at nine' }).findings[0],
        from: at8,
        lastSeen: at9,
        sweepId: 'b',
      },
    ]);
  });

  test.each([
    ['status', { status: 'unknown' as const }],
    ['severity', { severity: 'high' as const }],
    ['observed value', { observed: { 'properties.publicNetworkAccess': 'Enabled' } }],
  ])('a changed %s begins a new interval', async (_what, change) => {
    const store = open();
    await store.saveFindings('a', at8, [posture()]);
    await store.saveFindings('b', at9, [posture(change)]);
    expect(await store.currentFindings()).toMatchObject([{ from: at9, lastSeen: at9, finding: change }]);
  });

  test('a repeated or late delivery changes nothing', async () => {
    const store = open();
    await store.saveFindings('a', at8, [posture()]);
    await store.saveFindings('b', at9, [posture({ status: 'fail' })]);
    const before = await store.currentFindings();
    await store.saveFindings('b', at9, [posture({ status: 'fail' })]);
    await store.saveFindings('a', at8, [posture()]);
    expect(await store.currentFindings()).toEqual(before);
  });

  test('two workers writing one service at the same time lose nothing', async () => {
    const store = open();
    const check = (id: string) => posture({ check: id });
    await Promise.all(['a-check', 'b-check', 'c-check'].map((id) => store.saveFindings('a', at8, [check(id)])));
    await Promise.all([at9, at10].map((at) => store.saveFindings(at, at, [check('a-check')])));
    const found = (await store.currentFindings()).map((record) => [record.finding.check, record.from, record.lastSeen]);
    expect(found.sort()).toEqual([
      ['a-check', at8, at10],
      ['b-check', at8, at8],
      ['c-check', at8, at8],
    ]);
  });

  test('one service is read alone, and a service that left the estate is forgotten', async () => {
    const store = open();
    const other = { id: `${service.id}2`, key: '00000000000000bb' };
    await store.saveFindings('a', at8, [posture(), posture({}, other)]);
    expect((await store.currentFindings(other.key)).map((record) => record.service.key)).toEqual([other.key]);
    await store.forgetServices([other.key]);
    expect((await store.currentFindings()).map((record) => record.service.key)).toEqual([service.key]);
  });

  test('a finding with long evidence comes back whole', async () => {
    const store = open();
    const long = posture({ message: 'é"\\'.repeat(40_000) });
    await store.saveFindings('a', at8, [long]);
    expect((await store.currentFindings())[0]?.finding).toEqual(long.findings[0]);
  });

  test('the estate and the policy come back as saved', async () => {
    const store = open();
    await store.saveEstate([service]);
    const policy = { schema: 1, text: 'version: 1\n', sha256: 'cd', savedAt: at8 } as const;
    await store.savePolicy(policy);
    expect(await store.knownEstate()).toEqual([service]);
    expect(await store.lastGoodPolicy()).toEqual(policy);
  });

  test('the last sweep of a family is kept, and the last completed one beside a later incomplete one', async () => {
    const store = open();
    await store.saveSweep(sweep({}));
    await store.saveSweep(
      sweep({ sweepId: 'sweep-2', completedAt: at9, outcome: 'incomplete', missing: [service.id] }),
    );
    await store.saveSweep(sweep({ sweepId: 'access-1', family: 'access' }));
    await store.saveSweep(sweep({ sweepId: 'sweep-0', completedAt: '2026-11-21T08:01:00.000Z' }));
    expect((await store.latestSweeps()).map(({ sweepId }) => sweepId).sort()).toEqual([
      'access-1',
      'sweep-1',
      'sweep-2',
    ]);
  });
});
