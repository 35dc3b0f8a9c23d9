import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAzurite } from '../../sandbox/azurite.ts';
import type {
  BaselineEntry,
  Cause,
  Change,
  Drift,
  DriftChanges,
  Finding,
  Posture,
  Service,
  Store,
  SweepPlan,
  SweepRecord,
} from '../../src/model.ts';
import { azureStore } from '../../src/state/azure.ts';
import { memoryStore } from '../../src/state/memory.ts';
import { storageClients } from './azure-fixture.ts';

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
      return azureStore(storageClients(azurite.connectionString, made));
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

const [at8, at9, at10, at11] = [8, 9, 10, 11].map(
  (hour) => `2026-11-22T${String(hour).padStart(2, '0')}:00:00.000Z`,
) as [string, string, string, string];
const hourly = (sweepId: string, family: 'network' | 'access' = 'network') => ({
  sweepId,
  family,
  intervalSeconds: 3600,
});

const plan: SweepPlan = {
  schema: 1,
  sweepId: '20261122T080000Z-network-00000001',
  family: 'network',
  startedAt: at8,
  intervalSeconds: 300,
  policySha256: 'ab',
  services: [service],
  gone: [],
  estateChanged: true,
  problems: [],
  confirm: [service.id],
};

const cause: Cause = {
  schema: 1,
  causeId: 'c1',
  key: service.id.toLowerCase(),
  title: 'one',
  family: 'network',
  direction: 'regressed',
  severity: 'critical',
  check: 'public-network-access',
  serviceName: 'one',
  openedAt: at8,
};

function drift(extra: Partial<Drift> = {}): Drift {
  return {
    schema: 1,
    driftId: 'd1',
    causeId: cause.causeId,
    causeKey: cause.key,
    causeTitle: cause.title,
    causeSeverity: cause.severity,
    causeCheck: cause.check,
    causeServiceName: cause.serviceName,
    causeDirection: cause.direction,
    service,
    check: 'public-network-access',
    family: 'network',
    severity: 'critical',
    direction: 'regressed',
    was: null,
    is: { status: 'fail', observed: {} },
    message: 'open',
    since: at8,
    openedAt: at8,
    flaps: 0,
    recovering: false,
    ...extra,
  };
}

const changes = (extra: Partial<DriftChanges>): DriftChanges => ({ drifts: [], past: [], causes: [], ...extra });

const entry: BaselineEntry = {
  schema: 1,
  serviceId: service.id,
  serviceKey: service.key,
  family: 'network',
  check: 'public-network-access',
  status: 'pass',
  observed: {},
  acceptedAt: at8,
  acceptedBy: { objectId: 'o', name: 'Ada' },
};

describe.each(stores)('%s', (_name, open) => {
  test('remembers nothing at first', async () => {
    const store = open();
    expect(await store.currentFindings()).toEqual([]);
    expect(await store.findingsBetween(at8, at9)).toEqual([]);
    expect(await store.knownEstate('network')).toEqual([]);
    expect(await store.openSweeps('network')).toEqual([]);
    expect(await store.latestSweeps()).toEqual([]);
    expect(await store.sweep('x')).toBeUndefined();
    expect((await store.driftBook('network')).drifts).toEqual([]);
    expect(await store.cause('x')).toBeUndefined();
    expect(await store.baseline('network')).toEqual([]);
    expect(await store.policy()).toBeUndefined();
  });

  test('an unchanged finding keeps its start and moves its last sight', async () => {
    const store = open();
    await store.saveFindings(hourly('a'), at8, [posture()]);
    await store.saveFindings(hourly('b'), at9, [posture({ message: 'Disabled, as read at nine' })]);
    expect(await store.currentFindings()).toEqual([
      {
        schema: 1,
        service,
        finding: posture({ message: 'Disabled, as read at nine' }).findings[0],
        from: at8,
        since: at8,
        lastSeen: at9,
        sweepId: 'b',
      },
    ]);
  });

  test.each([
    ['status', { status: 'unknown' as const }, at9],
    ['severity', { severity: 'high' as const }, at8],
    ['observed value', { observed: { 'properties.publicNetworkAccess': 'Enabled' } }, at8],
  ])('a changed %s begins a new interval; only a new status begins to count anew', async (_what, change, since) => {
    const store = open();
    await store.saveFindings(hourly('a'), at8, [posture()]);
    await store.saveFindings(hourly('b'), at9, [posture(change)]);
    expect(await store.currentFindings()).toMatchObject([{ from: at9, since, lastSeen: at9, finding: change }]);
  });

  test('what nobody looked at for more than two sweeps begins a new interval', async () => {
    const store = open();
    await store.saveFindings(hourly('a'), at8, [posture()]);
    await store.saveFindings(hourly('b'), at11, [posture()]);
    expect(await store.findingsBetween(at8, at11)).toMatchObject([
      { from: at8, lastSeen: at8, to: at11 },
      { from: at11, since: at11 },
    ]);
  });

  test('a repeated or late delivery changes nothing', async () => {
    const store = open();
    await store.saveFindings(hourly('a'), at8, [posture()]);
    await store.saveFindings(hourly('b'), at9, [posture({ status: 'fail' })]);
    const before = await store.currentFindings();
    await store.saveFindings(hourly('b'), at9, [posture({ status: 'fail' })]);
    await store.saveFindings(hourly('b'), at10, [posture({ status: 'pass' })]);
    await store.saveFindings(hourly('a'), at8, [posture()]);
    expect(await store.currentFindings()).toEqual(before);
  });

  test('two workers writing one service at the same time lose nothing', async () => {
    const store = open();
    const check = (id: string) => posture({ check: id });
    await Promise.all(['a-check', 'b-check', 'c-check'].map((id) => store.saveFindings(hourly('a'), at8, [check(id)])));
    await Promise.all([at9, at10].map((at) => store.saveFindings(hourly(at), at, [check('a-check')])));
    const found = (await store.currentFindings()).map((record) => [record.finding.check, record.from, record.lastSeen]);
    expect(found.sort()).toEqual([
      ['a-check', at8, at10],
      ['b-check', at8, at8],
      ['c-check', at8, at8],
    ]);
  });

  test('a moment and a period show what held then, of one service or family too', async () => {
    const store = open();
    const other = { id: `${service.id}2`, key: '00000000000000bb' };
    await store.saveFindings(hourly('a'), at8, [posture(), posture({}, other)]);
    await store.saveFindings(hourly('b'), at9, [posture({ status: 'fail' }), posture({}, other)]);
    await store.saveFindings(hourly('c', 'access'), at9, [posture({ check: 'data-role-scope', family: 'access' })]);
    await store.saveFindings(hourly('d'), at10, [posture({ status: 'unknown' }), posture({}, other)]);
    const statuses = async (from: string, to: string, part = {}) =>
      (await store.findingsBetween(from, to, part)).map((record) => [record.finding.status, record.from, record.to]);
    const own = { service, family: 'network' };
    expect(await statuses(at8, at8, own)).toEqual([['pass', at8, at9]]);
    expect(await statuses(at9, at9, own)).toEqual([['fail', at9, at10]]);
    expect(await statuses('2026-11-22T08:30:00.000Z', at9, own)).toEqual([
      ['pass', at8, at9],
      ['fail', at9, at10],
    ]);
    expect(await statuses(at10, at11, own)).toEqual([['unknown', at10, undefined]]);
    expect(await statuses('2026-11-21T08:00:00.000Z', '2026-11-22T07:00:00.000Z')).toEqual([]);
    expect(await statuses(at11, at11)).toHaveLength(3);
    expect((await store.currentFindings({ family: 'access' })).map(({ finding }) => finding.check)).toEqual([
      'data-role-scope',
    ]);
  });

  test('one service is read alone, and one that left the estate is history', async () => {
    const store = open();
    const other: Service = { ...service, id: `${service.id}2`, key: '00000000000000bb' };
    await store.saveFindings(hourly('a'), at8, [posture(), posture({}, other)]);
    const keys = async () => (await store.currentFindings()).map((record) => record.service.key);
    expect((await store.currentFindings({ service: other })).map((record) => record.service.key)).toEqual([other.key]);
    await store.forgetServices('access', at9, [other]);
    expect(await keys()).toHaveLength(2);
    await store.forgetServices('network', at9, [other]);
    expect(await keys()).toEqual([service.key]);
    expect(await store.findingsBetween(at8, at8, { service: other })).toMatchObject([{ from: at8, to: at9 }]);
  });

  test('a finding with long evidence comes back whole, as it changes too', async () => {
    const store = open();
    const long = (more: string) => posture({ message: `é"\\${more}`.repeat(20_000), observed: { more } });
    await store.saveFindings(hourly('a'), at8, [long('')]);
    await store.saveFindings(hourly('b'), at9, [long('x')]);
    expect((await store.findingsBetween(at8, at9)).map(({ finding }) => finding)).toEqual([
      long('').findings[0],
      long('x').findings[0],
    ]);
  });

  test('more findings than one transaction takes are all written', async () => {
    const store = open();
    const many = Array.from({ length: 120 }, (_, i) => posture({}, { key: String(i).padStart(16, '0') }));
    await store.saveFindings(hourly('a'), at8, many);
    await store.saveFindings(hourly('b'), at9, many);
    const found = await store.currentFindings();
    expect([found.length, new Set(found.map(({ lastSeen }) => lastSeen))]).toEqual([120, new Set([at9])]);
  });

  test('the estate of each family and the policy come back as saved', async () => {
    const store = open();
    await store.saveEstate('network', [service]);
    expect([await store.knownEstate('network'), await store.knownEstate('access')]).toEqual([[service], []]);
    const policy = {
      schema: 1,
      good: { text: 'version: 1\n', sha256: 'cd', savedAt: at8 },
      told: ['x'],
    } as const;
    await store.savePolicy(policy);
    expect(await store.policy()).toEqual(policy);
  });

  test('the last sweep of a family is kept, and the last completed one beside a later incomplete one', async () => {
    const store = open();
    await store.saveSweep(sweep({}));
    await store.saveSweep(
      sweep({ sweepId: 'sweep-2', completedAt: at9, outcome: 'incomplete', missing: [service.id] }),
    );
    await store.saveSweep(sweep({ sweepId: 'access-1', family: 'access' }));
    await store.saveSweep(sweep({ sweepId: 'sweep-0', completedAt: '2026-11-22T08:00:30.000Z' }));
    expect((await store.latestSweeps()).map(({ sweepId }) => sweepId).sort()).toEqual([
      'access-1',
      'sweep-1',
      'sweep-2',
    ]);
    expect(await store.sweep('sweep-0')).toMatchObject({ sweepId: 'sweep-0' });
  });

  test('a sweep of a part is nobody’s last one, and one that a wrong clock ended in the future gives way', async () => {
    const store = open();
    await store.saveSweep(sweep({ sweepId: 'ahead', completedAt: '2026-11-24T08:00:00.000Z' }));
    await store.saveSweep(sweep({}));
    await store.saveSweep(sweep({ sweepId: 'part', completedAt: at9, partial: true }));
    expect((await store.latestSweeps()).map(({ sweepId }) => sweepId)).toEqual(['sweep-1']);
    expect(await store.sweep('part')).toMatchObject({ partial: true });
  });

  test('a sweep is open with its plan and its batches until it is saved', async () => {
    const store = open();
    await store.openSweep(plan);
    await store.saveBatch(plan.sweepId, { schema: 1, index: 0, at: at8 });
    await store.saveBatch(plan.sweepId, { schema: 1, index: 1, at: at8 });
    await store.saveBatch(plan.sweepId, { schema: 1, index: 1, at: at8 });
    expect(await store.openSweeps('network')).toEqual([plan]);
    expect(await store.openSweeps('access')).toEqual([]);
    expect((await store.savedBatches(plan.sweepId)).map(({ index }) => index)).toEqual([0, 1]);
    await store.saveSweep(sweep({ sweepId: plan.sweepId }));
    expect([await store.openSweeps('network'), await store.savedBatches(plan.sweepId)]).toEqual([[], []]);
  });

  test('what batches share is kept until their sweep is saved', async () => {
    const store = open();
    const shared = { schema: 1, inventory: { zones: { ok: true, value: ['ä'.repeat(50_000)] } } };
    await store.openSweep(plan, shared);
    expect(await store.sharedOf(plan.sweepId)).toEqual(shared);
    expect(await store.openPlan('network', plan.sweepId)).toEqual(plan);
    expect(await store.openPlan('access', plan.sweepId)).toEqual(plan.family === 'access' ? plan : undefined);
    await store.saveSweep(sweep({ sweepId: plan.sweepId, family: plan.family }));
    expect([await store.sharedOf(plan.sweepId), await store.openPlan('network', plan.sweepId)]).toEqual([
      undefined,
      undefined,
    ]);
  });

  test('of many who claim a sweep one gets it; a claim that is old or was given back is free again', async () => {
    const store = open();
    await store.openSweep(plan);
    const claims = (at: string) => Promise.all([1, 2, 3, 4].map(() => store.claimSweep(plan, at, 240)));
    const won = async (at: string) => (await claims(at)).filter((claimed) => claimed).length;
    expect([await won('2026-11-22T08:00:00.000Z'), await won('2026-11-22T08:03:59.000Z')]).toEqual([1, 0]);
    expect(await won('2026-11-22T08:04:00.000Z')).toBe(1);
    await store.releaseSweep(plan);
    expect(await won('2026-11-22T08:04:01.000Z')).toBe(1);
    await store.saveSweep(sweep({ sweepId: plan.sweepId, family: plan.family }));
    expect(await won('2026-11-22T09:00:00.000Z')).toBe(0);
    await store.releaseSweep(plan);
    expect(await store.openSweeps(plan.family)).toEqual([]);
  });

  test('changes wait for one who sees to them; what happens again meanwhile waits for the next', async () => {
    const store = open();
    const [one, two] = ['one', 'two'].map((id) => ({ id: `/subscriptions/${id}`, operation: 'a/b/write' })) as [
      Change,
      Change,
    ];
    const note = (change: Change, at: string) => store.noteChanges([change], at, 120);
    expect([await note(one, '2026-11-22T08:00:00.000Z'), await note(two, '2026-11-22T08:00:01.000Z')]).toEqual([
      true,
      false,
    ]);
    expect(await note({ ...one, id: one.id.toUpperCase() }, '2026-11-22T08:00:02.000Z')).toBe(false);
    const due = await store.dueChanges();
    expect(due.map(({ id }) => id.toLowerCase()).sort()).toEqual([one.id, two.id]);
    expect(await note(two, '2026-11-22T08:00:20.000Z')).toBe(true);
    await store.forgetChanges(due);
    expect(await store.dueChanges()).toMatchObject([two]);
    await store.forgetChanges(await store.dueChanges());
    expect(await store.dueChanges()).toEqual([]);
  });

  test('of many who note changes at once one sees to them; where he is not heard of the next does', async () => {
    const store = open();
    const note = (i: number, at: string) =>
      store.noteChanges([{ id: `/subscriptions/${i}`, operation: 'a/b/write' }], at, 120);
    const leads = await Promise.all([1, 2, 3, 4, 5].map((i) => note(i, '2026-11-22T08:00:00.000Z')));
    expect(leads.filter((leading) => leading)).toHaveLength(1);
    expect(await note(6, '2026-11-22T08:02:00.000Z')).toBe(true);
    expect(await store.dueChanges()).toHaveLength(6);
  });

  test('drifts are written against what was read, or not at all', async () => {
    const store = open();
    const first = await store.driftBook('network');
    const second = await store.driftBook('network');
    const version = await store.saveDrifts('network', first.version, changes({ drifts: [drift()], causes: [cause] }));
    expect(version).toBeDefined();
    const late = changes({ drifts: [drift({ driftId: 'd2' })] });
    expect(await store.saveDrifts('network', second.version, late)).toBeUndefined();
    expect(await store.saveDrifts('network', version ?? '', late)).toBeDefined();
    expect((await store.driftBook('network')).drifts.map(({ driftId }) => driftId).sort()).toEqual(['d1', 'd2']);
    expect((await store.driftBook('access')).drifts).toEqual([]);
  });

  test('more drifts than one transaction takes are all written', async () => {
    const store = open();
    const many = Array.from({ length: 150 }, (_, i) => drift({ driftId: `d${i}` }));
    const { version } = await store.driftBook('network');
    const next = await store.saveDrifts('network', version, changes({ drifts: many }));
    const book = await store.driftBook('network');
    expect([book.drifts.length, book.version]).toEqual([150, next]);
  });

  test('a cause is found with its drifts; a drift that is over moves to the past and stays in history', async () => {
    const store = open();
    const { version } = await store.driftBook('network');
    const drifts = [drift(), drift({ driftId: 'd2', causeId: 'c2' })];
    const next = await store.saveDrifts('network', version, changes({ drifts, causes: [cause] }));
    expect(await store.cause('c1')).toEqual({ cause, drifts: [drift()] });
    const over = drift({ resolvedAt: at9, resolution: 'recovered' });
    await store.saveDrifts('network', next ?? '', changes({ past: [over] }));
    expect((await store.driftBook('network')).drifts.map(({ driftId }) => driftId)).toEqual(['d2']);
    const ids = async (from: string, to: string) =>
      (await store.driftsBetween(from, to)).map(({ driftId }) => driftId).sort();
    expect(await ids(at8, at8)).toEqual(['d1', 'd2']);
    expect(await ids(at9, at10)).toEqual(['d2']);
  });

  test('a baseline is kept by family, replaced and dropped', async () => {
    const store = open();
    const other = { ...entry, check: 'private-endpoint-approval' };
    await store.saveBaseline('network', [entry, other], []);
    await store.saveBaseline('network', [{ ...entry, observed: { a: 1 } }], [other]);
    expect(await store.baseline('network')).toEqual([{ ...entry, observed: { a: 1 } }]);
    expect(await store.baseline('access')).toEqual([]);
  });

  test('a delivery is claimed by one of many; once posted it stays so; released or left, it is free again', async () => {
    const store = open();
    const claim = (key: string, at: string) => store.claimDelivery(key, at, 60);
    const claims = await Promise.all(Array.from({ length: 8 }, () => claim('many', at8)));
    expect(claims.sort()).toEqual([...Array(7).fill('busy'), 'mine']);
    expect(await claim('one', at8)).toBe('mine');
    await store.saveDelivery('one', at8);
    expect(await claim('one', at9)).toBe('posted');
    expect(await claim('two', at8)).toBe('mine');
    await store.releaseDelivery('two');
    await store.releaseDelivery('two');
    expect(await claim('two', at8)).toBe('mine');
    expect(await claim('two', '2026-11-22T08:00:30.000Z')).toBe('busy');
    expect(await claim('two', '2026-11-22T08:01:01.000Z')).toBe('mine');
  });

  test('the trouble with Teams is remembered until it is over, a test alert as it was last saved', async () => {
    const store = open();
    expect([await store.teamsTrouble(), await store.testAlert('t')]).toEqual([undefined, undefined]);
    const trouble = { schema: 1, at: at8, detail: 'the workflow answered 404' } as const;
    await store.saveTeamsTrouble(trouble);
    expect(await store.teamsTrouble()).toEqual(trouble);
    await store.saveTeamsTrouble(undefined);
    await store.saveTeamsTrouble(undefined);
    expect(await store.teamsTrouble()).toBeUndefined();
    const sent = { schema: 1, testId: 't', sentAt: at8 } as const;
    await store.saveTestAlert(sent);
    await store.saveTestAlert({ ...sent, receivedAt: at9, card: 'posted' });
    expect(await store.testAlert('t')).toEqual({ ...sent, receivedAt: at9, card: 'posted' });
  });

  test('deliveries and test alerts are forgotten like the rest, the trouble with Teams is not', async () => {
    const store = open();
    await store.saveTeamsTrouble({ schema: 1, at: at8, detail: 'x' });
    await store.saveDelivery('old', at8);
    await store.claimDelivery('died', at8, 60);
    await store.saveTestAlert({ schema: 1, testId: 't', sentAt: at8 });
    await store.saveDelivery('young', at10);
    const left = async () => [await store.claimDelivery('young', at11, 60), await store.testAlert('t')];
    await store.purge('network', at8, 10);
    expect(await left()).toEqual(['posted', expect.objectContaining({ testId: 't' })]);
    for (let round = 0; round < 3; round += 1) await store.purge('network', at9, 1);
    expect(await left()).toEqual(['posted', undefined]);
    expect(await store.claimDelivery('old', at11, 60)).toBe('mine');
    expect(await store.claimDelivery('died', '2026-11-22T08:00:10.000Z', 60)).toBe('mine');
    expect(await store.teamsTrouble()).toMatchObject({ detail: 'x' });
  });

  test('what ended before the retention is forgotten, bit by bit; what lasts is not', async () => {
    const store = open();
    await store.saveFindings(hourly('a'), at8, [posture(), posture({ check: 'b-check' })]);
    await store.saveFindings(hourly('b'), at9, [
      posture({ status: 'fail' }),
      posture({ check: 'b-check', status: 'fail' }),
    ]);
    const { version } = await store.driftBook('network');
    const over = drift({ resolvedAt: at9, resolution: 'recovered' });
    const v2 = await store.saveDrifts(
      'network',
      version,
      changes({ drifts: [over, drift({ driftId: 'd2' })], causes: [cause] }),
    );
    await store.saveDrifts('network', v2 ?? '', changes({ past: [over] }));
    await store.saveSweep(sweep({ sweepId: '20261122T080000Z-network-00000001', startedAt: at8 }));
    await store.purge('network', at8, 1);
    expect(await store.findingsBetween(at8, at8)).toHaveLength(2);
    await store.purge('network', at10, 1);
    expect(await store.findingsBetween(at8, at8)).toHaveLength(1);
    await store.purge('network', at10, 1);
    expect(await store.findingsBetween(at8, at8)).toHaveLength(0);
    expect(await store.currentFindings()).toHaveLength(2);
    expect((await store.driftsBetween(at8, at8)).map(({ driftId }) => driftId)).toEqual(['d2']);
    expect(await store.sweep('20261122T080000Z-network-00000001')).toBeUndefined();
  });
});
