import { describe, expect, it } from 'vitest';
import {
  api,
  clinic,
  connection,
  endpoint,
  endpointRow,
  fhir,
  fhirRow,
  GET,
  gather,
  gatherAll,
  hub,
  nic,
  row,
  signal,
  sub,
  subscriptionRow,
  workspace,
  workspaceRow,
  zone,
} from './collect-fixture.ts';

const withConnections = (privateEndpointConnections: unknown) =>
  row(workspace, { publicNetworkAccess: 'Disabled', privateEndpointConnections });

describe('a document', () => {
  it('is what Resource Graph lists, until it is to be confirmed', async () => {
    const { of, asked } = await gather(clinic(), 'resource');
    expect(of(fhir)).toMatchObject({ ok: true, direct: false, value: { id: fhir } });
    expect(of(fhir)).not.toHaveProperty('unconfirmed');
    expect(asked).toEqual([]);
  });

  it('is what Resource Manager says where it is confirmed', async () => {
    const routes = { [GET(fhir)]: row(fhir, { publicNetworkAccess: 'Enabled' }) };
    const { of, asked } = await gather(clinic({ routes }), 'resource', { confirm: new Set([fhir]) });
    expect(of(fhir)).toMatchObject({
      ok: true,
      direct: true,
      value: { properties: { publicNetworkAccess: 'Enabled' } },
    });
    expect(of(workspace)).toMatchObject({ ok: true, direct: true });
    expect(asked.toSorted()).toEqual([GET(workspace), GET(fhir)]);
  });

  it('is gone where Resource Manager says so', async () => {
    const { of } = await gather(clinic({ routes: { [GET(fhir)]: 404 } }), 'resource', { confirm: 'all' });
    expect(of(fhir)).toMatchObject({ ok: false, reason: 'not-found' });
  });

  it.each([
    ['forbidden', 403],
    ['unreachable', 503],
    ['malformed', { id: '/another/one', properties: {} }],
    ['malformed', { id: fhir, properties: 'nonsense' }],
  ])('stays what Resource Graph lists, unconfirmed, where the direct read is %s', async (reason, reply) => {
    const { of } = await gather(clinic({ routes: { [GET(fhir)]: reply } }), 'resource', { confirm: 'all' });
    expect(of(fhir)).toMatchObject({ ok: true, direct: false, unconfirmed: { reason }, value: { id: fhir } });
  });

  it('is read directly where Resource Graph has none that is understood', async () => {
    const graph = { healthcare: [workspaceRow, row(fhir, 'nonsense')] };
    expect((await gather(clinic({ graph }), 'resource')).of(fhir)).toMatchObject({ ok: true, direct: true });
    const refused = await gather(clinic({ graph, routes: { [GET(fhir)]: 403 } }), 'resource');
    expect(refused.of(fhir)).toMatchObject({ ok: false, reason: 'forbidden' });
  });

  it('of a workspace is read once for all its children, and no other kind has one', async () => {
    const second = `${workspace}/dicomservices/d`;
    const graph = { healthcare: [workspaceRow, fhirRow, row(second, {}), row(api, {})] };
    const { of, asked } = await gather(clinic({ graph }), 'workspace', { confirm: 'all' });
    expect(of(fhir)).toMatchObject({ ok: true, direct: true, value: { id: workspace } });
    expect(of(second)).toBe(of(fhir));
    expect([of(workspace), of(api)]).toEqual([undefined, undefined]);
    expect(asked).toEqual([GET(workspace)]);
  });

  it('of a workspace that is not there is a failure', async () => {
    const { of } = await gather(
      clinic({ graph: { healthcare: [fhirRow] }, routes: { [GET(workspace)]: 404 } }),
      'workspace',
    );
    expect(of(fhir)).toMatchObject({ ok: false, reason: 'not-found' });
  });
});

describe('private endpoint connections', () => {
  it("are the owner's, with the endpoint's own side, its addresses and its zone groups", async () => {
    const zoneConfig = {
      properties: {
        privateDnsZoneId: zone,
        recordSets: [{ recordType: 'A', fqdn: 'ws-ehr.privatelink.fhir.x', ipAddresses: ['10.0.0.4'] }],
      },
    };
    const groups = [row(`${endpoint}/privateDnsZoneGroups/default`, { privateDnsZoneConfigs: [zoneConfig] })];
    const routes = { [`${GET(endpoint)}/privatednszonegroups`]: { value: groups } };
    const { of, asked } = await gather(clinic({ routes }), 'privateEndpoints');
    expect(of(fhir)).toBe(of(workspace));
    expect(of(fhir)).toMatchObject({
      ok: true,
      direct: false,
      value: {
        ownerId: workspace,
        connections: [
          {
            status: 'Approved',
            endpointId: endpoint,
            endpoint: {
              ok: true,
              direct: false,
              value: {
                networkId: expect.stringMatching(/virtualNetworks\/vnet$/),
                connections: [{ serviceId: workspace, status: 'Approved', manual: false }],
                customDnsConfigs: [{ fqdn: 'ws-ehr.fhir.azurehealthcareapis.com', addresses: ['10.0.0.4'] }],
                addresses: { ok: true, value: [{ address: '10.0.0.4', memberName: 'fhirservices' }] },
                zoneGroups: {
                  ok: true,
                  value: [{ zones: [{ zoneId: zone, recordSets: [{ addresses: ['10.0.0.4'] }] }] }],
                },
              },
            },
          },
        ],
      },
    });
    expect(asked).toEqual([`${GET(endpoint)}/privatednszonegroups`]);
  });

  it('are confirmed on both sides', async () => {
    const { of, asked } = await gather(clinic(), 'privateEndpoints', { confirm: new Set([fhir]) });
    expect(of(workspace)).toMatchObject({ ok: true, direct: true });
    const both = [GET(endpoint), `${GET(endpoint)}/privatednszonegroups`, GET(nic), GET(workspace)];
    expect(asked.toSorted()).toEqual(both.toSorted());
  });

  it('are unconfirmed where either side could not be confirmed', async () => {
    for (const id of [workspace, endpoint]) {
      const { of } = await gather(clinic({ routes: { [GET(id)]: 403 } }), 'privateEndpoints', { confirm: 'all' });
      expect(of(workspace)).toMatchObject({ ok: true, direct: false, unconfirmed: { reason: 'forbidden' } });
    }
  });

  it.each([null, [], {}])('are none where the document says %j', async (none) => {
    const { of, asked } = await gather(clinic({ graph: { healthcare: [withConnections(none)] } }), 'privateEndpoints');
    expect(of(workspace)).toMatchObject({ ok: true, value: { connections: [] } });
    expect(asked).toEqual([]);
  });

  it('are asked for at their own list where the document leaves them out', async () => {
    const graph = { healthcare: [row(workspace, {})] };
    const list = `${GET(workspace)}/privateendpointconnections`;
    const found = await gather(
      clinic({ graph, routes: { [list]: { value: [connection('Pending')] } } }),
      'privateEndpoints',
    );
    expect(found.of(workspace)).toMatchObject({ ok: true, value: { connections: [{ status: 'Pending' }] } });
    const lost = await gather(clinic({ graph, routes: { [list]: 403 } }), 'privateEndpoints');
    expect(lost.of(workspace)).toMatchObject({ ok: false, reason: 'forbidden' });
  });

  it('are malformed where the field is no list', async () => {
    const { of } = await gather(clinic({ graph: { healthcare: [withConnections('none')] } }), 'privateEndpoints');
    expect(of(workspace)).toMatchObject({ ok: false, reason: 'malformed' });
  });

  it('keep rows that say nothing, as connections without a state', async () => {
    const graph = { healthcare: [withConnections([null, 'x', { properties: { privateEndpoint: { id: 5 } } }])] };
    const { of } = await gather(clinic({ graph }), 'privateEndpoints');
    expect(of(workspace)).toMatchObject({ ok: true, value: { connections: [{}, {}, {}] } });
  });
});

describe('a private endpoint', () => {
  const endpointIn = async (fake: ReturnType<typeof clinic>, more: object = {}) => {
    const { of } = await gather(fake, 'privateEndpoints', more);
    const gathered = of(workspace);
    return gathered?.ok ? gathered.value.connections[0]?.endpoint : gathered;
  };

  it('that Resource Graph lacks is read directly', async () => {
    expect(await endpointIn(clinic({ graph: { endpoints: [] } }))).toMatchObject({ ok: true, direct: true });
    expect(await endpointIn(clinic({ graph: { endpoints: 500 } }))).toMatchObject({ ok: true, direct: true });
  });

  it('is gone only where its subscription is visible', async () => {
    const routes = { [GET(endpoint)]: 404 };
    const gone = await endpointIn(clinic({ routes, graph: { endpoints: [] } }));
    expect(gone).toMatchObject({ ok: false, reason: 'not-found' });
    const graph = { endpoints: [], subscriptions: [subscriptionRow(sub)] };
    const hidden = await endpointIn(clinic({ routes, graph }));
    expect(hidden).toMatchObject({ ok: false, reason: 'forbidden', detail: expect.stringMatching(/not visible/) });
    const blind = await endpointIn(clinic({ routes, graph: { endpoints: [], subscriptions: 403 } }));
    expect(blind).toMatchObject({ ok: false, reason: 'forbidden' });
  });

  it('that is gone though Resource Graph shows it is gone', async () => {
    const found = await endpointIn(clinic({ routes: { [GET(endpoint)]: 404 } }), { confirm: 'all' });
    expect(found).toMatchObject({ ok: false, reason: 'not-found' });
  });

  it.each(['/subscriptions/x', '/subscriptions/a/../b', `${endpoint}?x=1`, 'https://evil.example/'])(
    'is not asked for at %s',
    async (id) => {
      const graph = { healthcare: [withConnections([connection('Approved', id)])], endpoints: [] };
      expect(await endpointIn(clinic({ graph }))).toMatchObject({ ok: false });
    },
  );

  it('reads manual connections too', async () => {
    const manual = row(endpoint, {
      privateLinkServiceConnections: null,
      manualPrivateLinkServiceConnections: [
        { properties: { privateLinkServiceId: workspace, privateLinkServiceConnectionState: { status: 'Pending' } } },
      ],
    });
    expect(await endpointIn(clinic({ graph: { endpoints: [manual] } }))).toMatchObject({
      ok: true,
      value: { connections: [{ serviceId: workspace, status: 'Pending', manual: true }] },
    });
  });

  it('has a connection of which nothing is known where a list is missing', async () => {
    const silent = row(endpoint, { manualPrivateLinkServiceConnections: [] });
    expect(await endpointIn(clinic({ graph: { endpoints: [silent] } }))).toMatchObject({
      ok: true,
      value: { connections: [{ manual: false }] },
    });
  });

  it.each([null, {}])('that a connection says it has not, by %j, is gone', async (privateEndpoint) => {
    const own = { ...connection('Approved'), properties: { privateEndpoint } };
    const found = await endpointIn(clinic({ graph: { healthcare: [withConnections([own])] } }));
    expect(found).toMatchObject({ ok: false, reason: 'not-found' });
  });

  it('that a connection does not speak of is not known', async () => {
    const graph = {
      healthcare: [withConnections([{ properties: {} }, { properties: { privateEndpoint: { id: 5 } } }])],
    };
    expect(await endpointIn(clinic({ graph }))).toBe(undefined);
  });

  it.each([
    { privateLinkServiceConnections: 'x' },
    { customDnsConfigs: 'x' },
    { customDnsConfigs: [{ ipAddresses: [4] }] },
  ])('is malformed where its own side is not understood: %j', async (properties) => {
    const found = await endpointIn(clinic({ graph: { endpoints: [row(endpoint, properties)] } }));
    expect(found).toMatchObject({ ok: false, reason: 'malformed' });
  });

  it('has the addresses of all its interfaces or none', async () => {
    const direct = await endpointIn(clinic({ graph: { interfaces: [] } }));
    expect(direct).toMatchObject({ ok: true, value: { addresses: { ok: true, direct: true, value: [{}] } } });
    const gone = await endpointIn(clinic({ graph: { interfaces: [] }, routes: { [GET(nic)]: 404 } }));
    expect(gone).toMatchObject({ ok: true, value: { addresses: { ok: true, value: [] } } });
    const lost = await endpointIn(clinic({ graph: { interfaces: [] }, routes: { [GET(nic)]: 403 } }));
    expect(lost).toMatchObject({ ok: true, value: { addresses: { ok: false, reason: 'forbidden' } } });
    const noAddress = [{ properties: { privateIPAddress: 'somewhere' } }];
    for (const ipConfigurations of ['x', [{}], noAddress]) {
      const odd = await endpointIn(clinic({ graph: { interfaces: [row(nic, { ipConfigurations })] } }));
      expect(odd).toMatchObject({ ok: true, value: { addresses: { ok: false, reason: 'malformed' } } });
    }
  });

  it("is read out of its subscription's list where many are to be confirmed, and by itself where the list lacks it", async () => {
    const list = `/subscriptions/${hub}/providers/microsoft.network/privateendpoints`;
    const { properties } = endpointRow as { readonly properties: object };
    const others = Array.from({ length: 19 }, (_, place) => row(`${endpoint}${place}`, properties));
    const graph = { endpoints: [endpointRow, ...others] };
    const moved = row(endpoint, { ...properties, provisioningState: 'Updating' });
    const listed = { [GET(list)]: { value: [moved] }, [GET(endpoint)]: 500 };
    const found = await endpointIn(clinic({ graph, routes: listed }), { confirm: 'all' });
    expect(found).toMatchObject({ ok: true, direct: true, value: { provisioningState: 'Updating' } });
    for (const reply of [{ value: [] }, 403]) {
      const hidden = clinic({ graph, routes: { [GET(list)]: reply, [GET(endpoint)]: moved } });
      const own = await endpointIn(hidden, { confirm: 'all' });
      expect(own).toMatchObject({ ok: true, direct: true, value: { provisioningState: 'Updating' } });
    }
  });

  it.each([
    { customDnsConfigs: [] },
    { customDnsConfigs: [{ fqdn: 'ws-ehr.fhir.azurehealthcareapis.com', ipAddresses: ['10.0.0.9'] }] },
  ])(
    'has the address of the interface itself where what was read directly does not name the listed one: %j',
    async ({ customDnsConfigs }) => {
      const { properties } = endpointRow as { readonly properties: object };
      const routes = {
        [GET(endpoint)]: row(endpoint, { ...properties, customDnsConfigs }),
        [GET(nic)]: row(nic, { ipConfigurations: [{ properties: { privateIPAddress: '10.0.0.9' } }] }),
      };
      const moved = await endpointIn(clinic({ routes }), { confirm: 'all' });
      expect(moved).toMatchObject({ ok: true, value: { addresses: { value: [{ address: '10.0.0.9' }] } } });
    },
  );

  it.each([{ value: [{}] }, { value: [{ id: 'x', properties: { privateDnsZoneConfigs: [{}] } }] }, 403])(
    'has no zone groups that were not understood: %j',
    async (reply) => {
      const routes = { [`${GET(endpoint)}/privatednszonegroups`]: reply };
      expect(await endpointIn(clinic({ routes }))).toMatchObject({ ok: true, value: { zoneGroups: { ok: false } } });
    },
  );

  it('is read once, however many connections name it', async () => {
    const graph = { healthcare: [withConnections([connection('Approved'), connection('Pending')])] };
    const { asked } = await gather(clinic({ graph }), 'privateEndpoints', { confirm: 'all' });
    expect(asked.filter((one) => one === GET(endpoint))).toHaveLength(1);
  });
});

describe('required zones', () => {
  const list = `${GET(workspace)}/privatelinkresources`;

  it('are those of all private link resources of the owner', async () => {
    const value = [
      { properties: { requiredZoneNames: ['privatelink.FHIR.x', 'privatelink.dicom.x'] } },
      { properties: { requiredZoneNames: null } },
      { properties: { requiredZoneNames: ['privatelink.fhir.x'] } },
    ];
    const { of, asked } = await gather(clinic({ routes: { [list]: { value } } }), 'requiredZones');
    expect(of(fhir)).toMatchObject({ ok: true, direct: true, value: ['privatelink.dicom.x', 'privatelink.fhir.x'] });
    expect(asked).toEqual([list]);
  });

  it('are malformed where a name is none', async () => {
    const value = [{ properties: { requiredZoneNames: [5] } }];
    expect((await gather(clinic({ routes: { [list]: { value } } }), 'requiredZones')).of(fhir)).toMatchObject({
      ok: false,
      reason: 'malformed',
    });
  });
});

describe('private zones', () => {
  const zones = [
    row(zone, {}),
    row(zone.replace('privatelink.fhir.', ''), {}),
    row(zone.replace('.azurehealth', '.notazurehealth'), {}),
  ];
  const link = row(`${zone}/virtualNetworkLinks/l`, {
    virtualNetwork: { id: '/vnet' },
    virtualNetworkLinkState: 'Completed',
    registrationEnabled: false,
    resolutionPolicy: 'NxDomainRedirect',
  });
  const records = [
    row(`${zone}/A/ws-ehr`, { aRecords: [{ ipv4Address: '10.0.0.4' }], isAutoRegistered: false }),
    row(`${zone}/AAAA/*`, { aaaaRecords: [{ ipv6Address: 'fd00::4' }] }),
    row(`${zone}/CNAME/alias`, { cnameRecord: { cname: 'ws-ehr.x' } }),
  ];

  it('are those under the health suffix, with their links and records', async () => {
    const { of } = await gather(clinic({ graph: { zones, links: [link], records } }), 'privateZones');
    const gathered = of(fhir);
    expect(gathered?.ok && gathered.value.map(({ name }) => name)).toEqual([
      'privatelink.fhir.azurehealthcareapis.com',
      'azurehealthcareapis.com',
    ]);
    expect(gathered?.ok && gathered.value[0]).toMatchObject({
      links: {
        ok: true,
        value: [
          { networkId: '/vnet', state: 'Completed', registrationEnabled: false, resolutionPolicy: 'NxDomainRedirect' },
        ],
      },
      records: {
        ok: true,
        value: [
          { type: 'A', name: 'ws-ehr', values: ['10.0.0.4'], autoRegistered: false },
          { type: 'AAAA', name: '*', values: ['fd00::4'] },
          { type: 'CNAME', name: 'alias', values: ['ws-ehr.x'] },
        ],
      },
    });
    expect(gathered?.ok && gathered.value[1]?.records).toMatchObject({ ok: true, value: [] });
  });

  it('lose no other source with one that failed', async () => {
    const { of } = await gather(
      clinic({ graph: { zones, links: 403, records: [row(`${zone}/A/x`, { aRecords: 'x' })] } }),
      'privateZones',
    );
    const gathered = of(fhir);
    expect(gathered?.ok && gathered.value[0]).toMatchObject({
      links: { ok: false, reason: 'forbidden' },
      records: { ok: false, reason: 'malformed' },
    });
    expect((await gather(clinic({ graph: { zones: 403 } }), 'privateZones')).of(fhir)).toMatchObject({
      reason: 'forbidden',
    });
  });
});

describe('a batch', () => {
  it('collects only what is asked for and what it depends on', async () => {
    const { evidence, asked, queries } = await gatherAll(clinic(), ['resource']);
    expect(Object.keys(evidence.get(fhir) ?? {})).toEqual(['resource']);
    expect([asked, queries]).toEqual([[], []]);
  });

  it('turns a collector that throws into a failure of its kind', async () => {
    const { evidence } = await gatherAll(clinic(), ['resource', 'auditRows'], { confirm: 'all' });
    expect(evidence.get(fhir)).toMatchObject({ resource: { ok: true }, auditRows: { ok: false, reason: 'malformed' } });
  });

  it('ends at once when the time is over, every kind a failure', async () => {
    const { evidence } = await gatherAll(clinic(), ['resource', 'requiredZones', 'diagnosticSettings'], {
      confirm: 'all',
      signal: AbortSignal.abort(),
    });
    expect(evidence.get(fhir)).toMatchObject({
      resource: { ok: true, unconfirmed: { reason: 'unreachable' } },
      requiredZones: { ok: false, reason: 'unreachable' },
      diagnosticSettings: { ok: false, reason: 'unreachable' },
    });
    expect(signal.aborted).toBe(false);
  });
});
