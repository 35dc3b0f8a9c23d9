import { expect, test } from 'vitest';
import { privateDnsResolution } from '../../src/checks/private-dns-resolution.ts';
import type {
  DnsAnswer,
  Evidence,
  Finding,
  Gathered,
  PrivateEndpoint,
  PrivateEndpoints,
  PrivateZone,
  ServiceKind,
  ZoneGroup,
} from '../../src/model.ts';
import { assess } from '../../src/posture/assess.ts';
import {
  aCloud,
  aConnection,
  aContext,
  anAnswer,
  anEndpoint,
  answersOf,
  aService,
  aZone,
  connectionsOf,
  endpointId,
  failure,
  got,
  lost,
  NETWORK,
  OTHER_SUBSCRIPTION,
} from '../builders.ts';

const OWNER = aService('apiForFhir').id;
const HOST = 'praxis.azurehealthcareapis.com';
const ALIAS = 'praxis.privatelink.azurehealthcareapis.com';
const ZONE = 'privatelink.azurehealthcareapis.com';
const NIC = '10.1.1.4';
const FRONT = ['fhir-neu.trafficmanager.net', 'fhir-neu.northeurope.cloudapp.azure.com'];
const PUBLIC = '203.0.113.9';

const endpoint = (overrides: Partial<PrivateEndpoint> = {}) => anEndpoint(OWNER, { [NIC]: [HOST] }, overrides);
const endpoints = (...all: readonly PrivateEndpoint[]) =>
  got(connectionsOf(OWNER, ...all.map((one) => aConnection(one))));
const zone = (overrides: Partial<PrivateZone> = {}) => aZone(ZONE, { praxis: [NIC] }, overrides);
const linked = (...links: readonly object[]): Partial<PrivateZone> => ({
  links: got(links.map((link, i) => ({ id: `links/${i}`, networkId: NETWORK, state: 'Completed', ...link }))),
});

interface Scene {
  readonly answer?: Partial<DnsAnswer> | Gathered<never>;
  readonly endpoints?: Gathered<PrivateEndpoints>;
  readonly zones?: Gathered<readonly PrivateZone[]>;
}

/** The compliant scene but for what is given: alias and NIC address answered, endpoint and zone in order. */
function judge({ answer = {}, endpoints: connections = endpoints(endpoint()), zones = got([zone()]) }: Scene): Finding {
  const whole = anAnswer(HOST, { chain: [ALIAS], addresses: [NIC] });
  const dnsAnswers = got('ok' in answer ? answersOf([HOST, answer]) : answersOf({ ...whole, ...answer }));
  return judgeAs('apiForFhir', { dnsAnswers, privateEndpoints: connections, privateZones: zones });
}

function judgeAs(kind: ServiceKind, evidence: Evidence, context = aContext(kind)): Finding {
  const finding = assess([privateDnsResolution], evidence, context).findings[0];
  if (!finding) throw new Error('every check gives one finding');
  return finding;
}

const publicly = { chain: [ALIAS, ...FRONT], addresses: [PUBLIC] };
const directly = { chain: FRONT, addresses: [PUBLIC] };

function zoneGroup(fqdn: string, ...addresses: readonly string[]): Gathered<readonly ZoneGroup[]> {
  return got([{ id: 'groups/default', zones: [{ zoneId: ZONE, recordSets: [{ type: 'A', fqdn, addresses }] }] }]);
}

// ── the row ─────────────────────────────────────────────────────────────────────────────────────────────────────

test("seen from inside the network, **every** A/AAAA answer for the service's host names equals the private endpoint's NIC address: pass", () => {
  const finding = judge({});
  expect(finding.status).toBe('pass');
  expect(finding.message).toContain(NIC);
  expect(judge({ answer: { addresses: [NIC, PUBLIC] } }).status).toBe('fail');
  expect(judge({ answer: { addresses: [NIC, '2001:db8::1'] } }).status).toBe('fail');
});

test("trap: expected address from the NIC's `privateLinkConnectionProperties.fqdns`, then zone-group record sets, then `customDnsConfigs` (emptied by a zone group)", () => {
  const several = {
    addresses: got([
      { address: NIC, fqdns: [] },
      { address: '10.1.1.5', fqdns: [] },
    ]),
  };
  const bySet = endpoint({
    ...several,
    zoneGroups: zoneGroup(ALIAS, NIC),
    customDnsConfigs: [{ fqdn: HOST, addresses: ['10.1.1.5'] }],
  });
  expect(judge({ endpoints: endpoints(bySet) }).status).toBe('pass');
  expect(judge({ endpoints: endpoints(bySet), answer: { addresses: ['10.1.1.5'] } }).status).toBe('fail');
  const byConfig = endpoint({
    ...several,
    customDnsConfigs: [{ fqdn: `${HOST.toUpperCase()}.`, addresses: ['10.1.1.5'] }],
  });
  expect(judge({ endpoints: endpoints(byConfig), answer: { addresses: ['10.1.1.5'] } }).status).toBe('pass');
  const nicFirst = endpoint({
    zoneGroups: zoneGroup(ALIAS, '10.1.1.9'),
    customDnsConfigs: [{ fqdn: HOST, addresses: ['10.1.1.9'] }],
  });
  expect(judge({ endpoints: endpoints(nicFirst) }).status).toBe('pass');
  expect(judge({ endpoints: endpoints(nicFirst), answer: { addresses: ['10.1.1.9'] } }).status).toBe('fail');
  const noNic = endpoint({ addresses: got([]), zoneGroups: zoneGroup(ALIAS, NIC) });
  expect(judge({ endpoints: endpoints(noNic) }).status).toBe('pass');
});

test('trap: compare with that address, not with RFC 1918 - a private address of nobody fails, a public one of the NIC passes', () => {
  expect(judge({ answer: { addresses: ['10.9.9.9'] } }).status).toBe('fail');
  const unusual = anEndpoint(OWNER, { '51.1.2.3': [HOST] });
  expect(judge({ endpoints: endpoints(unusual), answer: { addresses: ['51.1.2.3'] } }).status).toBe('pass');
});

test('trap: no `privatelink` hop → no endpoint', () => {
  const words = /\b(no|without|lacks?|missing|absent|not|none)\b.*(endpoint|privatelink)/;
  const none = judge({ endpoints: got(connectionsOf(OWNER)), answer: directly });
  expect(none).toMatchObject({ status: 'fail', severity: 'high' });
  expect(none.message).toMatch(words);
  const pending = aConnection(endpoint(), { status: 'Pending' });
  expect(judge({ endpoints: got(connectionsOf(OWNER, pending)), answer: directly }).message).toMatch(words);
  const gone = aConnection(lost('not-found'));
  expect(judge({ endpoints: got(connectionsOf(OWNER, gone)), answer: directly }).status).toBe('fail');
  expect(judge({ answer: directly }).message).toMatch(/no privatelink hop, although pe-main is approved/);
});

test('trap: `privatelink` hop ending public → zone not linked here', () => {
  const elsewhere = zone(linked({ networkId: `${NETWORK}-2` }));
  const finding = judge({ zones: got([elsewhere]), answer: publicly });
  expect(finding).toMatchObject({ status: 'fail', severity: 'high' });
  expect(finding.message).toMatch(/privatelink\.azurehealthcareapis\.com is not linked to virtual network vnet-hub/);
  expect(judge({ zones: got([]), answer: publicly }).message).toMatch(/\blinked\b/);
  expect(judge({ zones: lost('forbidden'), answer: publicly }).message).toMatch(/\blinked\b/);
  expect(judge({ zones: got([zone({ links: lost('forbidden') })]), answer: publicly }).message).toMatch(
    /may not be linked/,
  );
  const starting = zone(linked({ state: 'InProgress' }));
  expect(judge({ zones: got([starting]), answer: publicly }).message).toMatch(/link.*InProgress.*does not resolve yet/);
});

test('trap: NXDOMAIN at `privatelink.*` → record missing', () => {
  const answer = { rcode: 'NXDOMAIN', chain: [ALIAS], addresses: [] } as const;
  const finding = judge({ zones: got([aZone(ZONE)]), answer });
  expect(finding).toMatchObject({ status: 'fail', severity: 'high' });
  expect(finding.message).toMatch(/record missing.*in private zone privatelink\.azurehealthcareapis\.com/);
  expect(judge({ zones: lost('forbidden'), answer }).message).toMatch(/record missing/);
  expect(judge({ answer }).message).toMatch(/record missing.*another one, .*holds 10\.1\.1\.4/);
  expect(judge({ zones: got([aZone(ZONE)]), answer: { chain: [ALIAS], addresses: [] } }).message).toMatch(
    /has no address: record missing/,
  );
});

test('an empty answer that no zone explains is not known to be a defect', () => {
  for (const zones of [got([aZone(ZONE, { praxis: [NIC] })]), got([]), lost('forbidden')]) {
    expect(judge({ zones, answer: { chain: [ALIAS], addresses: [] } }).status).toBe('unknown');
    expect(judge({ zones, answer: { chain: [], addresses: [] } }).status).toBe('unknown');
  }
  const shadow = aZone('azurehealthcareapis.com', { praxis: [] });
  expect(judge({ zones: got([shadow]), answer: { chain: [], addresses: [] } }).message).toMatch(/shadows/);
});

test('trap: private but other → stale record', () => {
  const holds = aZone(ZONE, { praxis: ['10.1.1.99'] });
  const finding = judge({ zones: got([holds]), answer: { addresses: ['10.1.1.99'] } });
  expect(finding).toMatchObject({ status: 'fail', severity: 'high' });
  expect(finding.message).toMatch(
    /instead of the expected 10\.1\.1\.4 \(pe-main\): stale or wrong record.*in private zone privatelink/,
  );
  expect(finding.message).not.toMatch(/\b(un)?link(s|ed)?\b/);
});

test('trap: mixed → split answer', () => {
  for (const wrong of ['10.9.9.9', PUBLIC]) {
    const finding = judge({ answer: { addresses: [NIC, wrong] } });
    expect(finding).toMatchObject({ status: 'fail', severity: 'high' });
    expect(finding.message).toMatch(/split answer: 10\.1\.1\.4 is the address of pe-main, but .* is not/);
  }
});

test('trap: without proof of a private vantage → unknown, never fail', () => {
  const dnsAnswers = lost('no-vantage', 'vantage.fhirwatch.internal has no TXT record; custom DNS needs a forwarder');
  const evidence = { dnsAnswers, privateEndpoints: got(connectionsOf(OWNER)), privateZones: got([]) };
  const finding = judgeAs('apiForFhir', evidence);
  expect(finding.status).toBe('unknown');
  expect(finding.message).toMatch(/no-vantage.*forwarder/);
});

test('trap: record which server answered', () => {
  expect(judge({}).message).toContain('10.0.0.4:53');
  expect(judge({ answer: publicly }).message).toContain('10.0.0.4:53');
});

test('trap: 168.63.129.16 is not a public resolver', () => {
  expect(judge({ answer: { server: '168.63.129.16:53' } }).status).toBe('pass');
});

test('trap: SERVFAIL and time-outs are unknown', () => {
  const finding = judge({ answer: lost('unreachable', 'SERVFAIL from 10.0.0.4:53') });
  expect(finding.status).toBe('unknown');
  expect(finding.message).toMatch(/SERVFAIL/);
});

// ── the rulings ─────────────────────────────────────────────────────────────────────────────────────────────────

test('ruling: children and API for FHIR; a workspace only for the host names its endpoint lists for it, else `n/a`', () => {
  const owner = aService('workspace').id;
  const [ehr, pacs] = ['wards-ehr.fhir.azurehealthcareapis.com', 'wards-pacs.dicom.azurehealthcareapis.com'];
  const own = 'wards.workspace.azurehealthcareapis.com';
  const shared = got(connectionsOf(owner, aConnection(anEndpoint(owner, { '10.1.1.4': [ehr], '10.1.1.5': [pacs] }))));
  const evidence: Evidence = {
    dnsAnswers: got(
      answersOf(
        anAnswer(ehr, { addresses: ['10.1.1.4'] }),
        anAnswer(pacs, { addresses: ['10.1.1.4'] }),
        anAnswer(own, directly),
      ),
    ),
    privateEndpoints: shared,
    privateZones: got([]),
  };
  expect(judgeAs('fhirService', evidence).status).toBe('pass');
  const swapped = judgeAs('dicomService', evidence);
  expect(swapped.status).toBe('fail');
  expect(swapped.message).toMatch(/the address of wards-ehr\.fhir/);
  expect(judgeAs('workspace', evidence).status).toBe('not-applicable');
  expect(judgeAs('workspace', { ...evidence, dnsAnswers: lost('no-vantage') }).status).toBe('not-applicable');
  expect(judgeAs('medtechService', evidence).status).toBe('not-applicable');

  for (const name of [
    own,
    'wards.privatelink.workspace.azurehealthcareapis.com',
    'wards.privatelink.azurehealthcareapis.com',
  ]) {
    const lists = got(connectionsOf(owner, aConnection(anEndpoint(owner, { '10.1.1.6': [name] }))));
    expect(judgeAs('workspace', { ...evidence, privateEndpoints: lists }).status).toBe('fail');
    const answers = got(answersOf(anAnswer(own, { addresses: ['10.1.1.6'] })));
    expect(judgeAs('workspace', { ...evidence, dnsAnswers: answers, privateEndpoints: lists }).status).toBe('pass');
  }
});

test('whether a workspace has a host name of its own is unknown where its endpoint could not be read', () => {
  const owner = aService('workspace').id;
  const unread = [
    lost('forbidden'),
    got(connectionsOf(owner, aConnection(lost('forbidden')))),
    got(connectionsOf(owner, aConnection(anEndpoint(owner, {}, { addresses: lost('forbidden') })))),
  ];
  for (const privateEndpoints of unread) {
    expect(judgeAs('workspace', { dnsAnswers: got(answersOf()), privateEndpoints, privateZones: got([]) }).status).toBe(
      'unknown',
    );
  }
  const names = { '10.1.1.4': ['wards-ehr.fhir.azurehealthcareapis.com'] };
  const half = got(connectionsOf(owner, aConnection(anEndpoint(owner, names, { zoneGroups: lost('throttled') }))));
  expect(
    judgeAs('workspace', { dnsAnswers: got(answersOf()), privateEndpoints: half, privateZones: got([]) }).status,
  ).toBe('not-applicable');
});

test('ruling: Any approved endpoint of the service is a right answer', () => {
  const second = anEndpoint(OWNER, { '10.2.1.4': [HOST] }, { id: endpointId('pe-second') });
  const both = endpoints(endpoint(), second);
  expect(judge({ endpoints: both, answer: { addresses: ['10.2.1.4'] } }).status).toBe('pass');
  expect(judge({ endpoints: both, answer: { addresses: [NIC, '10.2.1.4'] } }).status).toBe('pass');
  const foreign = anEndpoint(OWNER, { '10.3.1.4': [HOST] }, { id: endpointId('pe-far', OTHER_SUBSCRIPTION) });
  expect(judge({ endpoints: endpoints(foreign), answer: { addresses: ['10.3.1.4'] } }).status).toBe('pass');
});

test('a spoilt approval is no defect of DNS, unless a usable endpoint is the better answer', () => {
  const says = [{ serviceId: OWNER, status: 'Disconnected', manual: false }];
  const spoilt = endpoint({ connections: says });
  const alone = judge({ endpoints: endpoints(spoilt) });
  expect(alone.status).toBe('pass');
  expect(alone.message).toMatch(/pe-main, whose connection is "Approved", but the endpoint's own document says/);
  expect(judge({ endpoints: endpoints(spoilt), answer: directly }).status).toBe('fail');
  const better = anEndpoint(OWNER, { '10.2.1.4': [HOST] }, { id: endpointId('pe-second') });
  const beside = judge({ endpoints: endpoints(spoilt, better) });
  expect(beside.status).toBe('fail');
  expect(beside.message).toMatch(/pe-main, whose connection.*instead of the expected 10\.2\.1\.4 \(pe-second\)/);
  const maybe = got(connectionsOf(OWNER, aConnection(spoilt), aConnection(lost('forbidden'))));
  expect(judge({ endpoints: maybe }).status).toBe('unknown');
});

test('the address of an endpoint that is not approved is a wrong answer, and is named', () => {
  const rejected = aConnection(endpoint({ id: endpointId('pe-old') }), { status: 'Rejected' });
  const finding = judge({ endpoints: got(connectionsOf(OWNER, rejected)) });
  expect(finding.status).toBe('fail');
  expect(finding.message).toMatch(/pe-old, whose connection is "Rejected".*no usable private endpoint/);
});

test('ruling: The right address without a `privatelink` alias passes', () => {
  const finding = judge({ answer: { chain: [] } });
  expect(finding.status).toBe('pass');
  expect(finding.message).toMatch(/without a privatelink alias/);
});

test("ruling: NXDOMAIN of the service's own name, from a proven vantage, fails (name the zone that shadows it, if known)", () => {
  const answer = { rcode: 'NXDOMAIN', chain: [], addresses: [] } as const;
  const shadow = aZone('azurehealthcareapis.com', {});
  const finding = judge({ zones: got([zone(), shadow]), answer });
  expect(finding).toMatchObject({ status: 'fail', severity: 'high' });
  expect(finding.message).toMatch(/private zone azurehealthcareapis\.com shadows the public name and has no record/);
  expect(judge({ zones: got([{ ...shadow, links: lost('forbidden') }]), answer }).message).toMatch(/may shadow/);
  const unlinked = judge({ zones: got([{ ...shadow, ...linked({ networkId: `${NETWORK}-2` }) }]), answer });
  expect(unlinked.status).toBe('fail');
  expect(unlinked.message).not.toContain('zone azurehealthcareapis.com');
  expect(judge({ zones: lost('forbidden'), answer }).status).toBe('fail');
  expect(judge({ endpoints: lost('forbidden'), answer }).status).toBe('fail');
});

test('a shadowing zone whose record is wrong is named', () => {
  const shadow = aZone('azurehealthcareapis.com', { '*': ['10.9.9.9'] });
  const finding = judge({ zones: got([zone(), shadow]), answer: { chain: [], addresses: ['10.9.9.9'] } });
  expect(finding.status).toBe('fail');
  expect(finding.message).toMatch(/in private zone azurehealthcareapis\.com, which shadows the public name/);
});

test('ruling: No source maps the host: one NIC address equal to the answer passes, one that differs fails, several are `unknown`', () => {
  const mute = (...addresses: readonly string[]) =>
    endpoints(endpoint({ addresses: got(addresses.map((address) => ({ address, fqdns: [] }))) }));
  expect(judge({ endpoints: mute(NIC) }).status).toBe('pass');
  expect(judge({ endpoints: mute('10.1.1.5') }).status).toBe('fail');
  expect(judge({ endpoints: mute(NIC, '10.1.1.5') }).status).toBe('unknown');
  expect(judge({ endpoints: mute(NIC, '10.1.1.5'), answer: { addresses: ['10.9.9.9'] } }).status).toBe('fail');
  expect(judge({ endpoints: mute() }).status).toBe('unknown');
});

test("a sibling's address is not this host's, even where the network interface has no other", () => {
  const owner = aService('workspace').id;
  const ehr = 'wards-ehr.fhir.azurehealthcareapis.com';
  const privateEndpoints = got(connectionsOf(owner, aConnection(anEndpoint(owner, { '10.1.1.4': [ehr] }))));
  const dnsAnswers = got(answersOf(anAnswer('wards-pacs.dicom.azurehealthcareapis.com', { addresses: ['10.1.1.4'] })));
  expect(judgeAs('dicomService', { dnsAnswers, privateEndpoints, privateZones: got([]) }).status).toBe('fail');
});

test('ruling: zone, link and record in order but the public answer came = "the resolver does not use the private zone"', () => {
  const finding = judge({ answer: publicly });
  expect(finding.status).toBe('fail');
  expect(finding.message).toMatch(/the resolver does not use the private zone/);
  const perNetwork = zone({ id: 'zones/second', ...linked({ networkId: `${NETWORK}-2` }) });
  expect(judge({ zones: got([perNetwork, zone()]), answer: publicly }).message).toMatch(/the resolver does not use/);
});

test('ruling: link with `NxDomainRedirect` and no record = "record missing, the link falls back to the Internet"', () => {
  const empty = { records: got([]), ...linked({ resolutionPolicy: 'nxdomainredirect' }) };
  const finding = judge({ zones: got([zone(empty)]), answer: publicly });
  expect(finding.status).toBe('fail');
  expect(finding.message).toMatch(/record missing.*falls back to the Internet/);
  const plain = judge({ zones: got([zone({ records: got([]) })]), answer: publicly });
  expect(plain.message).toMatch(/the resolver does not use the private zone.*missing too/);
});

test('ruling: Fail on part, pass on the whole - a half answer may fail and never passes', () => {
  const incomplete = failure('unreachable', 'AAAA: SERVFAIL');
  expect(judge({ answer: { incomplete } }).status).toBe('unknown');
  expect(judge({ answer: { incomplete, addresses: [] } }).status).toBe('unknown');
  expect(judge({ answer: { incomplete, ...publicly } }).status).toBe('fail');
  expect(judge({ answer: { incomplete, rcode: 'NXDOMAIN', addresses: [] } }).status).toBe('fail');
});

test('without the evidence of endpoints only a proven fail fails', () => {
  const unread = [
    lost('forbidden'),
    got(connectionsOf(OWNER, aConnection(lost('forbidden')))),
    got(
      connectionsOf(OWNER, aConnection(endpoint({ addresses: lost('forbidden'), zoneGroups: zoneGroup(ALIAS, NIC) }))),
    ),
    got(connectionsOf(OWNER, { ...aConnection(endpoint()), status: undefined })),
  ];
  for (const privateEndpoints of unread) {
    expect(judge({ endpoints: privateEndpoints }).status).toBe('unknown');
    expect(judge({ endpoints: privateEndpoints, answer: { addresses: ['10.9.9.9'] } }).status).toBe('unknown');
    expect(judge({ endpoints: privateEndpoints, answer: publicly }).status).toBe('fail');
    expect(judge({ endpoints: privateEndpoints, answer: directly }).status).toBe('fail');
  }
  const beside = got(connectionsOf(OWNER, aConnection(endpoint()), aConnection(lost('forbidden'))));
  expect(judge({ endpoints: beside }).status).toBe('pass');
});

test('lost zones take nothing from a right answer', () => {
  expect(judge({ zones: lost('throttled') }).status).toBe('pass');
});

test('US Government names and both families of zones', () => {
  const owner = aService('workspace').id;
  const host = 'wards-ehr.fhir.azurehealthcareapis.us';
  const context = aContext('fhirService', { cloud: aCloud('AzureUSGovernment') });
  for (const alias of [
    'wards-ehr.privatelink.fhir.azurehealthcareapis.us',
    'wards-ehr.privatelink.azurehealthcareapis.us',
  ]) {
    const several = got([
      { address: NIC, fqdns: [] },
      { address: '10.1.1.5', fqdns: [] },
    ]);
    const one = anEndpoint(owner, {}, { addresses: several, zoneGroups: zoneGroup(alias, NIC) });
    const evidence = {
      dnsAnswers: got(answersOf(anAnswer(host, { chain: [alias], addresses: [NIC] }))),
      privateEndpoints: got(connectionsOf(owner, aConnection(one))),
      privateZones: got([]),
    };
    expect(judgeAs('fhirService', evidence, context).status).toBe('pass');
    const front = { chain: [alias, 'x.usgovtrafficmanager.net'], addresses: [PUBLIC] };
    const open = { ...evidence, dnsAnswers: got(answersOf(anAnswer(host, front))) };
    expect(judgeAs('fhirService', open, context).status).toBe('fail');
  }
});

test('IPv6 addresses compare by value', () => {
  const six = anEndpoint(OWNER, { '2001:DB8:0:0::1': [HOST] });
  expect(judge({ endpoints: endpoints(six), answer: { addresses: ['2001:db8::1'] } }).status).toBe('pass');
});

test("observed holds nothing that Azure changes by itself: its public front end's address is just public", () => {
  const first = judge({ answer: publicly }).observed;
  expect(
    judge({ answer: { chain: [ALIAS, 'other.trafficmanager.net'], addresses: ['198.51.100.7'] } }).observed,
  ).toEqual(first);
  expect(first[`dns.${HOST}`]).toEqual(['public']);
  expect(judge({ answer: { server: '10.0.0.5:53' } }).observed).toEqual(judge({}).observed);
});

test('a host that was not looked up is unknown', () => {
  const evidence = { dnsAnswers: got(answersOf()), privateEndpoints: endpoints(endpoint()), privateZones: got([]) };
  expect(judgeAs('apiForFhir', evidence).status).toBe('unknown');
});

test('hostile names and addresses are judged like any other wrong answer', () => {
  const chain = ['__proto__', 'x'.repeat(5000), ALIAS];
  expect(judge({ answer: { chain, addresses: ['not-an-address', '::ffff:zz'] } }).status).toBe('fail');
  const odd = aZone('', {}, { links: got([{ id: '' }]) });
  expect(judge({ zones: got([odd, zone()]) }).status).toBe('pass');
});
