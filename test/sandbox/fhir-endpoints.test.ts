import { describe, expect, test } from 'vitest';
import { answerAt } from '../../sandbox/fhir/answers.ts';
import { wayTo } from '../../sandbox/fhir/ways.ts';
import { telemetryWorkspaceOf, webTestRows, withWebTests } from '../../sandbox/fhir/web-tests.ts';
import type { AzureDocument, Estate } from '../../sandbox/types.ts';
import { createWorld } from '../../sandbox/world.ts';
import { apiForFhir, clinic, HEALTH, makeEstate, NETWORK } from './dns-fixture.ts';

const HOST = 'praxis.azurehealthcareapis.com';
const ENDPOINT = NETWORK.replace('virtualNetworks/vnet-hub', 'privateEndpoints/pe');
const NIC = NETWORK.replace('virtualNetworks/vnet-hub', 'networkInterfaces/nic');

const endpoint: readonly AzureDocument[] = [
  { id: ENDPOINT, type: 'Microsoft.Network/privateEndpoints', properties: { networkInterfaces: [{ id: NIC }] } },
  {
    id: NIC,
    type: 'Microsoft.Network/networkInterfaces',
    properties: { ipConfigurations: [{ properties: { privateIPAddress: '10.0.0.4' } }] },
  },
];
const praxis = (properties: object, status?: string): AzureDocument => {
  const document = apiForFhir('praxis', status);
  return { ...document, properties: { ...(document.properties as object), ...properties } } as AzureDocument;
};
const estateOf = (...resources: readonly AzureDocument[]): Estate => makeEstate({ resources });
const publicOf = (estate: Estate, host = HOST) => answerAt(estate, host, 'public', '/metadata');

describe('the public side', () => {
  test('answers 200 where `publicNetworkAccess` is `Enabled`, or absent with no approved endpoint', () => {
    expect(publicOf(estateOf(praxis({ publicNetworkAccess: 'Enabled' }, 'Approved'))).status).toBe(200);
    expect(publicOf(estateOf(praxis({}))).status).toBe(200);
    expect(publicOf(estateOf(praxis({}, 'Pending'))).status).toBe(200);
  });

  test("else it is the edge's 403", () => {
    for (const one of [praxis({ publicNetworkAccess: 'Disabled' }), praxis({}, 'Approved')]) {
      expect(publicOf(estateOf(one))).toMatchObject({ status: 403, body: `Access to ${HOST} was denied.` });
    }
  });

  test('of a child follows its workspace where it says nothing itself', () => {
    const [workspace, ...children] = clinic('wards');
    const open = { ...workspace, properties: { publicNetworkAccess: 'Enabled' } } as AzureDocument;
    const host = 'wards-ehr.fhir.azurehealthcareapis.com';
    expect(publicOf(estateOf(open, ...children), host).status).toBe(200);
    expect(publicOf(estateOf(...clinic('wards')), host).status).toBe(403);
  });
});

test('the private side answers with a capability statement of the kind, DICOM with its health', () => {
  const version = (kind: string) =>
    answerAt(estateOf({ ...apiForFhir('praxis', 'Approved'), kind }), HOST, 'private', '/metadata').body;
  expect(version('fhir-R4')).toMatchObject({ resourceType: 'CapabilityStatement', fhirVersion: '4.0.1' });
  expect(version('fhir-Stu3')).toMatchObject({ fhirVersion: '3.0.1' });
  const dicom = 'wards-pacs.dicom.azurehealthcareapis.com';
  expect(answerAt(estateOf(...clinic('wards')), dicom, 'private', '/health/check').status).toBe(200);
  expect(answerAt(estateOf(...clinic('wards')), dicom, 'private', '/metadata').status).toBe(401);
});

test("the estate's own answers replace those of Azure's rules, per side", () => {
  const mine = { status: 503, headers: { 'X-Own': 1 }, body: 'down' };
  const estate = makeEstate({
    resources: [apiForFhir('praxis', 'Approved')],
    endpoints: { [HOST.toUpperCase()]: { '/metadata': { private: mine } } },
  });
  expect(answerAt(estate, HOST, 'private', '/metadata')).toEqual({
    status: 503,
    headers: { 'X-Own': '1' },
    body: 'down',
  });
  expect(publicOf(estate).status).toBe(403);
});

describe('an address', () => {
  test("of an endpoint's interface leads to the resources that approved it", () => {
    const owner = `${HEALTH}/services/praxis`.toLowerCase();
    expect(wayTo(estateOf(apiForFhir('praxis', 'Approved'), ...endpoint), '10.0.0.4')).toEqual({
      to: 'endpoint',
      owners: [owner],
    });
    expect(wayTo(estateOf(apiForFhir('praxis', 'Pending'), ...endpoint), '10.0.0.4')).toEqual({
      to: 'endpoint',
      owners: [],
    });
  });

  test('that nobody has leads nowhere; one of the Internet leads to the edge', () => {
    const estate = estateOf(apiForFhir('praxis', 'Approved'), ...endpoint);
    for (const address of ['10.0.0.5', '192.168.1.1', '172.16.0.1', '127.0.0.1', '100.64.0.1', 'fd00::1', '']) {
      expect([address, wayTo(estate, address)]).toEqual([address, undefined]);
    }
    for (const address of ['203.0.113.7', '20.1.2.3', '2603:1020::1']) {
      expect([address, wayTo(estate, address)]).toEqual([address, { to: 'edge' }]);
    }
  });
});

describe('web tests from outside', () => {
  const now = new Date('2026-11-22T08:00:00Z');

  test('report on every FHIR, DICOM and API for FHIR host, not on a workspace', () => {
    const rows = webTestRows(estateOf(...clinic('wards'), praxis({ publicNetworkAccess: 'Enabled' })), now);
    expect(rows.map(({ Name, Success, Message }) => [Name, Success, Message])).toEqual([
      ['public wards-ehr.fhir.azurehealthcareapis.com', true, 'Passed'],
      ['public wards-pacs.dicom.azurehealthcareapis.com', true, 'Passed'],
      [`public ${HOST}`, false, 'Response code 200 is not the expected 403'],
    ]);
  });

  test('report nothing where there is no public vantage', () => {
    const { monitor } = makeEstate();
    const estate = makeEstate({ resources: clinic('wards'), monitor: { ...monitor, publicVantage: false } });
    expect(webTestRows(estate, now)).toEqual([]);
  });

  test('run against the public view of DNS: a name that is not there, or is private, gives no connection', () => {
    for (const records of [
      [{ name: HOST, rcode: 'NXDOMAIN' as const }],
      [{ name: HOST, type: 'A' as const, data: '10.0.0.4' }],
    ]) {
      const estate = makeEstate({
        resources: [apiForFhir('praxis', 'Approved')],
        dns: { private: [], public: records },
      });
      expect(webTestRows(estate, now)).toMatchObject([{ Success: false, Message: expect.stringMatching(/connected/) }]);
    }
  });

  test('are found in the telemetry workspace, beside what arrived there, and never twice', () => {
    const estate = estateOf(...clinic('wards'));
    const world = createWorld(estate, () => 0);
    const namesIn = (workspace: ReturnType<typeof withWebTests>) => {
      const table = workspace.tables().get('AppAvailabilityResults');
      const place = table?.columns.findIndex(({ name }) => name === 'Name') ?? -1;
      return table?.rows.map((row) => row[place]);
    };
    const alone = withWebTests(world);
    expect(alone.id).toBe(telemetryWorkspaceOf(estate).id);
    expect(namesIn(alone)).toEqual([
      'public wards-ehr.fhir.azurehealthcareapis.com',
      'public wards-pacs.dicom.azurehealthcareapis.com',
    ]);
    const name = 'public wards-ehr.fhir.azurehealthcareapis.com';
    const columns = [{ name: 'Name', type: 'string' as const }];
    const arrived = { ...alone, tables: () => new Map([['AppAvailabilityResults', { columns, rows: [[name]] }]]) };
    expect(namesIn(withWebTests(world, arrived))?.filter((one) => one === name)).toEqual([name]);
  });
});
