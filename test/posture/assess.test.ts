import { expect, test } from 'vitest';
import type { Check, CheckContext, Evidence, Gathered, ResourceDocument, Service } from '../../src/model.ts';
import { assess, wantsConfirmation } from '../../src/posture/assess.ts';

const service: Service = {
  id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.HealthcareApis/workspaces/w/fhirservices/ehr',
  key: '0123456789abcdef',
  name: 'ehr',
  kind: 'fhirService',
  subscriptionId: 's',
  resourceGroup: 'rg',
  location: 'westeurope',
  workspaceId: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.HealthcareApis/workspaces/w',
  tags: {},
};
const context = { service, now: '2026-11-22T08:00:00Z' } as CheckContext;
const source = { source: 'ARM GET ehr', requestId: 'r-1', at: '2026-11-22T08:00:00Z' };
const document: ResourceDocument = { id: service.id, type: 't', name: 'ehr', properties: { flag: 'Disabled' } };

function read(extra: Partial<Extract<Gathered<ResourceDocument>, { ok: true }>> = {}): Gathered<ResourceDocument> {
  return { ok: true, value: document, sources: [source], direct: true, ...extra };
}
function lost(reason: 'forbidden' | 'not-found', detail: string): Gathered<never> {
  return { ok: false, reason, detail, sources: [source] };
}
function check(extra: Partial<Check> = {}): Check {
  return {
    id: 'a-check',
    family: 'network',
    title: 'title',
    severity: 'critical',
    appliesTo: ['fhirService'],
    why: '',
    remediation: { summary: '', command: () => '' },
    references: [],
    controls: [],
    requires: ['resource'],
    evaluate: () => ({ status: 'pass', message: 'in order', observed: { 'properties.flag': 'Disabled' } }),
    ...extra,
  };
}
function only(checks: readonly Check[], evidence: Evidence) {
  const { findings } = assess(checks, evidence, context);
  expect(findings).toHaveLength(checks.length);
  const [finding] = findings;
  if (!finding) throw new Error('no finding');
  return finding;
}

test('a judged check gives its verdict with the evidence it rests on', () => {
  expect(only([check()], { resource: read() })).toEqual({
    check: 'a-check',
    family: 'network',
    severity: 'critical',
    status: 'pass',
    message: 'in order',
    observed: { 'properties.flag': 'Disabled' },
    evidence: [{ kind: 'resource', ...source }],
  });
});

test('required evidence that did not arrive makes the finding unknown, naming the kind and the reason', () => {
  const workspaceCheck = check({ requires: ['workspace'] });
  const finding = only([workspaceCheck], { resource: read(), workspace: lost('forbidden', '403 on the workspace') });
  expect(finding.status).toBe('unknown');
  expect(finding.message).toBe("The workspace's document could not be read (forbidden): 403 on the workspace");
});

test('required evidence that nobody gathered makes the finding unknown, never a pass', () => {
  expect(only([check()], {}).status).toBe('unknown');
});

test('a check that throws makes the finding unknown and tells who threw', () => {
  const thrown: string[] = [];
  const throwing = check({
    evaluate: () => {
      throw new TypeError('boom');
    },
  });
  const { findings } = assess([throwing], { resource: read() }, context, (id) => thrown.push(id));
  expect(findings.map((finding) => finding.status)).toEqual(['unknown']);
  expect(thrown).toEqual(['a-check']);
});

test('a check cannot change the evidence that the next one sees', () => {
  const vandal = check({
    evaluate: ({ resource }) => {
      (resource.properties as Record<string, unknown>).flag = 'Enabled';
      return { status: 'pass', message: '', observed: {} };
    },
  });
  expect(only([vandal], { resource: read() }).status).toBe('unknown');
  expect(document.properties.flag).toBe('Disabled');
});

test('a check sees nothing that it did not declare', () => {
  const curious = check({
    evaluate: (given) => ({ status: 'pass', message: Object.keys(given).join(), observed: {} }),
  });
  expect(only([curious], { resource: read(), workspace: read() }).message).toBe('resource');
});

test('considered evidence may be missing and the check sees why', () => {
  const considering = check({
    requires: [],
    considers: ['workspace'],
    evaluate: ({ workspace }) => ({
      status: 'fail',
      message: workspace.ok ? '' : workspace.reason,
      observed: {},
      severity: 'low',
    }),
  });
  const finding = only([considering], { workspace: lost('forbidden', '') });
  expect([finding.status, finding.message, finding.severity]).toEqual(['fail', 'forbidden', 'low']);
});

test('a kind outside the check is not-applicable, and a child is told that its workspace owns the setting', () => {
  expect(only([check({ appliesTo: ['workspace'] })], { resource: read() })).toMatchObject({
    status: 'not-applicable',
    message: 'Its workspace w owns this setting and is judged for it.',
  });
  expect(only([check({ appliesTo: ['apiForFhir'] })], { resource: read() }).message).toBe(
    'Does not apply to a FHIR service.',
  );
});

test('a service that is listed but answers 404 is unknown in every finding, applicable or not', () => {
  const checks = [check(), check({ id: 'b-check', appliesTo: ['workspace'] }), check({ id: 'c-check', requires: [] })];
  const { findings } = assess(checks, { resource: lost('not-found', '404') }, context);
  expect(findings.map((finding) => finding.status)).toEqual(['unknown', 'unknown', 'unknown']);
});

test('a critical pass that a direct read could not confirm is unknown; a lesser one stands', () => {
  const evidence = { resource: read({ direct: false, unconfirmed: { reason: 'throttled', detail: '429' } }) };
  expect(only([check()], evidence).status).toBe('unknown');
  expect(only([check({ severity: 'high' })], evidence).status).toBe('pass');
});

test('a critical fail that could not be confirmed is still a fail and says so', () => {
  const failing = check({ evaluate: () => ({ status: 'fail', message: 'open', observed: {} }) });
  const finding = only([failing], {
    resource: read({ direct: false, unconfirmed: { reason: 'throttled', detail: '429' } }),
  });
  expect(finding.status).toBe('fail');
  expect(finding.message).toContain('not confirmed: 429');
});

test('only a would-be critical fail that rests on Resource Graph alone wants a direct read', () => {
  const failing = check({ evaluate: () => ({ status: 'fail', message: 'open', observed: {} }) });
  const graph = { resource: read({ direct: false }) };
  expect(wantsConfirmation(failing, only([failing], graph), graph)).toBe(true);
  expect(wantsConfirmation(check(), only([check()], graph), graph)).toBe(false);
  const direct = { resource: read() };
  expect(wantsConfirmation(failing, only([failing], direct), direct)).toBe(false);
});

test('a source of hostile size never reaches a report', () => {
  const long = { ...source, source: `ARM GET ${'x'.repeat(100_000)}` };
  const { evidence } = only([check()], { resource: { ...read(), sources: [long] } });
  expect(evidence[0]?.source.length).toBeLessThan(5000);
});

test('a property of hostile size never reaches a report', () => {
  const long = 'x'.repeat(1_000_000);
  const loud = check({
    evaluate: () => ({ status: 'fail', message: long, observed: { a: long, b: [long], [long]: 1 } }),
  });
  expect(JSON.stringify(only([loud], { resource: read() })).length).toBeLessThan(9000);
});
