import type { ApprovedPrincipal, Expectations, Service } from '../model.ts';
import type { ExpectationsInput, MatchInput } from './schema.ts';

/** An override of the policy: other expectations for the services that match. */
export interface Override {
  readonly match: MatchInput;
  readonly expect: ExpectationsInput;
}

/** What is expected of one service: the common expectations, then every override that matches it, in order. */
export function expectationsFor(
  common: ExpectationsInput,
  overrides: readonly Override[],
  service: Service,
): Expectations {
  const merged = overrides
    .filter(({ match }) => matches(match, service))
    .reduce((expect, override) => merge(expect, override.expect), common);
  return withDefaults(merged);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Objects merge, everything else replaces, null included: it takes a setting back to its default. */
function merge<T extends object>(base: T, over: T): T {
  const before = new Map<string, unknown>(Object.entries(base));
  const merged = Object.entries(over).map(([key, value]) => {
    const old = before.get(key);
    return [key, isObject(old) && isObject(value) ? merge(old, value) : value];
  });
  return { ...base, ...Object.fromEntries(merged) };
}

/** All that the match names must be so. Compared without case. */
export function matches({ id, name, tag }: MatchInput, service: Service): boolean {
  const own = service.workspaceId === undefined ? [] : [`${lastOf(service.workspaceId)}/${service.name}`];
  return (
    (id == null || isLike(withoutSlash(service.id), withoutSlash(id))) &&
    (name == null || [service.name, ...own].some((candidate) => isLike(candidate, name))) &&
    Object.entries(tag ?? {}).every(([key, value]) =>
      Object.entries(service.tags).some(([k, v]) => isSame(k, key) && isSame(v, String(value))),
    )
  );
}

const withoutSlash = (id: string): string => id.replace(/\/+$/, '');
const lastOf = (id: string): string => id.split('/').filter(Boolean).at(-1) ?? '';
const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Whether a text is what a pattern says, `*` standing for any text. No regular expression, so no pattern is slow. */
export function isLike(text: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.toLowerCase().split('*');
  const last = rest.pop();
  const whole = text.toLowerCase();
  if (last === undefined) return whole === first;
  if (!whole.startsWith(first) || whole.length < first.length + last.length || !whole.endsWith(last)) return false;
  const end = whole.length - last.length;
  let at = first.length;
  for (const part of rest) {
    const found = whole.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

const secondsOf: Readonly<Record<string, number>> = { W: 604_800, D: 86_400, H: 3_600, M: 60, S: 1 };

/** Of an ISO 8601 duration without years and months, as the schema lets through. */
function seconds(duration: string | null | undefined, fallback: number): number {
  if (duration == null) return fallback;
  return [...duration.matchAll(/(\d+)([WDHMS])/g)].reduce(
    (sum, [, amount, unit = 'S']) => sum + Number(amount) * (secondsOf[unit] ?? 0),
    0,
  );
}

const hour = 3_600;

function withDefaults(expect: ExpectationsInput): Expectations {
  const { auditFailures, operationFailures, slowOperations, importWindow } = expect;
  return {
    ...(expect.tenant != null && { tenant: expect.tenant }),
    logWorkspaces: expect.logWorkspaces ?? [],
    networks: (expect.networks ?? []).map((network) =>
      typeof network === 'string' ? { id: network, via: 'peering' } : { id: network.id, via: network.via ?? 'peering' },
    ),
    privateEndpointSubscriptions: (expect.privateEndpointSubscriptions ?? []).map((id) => id.toLowerCase()),
    dataAccess: {
      widestScope: expect.dataAccess?.widestScope ?? 'service',
      principals: (expect.dataAccess?.principals ?? []).map(approved),
    },
    privilegedPrincipals: (expect.privilegedPrincipals ?? []).map(approved),
    externalIdentityProviders: expect.externalIdentityProviders ?? [],
    corsOrigins: expect.corsOrigins ?? [],
    exportAccounts: expect.exportAccounts ?? [],
    auditFailures: {
      windowSeconds: seconds(auditFailures?.window, hour),
      clientErrors: auditFailures?.clientErrors ?? 50,
      serverErrors: auditFailures?.serverErrors ?? 5,
      perCaller: auditFailures?.perCaller ?? 20,
    },
    auditLiveness: { minimumRequests: expect.auditLiveness?.minimumRequests ?? 20 },
    operationFailures: {
      windowSeconds: seconds(operationFailures?.window, hour),
      perOperation: operationFailures?.perOperation ?? 10,
    },
    slowOperations: {
      windowSeconds: seconds(slowOperations?.window, hour),
      minimumRows: slowOperations?.minimumRows ?? 20,
      everythingMs: slowOperations?.everythingMs ?? 10_000,
      searchMs: slowOperations?.searchMs ?? 3_000,
    },
    customerManagedKey: expect.customerManagedKey ?? 'optional',
    templateRegistries: expect.templateRegistries ?? [],
    importWindow: importWindow ?? null,
    lock: expect.lock ?? 'none',
    reindexHours: expect.reindexHours ?? 72,
    ...(expect.successor != null && { successor: expect.successor }),
  };
}

type PrincipalInput =
  | string
  | {
      readonly id: string;
      readonly name?: string | null | undefined;
      readonly roles?: readonly string[] | null | undefined;
    };

function approved(principal: PrincipalInput): ApprovedPrincipal {
  if (typeof principal === 'string') return { id: principal };
  const { id, name, roles } = principal;
  return { id, ...(name != null && { name }), ...(roles != null && { roles }) };
}
