import { describe, expect, test } from 'vitest';
import { answerDoctor } from '../../src/app/self.ts';
import { answerTestAlerts, noteTestAlert } from '../../src/app/test-alert.ts';
import type { Signal, SignalSink } from '../../src/model.ts';
import { memoryStore } from '../../src/state/memory.ts';
import { anAlert } from '../alerts/teams-fixture.ts';
import { appOf, environment, request, silent } from './fixture.ts';

const now = () => new Date('2026-11-22T08:00:00Z');

function setUp(takes = true) {
  const store = memoryStore();
  const received: Signal[] = [];
  const sink: SignalSink = {
    send: async (signals) => {
      if (takes) received.push(...signals);
      return takes ? signals : [];
    },
  };
  const app = appOf(store, now, { sink });
  const ask = (roles: readonly string[] | undefined, query: Record<string, string> = {}, method = 'GET') =>
    answerTestAlerts(request(roles, query, '', method), environment, silent, app.open);
  const send = async (): Promise<string> => JSON.parse((await ask(['Operator'], {}, 'POST')).body).testId;
  const alertOf = (testId: string, more: Parameters<typeof anAlert>[0] = {}) =>
    anAlert({ rule: 'fhirwatch-test-alert', dimensions: { testId, askedBy: 'Ada' }, ...more });
  const seen = async (id: string) => JSON.parse((await ask(['Auditor'], { id })).body);
  return { ...app, store, received, ask, send, seen, alertOf };
}

describe('a test alert', () => {
  test('is sent by an operator only, never for a page of another site', async () => {
    const { ask, received, open } = setUp();
    expect((await ask(undefined, {}, 'POST')).status).toBe(401);
    expect((await ask(['Auditor'], {}, 'POST')).status).toBe(403);
    const foreign = request(['Operator'], {}, '', 'POST');
    foreign.headers.set('sec-fetch-site', 'cross-site');
    expect((await answerTestAlerts(foreign, environment, silent, open)).status).toBe(403);
    expect(received).toEqual([]);
  });

  test('is one event with its id and who asked, remembered before it is sent', async () => {
    const { ask, received, store } = setUp();
    const answer = await ask(['Operator'], {}, 'POST');
    const { testId } = JSON.parse(answer.body);
    expect([answer.status, testId]).toEqual([202, expect.stringMatching(/^[0-9a-f]{16}$/)]);
    expect(received).toEqual([
      { name: 'TestAlert', at: now().toISOString(), properties: { testId, askedBy: 'Ada' }, measurements: {} },
    ]);
    expect(await store.testAlert(testId)).toMatchObject({ sentAt: now().toISOString() });
  });

  test('that the ingestion service does not take is 502', async () => {
    expect((await setUp(false).ask(['Operator'], {}, 'POST')).status).toBe(502);
  });

  test('is followed by id; one that was never sent is 404', async () => {
    const { ask, send, seen } = setUp();
    const id = await send();
    expect(await seen(id)).toMatchObject({ testId: id, arrived: null, receivedAt: null, card: null });
    for (const other of ['', '0123456789abcdef', `${id}'`, `../${id}`]) {
      expect((await ask(['Auditor'], { id: other })).status).toBe(404);
    }
    expect((await ask(undefined, { id })).status).toBe(401);
  });

  test('that came back is noted with what became of its card: the first time, and the last word', async () => {
    const { send, seen, alertOf, service } = setUp();
    const id = await send();
    await noteTestAlert(alertOf(id), 'busy', service, silent);
    expect(await seen(id)).toMatchObject({ receivedAt: null });
    await noteTestAlert(alertOf(id), 'later', service, silent);
    expect(await seen(id)).toMatchObject({ receivedAt: now().toISOString(), card: 'later' });
    await noteTestAlert(alertOf(id), 'posted', { ...service, now: () => new Date('2026-11-22T08:01:00Z') }, silent);
    expect(await seen(id)).toMatchObject({ receivedAt: now().toISOString(), card: 'posted' });
  });

  test('of another rule, of nobody’s asking, or at its end is none', async () => {
    const { send, seen, alertOf, service, store } = setUp();
    const id = await send();
    await noteTestAlert(alertOf(id, { rule: 'fhirwatch-drift-opened' }), 'posted', service, silent);
    await noteTestAlert(alertOf(id, { condition: 'Resolved' }), 'posted', service, silent);
    expect(await seen(id)).toMatchObject({ receivedAt: null });
    await noteTestAlert(alertOf('0123456789abcdef'), 'posted', service, silent);
    expect(await store.testAlert('0123456789abcdef')).toBeUndefined();
  });
});

describe('GET doctor', () => {
  const examine = (roles: readonly string[] | undefined, open = setUp().open) =>
    answerDoctor(request(roles), environment, silent, open);

  test('tells nobody who is not signed in with a role', async () => {
    expect((await examine(undefined)).status).toBe(401);
    expect((await examine(['ActionGroupsSecureWebhook'])).status).toBe(403);
  });

  test('without a policy, a workspace or Teams says so, and calls nothing in order', async () => {
    const answer = await examine(['Auditor']);
    expect(JSON.parse(answer.body)).toMatchObject({
      schema: 'fhirwatch-doctor/1',
      permissions: { asked: 0, missing: [], unread: [{ scope: 'policy', reason: 'malformed' }] },
      heartbeat: { set: false },
      teams: false,
    });
  });

  test('says what is wrong where settings are, and 503 where storage is', async () => {
    const wrong = await examine(['Auditor'], () => ({ ok: false, problems: ['X is wrong.'] }) as never);
    expect([wrong.status, JSON.parse(wrong.body).detail]).toEqual([503, 'X is wrong.']);
    const { service } = setUp();
    const down = { ...service, store: () => Promise.reject(new Error('storage is down')) };
    expect((await examine(['Auditor'], () => ({ ok: true, service: down }))).status).toBe(503);
  });
});
