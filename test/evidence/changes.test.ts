import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parseEstate } from '../../sandbox/estate.ts';
import { compliantClinic } from '../../sandbox/estates/index.ts';
import { warmUp } from '../../sandbox/resource-graph/service.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import type { Estate } from '../../sandbox/types.ts';
import type { Azure } from '../../src/evidence/azure/client.ts';
import { findChange } from '../../src/evidence/changes.ts';
import { azureOf, trust } from './sandbox-azure.ts';

let sandbox: Sandbox;
let azure: Azure;
let clean: Estate;
let workspace: string;
beforeAll(async () => {
  const parsed = parseEstate(compliantClinic(), new Date());
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  clean = parsed.estate;
  workspace = clean.resources.find(({ type }) => type === 'Microsoft.HealthcareApis/workspaces')?.id ?? '';
  sandbox = await startSandbox(clean);
  warmUp(sandbox.world);
  trust(sandbox);
  azure = azureOf(sandbox);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await sandbox.close();
});

const before = '2026-11-22T08:00:00.000Z';
const flag = { path: 'properties.publicNetworkAccess', before: 'Disabled', after: 'Enabled' };

async function ask(activity: Estate['activity'], more: Partial<Estate> = {}) {
  sandbox.world.replace({ ...clean, activity, ...more });
  const found = await findChange(
    { resourceId: workspace.toUpperCase().replace('/SUBSCRIPTIONS', '/subscriptions'), before },
    azure,
    AbortSignal.timeout(20_000),
  );
  return found.ok ? found.value : found.reason;
}

const entry = (at: string, caller: string | undefined, changes: Estate['activity'][number][] = []) => ({
  resourceId: workspace,
  operation: 'Microsoft.HealthcareApis/workspaces/write',
  at,
  ...(caller === undefined ? {} : { caller }),
  changes,
});

test('the last write before the drift names actor, time, property, before and after', async () => {
  const found = await ask([
    entry('2026-11-21T08:00:00Z', 'early@clinic.example', [{ ...flag, after: 'Disabled' }]),
    entry('2026-11-22T07:58:00Z', 'mallory@clinic.example', [flag]),
    entry('2026-11-22T09:00:00Z', 'later@clinic.example', [flag]),
  ]);
  expect(found).toMatchObject({
    at: '2026-11-22T07:58:00.000Z',
    actor: 'mallory@clinic.example',
    actorType: 'User',
    operation: 'Microsoft.HealthcareApis/workspaces/write',
    properties: [flag],
  });
});

test('nothing recorded is undefined, never a guess', async () => {
  expect(await ask([])).toBeUndefined();
  expect(await ask([entry('2026-10-01T08:00:00Z', 'long-ago@clinic.example', [flag])])).toBeUndefined();
});

test('a write of another resource is not taken for this one', async () => {
  const child = {
    ...entry('2026-11-22T07:58:00Z', 'child@clinic.example', [flag]),
    resourceId: `${workspace}/fhirservices/ehr`,
  };
  expect(await ask([child])).toBeUndefined();
});

test('where neither source answers it is a failure, not "nobody"', async () => {
  const refused = { match: 'resourcechanges|eventtypes', kind: 'status', status: 500 } as const;
  const faults = [
    { target: 'resource-graph', ...refused },
    { target: 'resource-manager', ...refused },
  ] as const;
  expect(await ask([entry('2026-11-22T07:58:00Z', 'm@clinic.example', [flag])], { faults })).toBe('unreachable');
});

test('one source suffices', async () => {
  const faults = [{ target: 'resource-graph', match: 'resourcechanges', kind: 'status', status: 403 }] as const;
  const found = await ask([entry('2026-11-22T07:58:00Z', 'm@clinic.example', [flag])], { faults });
  expect(found).toMatchObject({ actor: 'm@clinic.example', properties: [] });
});
