/**
 * What a scan with all checks must ask Azure at least, whoever writes it, and how long Azure's limits make that take. This
 * table is written down from what the checks need, not from what the app does.
 */

/** How much there is to watch. */
export interface Size {
  /** FHIR and DICOM services */
  readonly services: number;
  /** each with one private endpoint */
  readonly workspaces: number;
  /** in which the services stand, evenly; endpoints, zones and logs stand in one more, the hub */
  readonly subscriptions: number;
  /** of all role assignment lists together, one list a subscription */
  readonly assignmentPages: number;
  /** of the hub's list of private endpoints */
  readonly endpointPages: number;
  /** of all Resource Graph listings together */
  readonly graphPages: number;
}

/** Whose limit a call counts against. */
export type Budget = 'a subscription' | 'the hub' | 'Resource Graph' | 'Log Analytics' | 'no limit';

export interface Need {
  readonly what: string;
  readonly why: string;
  readonly budget: Budget;
  /** calls for the whole estate */
  count(size: Size): number;
}

/** What one call can hold: the first is Azure's limit, the others keep a query's text short. */
const perMetricsCall = 50;
const perAuditQuery = 100;
const perWebTestQuery = 500;

export const needs: readonly Need[] = [
  need('service', 'a scan confirms every critical pass directly', 'a subscription', (s) => s.services),
  need('workspace', "it owns its services' flag and connections", 'a subscription', (s) => s.workspaces),
  need('diagnostic settings', 'not in Resource Graph', 'a subscription', (s) => s.services),
  need('role assignments', 'a page after the other', 'a subscription', (s) => s.assignmentPages),
  need('role definitions', 'one list', 'a subscription', (s) => s.subscriptions),
  need('eligible, active, denied', 'one list each', 'a subscription', (s) => 3 * s.subscriptions),
  need('private endpoints', "the connections' other side, listed directly", 'the hub', (s) => s.endpointPages),
  need('network interfaces', 'addresses, listed directly', 'the hub', (s) => s.endpointPages),
  need('zone groups', 'not in Resource Graph', 'the hub', (s) => s.workspaces),
  need('log workspace', 'whether it is still there', 'the hub', () => 1),
  need('listings', 'a thousand rows a page', 'Resource Graph', (s) => s.graphPages),
  need('audit rows', `${perAuditQuery} services a query`, 'Log Analytics', (s) =>
    Math.ceil(s.services / perAuditQuery),
  ),
  need('web tests', `${perWebTestQuery} hosts a query`, 'Log Analytics', (s) =>
    Math.ceil(s.services / perWebTestQuery),
  ),
  need('traffic', `${perMetricsCall} services of a subscription a call`, 'no limit', metricsCalls),
];

function need(what: string, why: string, budget: Budget, count: Need['count']): Need {
  return { what, why, budget, count };
}

function metricsCalls({ services, subscriptions }: Size): number {
  return subscriptions * Math.ceil(services / subscriptions / perMetricsCall);
}

/** Calls that are taken at once, and how many more each second (the fact base's limits, as the sandbox keeps them). */
const limits: Readonly<Record<Exclude<Budget, 'no limit'>, { readonly burst: number; readonly perSecond: number }>> = {
  'a subscription': { burst: 250, perSecond: 25 },
  'the hub': { burst: 250, perSecond: 25 },
  'Resource Graph': { burst: 15, perSecond: 3 },
  'Log Analytics': { burst: 200, perSecond: 200 / 30 },
};

/** Calls that each need the answer of the one before: token, listing, workspace, endpoint (or settings, rows). */
const chain = 4;

/** Calls of one budget; of the services' subscriptions, of one of them. */
export function callsAgainst(budget: Budget, size: Size): number {
  const all = needs.filter((one) => one.budget === budget).reduce((sum, one) => sum + one.count(size), 0);
  return budget === 'a subscription' ? all / size.subscriptions : all;
}

/** The least time in milliseconds: the longest wait that a limit imposes, and the calls that follow from each other. */
export function leastMs(size: Size, latencyMs: number): number {
  const waits = Object.entries(limits).map(([budget, { burst, perSecond }]) => {
    const calls = callsAgainst(budget as Budget, size);
    return Math.max(0, calls - burst) / perSecond;
  });
  // pages of one listing come one after the other
  const pagesInTurn = Math.ceil((size.services + size.workspaces) / 1000) - 1;
  return 1000 * Math.max(...waits) + (chain + pagesInTurn) * latencyMs;
}
