/** Azure's own limits (fact base, section 7) and the time a call takes, for whoever wants to see an app under them. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SandboxRequest, SandboxResponse } from './http.ts';
import { createBucket, createQueue, createWindow } from './limits/counters.ts';
import { subscriptionOf } from './resource-manager/target.ts';
import { principalOf } from './tokens.ts';
import type { FaultTarget, Passage, Toll } from './types.ts';

export interface TrafficOptions {
  /** Azure's limits hold; default: none does */
  readonly limits?: boolean;
  /** what every call takes besides, in milliseconds */
  readonly latencyMs?: number;
  /** hears of every call before anything else happens to it */
  readonly onRequest?: (target: FaultTarget, request: SandboxRequest) => void;
  /** hears of every call that a limit refuses */
  readonly onRefusal?: (target: FaultTarget) => void;
}

/** Reads of Resource Manager: a bucket for each subscription and principal, and one 15 times as large over all principals. */
const reads = { capacity: 250, perSecond: 25 };
const globalReads = { capacity: 15 * reads.capacity, perSecond: 15 * reads.perSecond };
/** Azure Private DNS counts for itself, beside Resource Manager. */
const privateDnsReads = { most: 500, windowMs: 300_000 };
const graphQueries = { most: 15, windowMs: 5_000 };
const logQueries = { most: 200, windowMs: 30_000 };
const logQueue = { atOnce: 5, waiting: 200, patienceMs: 180_000 };

/** The toll that every call pays; undefined where nothing is asked for. `clock` gives milliseconds. */
export function createToll(options: TrafficOptions, clock: () => number): Toll | undefined {
  const { limits = false, latencyMs = 0, onRequest } = options;
  if (!limits && latencyMs === 0 && onRequest === undefined) return undefined;
  const own = createBucket(reads, clock);
  const all = createBucket(globalReads, clock);
  const dns = createWindow(privateDnsReads, clock);
  const graph = createWindow(graphQueries, clock);
  const logs = createWindow(logQueries, clock);
  const queue = createQueue(logQueue);

  function resourceManager(request: SandboxRequest): Passage {
    const subscription = subscriptionOf(request.path)?.toLowerCase();
    const principal = principalOf(request) ?? 'nobody';
    if (subscription === undefined) return { headers: { 'x-ms-ratelimit-remaining-tenant-reads': '249' } };
    const remaining = own.take(`${subscription} ${principal}`);
    if (remaining === undefined) return { refusal: readsThrottled(subscription, principal) };
    const global = all.take(subscription);
    if (global === undefined) return { refusal: readsThrottled(subscription, principal) };
    const waitMs = /\/privateDnsZones(\/|$)/i.test(request.path) ? dns.enter(subscription).waitMs : 0;
    if (waitMs > 0)
      return { refusal: tooMany('TooManyRequests', 'Azure DNS is throttling this subscription.', waitMs) };
    return {
      headers: {
        'x-ms-ratelimit-remaining-subscription-reads': String(remaining),
        'x-ms-ratelimit-remaining-subscription-global-reads': String(global),
      },
    };
  }

  function resourceGraph(request: SandboxRequest): Passage {
    const { left, waitMs, resetMs } = graph.enter(principalOf(request) ?? 'nobody');
    const headers = {
      'x-ms-user-quota-remaining': String(left),
      'x-ms-user-quota-resets-after': new Date(resetMs).toISOString().slice(11, 19),
    };
    return waitMs === 0 ? { headers } : { refusal: { ...graphThrottled(), headers } };
  }

  async function logQuery(request: SandboxRequest): Promise<Passage> {
    const { waitMs } = logs.enter(principalOf(request) ?? 'nobody');
    if (waitMs > 0) return { refusal: tooMany('ThrottledError', 'Rate limit is exceeded', waitMs) };
    const release = await queue.enter();
    return release ? { release } : { refusal: tooMany('ThrottledError', 'Too many queries are waiting', 1_000) };
  }

  async function limit(target: FaultTarget, request: SandboxRequest): Promise<Passage> {
    if (target === 'resource-manager') return resourceManager(request);
    if (target === 'resource-graph') return resourceGraph(request);
    return target === 'logs' ? logQuery(request) : {};
  }

  return async (target, request) => {
    onRequest?.(target, request);
    if (latencyMs > 0) await sleep(latencyMs);
    const passage = limits ? await limit(target, request) : {};
    if (passage.refusal) options.onRefusal?.(target);
    return passage;
  };
}

function readsThrottled(subscription: string, principal: string): SandboxResponse {
  const seconds = Math.ceil(1 / reads.perSecond);
  const message = `Number of 'read' requests for subscription '${subscription}' actor '${principal}' exceeded. Please try again after '${seconds}' seconds after additional tokens are available. Refer to https://aka.ms/arm-throttling for additional information.`;
  const { body, status, headers } = tooMany('SubscriptionRequestsThrottled', message, seconds * 1000);
  const none = { 'x-ms-ratelimit-remaining-subscription-reads': '0', 'x-ms-failure-cause': 'gateway' };
  return { status, headers: { ...headers, ...none }, ...(body === undefined ? {} : { body }) };
}

function graphThrottled(): SandboxResponse {
  const message = `Please provide below info when asking for support: correlationId = ${randomUUID()}.`;
  const detail =
    'Client application has been throttled and should not attempt to repeat the request until an amount of time has elapsed. Please see https://aka.ms/resourcegraph-throttling for help.';
  const details = [{ code: 'RateLimiting', message: detail }];
  return { status: 429, body: { error: { code: 'RateLimiting', message, details } } };
}

function tooMany(code: string, message: string, waitMs: number): SandboxResponse {
  return {
    status: 429,
    headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) },
    body: { error: { code, message } },
  };
}
