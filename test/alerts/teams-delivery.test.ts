import { describe, expect, test } from 'vitest';
import { deliverAlert, type TeamsPorts } from '../../src/alerts/teams.ts';
import { memoryStore } from '../../src/state/memory.ts';
import { aContext, aDrift, anAlert } from './teams-fixture.ts';

const secret = 'https://flows.example/workflows/1?sig=SECRET';

type Reply = number | { readonly status: number; readonly retryAfter?: string } | Error;

/** A workflow that gives these answers, then 202; a clock that only sleeping moves; deliveries in memory. */
function setUp(replies: readonly Reply[] = [], overrides: Partial<TeamsPorts> = {}) {
  let now = Date.parse('2026-11-22T08:10:05Z');
  const posts: { url: string; init: RequestInit }[] = [];
  const slept: number[] = [];
  const errors: string[] = [];
  const store = memoryStore();
  const keys = new Set<string>();
  const { reading: _, ...context } = aContext([]);
  const ports: TeamsPorts = {
    ...context,
    url: secret,
    deliveries: async () => ({
      ...store,
      claimDelivery: (key, at, seconds) => {
        keys.add(key);
        return store.claimDelivery(key, at, seconds);
      },
    }),
    readCause: async () => [aDrift()],
    fetch: async (url, init) => {
      const reply = replies[posts.length] ?? 202;
      posts.push({ url, init });
      if (reply instanceof Error) throw reply;
      const { status, retryAfter } = typeof reply === 'number' ? { status: reply, retryAfter: undefined } : reply;
      return new Response(null, { status, headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter } });
    },
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
    },
    now: () => new Date(now),
    error: (text, fields) => void errors.push(`${text} ${JSON.stringify(fields)}`),
    ...overrides,
  };
  const trouble = async () => (await store.teamsTrouble())?.detail;
  return { ports, posts, slept, errors, store, keys, trouble };
}

describe('a card', () => {
  test('that the workflow accepts is posted once, however often the alert is delivered', async () => {
    const { ports, posts } = setUp();
    expect(await deliverAlert(anAlert(), ports)).toBe('posted');
    expect(await deliverAlert(anAlert(), ports)).toBe('posted-before');
    expect(await deliverAlert(anAlert({ condition: 'Resolved' }), ports)).toBe('posted');
    expect(await deliverAlert(anAlert({ alertId: 'another' }), ports)).toBe('posted');
    expect(posts).toHaveLength(3);
  });

  test('that another call is posting is left to it', async () => {
    const { ports, posts, store, keys } = setUp();
    await deliverAlert(anAlert(), ports);
    for (const key of keys) {
      await store.releaseDelivery(key);
      await store.claimDelivery(key, ports.now().toISOString(), 60);
    }
    expect(await deliverAlert(anAlert(), ports)).toBe('busy');
    expect(posts).toHaveLength(1);
  });

  test('that is throttled once is posted after the time that the workflow asks for', async () => {
    const { ports, slept, errors, trouble } = setUp([{ status: 429, retryAfter: '2' }]);
    expect(await deliverAlert(anAlert(), ports)).toBe('posted');
    expect(slept).toEqual([2000]);
    expect([errors, await trouble()]).toEqual([[], undefined]);
  });

  test.each<[string, readonly Reply[]]>([
    ['is throttled for longer than Azure waits', [{ status: 429, retryAfter: '60' }]],
    ['is throttled until a day in the past that is no time', [{ status: 429, retryAfter: 'soon' }, 500, 503, 502]],
    ['fails four times', [500, 503, 502, 500]],
    [
      'cannot be reached',
      Array.from({ length: 4 }, () => new TypeError('fetch failed https://flows.example?sig=SECRET')),
    ],
  ])('that %s is left to Azure to call again, and may then be posted', async (_, replies) => {
    const { ports, posts, trouble } = setUp(replies);
    expect(await deliverAlert(anAlert(), ports)).toBe('later');
    expect(await trouble()).toMatch(/the workflow (answered \d+|could not be reached)/);
    expect(posts.length).toBe(replies.length);
    expect(await deliverAlert(anAlert(), ports)).toBe('posted');
    expect(await trouble()).toBeUndefined();
  });

  test.each([400, 401, 404, 413, 301, 302])(
    'that the workflow answers with %i is refused, told without the address, and not tried again',
    async (status) => {
      const { ports, posts, errors, trouble } = setUp([status]);
      expect(await deliverAlert(anAlert(), ports)).toBe('refused');
      expect(posts).toHaveLength(1);
      expect(posts[0]?.init.redirect).toBe('manual');
      expect(await trouble()).toBe(`the workflow answered ${status}`);
      expect(errors).toHaveLength(1);
    },
  );

  test('never brings the address into the log', async () => {
    const { ports, errors } = setUp(Array.from({ length: 4 }, () => new TypeError(`fetch failed ${secret}`)));
    await deliverAlert(anAlert(), ports);
    expect(errors.join()).not.toMatch(/SECRET|flows\.example/);
  });

  test('is posted from the alert alone where the store is down, and says so', async () => {
    const down = async (): Promise<never> => {
      throw new Error('storage does not answer');
    };
    const { ports, posts, errors } = setUp([], { deliveries: down, readCause: down });
    expect(await deliverAlert(anAlert(), ports)).toBe('posted');
    expect(String(posts[0]?.init.body)).toContain('memory could not be read');
    expect(errors.join('\n')).toContain('a repeated alert is posted again');
  });

  test('is posted where the store dies between claiming and remembering', async () => {
    const { ports, errors } = setUp();
    const deliveries = await ports.deliveries();
    const dying = { ...deliveries, saveDelivery: async () => Promise.reject(new Error('gone')) };
    expect(await deliverAlert(anAlert(), { ...ports, deliveries: async () => dying })).toBe('posted');
    expect(errors.join()).toContain('the delivery could not be remembered');
  });

  test('of an alert with a causeId of hostile size asks no store', async () => {
    const asked: string[] = [];
    const { ports } = setUp([], {
      readCause: async (id) => {
        asked.push(id);
        return [];
      },
    });
    await deliverAlert(anAlert({ dimensions: { causeId: 'x'.repeat(5000) } }), ports);
    expect(asked).toEqual([]);
  });
});
