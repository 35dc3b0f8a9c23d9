/** Microsoft's own example documents, all together and unchanged in one estate: honest verdicts on inconsistent documents. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AzureDocument, Fault } from '../../sandbox/types.ts';
import { checks } from '../../src/checks/index.ts';
import { type EstateJudge, type JudgedFinding, openJudge } from './estate-judge.ts';

const folder = new URL('../../../shared/examples/published/', import.meta.url);
const present = existsSync(folder);
if (!present) console.warn('SKIPPED: the published examples are not beside the repository; nothing was judged by them');

/** Where an estate holds documents of these types; the others are resources. */
const lists: Readonly<Record<string, string>> = {
  roledefinitions: 'roleDefinitions',
  roleassignments: 'roleAssignments',
  roleeligibilityscheduleinstances: 'roleEligibilityScheduleInstances',
  roleassignmentscheduleinstances: 'roleAssignmentScheduleInstances',
  denyassignments: 'denyAssignments',
  diagnosticsettings: 'diagnosticSettings',
};
/** Examples that leave out the type, without which an estate takes no document. */
const untyped: Readonly<Record<string, string>> = {
  privatednszonegroups: 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups',
  virtualnetworkpeerings: 'Microsoft.Network/virtualNetworks/virtualNetworkPeerings',
};

const published = present
  ? readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .flatMap(documentsOf)
  : [];
/** The same resource in several examples: each of its documents has its turn. */
const variants = Map.groupBy(published, ({ id }) => id.toLowerCase());
const rounds = Math.max(1, ...[...variants.values()].map(({ length }) => length));

function documentsOf(file: string): readonly AzureDocument[] {
  const { body } = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
  const rows: readonly Partial<AzureDocument>[] = Array.isArray(body.value) ? body.value : [body];
  return rows.flatMap((row) => {
    const name = collectionOf(row.id ?? '');
    // of the activity log an estate holds no documents; an answer to a query is none either
    if (row.id === undefined || name === 'ticks') return [];
    return [{ ...row, id: row.id, ...(row.type === undefined ? { type: untyped[name] ?? '' } : {}) }];
  });
}

function collectionOf(id: string): string {
  return id.split('/').at(-2)?.toLowerCase() ?? '';
}

function estateOf(round: number, faults: readonly Fault[] = []): object {
  const chosen = [...variants.values()].flatMap((own) => own[round % own.length] ?? []);
  const grouped = Map.groupBy(chosen, ({ id }) => lists[collectionOf(id)] ?? 'resources');
  // nothing is known but the documents: nobody asked DNS, the services or the Internet
  const monitor = { network: null, publicVantage: false };
  return { name: 'published', policy: { version: 1 }, monitor, faults, resources: [], ...Object.fromEntries(grouped) };
}

const watched =
  /\/microsoft\.healthcareapis\/(services|workspaces|workspaces\/[^/]+\/(fhirservices|dicomservices|iotconnectors))\/[^/]+$/;
const services = [...variants.keys()].filter((id) => watched.test(id)).sort();
const ids = checks.map(({ id }) => id).sort();

function told(findings: readonly JudgedFinding[], status: string): readonly string[] {
  return findings.filter((one) => one.status === status).map(({ id, check }) => `${id.split('/').at(-1)} ${check}`);
}

describe.skipIf(!present)('the published examples, all in one estate', () => {
  let judge: EstateJudge;
  beforeAll(async () => {
    judge = await openJudge();
  }, 60_000);
  afterAll(() => judge.close());

  test('every document has its turn', () => {
    expect(published.length).toBeGreaterThan(35);
    expect(published.filter(({ type }) => type === '')).toEqual([]);
    expect(services.map((id) => id.split('/').at(-1))).toEqual(
      expect.arrayContaining(['service1', 'workspace1', 'fhirservice1', 'fhirservice2', 'blue', 'red']),
    );
  });

  test.each(Array.from({ length: rounds }, (_, round) => round))(
    'round %i: every service gets one finding a check, and passes only by what was read',
    { timeout: 60_000 },
    async (round) => {
      const findings = await judge.judge(() => estateOf(round), ids);

      expect(findings.map(({ id, check }) => `${id} ${check}`).sort()).toEqual(
        services.flatMap((id) => ids.map((check) => `${id} ${check}`)).sort(),
      );
      // the roles of the examples stand in other subscriptions; of these services' own a whole, empty list was read
      const passed = findings.filter(({ status }) => status === 'pass');
      expect(passed.filter(({ check }) => !check.startsWith('data-role-'))).toMatchObject([
        { check: 'public-network-access', observed: '{"properties.publicNetworkAccess":"Disabled"}' },
      ]);
      // by lists that came and are empty
      expect(new Set(told(findings, 'fail').map((one) => one.split(' ')[1]))).toEqual(
        new Set(['audit-log-setting', 'private-endpoint-approval']),
      );
    },
  );

  test('what could not be read is unknown: without roles and settings only a flag in a document is left to pass', {
    timeout: 60_000,
  }, async () => {
    const refused = { target: 'resource-manager', kind: 'status', status: 403 } as const;
    const faults = ['Microsoft.Authorization', 'diagnosticSettings', 'privateEndpointConnections'].map((match) => ({
      ...refused,
      match,
    }));
    const findings = await judge.judge(() => estateOf(0, faults), ids);
    expect(told(findings, 'pass')).toEqual(['service1 public-network-access']);
    // its document says that it has no connection
    expect(told(findings, 'fail')).toEqual(['service1 private-endpoint-approval']);
    expect(told(findings, 'unknown').length).toBeGreaterThan(services.length * 5);
  });
});
