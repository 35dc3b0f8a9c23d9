import { expect, test } from 'vitest';
import { privatePathOpen } from '../../src/checks/private-path-open.ts';
import type { Evidence, Finding, Gathered, PathOutcome, PrivatePath, ServiceKind } from '../../src/model.ts';
import { assess } from '../../src/posture/assess.ts';
import {
  aCloud,
  aConnection,
  aContext,
  aDocument,
  anAnswer,
  anEndpoint,
  aService,
  connectionsOf,
  got,
  lost,
  NETWORK,
  NOW,
} from '../builders.ts';

const HOSTS: Partial<Record<ServiceKind, string>> = {
  fhirService: 'wards-ehr.fhir.azurehealthcareapis.com',
  dicomService: 'wards-pacs.dicom.azurehealthcareapis.com',
  apiForFhir: 'praxis.azurehealthcareapis.com',
  fhirServer: 'fhir.clinic.example',
};
const PRIVATE = '10.0.0.4';
const PUBLIC = '203.0.113.7';

const statement: PathOutcome = {
  is: 'answered',
  status: 200,
  edgeDenied: false,
  html: false,
  capabilityStatement: true,
  fhirVersion: '4.0.1',
  certificateEnds: '2027-06-01T00:00:00.000Z',
};
const answered = (more: Partial<Extract<PathOutcome, { is: 'answered' }>>): PathOutcome => ({ ...statement, ...more });
const edge = answered({ status: 403, edgeDenied: true, capabilityStatement: false });

function aPath(outcome: PathOutcome, kind: ServiceKind, address = PRIVATE, chain: readonly string[] = []): PrivatePath {
  const host = HOSTS[kind] ?? '';
  return {
    url: `https://${host}${kind === 'dicomService' ? '/health/check' : '/metadata'}`,
    networkId: NETWORK,
    dns: anAnswer(host, { addresses: [address], chain }),
    address,
    outcome,
  };
}

function judgePath(path: Gathered<PrivatePath>, kind: ServiceKind, more: Evidence = {}): Finding {
  const { id, workspaceId } = aService(kind);
  const owner = workspaceId ?? id;
  const endpoint = anEndpoint(owner, { [PRIVATE]: [HOSTS[kind] ?? ''] });
  const evidence: Evidence = {
    privatePath: path,
    resource: got(aDocument(kind, { publicNetworkAccess: 'Disabled' }, { kind: 'fhir-R4' })),
    privateEndpoints: got(connectionsOf(owner, aConnection(endpoint))),
    ...more,
  };
  const finding = assess([privatePathOpen], evidence, aContext(kind)).findings[0];
  if (!finding) throw new Error('every check gives one finding');
  return finding;
}

const judge = (outcome: PathOutcome, kind: ServiceKind = 'fhirService', more: Evidence = {}): Finding =>
  judgePath(got(aPath(outcome, kind)), kind, more);
const judgePublic = (outcome: PathOutcome, more: Evidence = {}): Finding =>
  judgePath(got(aPath(outcome, 'fhirService', PUBLIC, ['fhir-x.trafficmanager.net'])), 'fhirService', more);
const ofKind = (kind: unknown): Evidence => ({ resource: got(aDocument('fhirService', {}, { kind })) });
const noEndpoint: Evidence = { privateEndpoints: got(connectionsOf(aService('fhirService').workspaceId ?? '')) };

test('from the private vantage `/metadata` answers 200 with a capability statement of the expected FHIR version: pass', () => {
  const finding = judge(statement);
  expect(finding).toMatchObject({ status: 'pass', severity: 'high' });
  expect(finding.message).toMatch(/at 10\.0\.0\.4 answers 200 .* FHIR 4\.0\.1 .*vnet-hub/);
  expect(finding.observed).toEqual({
    'GET /metadata': '200',
    'CapabilityStatement.fhirVersion': '4.0.1',
    'vantage.network': NETWORK.toLowerCase(),
  });
});

test('trap: public access off and no endpoint left = nobody can reach it: say so', () => {
  for (const outcome of [edge, { is: 'timed-out' }, { is: 'no-address' }] as const) {
    const finding = judgePublic(outcome, noEndpoint);
    expect(finding).toMatchObject({ status: 'fail', severity: 'high' });
    expect(finding.message).toMatch(/Disabled and no usable private endpoint is left: nobody can reach/);
  }
});

test('that nobody can reach it is said only where both are known', () => {
  const endpointsLost = judgePublic(edge, { privateEndpoints: lost('forbidden') });
  expect(endpointsLost.status).toBe('fail');
  expect(endpointsLost.message).not.toMatch(/nobody/);
  const flagLost = judgePublic(edge, { ...noEndpoint, resource: lost('forbidden') });
  expect(flagLost.message).not.toMatch(/nobody/);
  const flagAbsent = judgePublic(edge, { ...noEndpoint, ...ofKind('fhir-R4') });
  expect(flagAbsent.message).not.toMatch(/nobody/);
});

test('trap: private answer + time-out = network path/NSG', () => {
  const finding = judge({ is: 'timed-out' });
  expect(finding).toMatchObject({ status: 'fail', severity: 'high' });
  expect(finding.message).toMatch(/10\.0\.0\.4: timed out.*network path .*network security group/);
  expect(finding.message).not.toMatch(/DNS/);
});

test("ruling: `private-path-open`: 200 with a capability statement of the kind's version (Stu3: any 3.0.x)", () => {
  const table: readonly (readonly [kind: string, version: string, status: string])[] = [
    ['fhir-R4', '4.0.1', 'pass'],
    ['FHIR-r4', '4.0.1', 'pass'],
    ['fhir-R4', '3.0.1', 'fail'],
    ['fhir-R4', '5.0.0', 'fail'],
    ['fhir-R4', '4.3.0', 'fail'],
    ['fhir-Stu3', '3.0.1', 'pass'],
    ['fhir-Stu3', '3.0.2', 'pass'],
    ['fhir-Stu3', '3.0', 'fail'],
    ['fhir-Stu3', '4.0.1', 'fail'],
  ];
  for (const [kind, fhirVersion, status] of table) {
    const finding = judge(answered({ fhirVersion }), 'fhirService', ofKind(kind));
    expect([kind, fhirVersion, finding.status]).toEqual([kind, fhirVersion, status]);
    if (status === 'fail') expect(finding.message).toContain(`FHIR ${fhirVersion}, not what its kind`);
  }
});

test('ruling: Kind `fhir`: any version', () => {
  for (const fhirVersion of ['3.0.1', '4.0.1', '5.0.0']) {
    const document = { resource: got(aDocument('apiForFhir', {}, { kind: 'fhir' })) };
    expect(judge(answered({ fhirVersion }), 'apiForFhir', document).status).toBe('pass');
  }
});

test('ruling: Absent is not a value: a kind that is absent or outside the enum promises no version', () => {
  for (const kind of [undefined, null, 'fhir-R5', 4, ['fhir-R4']]) {
    const finding = judge(statement, 'fhirService', ofKind(kind));
    expect(finding.status).toBe('unknown');
    expect(finding.message).toMatch(/which version it should be is not known/);
  }
});

test('ruling: Fail on part, pass on the whole - without its document it can fail, not pass', () => {
  expect(judge(statement, 'fhirService', { resource: lost('forbidden') }).status).toBe('unknown');
  expect(judge(answered({ status: 500 }), 'fhirService', { resource: lost('forbidden') }).status).toBe('fail');
  expect(judge(statement, 'fhirService', { privateEndpoints: lost('forbidden') }).status).toBe('pass');
});

test('ruling: from a proven vantage, refused, timed out or reset after retries fails naming the path', () => {
  for (const is of ['refused', 'timed-out', 'reset'] as const) {
    const finding = judge({ is });
    expect(finding).toMatchObject({ status: 'fail', severity: 'high' });
    expect(finding.message).toMatch(/network path/);
    expect(finding.observed).toMatchObject({ 'GET /metadata': 'no connection' });
  }
  const elsewhere = judgePublic({ is: 'refused' });
  expect(elsewhere.message).toMatch(/DNS: .*public address 203\.0\.113\.7.*network path/);
});

test('ruling: TLS failure names the certificate', () => {
  const broken = judge({ is: 'no-tls', problem: 'EPROTO' });
  expect(broken).toMatchObject({ status: 'fail', severity: 'high' });
  expect(broken.message).toMatch(/EPROTO.*certificate/);
  const untrusted = judge({ is: 'untrusted', problem: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  expect(untrusted.message).toMatch(/certificate is not valid for the host \(ERR_TLS_CERT_ALTNAME_INVALID\)/);
});

test('ruling: a certificate that is invalid or ends within 14 days fails `medium`; so for every kind', () => {
  const days = (n: number): string => new Date(Date.parse(NOW) + n * 86_400_000).toISOString();
  for (const kind of ['fhirService', 'dicomService', 'apiForFhir', 'fhirServer'] as const) {
    expect(judge({ is: 'untrusted', problem: 'CERT_HAS_EXPIRED', certificateEnds: days(-1) }, kind)).toMatchObject({
      status: 'fail',
      severity: 'medium',
    });
    const soon = judge(answered({ certificateEnds: days(13) }), kind);
    expect(soon).toMatchObject({ status: 'fail', severity: 'medium' });
    expect(soon.message).toMatch(/certificate ends 2026-12-05/);
    expect(judge(answered({ certificateEnds: days(14) }), kind).severity).toBe('medium');
    expect(judge(answered({ certificateEnds: days(15) }), kind).status).toBe('pass');
  }
});

test("ruling: Several defects in one finding: all named, the worst one's severity", () => {
  const finding = judge(answered({ status: 503, certificateEnds: '2026-11-25T00:00:00.000Z' }));
  expect(finding).toMatchObject({ status: 'fail', severity: 'high' });
  expect(finding.message).toMatch(/answers 503.*certificate ends 2026-11-25/);
});

test('ruling: 401, 5xx, HTML and no `fhirVersion` fail', () => {
  const bare = { is: 'answered', status: 200, edgeDenied: false, html: false, capabilityStatement: true } as const;
  const cases: readonly (readonly [PathOutcome, RegExp])[] = [
    [answered({ status: 401 }), /answers 401: it asks for a token/],
    [answered({ status: 500 }), /answers 500 instead of 200/],
    [answered({ status: 503 }), /answers 503/],
    [answered({ html: true, capabilityStatement: false }), /HTML page/],
    [bare, /no fhirVersion/],
    [answered({ capabilityStatement: false }), /no capability statement/],
    [answered({ status: 404 }), /answers 404/],
    [answered({ status: 302, redirectHost: 'login.example' }), /302, a redirect to "login\.example"/],
    [answered({ status: 403 }), /answers 403 instead of 200/],
  ];
  for (const [outcome, message] of cases) {
    const finding = judge(outcome);
    expect(finding).toMatchObject({ status: 'fail', severity: 'high' });
    expect(finding.message).toMatch(message);
  }
});

test("ruling: the edge's 403 names DNS if the answer was public, else the path", () => {
  const fromOutside = judgePublic(edge);
  expect(fromOutside).toMatchObject({ status: 'fail', severity: 'high' });
  expect(fromOutside.message).toMatch(/edge answers 403.*DNS: .*public address 203\.0\.113\.7/);
  expect(fromOutside.message).not.toMatch(/network path/);
  const fromInside = judge(edge);
  expect(fromInside.message).toMatch(/edge answers 403.*network path/);
  expect(fromInside.message).not.toMatch(/DNS/);
});

test('a stale address is named beside the path', () => {
  const finding = judgePath(got(aPath({ is: 'timed-out' }, 'fhirService', '10.0.0.99')), 'fhirService');
  expect(finding.message).toMatch(/10\.0\.0\.99: timed out.*its private endpoint has 10\.0\.0\.4; the network path/);
});

test("a private endpoint's own address counts as private in whatever range it lies", () => {
  const { workspaceId = '' } = aService('fhirService');
  const endpoint = anEndpoint(workspaceId, { [PUBLIC]: [HOSTS.fhirService ?? ''] });
  const privateEndpoints = got(connectionsOf(workspaceId, aConnection(endpoint)));
  const path = got(aPath({ is: 'timed-out' }, 'fhirService', PUBLIC));
  expect(judgePath(path, 'fhirService', { privateEndpoints }).message).not.toMatch(/DNS/);
});

test('ruling: NXDOMAIN fails naming DNS, SERVFAIL and time-outs are `unknown`', () => {
  const host = HOSTS.fhirService ?? '';
  const gone = { ...aPath({ is: 'no-address' }, 'fhirService'), dns: anAnswer(host, { rcode: 'NXDOMAIN' as const }) };
  const finding = judgePath(got(gone), 'fhirService');
  expect(finding).toMatchObject({ status: 'fail', severity: 'high' });
  expect(finding.message).toMatch(/DNS: .*NXDOMAIN/);
  const empty = { ...aPath({ is: 'no-address' }, 'fhirService'), dns: anAnswer(host) };
  expect(judgePath(got(empty), 'fhirService').message).toMatch(/DNS: .*no address/);
  expect(judgePath(lost('unreachable', 'A: SERVFAIL'), 'fhirService').status).toBe('unknown');
  expect(judgePath(lost('no-vantage'), 'fhirService').status).toBe('unknown');
});

test('ruling: DICOM is probed at `/health/check`; workspace and MedTech `n/a`', () => {
  const healthy: PathOutcome = {
    is: 'answered',
    status: 200,
    edgeDenied: false,
    html: false,
    capabilityStatement: false,
  };
  const finding = judge(healthy, 'dicomService', { resource: lost('forbidden') });
  expect(finding.status).toBe('pass');
  expect(finding.observed).toEqual({ 'GET /health/check': '200', 'vantage.network': NETWORK.toLowerCase() });
  expect(judge({ ...healthy, html: true }, 'dicomService').status).toBe('fail');
  expect(judge({ ...healthy, status: 503 }, 'dicomService').status).toBe('fail');
  expect(judge(statement, 'workspace').status).toBe('not-applicable');
  expect(judge(statement, 'medtechService').status).toBe('not-applicable');
});

test('a self-hosted server may speak any version', () => {
  expect(judge(answered({ fhirVersion: '5.0.0' }), 'fhirServer', { resource: lost('not-found') }).status).toBe(
    'unknown',
  );
  expect(judge(answered({ fhirVersion: '5.0.0' }), 'fhirServer', { resource: lost('unreachable') }).status).toBe(
    'pass',
  );
});

test('what moves by itself stays out of observed: kinds of lost connections, 5xx, the end of a good certificate', () => {
  const observe = (outcome: PathOutcome) => judge(outcome).observed;
  expect(observe({ is: 'refused' })).toEqual(observe({ is: 'timed-out' }));
  expect(observe(answered({ status: 500 }))).toEqual(observe(answered({ status: 503 })));
  expect(observe(statement)).toEqual(observe(answered({ certificateEnds: '2028-01-01T00:00:00.000Z' })));
});

test('hostile values of an answer are shown short, and a US Government service is judged alike', () => {
  const long = judge(answered({ status: 302, redirectHost: 'x'.repeat(100_000) }));
  expect(long.message.length).toBeLessThan(1000);
  const path = aPath(statement, 'fhirService');
  const us = { ...path, url: path.url.replace('.com', '.us') };
  const context = { ...aContext('fhirService'), cloud: aCloud('AzureUSGovernment') };
  const evidence = { privatePath: got(us), ...ofKind('fhir-R4') };
  expect(assess([privatePathOpen], evidence, context).findings[0]?.status).toBe('pass');
});
