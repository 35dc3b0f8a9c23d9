/** The Entra token with which Azure Monitor calls a secure webhook: its own app, with the role that the receiving app grants. */
import { isRecord } from '../checks.ts';
import type { Caller } from '../host/principal.ts';
import type { World } from '../types.ts';

/** app id of "AzNS AAD Webhook" (functions facts 4.5) */
export const azureMonitorAppId = '461e8683-5575-4561-ac7f-899cc907d62a';
export const webhookRole = 'ActionGroupsSecureWebhook';
/** the audience of the app's own registration, as `infra/hooks` names it */
export const appAudience = 'api://fhirwatch';

export interface TokenClaims {
  readonly aud: string;
  readonly tid: string;
  readonly oid: string;
  readonly appid: string;
  readonly roles: readonly string[];
}

/** An unsigned token, as all of the sandbox are; `changes` forges one. */
export function webhookToken(world: World, audience: string, changes: Partial<TokenClaims> = {}): string {
  const { tenantId } = world.estate();
  const now = Math.floor(Math.max(world.now().getTime(), Date.now()) / 1000);
  const claims = {
    aud: audience,
    iss: `https://sts.windows.net/${tenantId}/`,
    nbf: Math.floor(Math.min(world.now().getTime(), Date.now()) / 1000) - 300,
    exp: now + 86_400,
    appid: azureMonitorAppId,
    appidacr: '2',
    oid: '5e1f0d4c-6a57-4c1b-9f0e-2d1c8f6a7b30',
    roles: [webhookRole],
    tid: tenantId,
    ver: '1.0',
    ...changes,
  };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ typ: 'JWT', alg: 'none' })}.${part(claims)}.`;
}

/** Who App Service signs in by this `Authorization` header: undefined for no token, or one for another audience or time. */
export function bearerCaller(authorization: string | undefined, audience: string, now: Date): Caller | undefined {
  const claims = claimsOf(/^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? '');
  if (claims?.aud !== audience || typeof claims.exp !== 'number' || claims.exp * 1000 < now.getTime()) return undefined;
  const { oid, tid, appid, roles } = claims;
  if (typeof oid !== 'string' || typeof tid !== 'string') return undefined;
  return {
    objectId: oid,
    tenantId: tid,
    roles: Array.isArray(roles) ? roles.map(String) : [],
    claims: typeof appid === 'string' ? { appid } : {},
  };
}

function claimsOf(token: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return isRecord(claims) ? claims : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
