import { describe, expect, test } from 'vitest';
import { type Azure, openAzure } from './azure-fixture.ts';

const resource = 'https://management.azure.com';

function ask(azure: Azure, query: string, header = azure.sandbox.environment.IDENTITY_HEADER ?? '') {
  return azure.send(`${azure.sandbox.endpoints.identity}?${query}`, { headers: { 'x-identity-header': header } });
}

function claimsOf(token: string) {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
}

test('a token says who, for whom, and until when; by the estate and by the real clock', async () => {
  for (const now of ['2020-01-01T00:00:00Z', '2031-01-01T00:00:00Z']) {
    const azure = await openAzure({ now, tenantId: 'tenant-1', monitor: { principalId: 'me' }, resources: [] });
    const { status, body } = await ask(azure, `api-version=2019-08-01&resource=${encodeURIComponent(resource)}`);
    expect([status, body.token_type, body.resource]).toEqual([200, 'Bearer', resource]);
    const claims = claimsOf(body.access_token);
    expect(claims).toMatchObject({
      aud: resource,
      tid: 'tenant-1',
      oid: 'me',
      iss: 'https://sts.windows.net/tenant-1/',
    });
    expect(body.expires_on).toBe(String(claims.exp));
    for (const clock of [Date.parse(now), Date.now()]) {
      expect(claims.nbf * 1000).toBeLessThan(clock);
      expect(claims.exp * 1000).toBeGreaterThan(clock + 23 * 3_600_000);
    }
  }
});

describe('refused', () => {
  const good = `api-version=2019-08-01&resource=${resource}`;
  test.each([
    ['a wrong header', good, 'wrong', 401],
    ['no api-version', `resource=${resource}`, undefined, 400],
    ['another api-version', `api-version=2017-09-01&resource=${resource}`, undefined, 400],
    ['no resource', 'api-version=2019-08-01', undefined, 400],
    ['a resource that nobody knows', 'api-version=2019-08-01&resource=https://localhost:8443', undefined, 400],
    [
      'the resource of another cloud',
      'api-version=2019-08-01&resource=https://management.usgovcloudapi.net',
      undefined,
      400,
    ],
    ['an identity that is not there', `${good}&client_id=x`, undefined, 400],
  ])('%s', async (_, query, header, status) => {
    const azure = await openAzure({ resources: [] });
    expect((await ask(azure, query, header)).status).toBe(status);
  });
});

test('services ask for their own audience, and so do the other parts of Azure', async () => {
  const azure = await openAzure({ resources: [] });
  for (const audience of [
    'https://ward-ehr.fhir.azurehealthcareapis.com',
    'https://api.loganalytics.io',
    'https://graph.microsoft.com/',
  ])
    expect((await ask(azure, `api-version=2019-08-01&resource=${audience}`)).body.resource).toBe(audience);
});

test('faults of the identity see its address', async () => {
  const azure = await openAzure({
    resources: [],
    faults: [
      { target: 'identity', match: '^GET /msi/token\\?.*resource=https://management', kind: 'status', status: 500 },
    ],
  });
  expect((await ask(azure, `api-version=2019-08-01&resource=${encodeURIComponent(resource)}`)).status).toBe(500);
});
