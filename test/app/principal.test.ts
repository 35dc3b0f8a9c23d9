import { expect, test } from 'vitest';
import { callerOf } from '../../src/app/principal.ts';

const tenant = '6d2a1f0e-9c47-4f8e-a2b1-3f5b7c0d9e11';
const oid = '051be183-4712-560b-ade3-c82db193d2b6';
const on = { WEBSITE_AUTH_ENABLED: 'True', AZURE_TENANT_ID: tenant.toUpperCase() };
const ids = {
  oid: 'http://schemas.microsoft.com/identity/claims/objectidentifier',
  tid: 'http://schemas.microsoft.com/identity/claims/tenantid',
};

function headers(principal: unknown) {
  const text = typeof principal === 'string' ? principal : JSON.stringify(principal);
  return { get: (name: string) => (name === 'x-ms-client-principal' ? Buffer.from(text).toString('base64') : null) };
}
function principal(claims: readonly [string, string][], extra: object = {}) {
  return { auth_typ: 'aad', role_typ: 'roles', claims: claims.map(([typ, val]) => ({ typ, val })), ...extra };
}
const signedIn = principal([
  [ids.oid, oid],
  [ids.tid, tenant],
  ['roles', 'Auditor'],
  ['roles', 'Operator'],
]);

test('a caller that App Service signed in has an object id and app roles', () => {
  expect(callerOf(headers(signedIn), on)).toEqual({ objectId: oid, roles: ['Auditor', 'Operator'] });
});

test('without the authentication module anybody could send the header, so nobody is signed in', () => {
  for (const WEBSITE_AUTH_ENABLED of [undefined, '', 'False', '1']) {
    expect(callerOf(headers(signedIn), { ...on, WEBSITE_AUTH_ENABLED })).toBeUndefined();
  }
});

test.each([
  ['no header', { get: () => null }],
  ['no JSON', headers('not json')],
  [
    'another provider',
    headers(
      principal(
        [
          [ids.oid, oid],
          [ids.tid, tenant],
        ],
        { auth_typ: 'google' },
      ),
    ),
  ],
  [
    'another tenant',
    headers(
      principal([
        [ids.oid, oid],
        [ids.tid, oid],
        ['roles', 'Auditor'],
      ]),
    ),
  ],
  ['no tenant', headers(principal([[ids.oid, oid]]))],
  ['no object id', headers(principal([[ids.tid, tenant]]))],
  [
    'an object id that is none',
    headers(
      principal([
        [ids.oid, 'x'],
        [ids.tid, tenant],
      ]),
    ),
  ],
  ['Static Web Apps roles', headers({ identityProvider: 'aad', userRoles: ['Auditor'] })],
  [
    'a header of hostile size',
    headers(
      principal([
        [ids.oid, oid],
        [ids.tid, tenant],
        ['x', 'y'.repeat(20_000)],
      ]),
    ),
  ],
])('%s: nobody is signed in', (_what, given) => {
  expect(callerOf(given, on)).toBeUndefined();
});

test('without a tenant of our own nobody is signed in', () => {
  expect(callerOf(headers(signedIn), { WEBSITE_AUTH_ENABLED: 'True' })).toBeUndefined();
});
