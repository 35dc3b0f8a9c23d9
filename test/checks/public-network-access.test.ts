import { expect, test } from 'vitest';
import { publicNetworkAccess } from '../../src/checks/public-network-access.ts';
import type { CheckContext, Evidence, Finding, ServiceKind } from '../../src/model.ts';
import { assess } from '../../src/posture/assess.ts';
import { aContext, aDocument, failure, got, lost } from '../builders.ts';

function judge(kind: ServiceKind, evidence: Evidence, context: CheckContext = aContext(kind)): Finding {
  const finding = assess([publicNetworkAccess], evidence, context).findings[0];
  if (!finding) throw new Error('every check gives one finding');
  return finding;
}

const flag = (kind: ServiceKind, value: unknown) => got(aDocument(kind, { publicNetworkAccess: value }));
const child = (own: unknown, workspaces: unknown): Evidence => ({
  resource: flag('fhirService', own),
  workspace: flag('workspace', workspaces),
});

test('`publicNetworkAccess` is `Disabled` on the workspace and agrees on its FHIR/DICOM children (AHDS), or on the service (API for FHIR): pass', () => {
  expect(judge('workspace', { resource: flag('workspace', 'Disabled') }).status).toBe('pass');
  expect(judge('apiForFhir', { resource: flag('apiForFhir', 'Disabled') }).status).toBe('pass');
  expect(judge('fhirService', child('Disabled', 'Disabled')).status).toBe('pass');
  const dicom = { resource: flag('dicomService', 'Disabled'), workspace: flag('workspace', 'Disabled') };
  expect(judge('dicomService', dicom).status).toBe('pass');
});

test('trap: absent ≠ Disabled: unknown (HF 1.7)', () => {
  for (const kind of ['workspace', 'apiForFhir'] as const) {
    const finding = judge(kind, { resource: got(aDocument(kind, {})) });
    expect(finding.status).toBe('unknown');
    expect(finding.message).toMatch(/publicNetworkAccess is absent/);
  }
  expect(judge('apiForFhir', { resource: flag('apiForFhir', null) }).message).toMatch(/is null/);
});

test('trap: an approved endpoint with `Enabled` passes Azure Policy and must fail here', () => {
  const connections = [{ properties: { privateLinkServiceConnectionState: { status: 'Approved' } } }];
  const properties = { publicNetworkAccess: 'Enabled', privateEndpointConnections: connections };
  const finding = judge('apiForFhir', { resource: got(aDocument('apiForFhir', properties)) });
  expect(finding).toMatchObject({ status: 'fail', severity: 'critical' });
  expect(finding.observed).toEqual({ 'properties.publicNetworkAccess': 'Enabled' });
});

test('trap: no built-in policy checks it (HF 0.6) - and the reader is told so', () => {
  expect(publicNetworkAccess.why).toMatch(/Azure Policy/);
});

test('ruling: a workspace or API for FHIR is judged on its own flag', () => {
  const evidence = { resource: flag('workspace', 'Disabled'), workspace: flag('workspace', 'Enabled') };
  expect(judge('workspace', evidence).status).toBe('pass');
  expect(judge('apiForFhir', { resource: flag('apiForFhir', 'Enabled') }).status).toBe('fail');
});

test("ruling: a child fails if its own or its workspace's flag is `Enabled`, passes only if both are `Disabled`, else `unknown`: the one exception to the owner rule, because exposure is each service's own (alerts group them)", () => {
  const table: readonly (readonly [own: unknown, workspaces: unknown, status: string])[] = [
    ['Enabled', 'Disabled', 'fail'],
    ['Disabled', 'Enabled', 'fail'],
    ['Enabled', 'Enabled', 'fail'],
    ['Enabled', undefined, 'fail'],
    [undefined, 'Enabled', 'fail'],
    ['Disabled', 'Disabled', 'pass'],
    ['Disabled', undefined, 'unknown'],
    [undefined, 'Disabled', 'unknown'],
    [null, 'Disabled', 'unknown'],
    [undefined, undefined, 'unknown'],
    ['SecuredByPerimeter', 'Disabled', 'unknown'],
  ];
  for (const [own, workspaces, status] of table)
    expect(judge('fhirService', child(own, workspaces)).status).toBe(status);
});

test('ruling: Fail on part, pass on the whole - one flag read as Enabled fails although the other could not be read', () => {
  const workspace = { resource: lost('forbidden'), workspace: flag('workspace', 'Enabled') };
  expect(judge('fhirService', workspace).status).toBe('fail');
  const own = { resource: flag('fhirService', 'Enabled'), workspace: lost('throttled') };
  expect(judge('fhirService', own).status).toBe('fail');
  const half = judge('fhirService', { resource: flag('fhirService', 'Disabled'), workspace: lost('forbidden') });
  expect(half.status).toBe('unknown');
  expect(half.message).toMatch(/workspace wards.*could not be read \(forbidden/);
  expect(judge('apiForFhir', { resource: lost('unreachable') }).status).toBe('unknown');
});

test('ruling: Enum values compare without case; a value outside the enum is `unknown`, named', () => {
  expect(judge('apiForFhir', { resource: flag('apiForFhir', 'DISABLED') }).status).toBe('pass');
  expect(judge('apiForFhir', { resource: flag('apiForFhir', 'enabled') }).status).toBe('fail');
  const odd = judge('apiForFhir', { resource: flag('apiForFhir', 'SecuredByPerimeter') });
  expect(odd.status).toBe('unknown');
  expect(odd.message).toMatch(/SecuredByPerimeter/);
});

test('ruling: a critical pass it could not confirm is `unknown`', () => {
  const resource = { ...flag('apiForFhir', 'Disabled'), direct: false, unconfirmed: failure('throttled') };
  expect(judge('apiForFhir', { resource }).status).toBe('unknown');
});

test('MedTech has no such flag (HF 1.5)', () => {
  expect(judge('medtechService', { resource: flag('medtechService', 'Enabled') }).status).toBe('not-applicable');
});

test('hostile values are never Disabled and never a crash', () => {
  const hostile = [true, false, 0, '', ' Disabled ', ['Disabled'], { Disabled: true }, 'x'.repeat(100_000)];
  for (const value of hostile) {
    const finding = judge('apiForFhir', { resource: flag('apiForFhir', value) });
    expect(finding.status).toBe('unknown');
    expect(finding.message.length).toBeLessThan(400);
  }
  const inherited = JSON.parse('{"__proto__":{"publicNetworkAccess":"Disabled"}}') as Record<string, unknown>;
  expect(judge('apiForFhir', { resource: got(aDocument('apiForFhir', inherited)) }).status).toBe('unknown');
});

test('the command is one az call on the resource that owns the flag', () => {
  const command = publicNetworkAccess.remediation.command(aContext('fhirService').service);
  expect(command).toMatch(/^az resource update --ids \/subscriptions\/[^ ]+\/workspaces\/wards /);
});
