import * as z from 'zod';
import type { Person } from '../model.ts';

/** What App Service's authentication says of a caller (functions facts 3.2). */
export interface Caller extends Person {
  readonly roles: readonly string[];
}

export interface Headers {
  get(name: string): string | null;
}

const principal = z.object({
  auth_typ: z.literal('aad'),
  role_typ: z.string().optional(),
  name_typ: z.string().optional(),
  claims: z.array(z.object({ typ: z.string(), val: z.string() })),
});

const objectIdTypes = ['http://schemas.microsoft.com/identity/claims/objectidentifier', 'oid'];
const tenantTypes = ['http://schemas.microsoft.com/identity/claims/tenantid', 'tid'];
/** The header is set by the platform; a longer one was not. */
const longestHeader = 16_384;
const longestName = 200;

/**
 * The signed-in caller, or undefined. The header counts only where the platform's authentication module is on, since
 * only it keeps outsiders from sending one; a caller of another tenant is nobody.
 */
export function callerOf(
  headers: Headers,
  environment: Readonly<Record<string, string | undefined>>,
): Caller | undefined {
  if (environment.WEBSITE_AUTH_ENABLED?.toLowerCase() !== 'true') return undefined;
  const header = headers.get('x-ms-client-principal');
  if (header === null || header.length > longestHeader) return undefined;
  const parsed = principal.safeParse(decode(header));
  if (!parsed.success) return undefined;
  const { claims, role_typ, name_typ } = parsed.data;
  const valuesOf = (types: readonly string[]): readonly string[] =>
    claims.filter((claim) => types.includes(claim.typ)).map((claim) => claim.val);
  const [objectId] = valuesOf(objectIdTypes);
  const [tenant] = valuesOf(tenantTypes);
  const isGuid = z.guid().safeParse(objectId).success;
  if (!objectId || !isGuid || !tenant || tenant.toLowerCase() !== environment.AZURE_TENANT_ID?.toLowerCase())
    return undefined;
  const [name] = valuesOf([...(name_typ === undefined ? [] : [name_typ]), 'name', 'preferred_username']);
  return {
    objectId,
    ...(name === undefined ? {} : { name: name.slice(0, longestName) }),
    roles: valuesOf([...(role_typ === undefined ? [] : [role_typ]), 'roles']),
  };
}

function decode(header: string): unknown {
  try {
    return JSON.parse(Buffer.from(header, 'base64').toString('utf8'));
  } catch {
    return undefined; // not what the platform sends: nobody is signed in
  }
}
