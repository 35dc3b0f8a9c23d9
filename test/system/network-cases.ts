/** Estates that a careful examiner would try on the flag and on the approval of private endpoints. */
import type { ScanCase } from './case-runner.ts';
import { add, duplicate, estateKey, graphSays, push, remove, replaceAll, set, unset } from './estate-changes.ts';
import {
  beside,
  clinic,
  connection,
  connections,
  ehr,
  endpoint,
  endpointId,
  faults,
  first,
  flag,
  hub,
  hubNetwork,
  inClinic,
  inLegacy,
  legacy,
  legacyEndpointId,
  legacyId,
  ownSide,
  ownStatus,
  status,
  stranger,
  strangerEndpoint,
  workspace,
  workspaceId,
  zoneGroup,
} from './network-estates.ts';

const workspaceRead = '^GET [^?]*/workspaces/contosoclinic\\?';
const second = (state: unknown, id: string | object | null = beside('pe-2')) =>
  push(workspace, connections, connection('second', id, state));

export const networkCases: readonly ScanCase[] = [
  inClinic(
    'everything in order passes, and a child leaves the endpoint to its workspace',
    [],
    ['contosoclinic flag pass', 'ehr flag pass', 'contosoclinic approval pass', 'ehr approval not-applicable'],
    { exit: 0 },
  ),
  inClinic(
    'an open workspace opens children that still mirror Disabled',
    [set(workspace, flag, 'Enabled')],
    [
      ['contosoclinic flag fail critical', /Enabled/],
      ['ehr flag fail critical', /workspace/],
      'imaging flag fail critical',
      'contosoclinic approval pass',
    ],
  ),
  inClinic('an open child alone', [set(ehr, flag, 'ENABLED')], ['contosoclinic flag pass', 'ehr flag fail critical']),
  inClinic(
    'an open child of a workspace without the flag',
    [set(ehr, flag, 'Enabled'), unset(workspace, flag)],
    ['contosoclinic flag unknown', 'ehr flag fail critical', 'research flag unknown'],
  ),
  ...[null, 'SecuredByPerimeter', ['Disabled'], '__proto__'].map((value) =>
    inClinic(
      `the flag ${JSON.stringify(value)} proves nothing`,
      [set(workspace, flag, value)],
      ['contosoclinic flag unknown', 'ehr flag unknown'],
    ),
  ),
  inClinic(
    'a document without properties',
    [set(workspace, 'properties', null)],
    ['contosoclinic flag unknown', 'contosoclinic approval fail critical'],
  ),
  inClinic(
    'a flag that Resource Graph still has as Disabled',
    [set(workspace, flag, 'Enabled'), graphSays(workspace, flag, 'Disabled')],
    ['contosoclinic flag fail critical', 'ehr flag fail critical'],
  ),
  inClinic(
    'a flag that Resource Graph still has as Enabled',
    [graphSays(workspace, flag, 'Enabled')],
    ['contosoclinic flag pass', 'ehr flag pass'],
  ),
  inClinic(
    'a pass that cannot be confirmed',
    [faults({ target: 'resource-manager', match: workspaceRead, kind: 'status', status: 403 })],
    ['contosoclinic flag unknown', 'ehr flag unknown', 'contosoclinic approval unknown'],
    { exit: 2 },
  ),
  inClinic(
    'a fail that cannot be confirmed',
    [
      set(workspace, flag, 'Enabled'),
      faults({ target: 'resource-manager', match: workspaceRead, kind: 'status', status: 403 }),
    ],
    [['contosoclinic flag fail critical', /not confirmed/], 'ehr flag fail critical'],
  ),
  inClinic('a child whose workspace is gone', [remove(workspace)], ['ehr flag unknown', 'ehr dns unknown']),
  inLegacy(
    'public access off and no endpoint left',
    [set(legacy, connections, [])],
    [
      'contosolegacy flag pass',
      'contosolegacy approval fail critical',
      ['contosolegacy dns fail high', /no usable private endpoint/],
    ],
  ),

  inClinic(
    'a pending connection is no endpoint',
    [set(workspace, status, 'Pending'), set(endpoint, ownStatus, 'Pending')],
    [
      ['contosoclinic approval fail critical', /Pending/],
      ['ehr dns fail high', /no .*endpoint/],
    ],
  ),
  ...[null, []].map((none) =>
    inClinic(
      `connections ${JSON.stringify(none)} are none`,
      [set(workspace, connections, none)],
      ['contosoclinic approval fail critical', 'ehr dns fail high'],
    ),
  ),
  inClinic(
    'connections only at the list endpoint',
    [unset(workspace, connections), add(connection('c', endpointId, 'Approved'))],
    ['contosoclinic approval pass', 'ehr dns pass'],
  ),
  inLegacy(
    'a list endpoint that says Pending',
    [unset(legacy, connections), add(connection('c', legacyEndpointId, 'Pending', legacyId))],
    ['contosolegacy approval fail critical', 'contosolegacy dns fail high'],
  ),
  ...['https://evil.example/x', '{self}', 'http://127.0.0.1:9/x'].map((to) =>
    inClinic(
      `a list that goes on at ${to}`,
      [
        unset(workspace, connections),
        add(connection('c', endpointId, 'Approved')),
        faults({ target: 'resource-manager', match: 'privateEndpointConnections', kind: 'nextLink', link: to }),
      ],
      ['contosoclinic approval unknown'],
    ),
  ),
  inClinic('entries that are no connections', [push(workspace, connections, 'x')], ['contosoclinic approval unknown']),
  inClinic('an own pending one beside a good one', [second('Pending')], ['contosoclinic approval fail medium']),
  inClinic(
    "a stranger's pending one beside a good one",
    [second('Pending', strangerEndpoint)],
    [['contosoclinic approval fail high', /99999999/]],
  ),
  inClinic(
    "a stranger's approved one beside a good one",
    [second('Approved', strangerEndpoint)],
    ['contosoclinic approval fail high', 'ehr dns pass'],
  ),
  inClinic(
    "a stranger's approved one alone",
    [set(workspace, `${first}.privateEndpoint.id`, strangerEndpoint)],
    ['contosoclinic approval fail high'],
  ),
  inClinic(
    "a partner's approved one that cannot be read, beside a good one",
    [
      second('Approved', strangerEndpoint),
      estateKey('policy.expect.privateEndpointSubscriptions', [hub.toUpperCase(), stranger]),
    ],
    ['contosoclinic approval pass'],
  ),
  inClinic(
    "a partner's approved one that cannot be read, alone",
    [
      set(workspace, `${first}.privateEndpoint.id`, strangerEndpoint),
      estateKey('policy.expect.privateEndpointSubscriptions', [stranger]),
    ],
    ['contosoclinic approval unknown'],
  ),
  inClinic(
    'a policy that lets only other subscriptions connect',
    [estateKey('policy.expect.privateEndpointSubscriptions', [clinic])],
    ['contosoclinic approval fail high'],
  ),
  inClinic(
    'a network that an override names makes its subscription known',
    [
      estateKey('policy.expect.networks', []),
      estateKey('policy.overrides', [
        { match: { name: '*' }, expect: { networks: [{ id: hubNetwork, via: 'other' }] } },
      ]),
    ],
    ['contosoclinic approval pass'],
  ),
  ...['Rejected', 'Quarantined'].map((state) =>
    inClinic(
      `one that is ${state} beside a good one`,
      [second(state)],
      [['contosoclinic approval fail medium', new RegExp(state)], 'ehr dns pass'],
    ),
  ),
  inClinic('one without a state beside a good one', [second(null)], ['contosoclinic approval unknown']),
  inClinic(
    'one without a state, and an own pending one',
    [set(workspace, status, null), second('Pending')],
    ['contosoclinic approval fail medium'],
  ),
  inClinic(
    'an approved one whose endpoint is gone, alone',
    [remove(endpoint), remove(zoneGroup)],
    [['contosoclinic approval fail critical', /gone/], 'ehr dns fail high'],
  ),
  inClinic(
    'an approved one whose endpoint is gone, beside a good one',
    [second('Approved')],
    [['contosoclinic approval fail low', /gone/], 'ehr dns pass'],
  ),
  inClinic(
    'an approval that says it has no endpoint',
    [set(workspace, `${first}.privateEndpoint`, null)],
    ['contosoclinic approval fail critical'],
  ),
  inClinic(
    'the same beside a good one',
    [second('Approved', null)],
    ['contosoclinic approval fail low', 'ehr dns pass'],
  ),
  inClinic(
    'an approval that does not say what endpoint it has',
    [unset(workspace, `${first}.privateEndpoint`)],
    ['contosoclinic approval unknown'],
  ),
  inClinic(
    'an endpoint whose own side says otherwise',
    [set(endpoint, ownStatus, 'Disconnected')],
    [['contosoclinic approval fail critical', /Disconnected/], 'ehr dns pass'],
  ),
  inClinic(
    'the same beside a good one',
    [
      second('Approved'),
      duplicate(endpoint, 'pe-contosoclinic', 'pe-2'),
      set('privateEndpoints/pe-2', ownStatus, 'Rejected'),
    ],
    ['contosoclinic approval fail medium', 'ehr dns pass'],
  ),
  inClinic(
    'an endpoint that failed',
    [set(endpoint, 'properties.provisioningState', 'failed')],
    [['contosoclinic approval fail critical', /failed/i]],
  ),
  inClinic(
    'an endpoint whose own connection failed',
    [set(endpoint, `${ownSide}.provisioningState`, 'Failed')],
    [['contosoclinic approval fail critical', /Failed/], 'ehr dns pass'],
  ),
  inClinic(
    'an endpoint that is being updated',
    [set(endpoint, 'properties.provisioningState', 'Updating')],
    ['contosoclinic approval pass'],
  ),
  inClinic(
    "another service's endpoint",
    [set(endpoint, `${ownSide}.privateLinkServiceId`, `${workspaceId}x`)],
    ['contosoclinic approval fail critical'],
  ),
  inClinic(
    'an endpoint that does not list its connections',
    [set(endpoint, 'properties', null)],
    ['contosoclinic approval unknown'],
  ),
  inClinic(
    'an endpoint that cannot be read',
    [estateKey('monitor.unreadable', [endpointId])],
    ['contosoclinic approval unknown'],
  ),
  inClinic(
    "the same, and a stranger's pending one",
    [second('Pending', strangerEndpoint), estateKey('monitor.unreadable', [endpointId])],
    ['contosoclinic approval fail high'],
  ),
  inClinic(
    'an approval that Resource Graph does not know yet',
    [graphSays(workspace, status, 'Pending')],
    ['contosoclinic approval pass'],
  ),
  inClinic(
    'an endpoint that Resource Graph does not know yet',
    [estateKey('graph', { without: [endpointId] })],
    ['contosoclinic approval pass', 'ehr dns pass'],
  ),
  inLegacy(
    'an open child, a missing record and a pending request: each stays with its service',
    [set(ehr, flag, 'Enabled'), remove(/A\/contosoclinic-research$/), set(legacy, status, 'Pending')],
    [
      'contosoclinic flag pass',
      'contosoclinic approval pass',
      'ehr flag fail critical',
      'ehr dns pass',
      'research flag pass',
      ['research dns fail high', /record missing/],
      'contosolegacy flag pass',
      'contosolegacy approval fail critical',
      'contosolegacy dns fail high',
    ],
  ),
  inLegacy(
    'an override for one service lets nobody connect to another',
    [
      estateKey('policy.overrides', [
        { match: { name: 'contosolegacy' }, expect: { privateEndpointSubscriptions: [clinic] } },
        { match: { name: 'contosoclinic/ehr' }, expect: { privateEndpointSubscriptions: [clinic] } },
      ]),
    ],
    ['contosoclinic approval pass', 'contosolegacy approval fail high', 'contosolegacy dns pass'],
  ),
  inClinic(
    "a child's flag that Resource Graph has as Enabled, unconfirmed",
    [
      graphSays(ehr, flag, 'Enabled'),
      faults({ target: 'resource-manager', match: 'fhirservices/ehr\\?', kind: 'status', status: 403 }),
    ],
    [['ehr flag fail critical', /not confirmed/], 'research flag pass'],
  ),
  inClinic(
    'ids in another case',
    [replaceAll('/privateEndpoints/pe-contosoclinic"', '/PRIVATEENDPOINTS/PE-CONTOSOCLINIC"')],
    ['contosoclinic approval pass', 'ehr dns pass'],
  ),
];
