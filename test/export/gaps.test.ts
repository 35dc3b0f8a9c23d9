import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { compliantClinic } from '../../sandbox/estates/index.ts';
import type { Fault } from '../../sandbox/types.ts';
import { hashed, openRoundTrip, type RoundTrip, type Statuses } from './round-trip.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

let trip: RoundTrip;
let inOrder: Statuses;
beforeAll(async () => {
  trip = await openRoundTrip();
  inOrder = await trip.scan(clinic);
});
afterAll(() => trip.close());

const clinic = compliantClinic(new Date());
const idOf = (end: string): string => clinic.resources.find(({ id }) => id.toLowerCase().endsWith(end))?.id ?? '';
const typed = (type: string): string => clinic.resources.find((one) => one.type === type)?.id ?? '';
const ehr = idOf('/fhirservices/ehr');
const ehrHost = 'contosoclinic-ehr.fhir.azurehealthcareapis.com';
const subscription = ehr.split('/').slice(0, 3).join('/');
const hub = idOf('/virtualnetworks/vnet-hub').split('/').slice(0, 3).join('/');

function unreadable(...scopes: readonly string[]): object {
  return { ...clinic, monitor: { ...clinic.monitor, unreadable: scopes } };
}

function faulty(...faults: readonly Partial<Fault>[]): object {
  return { ...clinic, faults: faults.map((fault) => ({ kind: 'status', status: 403, match: '.', ...fault })) };
}

/** What goes wrong is seen in an estate where nothing else does, and seen again in a replay. */
async function expectSame(estate: object): Promise<void> {
  const before = await trip.scan(estate);
  expect(before).not.toEqual(inOrder);
  const { file, code } = await trip.export(estate);
  expect(code).toBe([...before.values()].includes('unknown') || before.size === 0 ? 2 : 0);
  expect(await trip.scan(file)).toEqual(before);
}

describe('what an identity may not read is unreadable in a replay too', () => {
  test.each<[string, string]>([
    ['the private endpoint', typed('Microsoft.Network/privateEndpoints')],
    ['the whole workspace', idOf('/workspaces/contosoclinic')],
    ["one service's diagnostic settings", `${ehr}/providers/Microsoft.Insights/diagnosticSettings`],
    ['the eligible roles', `${subscription}/providers/Microsoft.Authorization/roleEligibilityScheduleInstances`],
    ['the log workspace', idOf('/workspaces/log-hub')],
  ])('%s', (_, scope) => expectSame(unreadable(scope)));

  test('the subscription of networks, zones and logs, also with hashed ids', async () => {
    const before = await trip.scan(unreadable(hub));
    const { file } = await trip.export(unreadable(hub), true);
    expect(before).not.toEqual(inOrder);
    expect(await trip.scan(file)).toEqual(hashed(before));
  });
});

describe('a read that fails in another way fails again', () => {
  test.each<[string, Partial<Fault>]>([
    ['role assignments and own permissions', { target: 'resource-manager', match: 'roleAssignments|permissions' }],
    ['a document that is none', { target: 'resource-manager', match: `GET ${ehr}\\?`, kind: 'html' }],
    ['the endpoint, where its zone groups come', { target: 'resource-manager', match: 'privateEndpoints/[^/]+\\?' }],
    ['log queries', { target: 'logs' }],
  ])('%s', (_, fault) => expectSame(faulty(fault)));
});

describe('what was observed is observed again', () => {
  test.each<[string, object]>([
    ['a resolver that fails for a name', { dns: { private: [{ name: ehrHost, rcode: 'SERVFAIL' }] } }],
    ['no private vantage', { monitor: { ...clinic.monitor, network: null } }],
    ['no public vantage', { monitor: { ...clinic.monitor, publicVantage: false } }],
    ['a service that the Internet reaches', { endpoints: { [ehrHost]: { '/metadata': { public: { status: 200 } } } } }],
  ])('%s', (_, more) => expectSame({ ...clinic, ...more }));

  test("role rows that the service's own id told, after its subscription refused them", () => {
    const subscriptionAlone = '^GET /subscriptions/[^/]+/providers/Microsoft.Authorization/';
    return expectSame({
      ...faulty({ target: 'resource-manager', match: subscriptionAlone }),
      monitor: { ...clinic.monitor, publicVantage: false },
    });
  });

  test('a broken path from inside', () => expectSame(faulty({ target: 'fhir', kind: 'reset' })));
});

test('where nothing can be listed nothing is exported', async () => {
  const { code, text, complaints } = await trip.export(faulty({ target: 'resource-graph', match: '.' }));
  expect([code, text]).toEqual([3, '']);
  expect(complaints).toContain('the estate could not be listed');
});
