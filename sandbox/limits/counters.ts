/** What counts calls: a token bucket, a window of time, and a queue of what runs at once. Times in milliseconds. */

export interface Bucket {
  /** Takes a token of this key's bucket and says how many are left; undefined where there is none. */
  take(key: string): number | undefined;
}

export function createBucket(
  limit: { readonly capacity: number; readonly perSecond: number },
  clock: () => number,
): Bucket {
  const buckets = new Map<string, { readonly tokens: number; readonly at: number }>();
  return {
    take(key) {
      const now = clock();
      const { tokens: before, at } = buckets.get(key) ?? { tokens: limit.capacity, at: now };
      const tokens = Math.min(limit.capacity, before + ((now - at) / 1000) * limit.perSecond);
      const left = tokens < 1 ? tokens : tokens - 1;
      buckets.set(key, { tokens: left, at: now });
      return tokens < 1 ? undefined : Math.floor(left);
    },
  };
}

export interface Entered {
  /** calls that this window still takes */
  readonly left: number;
  /** until the window takes calls again; 0: this one was taken */
  readonly waitMs: number;
  /** until the window is over */
  readonly resetMs: number;
}

export interface Window {
  enter(key: string): Entered;
}

/** So many calls in a window that begins with the first of them. */
export function createWindow(limit: { readonly most: number; readonly windowMs: number }, clock: () => number): Window {
  const windows = new Map<string, { readonly since: number; readonly count: number }>();
  return {
    enter(key) {
      const now = clock();
      const known = windows.get(key);
      const open = known !== undefined && now - known.since < limit.windowMs ? known : { since: now, count: 0 };
      const resetMs = open.since + limit.windowMs - now;
      if (open.count >= limit.most) return { left: 0, waitMs: resetMs, resetMs };
      windows.set(key, { ...open, count: open.count + 1 });
      return { left: limit.most - open.count - 1, waitMs: 0, resetMs };
    },
  };
}

export interface Queue {
  /** Waits for a place and gives what frees it again; undefined where too many wait already, or it took too long. */
  enter(): Promise<(() => void) | undefined>;
}

export function createQueue(limit: {
  readonly atOnce: number;
  readonly waiting: number;
  readonly patienceMs: number;
}): Queue {
  let running = 0;
  const waiting: (() => void)[] = [];
  const release = (): void => {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  };
  return {
    enter() {
      if (running < limit.atOnce) {
        running += 1;
        return Promise.resolve(release);
      }
      if (waiting.length >= limit.waiting) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        const start = (): void => {
          clearTimeout(timer);
          resolve(release);
        };
        const timer = setTimeout(() => {
          waiting.splice(waiting.indexOf(start), 1);
          resolve(undefined);
        }, limit.patienceMs);
        timer.unref();
        waiting.push(start);
      });
    },
  };
}
