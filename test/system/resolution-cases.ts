/** Estates that a careful examiner would try on the resolution of the services' names. */
import { governmentCloud } from '../../sandbox/estates/index.ts';
import type { ScanCase } from './case-runner.ts';
import {
  add,
  type Change,
  changed,
  duplicate,
  estateKey,
  graphSays,
  push,
  remove,
  replaceAll,
  set,
  unset,
} from './estate-changes.ts';
import {
  address,
  alias,
  answers,
  beside,
  connection,
  connections,
  endpoint,
  endpointId,
  host,
  hubNetwork,
  inClinic,
  inLegacy,
  legacyNic,
  legacyZoneGroup,
  link,
  linkedZone,
  nic,
  nicId,
  ownStatus,
  record,
  status,
  workspace,
  zone,
  zoneGroup,
  zoneId,
} from './network-estates.ts';

const mapping = 'properties.ipConfigurations.0.properties.privateLinkConnectionProperties';
const listed = 'properties.privateDnsZoneConfigs.0.properties.recordSets.0.ipAddresses';
const zoneName = 'privatelink.fhir.azurehealthcareapis.com';
const workspaceHost = 'contosoclinic.workspace.azurehealthcareapis.com';
const toChina: readonly Change[] = [
  replaceAll('azurehealthcareapis.com', 'azurehealthcareapis.cn'),
  estateKey('cloud', 'AzureChinaCloud'),
];
/** A second endpoint with a network interface of its own, whose addresses are 10.20.1.x. */
const secondEndpoint = (state: string): readonly Change[] => [
  push(workspace, connections, connection('second', beside('pe-2'), state)),
  duplicate(endpoint, 'pe-contosoclinic', 'pe-2'),
  duplicate(nic, '10.10.1.', '10.20.1.'),
  (estate) => {
    const card = estate.resources.pop();
    if (card) estate.resources.push(JSON.parse(JSON.stringify(card).replaceAll('pe-contosoclinic', 'pe-2')));
  },
  set('privateEndpoints/pe-2', ownStatus, state),
];
const at = (name: string, data: string, type = 'A') => ({ name, type, data });
const failsAt = (rcode: string, name = host, type?: string) => ({ name, rcode, ...(type ? { type } : {}) });

export const resolutionCases: readonly ScanCase[] = [
  inClinic('names in order', [], ['ehr dns pass', 'imaging dns pass', 'contosoclinic dns not-applicable'], { exit: 0 }),
  { ...inClinic('names in Azure Government', [], ['ehr dns pass', 'imaging dns pass']), estate: governmentCloud },
  {
    ...inClinic(
      'a zone that is not linked in Azure Government',
      [],
      [['ehr dns fail high', /link/], 'imaging dns pass'],
    ),
    estate: (now) => changed(governmentCloud(now), [remove(/privatelink\.fhir.*link-vnet-hub/)]),
  },
  inClinic('names in China', toChina, ['ehr dns pass', 'imaging dns pass', 'contosoclinic approval pass']),
  inLegacy('Azure API for FHIR in China', toChina, ['contosolegacy dns pass', 'contosolegacy approval pass']),
  inClinic('workspace and FHIR in one zone', [replaceAll('privatelink.fhir.', 'privatelink.')], ['ehr dns pass']),
  inClinic('a zone that is not linked here', [remove(link)], [['ehr dns fail high', /not linked/], 'imaging dns pass']),
  inClinic(
    'a link that is not finished',
    [set(link, 'properties.virtualNetworkLinkState', 'InProgress')],
    [['ehr dns fail high', /InProgress/]],
  ),
  inClinic(
    'a record that is missing',
    [remove(record)],
    [['ehr dns fail high', /record missing/], 'research dns pass'],
  ),
  inClinic(
    'a record set without a record',
    [set(record, 'properties.aRecords', [])],
    [['ehr dns fail high', /record missing in private zone/]],
  ),
  inClinic(
    'a record that is missing, and a link that falls back',
    [remove(record), set(link, 'properties.resolutionPolicy', 'NxDomainRedirect')],
    [['ehr dns fail high', /record missing.*falls back to the Internet/]],
  ),
  inClinic('a stale record', [set(record, address, '10.10.1.200')], [['ehr dns fail high', /stale/]]),
  inClinic("another child's address", [set(record, address, '10.10.1.5')], ['ehr dns fail high']),
  inClinic(
    'a right and a wrong address',
    [push(record, 'properties.aRecords', { ipv4Address: '10.10.9.9' })],
    [['ehr dns fail high', /split/]],
  ),
  inClinic(
    'a wildcard that is right for one',
    [
      remove(/privatelink\.fhir\.[^/]+\/A\//),
      add(...linkedZone('unused.azurehealthcareapis.com'), {
        id: `${zoneId}/A/*`,
        name: '*',
        type: 'Microsoft.Network/privateDnsZones/A',
        properties: { aRecords: [{ ipv4Address: '10.10.1.4' }] },
      }),
    ],
    ['ehr dns pass', 'research dns fail high'],
  ),
  inClinic(
    'an alias inside the zone',
    [
      remove(record),
      add(
        {
          id: `${zoneId}/CNAME/contosoclinic-ehr`,
          name: 'contosoclinic-ehr',
          type: 'Microsoft.Network/privateDnsZones/CNAME',
          properties: { cnameRecord: { cname: `real.${zoneName}` } },
        },
        {
          id: `${zoneId}/A/real`,
          name: 'real',
          type: 'Microsoft.Network/privateDnsZones/A',
          properties: { aRecords: [{ ipv4Address: '10.10.1.4' }] },
        },
      ),
    ],
    ['ehr dns pass'],
  ),
  inClinic(
    'a zone that shadows the whole public domain',
    [add(...linkedZone('azurehealthcareapis.com'))],
    [['ehr dns fail high', /azurehealthcareapis\.com shadows/], 'imaging dns fail high'],
  ),
  inClinic(
    'a shadow that has the right address for one',
    [add(...linkedZone('fhir.azurehealthcareapis.com', { '*': '10.10.1.4' }))],
    ['ehr dns pass', 'research dns fail high', 'imaging dns pass'],
  ),
  inClinic('a longer zone wins', [add(...linkedZone(alias, { '@': '10.10.1.99' }))], [['ehr dns fail high', /stale/]]),
  inClinic(
    'an empty zone of the same name is the one that is linked',
    [remove(link), add(...linkedZone(zoneName, {}, 'rg-twin'))],
    [['ehr dns fail high', /record missing/]],
  ),
  inClinic(
    'a zone of the same name elsewhere has the records',
    [remove(link), add(...linkedZone(zoneName, { 'contosoclinic-ehr': '10.10.1.4' }, 'rg-twin'))],
    ['ehr dns pass', 'research dns fail high'],
  ),
  inClinic(
    'everything in order, and yet the public answer',
    [answers(at(alias, 'x.trafficmanager.net', 'CNAME'), at('x.trafficmanager.net', '20.9.9.9'))],
    [['ehr dns fail high', /the resolver does not use the private zone/]],
  ),
  inClinic(
    'no privatelink hop',
    [answers(at(host, 'x.trafficmanager.net', 'CNAME'), at('x.trafficmanager.net', '20.9.9.9'))],
    [['ehr dns fail high', /privatelink/]],
  ),
  inClinic('the right address without an alias', [answers(at(host, '10.10.1.4'))], ['ehr dns pass']),
  inClinic(
    'a wrong AAAA beside the right A',
    [answers(at(host, '10.10.1.4'), at(host, 'fd00::1', 'AAAA'))],
    [['ehr dns fail high', /split/]],
  ),
  inClinic(
    'the right A, and no answer for AAAA',
    [answers(at(host, '10.10.1.4'), failsAt('SERVFAIL', host, 'AAAA'))],
    ['ehr dns unknown'],
  ),
  inClinic(
    'a wrong A, and no answer for AAAA',
    [answers(at(host, '10.10.1.9'), failsAt('SERVFAIL', host, 'AAAA'))],
    ['ehr dns fail high'],
  ),
  inClinic('the own name does not exist', [answers(failsAt('NXDOMAIN'))], [['ehr dns fail high', /NXDOMAIN/]]),
  inClinic(
    'a server that cannot say',
    [answers(failsAt('SERVFAIL'))],
    [['ehr dns unknown', /SERVFAIL/], 'research dns pass'],
    {
      exit: 2,
    },
  ),
  inClinic(
    'no private vantage',
    [estateKey('monitor.network', null)],
    [['ehr dns unknown', /forwarder/], 'contosoclinic dns not-applicable', 'contosoclinic flag pass'],
  ),
  inClinic(
    'another name for the vantage record',
    [estateKey('policy.vantage', { record: 'who.example.internal' })],
    ['ehr dns pass'],
  ),
  inClinic(
    'a vantage in a network without links',
    [estateKey('monitor.network', `${hubNetwork}-other`)],
    [['ehr dns fail high', /link/]],
  ),

  inClinic(
    'a network interface that spells names its own way',
    [set(nic, `${mapping}.fqdns`, [`${host.toUpperCase()}.`])],
    ['ehr dns pass'],
  ),
  inClinic(
    'a network interface that Resource Graph has as it was',
    [graphSays(nic, 'properties.ipConfigurations.0.properties.privateIPAddress', '10.10.1.41')],
    ['ehr dns pass'],
  ),
  inClinic(
    'a network interface that moved',
    [
      set(nic, 'properties.ipConfigurations.0.properties.privateIPAddress', '10.10.1.40'),
      graphSays(nic, 'properties.ipConfigurations.0.properties.privateIPAddress', '10.10.1.4'),
    ],
    [['ehr dns fail high', /10\.10\.1\.40/]],
  ),
  inClinic('no map but the zone group', [unset(nic, mapping)], ['ehr dns pass']),
  inClinic('a zone group that is out of date', [set(zoneGroup, listed, ['10.10.1.50'])], ['ehr dns pass']),
  inClinic(
    'no map but customDnsConfigs',
    [
      unset(nic, mapping),
      remove(zoneGroup),
      set(endpoint, 'properties.customDnsConfigs', [{ fqdn: host, ipAddresses: ['10.10.1.4'] }]),
    ],
    ['ehr dns pass'],
  ),
  inClinic(
    'no map at all, and several addresses',
    [
      remove(zoneGroup),
      ...[0, 1, 2].map((n) =>
        unset(nic, `properties.ipConfigurations.${n}.properties.privateLinkConnectionProperties`),
      ),
    ],
    ['ehr dns unknown'],
  ),
  inLegacy(
    'no map at all, and the one address',
    [unset(legacyNic, mapping), remove(legacyZoneGroup)],
    ['contosolegacy dns pass'],
  ),
  inLegacy(
    'no map at all, and another address',
    [
      unset(legacyNic, mapping),
      remove(legacyZoneGroup),
      set(legacyNic, 'properties.ipConfigurations.0.properties.privateIPAddress', '10.10.1.123'),
    ],
    ['contosolegacy dns fail high'],
  ),
  inClinic('a network interface that cannot be read', [estateKey('monitor.unreadable', [nicId])], ['ehr dns unknown']),
  inClinic(
    'the same, and the public answer',
    [estateKey('monitor.unreadable', [nicId]), remove(link)],
    ['ehr dns fail high'],
  ),
  inClinic('a network interface that is gone leaves the zone group', [remove(nic)], ['ehr dns pass']),
  inClinic('zones that cannot be read', [estateKey('monitor.unreadable', [zoneId])], ['ehr dns pass']),
  inClinic('an address that looks public', [replaceAll('"10.10.1.4"', '"20.50.1.4"')], ['ehr dns pass']),
  inClinic(
    'any approved endpoint is a right answer',
    [...secondEndpoint('Approved'), set(record, address, '10.20.1.4')],
    ['contosoclinic approval pass', 'ehr dns pass', 'research dns pass'],
  ),
  inClinic(
    'a pending endpoint is not',
    [...secondEndpoint('Pending'), set(record, address, '10.20.1.4')],
    ['ehr dns fail high'],
  ),
  inClinic(
    'an approved endpoint that cannot be read might be',
    [
      ...secondEndpoint('Approved'),
      estateKey('monitor.unreadable', [beside('pe-2')]),
      set(record, address, '10.20.1.4'),
    ],
    ['contosoclinic approval pass', 'ehr dns unknown'],
  ),
  inClinic(
    'the only endpoint cannot be read, and the public answer',
    [estateKey('monitor.unreadable', [endpointId]), remove(link)],
    ['ehr dns fail high'],
  ),
  inClinic(
    'the address of an endpoint that nobody approved',
    [set(workspace, status, 'Pending'), answers(at(host, '10.10.1.4'))],
    ['ehr dns fail high'],
  ),
  inClinic(
    "the workspace's own name counts where the endpoint lists it",
    [push(nic, `${mapping}.fqdns`, workspaceHost)],
    ['contosoclinic dns fail high'],
  ),
  inClinic(
    'zones spelt with capitals',
    [replaceAll(`/${zoneName}`, '/PrivateLink.Fhir.AzureHealthcareApis.com')],
    ['ehr dns pass'],
  ),
  inClinic('the zone is gone', [remove(new RegExp(`/${zone}`))], [['ehr dns fail high', /link/]]),
];
