import * as z from 'zod';
import { endOf } from './exceptions.ts';

/** The shape of `fhirwatch.yaml` (version 1). Every section and key may be absent or null and then has its default. */

const guid = z.guid('must be a GUID');
const text = z.string().min(1, 'must not be empty');

/** Azure compares ids without case, and JSON Schema has no pattern that does: editors get none rather than a wrong one. */
function caseless(pattern: RegExp, message: string) {
  return z.string().refine((value) => pattern.test(value), message);
}

const resourceId = caseless(
  /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[^/\s]+\/providers\/[^/\s]+(\/[^/\s]+\/[^/\s]+)+\/?$/i,
  'must be a resource id: /subscriptions/…/resourceGroups/…/providers/…',
);
const networkId = caseless(
  /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[^/\s]+\/providers\/Microsoft\.Network\/virtualNetworks\/[^/\s]+\/?$/i,
  'must be the resource id of a virtual network: /subscriptions/…/providers/Microsoft.Network/virtualNetworks/…',
);
const logWorkspaceId = caseless(
  /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[^/\s]+\/providers\/Microsoft\.OperationalInsights\/workspaces\/[^/\s]+\/?$/i,
  'must be the resource id of a Log Analytics workspace: /subscriptions/…/providers/Microsoft.OperationalInsights/workspaces/…',
);
const idPattern = caseless(/^\/subscriptions\/[^*\s]*\*?$/i, 'must be a resource id; it may end in *').describe(
  'A resource id; * at the end stands for anything.',
);

/** Days, hours, minutes and seconds only: how long a month is depends on the month. */
const duration = z
  .string()
  .regex(/^P(?!$)(\d+W|(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?)$/, {
    error: 'must be an ISO 8601 duration in weeks, days, hours, minutes or seconds, such as PT1H',
    abort: true,
  })
  .refine((value) => /[1-9]/.test(value), 'must be longer than nothing');

const count = z.int('must be a whole number').min(0, 'must not be negative').max(1_000_000_000, 'is too large');
const milliseconds = z.number().positive('must be more than 0');
const scopeLevel = z.enum(['service', 'workspace', 'resourceGroup', 'subscription', 'managementGroup']);

const date = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z)?$/, {
    error: 'must be a date such as 2027-01-31',
    abort: true,
  })
  .refine(isDate, 'is no day of the calendar');

/** A day that exists: the calendar must give back what was written (30 February does not). */
function isDate(value: string): boolean {
  const at = new Date(value);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(value.slice(0, 10));
}

const principal = z.strictObject({
  id: guid.describe('Object id of a user, group or service principal.'),
  name: text.nullish().describe('For readers of this file.'),
  roles: z.array(text).nullish().describe('Names or ids of the roles it may have; absent: any that is not powerful.'),
});
const privileged = z.strictObject({ id: guid, name: text.nullish() });

const expectations = z
  .strictObject({
    tenant: guid.nullish().describe("The approved tenant; absent: the subscription's own."),
    logWorkspaces: z
      .array(logWorkspaceId)
      .nullish()
      .describe('Approved Log Analytics workspaces; empty: any that exists.'),
    networks: z
      .array(z.union([networkId, z.strictObject({ id: networkId, via: z.enum(['peering', 'other']).nullish() })]))
      .nullish()
      .describe('Virtual networks that must resolve and reach the services; via: how, peering by default.'),
    privateEndpointSubscriptions: z
      .array(guid)
      .nullish()
      .describe('Whose private endpoints may connect; empty: where watched services and the networks stand.'),
    dataAccess: z
      .strictObject({
        widestScope: scopeLevel.nullish().describe('The widest scope at which data roles may be assigned.'),
        principals: z
          .array(z.union([guid, principal]))
          .nullish()
          .describe('Who may have access to data.'),
      })
      .nullish(),
    privilegedPrincipals: z
      .array(z.union([guid, privileged]))
      .nullish()
      .describe('Who may grant roles over the services.'),
    externalIdentityProviders: z.array(text).nullish().describe('Approved authorities outside Entra ID.'),
    corsOrigins: z.array(text).nullish().describe('Approved CORS origins; empty: any that is https and no wildcard.'),
    exportAccounts: z.array(text).nullish().describe('Storage accounts to export to, names or ids; empty: any.'),
    auditFailures: z
      .strictObject({
        window: duration.nullish(),
        clientErrors: count.nullish(),
        serverErrors: count.nullish(),
        perCaller: count.nullish(),
      })
      .nullish()
      .describe('More than this many failed requests within the window fail.'),
    auditLiveness: z
      .strictObject({ minimumRequests: count.nullish() })
      .nullish()
      .describe('An hour with more requests than this must leave audit rows.'),
    operationFailures: z.strictObject({ window: duration.nullish(), perOperation: count.nullish() }).nullish(),
    slowOperations: z
      .strictObject({
        window: duration.nullish(),
        minimumRows: count.nullish(),
        everythingMs: milliseconds.nullish(),
        searchMs: milliseconds.nullish(),
      })
      .nullish(),
    customerManagedKey: z.enum(['optional', 'required']).nullish(),
    templateRegistries: z.array(text).nullish().describe('Registries of $convert-data templates; empty: any.'),
    importWindow: z
      .strictObject({ from: date, to: date })
      .refine(({ from, to }) => new Date(from) < endOf(to), 'ends before it begins')
      .nullish()
      .describe('When $import may be switched on.'),
    lock: z.enum(['none', 'CanNotDelete']).nullish(),
    reindexHours: z.number().positive('must be more than 0').nullish(),
    successor: resourceId.nullish().describe('In an override: the service that this one is being migrated to.'),
  })
  .meta({ id: 'expectations' });

const match = z
  .strictObject({
    id: idPattern.nullish(),
    name: text.nullish().describe('Bare name, or workspace/child; * stands for anything.'),
    tag: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .nullish()
      .describe('Tags that the service must all have.'),
  })
  .refine(
    ({ id, name, tag }) => id != null || name != null || Object.keys(tag ?? {}).length > 0,
    'names no service: give id, name or tag',
  );

/** What a policy may refer to besides itself. */
export interface Known {
  readonly checkIds: readonly string[];
  readonly optInIds: readonly string[];
  readonly now: Date;
}

/** One of the names; a schema for editors lists them. */
function oneOf(names: readonly string[], what: string) {
  return z
    .string()
    .refine((name) => names.includes(name), { error: ({ input }) => `there is no ${what} "${String(input)}"` })
    .meta({ enum: [...names] });
}

function exception({ checkIds, now }: Known) {
  const latest = new Date(now);
  latest.setUTCFullYear(latest.getUTCFullYear() + 1);
  const lastDay = latest.toISOString().slice(0, 10);
  return z.strictObject({
    check: oneOf(checkIds, 'check').describe('Id of the check.'),
    service: resourceId.describe('The service whose finding is excepted.'),
    observed: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]))
      .nullish()
      .describe('Observed values that the exception is for; it ends when one of them changes.'),
    owner: text.describe('The person or team that answers for the risk.'),
    reason: text.describe('Why it is accepted.'),
    expires: date
      .refine((value) => new Date(value) <= latest, `is more than one year ahead; the last day possible is ${lastDay}`)
      .describe('The last day it holds (UTC), at most one year ahead.'),
  });
}

const server = z.strictObject({
  url: z.url({ protocol: /^https$/, error: 'must be an https address' }),
  authority: z.url({ protocol: /^https$/, error: 'must be an https address' }).nullish(),
  audience: text.nullish(),
  addresses: z
    .array(z.union([z.ipv4(), z.ipv6()], 'must be an IP address'))
    .nullish()
    .describe('What its name must resolve to.'),
});

const subscription = caseless(
  /^(\/subscriptions\/)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\/?$/i,
  'must be a subscription id',
);
const managementGroup = caseless(
  /^(\/providers\/Microsoft\.Management\/managementGroups\/)?[^/\s]+\/?$/i,
  'must be the id or name of a management group',
);
const hostName = caseless(
  /^(?!.{254})([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{1,63}\.?$/i,
  'must be a host name',
);

const estate = z.strictObject({
  subscriptions: z
    .array(subscription)
    .nullish()
    .describe('Subscriptions to watch; with no management group either: all that the identity can read.'),
  managementGroups: z.array(managementGroup).nullish().describe('Management groups to watch, by full id or name.'),
  exclude: z.array(idPattern).nullish().describe('What is not watched.'),
  servers: z
    .array(server)
    .nullish()
    .describe('Self-hosted FHIR servers. Not judged yet: each is reported as a problem.'),
});

const vantage = z.strictObject({
  record: hostName.nullish().describe("TXT record that only the private side has; it holds the network's resource id."),
});

export function policySchema(known: Known) {
  return z
    .strictObject({
      version: z.literal(1, 'must be 1'),
      estate: estate.nullish().describe('What is watched.'),
      expect: expectations.nullish().describe('What is expected of every service.'),
      optIn: z
        .array(oneOf(known.optInIds, 'opt-in'))
        .nullish()
        .describe('Checks that need a right the monitor does not have by default.'),
      vantage: vantage.nullish().describe('How the monitor proves that it stands inside the private network.'),
      overrides: z
        .array(z.strictObject({ match, expect: expectations.nullish() }))
        .nullish()
        .describe('Other expectations for services that match, applied in order: objects merge, the rest replaces.'),
      exceptions: z.array(exception(known)).nullish().describe('Accepted risks.'),
    })
    .meta({ title: 'fhirwatch policy' });
}

export type PolicyInput = z.infer<ReturnType<typeof policySchema>>;
export type ExpectationsInput = z.infer<typeof expectations>;
export type MatchInput = z.infer<typeof match>;
