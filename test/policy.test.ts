import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Expectations, Service } from '../src/model.ts';
import { isLike } from '../src/policy/expectations.ts';
import { applicableException, type Policy, parsePolicy, problemText, resolveExpectations } from '../src/policy.ts';

const now = new Date('2026-11-22T08:00:00Z');
const checkIds = ['public-network-access', 'local-rbac'];
const subscription = '11111111-2222-3333-4444-555555555555';
const group = `/subscriptions/${subscription}/resourceGroups/rg-clinic/providers`;
const network = `${group}/Microsoft.Network/virtualNetworks/vnet-hub`;
const workspace = `${group}/Microsoft.HealthcareApis/workspaces/clinic`;
const service: Service = {
  id: `${workspace}/fhirservices/research-a`,
  key: '0123456789abcdef',
  name: 'research-a',
  kind: 'fhirService',
  subscriptionId: subscription,
  resourceGroup: 'rg-clinic',
  location: 'westeurope',
  workspaceId: workspace,
  tags: { Environment: 'Production' },
};

/** Line, column, path and message of every problem, in one string each. */
function problemsOf(text: string): readonly string[] {
  const result = parsePolicy(text, { now, checkIds });
  return result.ok ? [] : result.problems.map((problem) => problemText('p', problem));
}

function policyOf(text: string): Policy {
  const result = parsePolicy(text, { now, checkIds });
  if (!result.ok) throw new Error(result.problems.map((problem) => problemText('policy', problem)).join('\n'));
  return result.policy;
}

function expectationsOf(text: string, of: Service = service): Expectations {
  return resolveExpectations(policyOf(text), of);
}

describe('a valid policy', () => {
  test('needs nothing but its version; everything else has a default', () => {
    const policy = policyOf('version: 1');

    expect(policy).toEqual({
      estate: { subscriptions: [], managementGroups: [], exclude: [], servers: [] },
      expect: {},
      optIn: [],
      vantage: { record: 'vantage.fhirwatch.internal' },
      overrides: [],
      exceptions: [],
    });
    expect(resolveExpectations(policy, service)).toEqual({
      logWorkspaces: [],
      networks: [],
      privateEndpointSubscriptions: [],
      dataAccess: { widestScope: 'service', principals: [] },
      privilegedPrincipals: [],
      externalIdentityProviders: [],
      corsOrigins: [],
      exportAccounts: [],
      auditFailures: { windowSeconds: 3600, clientErrors: 50, serverErrors: 5, perCaller: 20 },
      auditLiveness: { minimumRequests: 20 },
      operationFailures: { windowSeconds: 3600, perOperation: 10 },
      slowOperations: { windowSeconds: 3600, minimumRows: 20, everythingMs: 10_000, searchMs: 3000 },
      customerManagedKey: 'optional',
      templateRegistries: [],
      importWindow: null,
      lock: 'none',
      reindexHours: 72,
    });
  });

  test('may leave every section and key empty', () => {
    const sections = ['estate', 'expect', 'optIn', 'vantage', 'overrides', 'exceptions'];
    const keys = Object.keys(expectationsOf('version: 1'));
    const text = `version: 1\n${sections.map((name) => `${name}:\n`).join('')}`;

    expect(policyOf(text)).toEqual(policyOf('version: 1'));
    expect(expectationsOf(`version: 1\nexpect:\n${keys.map((key) => `  ${key}:\n`).join('')}`)).toEqual(
      expectationsOf('version: 1'),
    );
  });

  test('may be JSON, indented by tabs', () => {
    expect(policyOf('{\n\t"version": 1,\n\t"optIn": [\n\t\t"directory"\n\t]\n}').optIn).toEqual(['directory']);
  });

  test('is known by the hash of its text', () => {
    const result = parsePolicy('version: 1', { now, checkIds });

    expect(result).toMatchObject({ sha256: createHash('sha256').update('version: 1').digest('hex'), warnings: [] });
  });

  test('names management groups and subscriptions by full id or by name', () => {
    const { estate } = policyOf(`
version: 1
estate:
  subscriptions: [/subscriptions/${subscription.toUpperCase()}]
  managementGroups: [/providers/Microsoft.Management/managementGroups/mg-health, mg-labs]
`);

    expect(estate).toMatchObject({ subscriptions: [subscription], managementGroups: ['mg-health', 'mg-labs'] });
  });

  test('may give a principal or a network by its id alone', () => {
    const { networks, privilegedPrincipals, dataAccess } = expectationsOf(`
version: 1
expect:
  networks: [${network}, { id: ${network}, via: other }, { id: ${network} }]
  privilegedPrincipals: [${subscription}, { id: ${subscription}, name: platform team }]
  dataAccess: { principals: [${subscription}, { id: ${subscription}, roles: [FHIR Data Reader] }] }
`);

    expect(networks.map(({ via }) => via)).toEqual(['peering', 'other', 'peering']);
    expect(privilegedPrincipals).toEqual([{ id: subscription }, { id: subscription, name: 'platform team' }]);
    expect(dataAccess.principals).toEqual([{ id: subscription }, { id: subscription, roles: ['FHIR Data Reader'] }]);
  });

  test.each([
    ['PT1H', 3600],
    ['PT90M', 5400],
    ['P1D', 86_400],
    ['P1DT12H', 129_600],
    ['P1W', 604_800],
    ['PT1H30M15S', 5415],
  ])('reads %s as %d seconds', (duration, windowSeconds) => {
    const expected = expectationsOf(`version: 1\nexpect: { auditFailures: { window: ${duration} } }`);

    expect(expected.auditFailures.windowSeconds).toBe(windowSeconds);
  });
});

describe('problems', () => {
  test('are all told at once, in the order of the file, with line and column', () => {
    const text = `version: 2
estate:
  subscriptions: [clinic, 12]
  serverz: []
expect:
  tenant: contoso
  networks: [vnet, { id: ${network}, through: x }, 5]
  dataAccess: { widestScope: galaxy, principals: [{ name: x }, abc] }
  auditFailures: { window: 1h, clientErrors: -1, serverErrors: 1.5 }
  importWindow: { from: 2026-02-30 }
optIn: directory
overrides:
  - match: {}
exceptions:
  - check: public-access
    service: clinic
    expires: tomorrow
  -
`;

    expect(problemsOf(text)).toEqual([
      'p:1:10 version: must be 1',
      'p:3:19 estate.subscriptions[0]: must be a subscription id',
      'p:3:27 estate.subscriptions[1]: must be a string, is a number',
      'p:4:3 estate.serverz: is no key of a policy here',
      'p:6:11 expect.tenant: must be a GUID',
      expect.stringMatching(/^p:7:14 expect\.networks\[0\]: must be the resource id of a virtual network/),
      expect.stringMatching(/^p:7:\d+ expect\.networks\[1\]\.through: is no key/),
      expect.stringMatching(/^p:7:\d+ expect\.networks\[2\]: must not be a number$/),
      'p:8:30 expect.dataAccess.widestScope: must be one of service, workspace, resourceGroup, subscription, managementGroup',
      'p:8:51 expect.dataAccess.principals[0].id: is missing',
      'p:8:64 expect.dataAccess.principals[1]: must be a GUID',
      expect.stringMatching(/^p:9:28 expect\.auditFailures\.window: must be an ISO 8601 duration/),
      'p:9:46 expect.auditFailures.clientErrors: must not be negative',
      'p:9:64 expect.auditFailures.serverErrors: must be a whole number',
      'p:10:17 expect.importWindow.to: is missing',
      'p:10:25 expect.importWindow.from: is no day of the calendar',
      'p:11:8 optIn: must be an array, is a string',
      'p:13:12 overrides[0].match: names no service: give id, name or tag',
      'p:15:5 exceptions[0].owner: is missing',
      'p:15:5 exceptions[0].reason: is missing',
      'p:15:12 exceptions[0].check: there is no check "public-access"',
      'p:16:14 exceptions[0].service: must be a resource id: /subscriptions/…/resourceGroups/…/providers/…',
      'p:17:14 exceptions[0].expires: must be a date such as 2027-01-31',
      'p:18:4 exceptions[1]: must be keys with values, is empty',
    ]);
  });

  test('a key that is there twice is a problem, not a choice', () => {
    expect(problemsOf('version: 1\noptIn: []\noptIn: [directory]')).toEqual(['p:3:1 this key is there a second time']);
  });

  test.each([
    ['', 'p:1:1 must be keys with values, is empty'],
    ['[]', 'p:1:1 must be keys with values, is a list'],
    ['version: !secret 1', 'p:1:10 Unresolved tag: !secret'],
    ['version: 1\n---\nversion: 1', expect.stringContaining('p:2:1')],
    ['version: 1\noptIn: [nope]', 'p:2:9 optIn[0]: there is no opt-in "nope"'],
    ['version: 1\n__proto__: { x: 1 }', 'p:2:1 __proto__: is no key of a policy here'],
  ])('%j', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  test.each(['P1M', 'P1Y', 'PT', 'P', 'PT0H', '1h', '3600'])('a window of %s is no duration', (window) => {
    expect(problemsOf(`version: 1\nexpect: { auditFailures: { window: '${window}' } }`)).toHaveLength(1);
  });

  test.each([
    ['nests too deep', `version: ${'['.repeat(5000)}`, 'nested more than 30 deep'],
    ['nests deeper than a policy does', `x: ${'['.repeat(40)}${']'.repeat(40)}`, 'nested more than 30 deep'],
    ['is too long', `# ${'x'.repeat(1_000_000)}`, 'more than 1000000 characters'],
    ['has too many aliases', `a: &a 1\nb: [${'*a,'.repeat(101)}]`, 'more than 100 aliases'],
    [
      'lets aliases multiply',
      'a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c]',
      'Excessive alias count',
    ],
  ])('a text that %s is refused', (_, text, message) => {
    const problems = problemsOf(text);

    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
  });

  test('no text makes the reader throw', () => {
    const anything = fc.oneof(fc.string(), fc.json(), fc.stringMatching(/^(version: 1\n)?[a-z:\-[\]{}&*!\s#|>'"]*$/));

    fc.assert(fc.property(anything, (text) => typeof parsePolicy(text, { now, checkIds }).ok === 'boolean'));
  });

  test('an alias is followed to where the value stands', () => {
    expect(problemsOf('version: 1\nexpect:\n  tenant: &t nobody\n  logWorkspaces: [*t]')).toEqual([
      'p:3:14 expect.tenant: must be a GUID',
      expect.stringMatching(/^p:4:19 expect\.logWorkspaces\[0\]: must be the resource id of a Log Analytics workspace/),
    ]);
  });
});

describe('overrides', () => {
  const base = `version: 1
expect:
  logWorkspaces: [${group}/Microsoft.OperationalInsights/workspaces/law-a]
  auditFailures: { clientErrors: 10, window: PT2H }
  lock: CanNotDelete
overrides:
`;

  test('objects merge, lists and single values replace', () => {
    const expected = expectationsOf(`${base}
  - match: { name: research-* }
    expect: { logWorkspaces: [], auditFailures: { clientErrors: 99 }, lock: none }
`);

    expect(expected.logWorkspaces).toEqual([]);
    expect(expected.auditFailures).toMatchObject({ clientErrors: 99, windowSeconds: 7200 });
    expect(expected.lock).toBe('none');
  });

  test('are applied in order, the last one wins', () => {
    const expected = expectationsOf(`${base}
  - match: { name: research-a }
    expect: { reindexHours: 1, auditFailures: { perCaller: 1 } }
  - match: { name: '*' }
    expect: { reindexHours: 2 }
`);

    expect(expected).toMatchObject({ reindexHours: 2, auditFailures: { perCaller: 1, clientErrors: 10 } });
  });

  test('an empty key takes a setting back to its default', () => {
    const expected = expectationsOf(`${base}\n  - { match: { name: '*' }, expect: { auditFailures: , lock: } }`);

    expect(expected).toMatchObject({ lock: 'none', auditFailures: { clientErrors: 50, windowSeconds: 3600 } });
  });

  test.each([
    ['name: RESEARCH-A', true],
    ['name: research', false],
    ['name: clinic/research-*', true],
    ['name: "*/research-a"', true],
    ['name: other/research-a', false],
    [`id: ${service.id.toUpperCase()}`, true],
    [`id: ${workspace}/*`, true],
    [`id: ${workspace}`, false],
    ['tag: { environment: production }', true],
    ['tag: { environment: test }', false],
    ['tag: { environment: production, tier: 1 }', false],
    ['name: research-*, tag: { environment: test }', false],
  ])('{ %s } matches: %s', (match, isMatch) => {
    const { lock } = expectationsOf(`version: 1\noverrides: [{ match: { ${match} }, expect: { lock: CanNotDelete } }]`);

    expect(lock).toBe(isMatch ? 'CanNotDelete' : 'none');
  });

  test('a name without * matches only itself, and a * only adds', () => {
    const name = fc.stringMatching(/^[a-z0-9-]{1,12}$/);

    fc.assert(fc.property(name, name, (a, b) => isLike(a, b) === (a === b)));
    fc.assert(fc.property(name, name, name, (a, b, c) => isLike(`${a}${b}${c}`, `${a}*${c}`) && isLike(b, `*${b}*`)));
    expect(isLike('aba', 'ab*ba')).toBe(false);
    expect(isLike('a'.repeat(5000), `${'*a'.repeat(2000)}b`)).toBe(false);
  });
});

describe('exceptions', () => {
  const exceptionOf = (more: string): string => `version: 1
exceptions:
  - { check: local-rbac, service: ${service.id}, owner: Platform, reason: moving in spring, ${more} }`;
  const answerTo = (more: string, observed = {}, at = now) =>
    applicableException(policyOf(exceptionOf(more)), service, 'local-rbac', observed, at);

  test('one without owner, reason or expiry is refused', () => {
    const text = `version: 1\nexceptions: [{ check: local-rbac, service: ${service.id} }]`;

    expect(problemsOf(text).map((problem) => problem.split(' ').slice(1).join(' '))).toEqual([
      'exceptions[0].owner: is missing',
      'exceptions[0].reason: is missing',
      'exceptions[0].expires: is missing',
    ]);
  });

  test('one may last a year and not a day longer', () => {
    expect(problemsOf(exceptionOf('expires: 2027-11-22'))).toEqual([]);
    expect(problemsOf(exceptionOf('expires: 2027-11-23'))[0]).toContain('the last day possible is 2027-11-22');
  });

  test('one holds for its service and its check, whatever the case of the id', () => {
    const policy = policyOf(exceptionOf('expires: 2027-01-31'));
    const upper = { ...service, id: service.id.toUpperCase() };

    expect(applicableException(policy, upper, 'local-rbac', {}, now)).toEqual({
      applies: true,
      exception: { owner: 'Platform', reason: 'moving in spring', expires: '2027-01-31' },
    });
    expect(applicableException(policy, service, 'public-network-access', {}, now)).toBeUndefined();
    expect(applicableException(policy, { ...service, id: workspace }, 'local-rbac', {}, now)).toBeUndefined();
  });

  test('one holds through its last day, then no longer excepts and says so', () => {
    expect(answerTo('expires: 2026-11-22', {}, new Date('2026-11-22T23:59:59Z'))).toMatchObject({ applies: true });
    expect(answerTo('expires: 2026-11-22', {}, new Date('2026-11-23T00:00:00Z'))).toMatchObject({
      applies: false,
      why: 'expired on 2026-11-22',
    });
  });

  test('an expired one is no reason to refuse the policy, but a warning', () => {
    const result = parsePolicy(exceptionOf('expires: 2026-11-21'), { now, checkIds });

    expect(result).toMatchObject({ ok: true, warnings: [{ line: 3, path: 'exceptions[0].expires' }] });
  });

  test('one ends when an observed value that it names changes', () => {
    const more = 'expires: 2027-01-31, observed: { objectIds: [b, a], enabled: true }';

    expect(answerTo(more, { objectIds: ['a', 'b'], enabled: true, other: 1 })).toMatchObject({ applies: true });
    expect(answerTo(more, { objectIds: ['a', 'b', 'c'], enabled: true })).toMatchObject({
      applies: false,
      why: 'was for other values of objectIds',
    });
    expect(answerTo(more, { objectIds: ['a', 'b'] })).toMatchObject({ applies: false });
  });
});

test('the example policy of the repository is valid, and names its schema for editors', () => {
  const text = readFileSync(new URL('../fhirwatch.yaml', import.meta.url), 'utf8');

  expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=docs/policy.schema.json');
  expect(policyOf(text).exceptions).toEqual([]);
});
