import { expect, test } from 'vitest';
import { answerHealth, answerReport } from '../../src/app/http.ts';
import type { Service, ServiceOpening } from '../../src/app/service.ts';
import type { Posture, SweepRecord } from '../../src/model.ts';
import { readSettings } from '../../src/settings.ts';
import { memoryStore } from '../../src/state/memory.ts';

const tenant = '6d2a1f0e-9c47-4f8e-a2b1-3f5b7c0d9e11';
const environment = { WEBSITE_AUTH_ENABLED: 'True', AZURE_TENANT_ID: tenant };
const silent = { info: () => {}, error: () => {} };
const at = '2026-11-22T08:00:00.000Z';

function request(roles: readonly string[] | undefined, query: Record<string, string> = {}, accept = '*/*') {
  const claims = [
    { typ: 'oid', val: '051be183-4712-560b-ade3-c82db193d2b6' },
    { typ: 'tid', val: tenant },
    ...(roles ?? []).map((val) => ({ typ: 'roles', val })),
  ];
  const header = Buffer.from(JSON.stringify({ auth_typ: 'aad', claims })).toString('base64');
  const headers = new Headers({ accept, ...(roles ? { 'x-ms-client-principal': header } : {}) });
  return { headers, query: new URLSearchParams(query) };
}

const posture: Posture = {
  service: {
    id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.HealthcareApis/services/one',
    key: 'k',
    name: 'one',
    kind: 'apiForFhir',
    subscriptionId: 's',
    resourceGroup: 'rg',
    location: 'x',
    tags: {},
  },
  findings: [
    {
      check: 'public-network-access',
      family: 'network',
      severity: 'critical',
      status: 'pass',
      message: 'closed',
      observed: {},
      evidence: [],
    },
  ],
};

function sweepOf(family: SweepRecord['family'], completedAt = at): SweepRecord {
  return {
    schema: 1,
    sweepId: `${family}-1`,
    family,
    startedAt: completedAt,
    completedAt,
    outcome: 'completed',
    missing: [],
    intervalSeconds: 300,
    services: 1,
    findings: 1,
    unknown: 0,
    coverage: 1,
    durationMs: 1,
    problems: [],
    policySha256: 'ab',
  };
}

async function opened(now: string, sweeps: readonly SweepRecord[]): Promise<() => ServiceOpening> {
  const settled = readSettings({ FHIRWATCH_POLICY: 'no-such-file.yaml' });
  if (!settled.ok) throw new Error('settings');
  const store = memoryStore();
  await store.saveFindings({ sweepId: 'network-1', family: 'network', intervalSeconds: 300 }, at, [posture]);
  for (const sweep of sweeps) await store.saveSweep(sweep);
  const unused = () => Promise.reject(new Error('not needed here'));
  const service: Service = {
    settings: settled.settings,
    environment,
    azure: unused,
    sink: unused,
    store: async () => store,
    now: () => new Date(now),
  };
  return () => ({ ok: true, service });
}

test('the report is for callers with the role Auditor or Operator, and for nobody else', async () => {
  const open = await opened(at, []);
  const status = async (roles?: readonly string[]) =>
    (await answerReport(request(roles), environment, silent, open)).status;
  expect(
    await Promise.all([status(), status([]), status(['Reader']), status(['Auditor']), status(['Operator'])]),
  ).toEqual([401, 403, 403, 200, 200]);
});

test('the report is JSON, or HTML for a browser; another format is refused by name', async () => {
  const open = await opened(at, []);
  const ask = (query: Record<string, string>, accept?: string) =>
    answerReport(request(['Auditor'], query, accept), environment, silent, open);
  expect((await ask({})).headers['content-type']).toBe('application/json');
  expect((await ask({}, 'text/html,*/*')).body).toContain('<!doctype html>');
  const refused = await ask({ format: 'pdf' });
  expect([refused.status, refused.headers['content-type']]).toEqual([400, 'application/problem+json']);
  expect(JSON.parse(refused.body).detail).toContain('"pdf"');
});

test('a finding older than twice its interval is unknown and lowers coverage', async () => {
  const fresh = await answerReport(request(['Auditor']), environment, silent, await opened('2026-11-22T08:10:00Z', []));
  expect(JSON.parse(fresh.body).totals).toMatchObject({ pass: 1, unknown: 0 });
  const stale = JSON.parse(
    (await answerReport(request(['Auditor']), environment, silent, await opened('2026-11-22T08:10:01Z', []))).body,
  );
  expect(stale.totals).toMatchObject({ pass: 0, unknown: 1 });
  expect(stale.coverage.ratio).toBe(0);
  expect(stale.services[0].findings[0].message).toContain(`last seen pass at ${at}`);
});

test('a policy that cannot be read is a problem in the report, not a silence', async () => {
  const answer = await answerReport(request(['Auditor']), environment, silent, await opened(at, []));
  expect(JSON.parse(answer.body).problems[0].detail).toContain('no-such-file.yaml could not be read');
});

test('health is 200 while every family swept lately, 503 when one is overdue or never swept', async () => {
  const all = [sweepOf('network'), sweepOf('access'), sweepOf('audit')];
  const health = async (now: string, sweeps: readonly SweepRecord[]) =>
    answerHealth(environment, silent, await opened(now, sweeps));
  expect((await health('2026-11-22T08:09:00Z', all)).status).toBe(200);
  expect((await health('2026-11-22T08:11:00Z', all)).status).toBe(503);
  expect((await health('2026-11-22T08:01:00Z', all.slice(1))).status).toBe(503);
});

test('health says nothing of the estate', async () => {
  const answer = await answerHealth(environment, silent, await opened(at, [sweepOf('network')]));
  expect(answer.body).not.toMatch(/subscriptions|one"|HealthcareApis/);
});

test('a misconfigured app says so in health and report, naming the setting in health and never its value', async () => {
  const open = (): ServiceOpening => ({
    ok: false,
    problems: ['FHIRWATCH_CLOUD is "AzureMars": expected one of AzureCloud.'],
  });
  const health = await answerHealth(environment, silent, open);
  expect(health.status).toBe(503);
  expect(health.body).toContain('FHIRWATCH_CLOUD');
  expect(health.body).not.toContain('AzureMars');
  const report = await answerReport(request(['Auditor']), environment, silent, open);
  expect([report.status, JSON.parse(report.body).detail]).toEqual([
    503,
    'FHIRWATCH_CLOUD is "AzureMars": expected one of AzureCloud.',
  ]);
});

test('unreadable storage is 503 in both, never an empty report', async () => {
  const open = await opened(at, []);
  const opening = open();
  if (!opening.ok) throw new Error('not opened');
  const broken: ServiceOpening = {
    ok: true,
    service: { ...opening.service, store: () => Promise.reject(new Error('storage is down')) },
  };
  expect((await answerReport(request(['Auditor']), environment, silent, () => broken)).status).toBe(503);
  expect((await answerHealth(environment, silent, () => broken)).status).toBe(503);
});
