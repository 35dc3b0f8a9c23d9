import { pause } from './deadline.ts';
import { CallError } from './failure.ts';

/**
 * Azure's limits, kept on this side too: a call waits here until it may be sent, instead of being refused there. Others
 * may use up the same limits, so what the answers say of them counts more than what was counted here.
 */
export interface Pace {
  /** Waits until one more request may be sent to this URL. Rejects when `signal` ends it, or where Azure asks to wait too long. */
  enter(url: string, signal: AbortSignal | undefined): Promise<void>;
  /** Takes note of what an answer says of the limits, and of how long it asks to wait. */
  heed(url: string, answer: PacedAnswer): void;
}

export interface PacedAnswer {
  readonly headers: { get(name: string): string | undefined };
  /** Azure's own error code */
  readonly code?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** By which Resource Manager and Resource Graph say that the limit itself is used up, not a provider's own. */
const usedUp = ['SubscriptionRequestsThrottled', 'RateLimiting'];

/** Milliseconds since some moment, never going back. */
type Clock = () => number;

/** What one limit still gives. Times by the clock. */
interface Budget {
  /** Takes one call and says when it may be sent. */
  reserve(now: number): number;
  /** Gives a call back that was not sent after all. */
  giveBack(): void;
  /** until when nothing at all may be sent */
  closedUntil(): number;
  /** Nothing before `until`; `left` calls at once at most. */
  tighten(now: number, left: number, until: number): void;
}

/**
 * The limits of one identity (https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
 * and https://learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests): reads of a
 * subscription, questions to Resource Graph. A little below them, since the clocks are two, and since the first calls open
 * connections: while they are on their way, Azure's full bucket fills no further.
 */
const readsPerSubscription = { burst: 225, perSecond: 24.5 };
const graphQueries = { most: 15, windowMs: 5_050 };

/** Whatever is asked for, after so long it is tried again. */
const longestClosureMs = 300_000;

/** @param patienceMs whoever would wait longer for Azure to open again is refused at once */
export function createPace(resourceManager: string, patienceMs: number, clock: Clock = () => performance.now()): Pace {
  const origin = new URL(resourceManager).origin;
  const budgets = new Map<string, Budget>();

  function budgetOf(url: string): Budget | undefined {
    if (!URL.canParse(url)) return undefined;
    const { origin: own, pathname } = new URL(url);
    if (own !== origin) return undefined;
    const subscription = /^\/+subscriptions\/([^/]+)/i.exec(pathname)?.[1]?.toLowerCase();
    if (subscription !== undefined) return kept(subscription, () => createBucket(readsPerSubscription));
    const isGraph = /\/microsoft\.resourcegraph\/resources$/i.test(pathname);
    return isGraph ? kept('graph', () => createWindow(graphQueries)) : undefined;
  }

  function kept(key: string, make: () => Budget): Budget {
    const budget = budgets.get(key) ?? make();
    budgets.set(key, budget);
    return budget;
  }

  return {
    async enter(url, signal) {
      const budget = budgetOf(url);
      if (budget === undefined) return;
      const now = clock();
      const closedMs = budget.closedUntil() - now;
      if (closedMs > patienceMs) {
        throw new CallError(
          'throttled',
          `Azure asked to wait ${Math.ceil(closedMs / 1000)} s with all reads of the kind`,
        );
      }
      const at = budget.reserve(now);
      if (at <= now) return;
      await pause(at - now, signal).catch((error: unknown) => {
        budget.giveBack();
        throw error;
      });
    },
    heed(url, { headers, code = '', retryAfterMs }) {
      const budget = budgetOf(url);
      const told =
        headers.get('x-ms-ratelimit-remaining-subscription-reads') ?? headers.get('x-ms-user-quota-remaining');
      const isUsedUp = usedUp.includes(code) && retryAfterMs !== undefined;
      const left = isUsedUp ? 0 : Number(told ?? Number.NaN);
      if (budget === undefined || Number.isNaN(left)) return;
      const now = clock();
      budget.tighten(now, left, isUsedUp ? now + Math.min(retryAfterMs, longestClosureMs) : now);
    },
  };
}

/** So many at once, and so many more each second. */
function createBucket({ burst, perSecond }: { readonly burst: number; readonly perSecond: number }): Budget {
  // below zero where calls are waiting already
  let tokens = burst;
  let since: number | undefined;
  let closedUntil = 0;
  const refill = (now: number): void => {
    const from = Math.max(since ?? now, closedUntil);
    if (now > from) tokens = Math.min(burst, tokens + ((now - from) / 1000) * perSecond);
    since = Math.max(now, since ?? now);
  };
  return {
    reserve(now) {
      refill(now);
      tokens -= 1;
      const start = Math.max(now, closedUntil);
      return tokens >= 0 ? start : start + (-tokens / perSecond) * 1000;
    },
    giveBack() {
      tokens += 1;
    },
    closedUntil: () => closedUntil,
    tighten(now, left, until) {
      refill(now);
      tokens = Math.min(tokens, left);
      closedUntil = Math.max(closedUntil, until);
    },
  };
}

/** So many in any stretch of that length. */
function createWindow({ most, windowMs }: { readonly most: number; readonly windowMs: number }): Budget {
  /** when the last calls were, or are to be, sent */
  let sent: readonly number[] = [];
  let closedUntil = 0;
  return {
    reserve(now) {
      const before = sent.at(-most);
      const at = Math.max(now, closedUntil, before === undefined ? now : before + windowMs);
      sent = [...sent, at].slice(-most);
      return at;
    },
    giveBack() {
      sent = sent.slice(0, -1);
    },
    closedUntil: () => closedUntil,
    tighten(now, left, until) {
      closedUntil = Math.max(closedUntil, left > 0 ? 0 : until > now ? until : closedUntil);
    },
  };
}

/** Runs so much at once and keeps the rest waiting, in order. */
export function createGate(atOnce: number): <T>(run: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (run) => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
