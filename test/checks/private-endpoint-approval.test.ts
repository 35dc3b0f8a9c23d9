import { expect, test } from 'vitest';
import { privateEndpointApproval } from '../../src/checks/private-endpoint-approval.ts';
import type { CheckContext, EndpointConnection, Finding, ServiceKind } from '../../src/model.ts';
import { assess } from '../../src/posture/assess.ts';
import {
  aConnection,
  aContext,
  anEndpoint,
  aService,
  connectionsOf,
  endpointId,
  failure,
  got,
  lost,
  NETWORK,
  OTHER_SUBSCRIPTION,
  SUBSCRIPTION,
  someExpectations,
} from '../builders.ts';

const OWNER = aService('workspace').id;
const good = aConnection(anEndpoint(OWNER));

function judge(connections: readonly EndpointConnection[], context: CheckContext = aContext('workspace')): Finding {
  return judgeAs('workspace', connections, context);
}

function judgeAs(kind: ServiceKind, connections: readonly EndpointConnection[], context = aContext(kind)): Finding {
  const evidence = { privateEndpoints: got(connectionsOf(aService(kind).id, ...connections)) };
  const finding = assess([privateEndpointApproval], evidence, context).findings[0];
  if (!finding) throw new Error('every check gives one finding');
  return finding;
}

/** A second connection, of endpoint `pe-other`, beside the good one. */
function other(overrides: Partial<EndpointConnection>, subscription = SUBSCRIPTION): EndpointConnection {
  const id = endpointId('pe-other', subscription);
  return aConnection(anEndpoint(OWNER, {}, { id }), { id: 'connections/other', ...overrides });
}

function foreign(overrides: Partial<EndpointConnection> = {}): EndpointConnection {
  const id = endpointId('pe-stranger', OTHER_SUBSCRIPTION);
  return aConnection(lost('forbidden'), { endpointId: id, ...overrides });
}

function saying(status: unknown, overrides: Partial<EndpointConnection> = {}): EndpointConnection {
  const id = endpointId('pe-other');
  const connections = [{ serviceId: OWNER, status, manual: false }];
  return aConnection(anEndpoint(OWNER, {}, { id, connections }), overrides);
}

const gone = (): EndpointConnection => other({ endpoint: lost('not-found') });

test('≥ 1 connection is `Approved` and its endpoint still exists: pass', () => {
  const finding = judge([good]);
  expect(finding.status).toBe('pass');
  expect(finding.message).toMatch(/pe-main/);
  const service = aService('apiForFhir').id;
  expect(judgeAs('apiForFhir', [aConnection(anEndpoint(service))]).status).toBe('pass');
});

test('trap: AHDS endpoints live only on the workspace - children are not applicable and name it', () => {
  for (const kind of ['fhirService', 'dicomService', 'medtechService'] as const) {
    const finding = judgeAs(kind, []);
    expect(finding.status).toBe('not-applicable');
    expect(finding.message).toMatch(/workspace wards owns/);
  }
});

test('trap: manual connections sit in `manualPrivateLinkServiceConnections` - a manual approval is as good', () => {
  const connections = [{ serviceId: OWNER.toUpperCase(), status: 'approved', manual: true }];
  expect(judge([aConnection(anEndpoint(OWNER, {}, { connections }))]).status).toBe('pass');
});

test('trap: unknown states are unhealthy, not a crash', () => {
  for (const status of ['Removed', '', 7, {}, ['Approved'], 'x'.repeat(50_000)]) {
    expect(judge([other({ status })])).toMatchObject({ status: 'fail', severity: 'critical' });
    expect(judge([good, other({ status })])).toMatchObject({ status: 'fail', severity: 'medium' });
  }
});

test('trap: counting a Pending one as good is the commonest bug elsewhere', () => {
  const finding = judge([other({ status: 'Pending' })]);
  expect(finding).toMatchObject({ status: 'fail', severity: 'critical' });
  expect(finding.message).toMatch(/pe-other is "Pending"/);
});

test("ruling: no usable approval `critical` (if one may exist but cannot be read, the leftovers' grade)", () => {
  expect(judge([])).toMatchObject({ status: 'fail', severity: 'critical' });
  expect(judge([other({ status: 'Rejected' })])).toMatchObject({ status: 'fail', severity: 'critical' });
  expect(judge([gone()])).toMatchObject({ status: 'fail', severity: 'critical' });
  expect(judge([saying('Disconnected')])).toMatchObject({ status: 'fail', severity: 'critical' });
  const unread = aConnection(lost('forbidden'));
  expect(judge([unread, other({ status: 'Rejected' })])).toMatchObject({ status: 'fail', severity: 'medium' });
  expect(judge([unread, gone()])).toMatchObject({ status: 'fail', severity: 'low' });
  expect(judge([unread, foreign()])).toMatchObject({ status: 'fail', severity: 'high' });
});

test("ruling: Pending or Approved from a subscription outside `privateEndpointSubscriptions` (empty = the subscriptions in which watched services or the policy's networks stand) `high`", () => {
  for (const status of ['Pending', 'Approved', 'approved']) {
    const finding = judge([good, foreign({ status })]);
    expect(finding).toMatchObject({ status: 'fail', severity: 'high' });
    expect(finding.message).toContain(OTHER_SUBSCRIPTION);
  }
  const estate = aContext('workspace', { estateSubscriptions: [SUBSCRIPTION, OTHER_SUBSCRIPTION] });
  expect(judge([good, foreign()], estate).status).toBe('pass');
  const named = (...ids: string[]) =>
    aContext('workspace', { expect: someExpectations({ privateEndpointSubscriptions: ids }) });
  expect(judge([good, foreign()], named(SUBSCRIPTION, OTHER_SUBSCRIPTION.toUpperCase())).status).toBe('pass');
  expect(judge([good, foreign()], named(SUBSCRIPTION, `/subscriptions/${OTHER_SUBSCRIPTION}`)).status).toBe('pass');
  expect(judge([good], named(OTHER_SUBSCRIPTION))).toMatchObject({ status: 'fail', severity: 'high' });
});

test('ruling: own Pending, Rejected, Disconnected, unknown state, or an approval spoilt beside a good one `medium`', () => {
  for (const status of ['Pending', 'Rejected', 'Disconnected', 'Odd']) {
    expect(judge([good, other({ status })])).toMatchObject({ status: 'fail', severity: 'medium' });
  }
  expect(judge([good, saying('Rejected')])).toMatchObject({ status: 'fail', severity: 'medium' });
});

test('a rejected request of a foreign subscription is a leftover, not an open request', () => {
  expect(judge([good, foreign({ status: 'Rejected' })])).toMatchObject({ status: 'fail', severity: 'medium' });
});

test('ruling: an approval whose endpoint is gone, beside a good one, `low`', () => {
  const finding = judge([good, gone()]);
  expect(finding).toMatchObject({ status: 'fail', severity: 'low' });
  expect(finding.message).toMatch(/pe-other.*gone/);
});

test("ruling: Both sides must agree: the endpoint's own document saying anything but Approved, or either side's `provisioningState` Failed or Deleting (absent does not), spoils an approval", () => {
  for (const word of ['Pending', 'Rejected', 'Disconnected', 'Odd', 5]) {
    expect(judge([saying(word)])).toMatchObject({ status: 'fail', severity: 'critical' });
  }
  for (const state of ['Failed', 'deleting']) {
    expect(judge([aConnection(anEndpoint(OWNER), { provisioningState: state })]).severity).toBe('critical');
    expect(judge([aConnection(anEndpoint(OWNER, {}, { provisioningState: state }))]).status).toBe('fail');
    const ownSide = [{ serviceId: OWNER, status: 'Approved', provisioningState: state, manual: true }];
    const inDoubt = judge([aConnection(anEndpoint(OWNER, {}, { connections: ownSide }))]);
    expect(inDoubt).toMatchObject({ status: 'fail', severity: 'critical' });
    expect(inDoubt.message).toMatch(new RegExp(state, 'i'));
  }
  const bare = { id: 'connections/bare', status: 'Approved', endpointId: endpointId() };
  const { provisioningState: _, ...endpoint } = anEndpoint(OWNER);
  expect(judge([{ ...bare, endpoint: got(endpoint) }]).status).toBe('pass');
});

test('an endpoint that connects to something else by now spoils the approval', () => {
  const elsewhere = [{ serviceId: `${OWNER}2`, status: 'Approved', manual: false }];
  const finding = judge([aConnection(anEndpoint(OWNER, {}, { connections: elsewhere }))]);
  expect(finding).toMatchObject({ status: 'fail', severity: 'critical' });
  expect(finding.message).toMatch(/names no connection to this resource/);
});

test('ruling: A foreign approval alone is `high`', () => {
  expect(judge([foreign()])).toMatchObject({ status: 'fail', severity: 'high' });
  const readable = aConnection(anEndpoint(OWNER, {}, { id: endpointId('pe-stranger', OTHER_SUBSCRIPTION) }));
  expect(judge([readable])).toMatchObject({ status: 'fail', severity: 'high' });
});

test('a foreign approval whose endpoint is gone is no approval at all', () => {
  expect(judge([foreign({ endpoint: lost('not-found') })])).toMatchObject({ status: 'fail', severity: 'critical' });
});

test('ruling: An approved endpoint in a subscription that may connect but cannot be read counts as existing beside a good one; alone it is `unknown`, and so is a connection without a state', () => {
  const unread = other({ endpoint: lost('forbidden') });
  const beside = judge([good, unread]);
  expect(beside.status).toBe('pass');
  expect(beside.message).toMatch(/could not be read/);
  for (const reason of ['forbidden', 'throttled', 'unreachable', 'malformed'] as const) {
    expect(judge([other({ endpoint: lost(reason) })]).status).toBe('unknown');
  }
  for (const status of [undefined, null]) {
    const stateless = { ...other({}), status };
    expect(judge([stateless]).status).toBe('unknown');
    expect(judge([good, stateless]).status).toBe('unknown');
    expect(judge([good, stateless, other({ status: 'Rejected' })])).toMatchObject({
      status: 'fail',
      severity: 'medium',
    });
  }
});

test('what cannot be read does not hide what is wrong with the connection itself', () => {
  const failed = other({ endpoint: lost('forbidden'), provisioningState: 'Failed' });
  expect(judge([failed])).toMatchObject({ status: 'fail', severity: 'critical' });
});

test('an approval that names no endpoint, or an endpoint that does not say what it connects to, is unknown', () => {
  expect(judge([{ id: 'connections/nameless', status: 'Approved' }]).status).toBe('unknown');
  expect(judge([good, { id: 'connections/nameless', status: 'Approved' }]).status).toBe('unknown');
  const vague = [{ status: 'Approved', manual: false }];
  expect(judge([aConnection(anEndpoint(OWNER, {}, { connections: vague }))]).status).toBe('unknown');
  expect(judge([saying(undefined)]).status).toBe('unknown');
  expect(judge([aConnection(anEndpoint(OWNER, {}, { provisioningState: 'Melting' }))]).status).toBe('unknown');
  expect(judge([aConnection(lost('malformed'), { endpointId: 'nonsense' })]).status).toBe('unknown');
});

test("ruling: Several defects in one finding: all named, the worst one's severity", () => {
  const finding = judge([good, other({ status: 'Rejected' }), foreign({ status: 'Pending' }), gone()]);
  expect(finding).toMatchObject({ status: 'fail', severity: 'high' });
  expect(finding.message).toMatch(/Rejected.*Pending.*gone/);
});

test('connections that could not be listed are unknown', () => {
  const evidence = { privateEndpoints: lost('forbidden') };
  expect(assess([privateEndpointApproval], evidence, aContext('apiForFhir')).findings[0]?.status).toBe('unknown');
});

test('ruling: a critical pass it could not confirm is `unknown`', () => {
  const privateEndpoints = { ...got(connectionsOf(OWNER, good)), direct: false, unconfirmed: failure('unreachable') };
  expect(assess([privateEndpointApproval], { privateEndpoints }, aContext('workspace')).findings[0]?.status).toBe(
    'unknown',
  );
});

test('observed is the same whatever the order, the case of ids and what else could be read', () => {
  const a = judge([good, gone()]).observed;
  const shouting = { ...good, endpointId: good.endpointId?.toUpperCase() ?? '' };
  expect(judge([gone(), shouting]).observed).toEqual(a);
  expect(judge([good, other({ endpoint: lost('throttled') })]).observed).toEqual(judge([good, other({})]).observed);
});

test('US Government ids are judged alike, and where the endpoint stands does not matter', () => {
  const endpoint = anEndpoint(OWNER, {}, { location: 'usgovvirginia', networkId: NETWORK });
  expect(judge([aConnection(endpoint)]).status).toBe('pass');
});
