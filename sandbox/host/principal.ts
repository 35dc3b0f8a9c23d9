/** App Service Authentication, as far as the app sees it: the headers that it strips and the ones that it sets. */
import type { IncomingHttpHeaders } from 'node:http';

/** Who is signed in at the local host. */
export interface Caller {
  readonly objectId: string;
  readonly tenantId: string;
  readonly name?: string;
  /** app roles; they reach the app as `roles` claims */
  readonly roles: readonly string[];
  /** claims beside the usual ones, e.g. `appid` of a service principal */
  readonly claims?: Readonly<Record<string, string>>;
}

const SCHEMAS = 'http://schemas.microsoft.com/identity/claims';
const ROLE_TYPE = 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role';
const NAME_TYPE = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name';

/**
 * The headers as the app gets them: with authentication on, nobody outside can set a principal header, and the caller's
 * are added. Requests without a caller pass ("allow unauthenticated"): the app itself must refuse them.
 */
export function authenticated(
  headers: IncomingHttpHeaders,
  enabled: boolean,
  caller: Caller | undefined,
): Readonly<Record<string, string>> {
  const kept = Object.entries(headers).flatMap(([name, value]) => {
    if (value === undefined || (enabled && /^x-ms-(client-principal|token-)/i.test(name))) return [];
    return [[name, Array.isArray(value) ? value.join(', ') : value] as const];
  });
  return { ...Object.fromEntries(kept), ...(enabled && caller !== undefined ? principalHeaders(caller) : {}) };
}

function principalHeaders(caller: Caller): Readonly<Record<string, string>> {
  const claims = [
    { typ: `${SCHEMAS}/objectidentifier`, val: caller.objectId },
    { typ: `${SCHEMAS}/tenantid`, val: caller.tenantId },
    ...(caller.name === undefined ? [] : [{ typ: NAME_TYPE, val: caller.name }]),
    ...caller.roles.map((val) => ({ typ: 'roles', val })),
    ...Object.entries(caller.claims ?? {}).map(([typ, val]) => ({ typ, val })),
  ];
  const principal = { auth_typ: 'aad', claims, name_typ: NAME_TYPE, role_typ: ROLE_TYPE };
  return {
    'x-ms-client-principal': Buffer.from(JSON.stringify(principal)).toString('base64'),
    'x-ms-client-principal-id': caller.objectId,
    'x-ms-client-principal-idp': 'aad',
    ...(caller.name === undefined ? {} : { 'x-ms-client-principal-name': caller.name }),
  };
}
