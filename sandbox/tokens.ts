/** The access tokens of the sandbox: unsigned JWTs that say what real ones say, and the check that every service makes of them. */

import { isRecord } from './checks.ts';
import type { SandboxRequest } from './http.ts';
import type { World } from './types.ts';

const lifetime = 24 * 3600;
const tolerance = 300;

export interface AccessToken {
  readonly token: string;
  /** seconds since 1970 */
  readonly expiresOn: number;
}

export type TokenFailure =
  | { readonly reason: 'missing' | 'malformed' }
  | { readonly reason: 'audience'; readonly audience: string }
  | { readonly reason: 'issuer'; readonly issuer: string }
  | { readonly reason: 'expired'; readonly expiredAt: Date };

/**
 * A token of the monitor's identity. The app that uses it may run by the sandbox's clock or by the real one, so the
 * token is valid by both, for about a day as App Service gives them.
 */
export function issueToken(world: World, audience: string): AccessToken {
  const { tenantId, monitor } = world.estate();
  const instants = [world.now().getTime(), Date.now()].map((ms) => Math.floor(ms / 1000));
  const notBefore = Math.min(...instants) - tolerance;
  const expiresOn = Math.max(...instants) + lifetime;
  const claims = {
    aud: audience,
    iss: issuerOf(tenantId),
    iat: notBefore,
    nbf: notBefore,
    exp: expiresOn,
    idtyp: 'app',
    oid: monitor.principalId,
    sub: monitor.principalId,
    tid: tenantId,
    ver: '1.0',
  };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return { token: `${part({ typ: 'JWT', alg: 'none' })}.${part(claims)}.`, expiresOn };
}

/** What is wrong with a request's bearer token for a service of these audiences, or undefined. */
export function checkToken(
  request: SandboxRequest,
  world: World,
  audiences: readonly string[],
): TokenFailure | undefined {
  const header = request.headers.authorization;
  if (header === undefined) return { reason: 'missing' };
  const token = /^Bearer +(\S+)$/i.exec(header)?.[1];
  const claims = token === undefined ? undefined : claimsOf(token);
  if (!claims || typeof claims.aud !== 'string' || typeof claims.exp !== 'number') return { reason: 'malformed' };
  const audience = claims.aud;
  if (!audiences.some((one) => one === audience || `${one}/` === audience)) return { reason: 'audience', audience };
  if (claims.iss !== issuerOf(world.estate().tenantId)) return { reason: 'issuer', issuer: String(claims.iss) };
  if (claims.exp * 1000 < world.now().getTime()) return { reason: 'expired', expiredAt: new Date(claims.exp * 1000) };
  return undefined;
}

/** The object id of the caller that a bearer token names. */
export function principalOf(request: SandboxRequest): string | undefined {
  const oid = claimsOf(request.headers.authorization?.replace(/^Bearer +/i, '') ?? '')?.oid;
  return typeof oid === 'string' ? oid : undefined;
}

function issuerOf(tenantId: string): string {
  return `https://sts.windows.net/${tenantId}/`;
}

function claimsOf(token: string): { readonly [claim: string]: unknown } | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8'));
    return isRecord(claims) ? claims : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
