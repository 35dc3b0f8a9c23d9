import { ManagedIdentityCredential } from '@azure/identity';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { callsAgainst, leastMs, needs, type Size } from '../../bench/scale/minimum.ts';
import { kindOfCall, sizeOf } from '../../bench/scale/size.ts';
import { parseEstate } from '../../sandbox/estate.ts';
import { manyHospitals, storyStart } from '../../sandbox/estates/index.ts';
import { warmUp } from '../../sandbox/resource-graph/service.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { checkPolicy } from '../../src/app/policy-file.ts';
import { batchPorts } from '../../src/app/ports.ts';
import { checks } from '../../src/checks/index.ts';
import { createAzure } from '../../src/evidence/azure/client.ts';
import { discoverEstate } from '../../src/evidence/inventory.ts';
import type { Posture } from '../../src/model.ts';
import { readSettings } from '../../src/settings.ts';
import { judgeAll } from '../../src/sweep/judge-all.ts';
import { trust } from '../evidence/sandbox-azure.ts';

/** What the bench measures on thousands of services, counted on a hundred: calls, no times. */

const parsed = parseEstate(manyHospitals(storyStart, { count: 20, subscriptions: 2, logHours: 1 }), storyStart);
if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
const { estate } = parsed;
const calls = new Map<string, number>();
let sandbox: Sandbox;
let postures: readonly Posture[];

beforeAll(async () => {
  sandbox = await startSandbox(estate, {
    onRequest: (target, { path }) => {
      const kind = kindOfCall(target, path);
      calls.set(kind, (calls.get(kind) ?? 0) + 1);
    },
  });
  trust(sandbox);
  warmUp(sandbox.world);
  const settled = readSettings(sandbox.environment);
  const policy = checkPolicy(JSON.stringify(estate.policy), 'policy', storyStart);
  if (!settled.ok || !policy.ok) throw new Error('the sandbox does not say how to reach it');
  const azure = createAzure({
    credential: new ManagedIdentityCredential(),
    cloud: settled.settings.cloud,
    now: () => sandbox.world.now(),
    random: () => 0.5,
    // a call that is slow on a busy machine is not to be counted twice
    limits: { attemptMs: 60_000, callMs: 60_000 },
  });
  const signal = AbortSignal.timeout(120_000);
  const listed = await discoverEstate(policy.loaded.policy.estate, azure, signal);
  const ports = batchPorts({
    azure,
    estate: listed,
    policy: policy.loaded.policy,
    settings: settled.settings,
    checks,
    together: listed.services,
    now: () => sandbox.world.now(),
    signal,
  });
  ({ postures } = await judgeAll(listed.services, 'all', ports));
}, 120_000);

afterAll(async () => {
  vi.unstubAllEnvs();
  await sandbox.close();
});

const asked = (...kinds: readonly string[]): number =>
  kinds.reduce((sum, kind) => sum + (calls.get(`resource-manager ${kind}`) ?? 0), 0);

const needed = (...whats: readonly string[]): number =>
  whats.reduce((sum, what) => sum + (needs.find((one) => one.what === what)?.count(sizeOf(estate)) ?? Number.NaN), 0);

describe('a scan of a hundred services with all checks', () => {
  test('knows everything', () => {
    const statuses = new Set(postures.flatMap(({ findings }) => findings.map(({ status }) => status)));
    expect([postures.length, [...statuses].sort()]).toEqual([120, ['not-applicable', 'pass']]);
  });

  test('asks Resource Manager at most three times a service', () => {
    const reads = [...calls].filter(([kind]) => kind.startsWith('resource-manager '));
    expect(reads.reduce((sum, [, count]) => sum + count, 0) / sizeOf(estate).services).toBeLessThanOrEqual(3);
  });

  test.each([
    ['service', ['fhirservices', 'dicomservices']],
    ['workspace', ['workspaces']],
    ['diagnostic settings', ['diagnosticsettings']],
    ['role assignments', ['roleassignments']],
    ['role definitions', ['roledefinitions']],
    ['private endpoints', ['privateendpoints']],
    ['network interfaces', ['networkinterfaces']],
    ['zone groups', ['privatednszonegroups']],
    [
      'eligible, active, denied',
      ['roleeligibilityscheduleinstances', 'roleassignmentscheduleinstances', 'denyassignments'],
    ],
  ])('asks for %s as often as the table of the bench says that it must', (what, kinds) => {
    // the log workspace of all services is of the same type as a workspace of theirs
    const also = what === 'workspace' ? ['log workspace'] : [];
    expect(asked(...kinds)).toBe(needed(what, ...also));
  });

  test('asks for what is not about one service only by subscription or by hundreds of services', () => {
    expect([calls.get('resource-graph'), calls.get('logs'), calls.get('metrics')]).toEqual([8, 3, 2]);
  });
});

describe('the least time', () => {
  const size: Size = {
    services: 1000,
    workspaces: 200,
    subscriptions: 4,
    assignmentPages: 40,
    endpointPages: 2,
    graphPages: 9,
  };

  test("is what the fullest of Azure's budgets imposes, and the calls that follow from each other", () => {
    // 250 services, their settings, 50 workspaces, ten pages of assignments, four lists
    expect(callsAgainst('a subscription', size)).toBe(250 + 250 + 50 + 10 + 4);
    expect(callsAgainst('the hub', size)).toBe(2 + 2 + 200 + 1);
    expect(leastMs(size, 50)).toBe(((564 - 250) / 25) * 1000 + (4 + 1) * 50);
  });

  test('is the hub where subscriptions are many, since endpoints stand there together', () => {
    const large = {
      ...size,
      services: 10_000,
      workspaces: 2_000,
      subscriptions: 40,
      assignmentPages: 400,
      endpointPages: 20,
    };
    expect(leastMs(large, 0)).toBe(((2_041 - 250) / 25) * 1000);
  });
});
