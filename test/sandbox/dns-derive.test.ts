import { describe, expect, test } from 'vitest';
import { type DnsView, hostsOf, resolveName } from '../../sandbox/dns/derive.ts';
import type { AzureDocument, DnsRecord, Estate } from '../../sandbox/types.ts';
import {
  aliasRecord,
  apiForFhir,
  clinic,
  connection,
  HEALTH,
  makeEstate,
  NETWORK,
  zone,
  zoneGroup,
} from './dns-fixture.ts';

const HOST = 'ward.azurehealthcareapis.com';
const HOP = 'ward.privatelink.azurehealthcareapis.com';
const ZONE = 'privatelink.azurehealthcareapis.com';

function chain(estate: Estate, view: DnsView, name: string, type = 'A'): readonly string[] {
  const { status, answers } = resolveName(estate, view, name, type);
  return [...answers.map((record) => record.data), ...(status === 'NOERROR' ? [] : [status])];
}

function estateOf(...resources: readonly (AzureDocument | readonly AzureDocument[])[]): Estate {
  return makeEstate({ resources: resources.flat() });
}

const isPublic = expect.stringMatching(/^(203\.0\.113|198\.51\.100|192\.0\.2)\.\d+$/);
const isAlias = expect.stringMatching(/\.trafficmanager\.net$/);
const isApp = expect.stringMatching(/\.cloudapp\.azure\.com$/);

describe('a service in public DNS', () => {
  test('without an endpoint leads through Traffic Manager to a public address, without a privatelink hop', () => {
    expect(chain(estateOf(apiForFhir('ward')), 'public', HOST)).toEqual([isAlias, isApp, isPublic]);
  });
  test('with an approved connection has the privatelink hop, however the state is spelled', () => {
    expect(chain(estateOf(apiForFhir('ward', 'approved')), 'public', HOST)).toEqual([HOP, isAlias, isApp, isPublic]);
  });
  test.each(['Pending', 'Rejected', 'Disconnected', ''])('has no hop for a connection that is %j', (status) => {
    expect(chain(estateOf(apiForFhir('ward', status)), 'public', HOST)).toEqual([isAlias, isApp, isPublic]);
  });
  test('takes the connections from documents of their own before those inside the service', () => {
    const service = apiForFhir('ward', 'Approved');
    const separate = { ...connection(service.id, 'Pending'), type: `${service.type}/privateEndpointConnections` };
    expect(chain(estateOf(service, separate), 'public', HOST)).not.toContain(HOP);
  });
  test('keeps its address for ever', () => {
    const [one, two] = [estateOf(apiForFhir('ward')), estateOf(apiForFhir('other'), apiForFhir('ward', 'Approved'))];
    expect(hostsOf(one).get(HOST)?.publicAddress).toBe(hostsOf(two).get(HOST)?.publicAddress);
  });
  test('ends in .us in the Government cloud', () => {
    const estate = makeEstate({ cloud: 'AzureUSGovernment', resources: [apiForFhir('ward', 'Approved')] });
    expect(chain(estate, 'public', 'ward.azurehealthcareapis.us')).toContain('ward.privatelink.azurehealthcareapis.us');
    expect(chain(estate, 'public', HOST)).toEqual(['NXDOMAIN']);
  });
  test('has no IPv6 address: no error and no record of that type', () => {
    const { status, answers } = resolveName(estateOf(apiForFhir('ward')), 'public', HOST, 'AAAA');
    expect([status, answers.map((record) => record.type)]).toEqual(['NOERROR', ['CNAME', 'CNAME']]);
  });
  test('is unknown when nobody deployed it, and the name above it exists without records', () => {
    expect(chain(estateOf(apiForFhir('ward')), 'public', 'nobody.azurehealthcareapis.com')).toEqual(['NXDOMAIN']);
    expect(chain(estateOf(apiForFhir('ward')), 'public', 'azurehealthcareapis.com')).toEqual([]);
  });
});

describe('the hop of a workspace and its children', () => {
  const fhir = 'clinic-ehr.fhir.azurehealthcareapis.com';
  const dicom = 'clinic-pacs.dicom.azurehealthcareapis.com';
  const required = (...requiredZoneNames: readonly string[]): AzureDocument => ({
    id: `${HEALTH}/workspaces/clinic/privateLinkResources/healthcareworkspace`,
    type: 'Microsoft.HealthcareApis/workspaces/privateLinkResources',
    properties: { requiredZoneNames },
  });
  const hop = (estate: Estate, host: string) => hostsOf(estate).get(host)?.hop;

  test('comes from the published zones where the estate says nothing', () => {
    const estate = estateOf(clinic('clinic'));
    expect(hop(estate, fhir)).toBe('clinic-ehr.privatelink.fhir.azurehealthcareapis.com');
    expect(hop(estate, dicom)).toBe('clinic-pacs.privatelink.dicom.azurehealthcareapis.com');
    expect(hop(estate, 'clinic.workspace.azurehealthcareapis.com')).toBe(
      'clinic.privatelink.workspace.azurehealthcareapis.com',
    );
  });
  test('comes from the estate’s own privateLinkResources before that', () => {
    const estate = estateOf(clinic('clinic'), required(ZONE, 'privatelink.dicom.azurehealthcareapis.com'));
    expect(hop(estate, fhir)).toBe(`clinic-ehr.${ZONE}`);
    expect(hop(estate, dicom)).toBe('clinic-pacs.privatelink.dicom.azurehealthcareapis.com');
  });
  test('comes from the zone group’s record sets before anything else', () => {
    const estate = estateOf(
      clinic('clinic'),
      required('privatelink.fhir.azurehealthcareapis.com'),
      zoneGroup([`clinic-ehr.${ZONE}.`, `clinic-pacs.${ZONE}`]),
    );
    expect(hop(estate, fhir)).toBe(`clinic-ehr.${ZONE}`);
    expect(hop(estate, dicom), 'DICOM has its own zone in every layout').toBe(
      'clinic-pacs.privatelink.dicom.azurehealthcareapis.com',
    );
  });
  test('is absent while the workspace’s connection is pending', () => {
    expect(hop(estateOf(clinic('clinic', 'Pending')), fhir)).toBeUndefined();
  });
});

describe('a resolver in the monitor’s network', () => {
  const service = apiForFhir('ward', 'Approved');

  test('answers the hop from the linked private zone', () => {
    expect(chain(estateOf(service, zone(ZONE, { ward: '10.1.0.4' })), 'private', HOST)).toEqual([HOP, '10.1.0.4']);
  });
  test.each([
    ['InProgress', { virtualNetworkLinkState: 'InProgress' }],
    ['without a state', { virtualNetworkLinkState: '' }],
  ])('does not see a zone whose link is %s', (_, link) => {
    expect(chain(estateOf(service, zone(ZONE, { ward: '10.1.0.4' }, link)), 'private', HOST).at(-1)).toEqual(isPublic);
  });
  test('does not see a zone that is linked to another network', () => {
    const other = { ...makeEstate().monitor, network: `${NETWORK}-other` };
    const estate = makeEstate({ monitor: other, resources: [service, ...zone(ZONE, { ward: '10.1.0.4' })] });
    expect(chain(estate, 'private', HOST).at(-1)).toEqual(isPublic);
  });
  test('says NXDOMAIN where the zone lacks the record, and shows the hop', () => {
    expect(chain(estateOf(service, zone(ZONE, { other: '10.1.0.9' })), 'private', HOST)).toEqual([HOP, 'NXDOMAIN']);
  });
  test('falls back to the Internet where the link says so, for missing names only', () => {
    const link = { resolutionPolicy: 'NxDomainRedirect' };
    const missing = estateOf(service, zone(ZONE, {}, link));
    expect(chain(missing, 'private', HOST)).toEqual([HOP, isAlias, isApp, isPublic]);
    const present = estateOf(service, zone(ZONE, { ward: '10.1.0.4' }, link));
    expect(chain(present, 'private', HOST)).toEqual([HOP, '10.1.0.4']);
    expect(chain(present, 'private', HOST, 'AAAA'), 'no record of the type is not a missing name').toEqual([HOP]);
  });
  test('lets a zone shadow its whole suffix, also one called like the public domain', () => {
    const shadow = estateOf(
      service,
      apiForFhir('lost', 'Approved'),
      zone('azurehealthcareapis.com', { ward: '10.9.9.9' }),
    );
    expect(chain(shadow, 'private', HOST)).toEqual(['10.9.9.9']);
    expect(chain(shadow, 'private', 'lost.azurehealthcareapis.com')).toEqual(['NXDOMAIN']);
  });
  test('asks the longest zone only', () => {
    const both = estateOf(service, zone('azurehealthcareapis.com', { 'ward.privatelink': '10.9.9.9' }), zone(ZONE, {}));
    expect(chain(both, 'private', HOP)).toEqual(['NXDOMAIN']);
  });
  test('honours wildcards, but not where the name or its branch exists', () => {
    const estate = estateOf(service, zone(ZONE, { '*': '10.1.0.7', 'a.deep': '10.1.0.8' }));
    expect(chain(estate, 'private', HOST)).toEqual([HOP, '10.1.0.7']);
    expect(chain(estate, 'private', `deep.${ZONE}`)).toEqual([]);
    expect(chain(estate, 'private', `b.deep.${ZONE}`)).toEqual(['NXDOMAIN']);
  });
  test('follows a CNAME in a private zone, and reports a loop as failure', () => {
    const alias = estateOf(service, zone(ZONE, { real: '10.1.0.5' }), aliasRecord(ZONE, 'ward', `real.${ZONE}.`));
    expect(chain(alias, 'private', HOST)).toEqual([HOP, `real.${ZONE}`, '10.1.0.5']);
    const loop = estateOf(service, zone(ZONE, {}), aliasRecord(ZONE, 'ward', HOP));
    expect(chain(loop, 'private', HOST)).toEqual(['SERVFAIL']);
  });
  test('has the vantage record with the network’s id, under the policy’s name for it; the Internet has not', () => {
    expect(chain(estateOf(), 'private', 'vantage.fhirwatch.internal', 'TXT')).toEqual([NETWORK]);
    expect(chain(estateOf(), 'public', 'vantage.fhirwatch.internal', 'TXT')).toEqual(['NXDOMAIN']);
    const renamed = makeEstate({ policy: { vantage: { record: 'Here.Example' } } });
    expect(chain(renamed, 'private', 'here.example', 'TXT')).toEqual([NETWORK]);
    expect(chain(renamed, 'private', 'vantage.fhirwatch.internal', 'TXT')).toEqual(['NXDOMAIN']);
  });
  test('without a network is the Internet', () => {
    const nowhere = makeEstate({
      monitor: { ...makeEstate().monitor, network: null },
      resources: [service, ...zone(ZONE, { ward: '10.1.0.4' })],
    });
    expect(chain(nowhere, 'private', HOST).at(-1)).toEqual(isPublic);
    expect(chain(nowhere, 'private', 'vantage.fhirwatch.internal', 'TXT')).toEqual(['NXDOMAIN']);
  });
  test('survives documents that hold nonsense', () => {
    const hostile = zone(ZONE, { ward: 'not an address' }).map((document) => ({ ...document, name: 'x' }));
    const estate = estateOf(service, hostile, {
      id: '',
      type: 'Microsoft.Network/privateDnsZones/A',
      properties: null,
    });
    expect(chain(estate, 'private', HOST)).toEqual([HOP]);
  });
});

describe('an override', () => {
  const service = [apiForFhir('ward', 'Approved'), ...zone(ZONE, { ward: '10.1.0.4' })];
  const overridden = (records: readonly DnsRecord[], view: DnsView = 'private') =>
    makeEstate({ resources: service, dns: { private: [], public: [], [view]: records } });

  test('replaces all that is derived for the name, of every type', () => {
    const estate = overridden([{ name: `${HOST.toUpperCase()}.`, type: 'AAAA', data: 'fd00::1' }]);
    expect(chain(estate, 'private', HOST, 'AAAA')).toEqual(['fd00::1']);
    expect(chain(estate, 'private', HOST, 'A')).toEqual([]);
  });
  test('may give several answers', () => {
    const estate = overridden([
      { name: HOP, type: 'A', data: '10.1.0.4' },
      { name: HOP, type: 'A', data: '203.0.113.9' },
    ]);
    expect(chain(estate, 'private', HOST)).toEqual([HOP, '10.1.0.4', '203.0.113.9']);
  });
  test.each(['SERVFAIL', 'TIMEOUT'] as const)('may make a link of the chain end in %s', (rcode) => {
    expect(chain(overridden([{ name: HOP, rcode }]), 'private', HOST)).toEqual([rcode]);
  });
  test('may deny the name', () => {
    expect(chain(overridden([{ name: HOP, rcode: 'NXDOMAIN' }]), 'private', HOST)).toEqual([HOP, 'NXDOMAIN']);
  });
  test('holds for its own view only', () => {
    const estate = overridden([{ name: HOST, rcode: 'SERVFAIL' }], 'public');
    expect(chain(estate, 'public', HOST)).toEqual(['SERVFAIL']);
    expect(chain(estate, 'private', HOST)).toEqual([HOP, '10.1.0.4']);
  });
  test('may take away the vantage record', () => {
    const estate = overridden([{ name: 'vantage.fhirwatch.internal', rcode: 'NXDOMAIN' }]);
    expect(chain(estate, 'private', 'vantage.fhirwatch.internal', 'TXT')).toEqual(['NXDOMAIN']);
  });
});
