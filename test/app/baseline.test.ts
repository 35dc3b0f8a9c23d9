import { beforeEach, describe, expect, test } from 'vitest';
import { answerBaseline } from '../../src/app/baseline.ts';
import { answerDrifts } from '../../src/app/drifts.ts';
import type { Store } from '../../src/model.ts';
import { memoryStore } from '../../src/state/memory.ts';
import { appOf, environment, finding, request, silent, watched } from './fixture.ts';

const at = '2026-11-22T08:00:00.000Z';
let store: Store;
let now: string;

beforeEach(async () => {
  store = memoryStore();
  now = '2026-11-22T08:01:00.000Z';
  await store.saveFindings({ sweepId: 'a', family: 'network', intervalSeconds: 300 }, at, [
    {
      service: watched('one'),
      findings: [
        finding(),
        finding({ check: 'private-endpoint-approval', status: 'fail', observed: { left: [] } }),
        finding({ check: 'private-dns-resolution', status: 'unknown' }),
      ],
    },
    { service: watched('two'), findings: [finding({ status: 'not-applicable' })] },
  ]);
});

const ask = async (
  roles: readonly string[] | undefined,
  method: string,
  body = '',
  headers: Record<string, string> = {},
) => {
  const asked = request(roles, {}, body, method);
  for (const [name, value] of Object.entries(headers)) asked.headers.set(name, value);
  const answer = await answerBaseline(asked, environment, silent, appOf(store, () => new Date(now)).open);
  return { status: answer.status, body: JSON.parse(answer.body) };
};
const accept = (body = '') => ask(['Operator'], 'POST', body);

describe('who may', () => {
  test('only an operator accepts; an auditor reads', async () => {
    const statuses = async (method: string) =>
      (await Promise.all([undefined, ['Auditor'], ['Operator']].map((roles) => ask(roles, method)))).map(
        ({ status }) => status,
      );
    expect(await statuses('POST')).toEqual([401, 403, 200]);
    expect(await statuses('GET')).toEqual([401, 200, 200]);
  });

  test('a page of another site cannot accept with the cookies of an operator', async () => {
    expect((await ask(['Operator'], 'POST', '', { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect(await store.baseline('network')).toEqual([]);
  });
});

describe('accepting', () => {
  test('takes passes and what does not apply, with who and when, and names what it did not take and why', async () => {
    const { body } = await accept();
    expect(body).toMatchObject({
      acceptedAt: now,
      acceptedBy: { objectId: '051be183-4712-560b-ade3-c82db193d2b6', name: 'Ada' },
      accepted: [{ serviceId: watched('one').id }, { serviceId: watched('two').id, status: 'not-applicable' }],
      notAccepted: [
        { check: 'private-dns-resolution', status: 'unknown', why: expect.stringContaining('open drift') },
        { check: 'private-endpoint-approval', status: 'fail', why: expect.stringContaining('never accepted') },
      ],
    });
    expect(await store.baseline('network')).toMatchObject([
      { check: 'public-network-access', observed: { flag: 'Disabled' }, acceptedAt: now, acceptedBy: { name: 'Ada' } },
      { serviceKey: 'key-two' },
    ]);
  });

  test('takes nothing that was not seen lately', async () => {
    now = '2026-11-22T08:10:01.000Z';
    const { body } = await accept();
    expect(body.accepted).toEqual([]);
    expect(body.notAccepted[2].why).toContain(`last seen pass at ${at}`);
  });

  test('may be narrowed to services and checks; a name that memory does not know accepts nothing', async () => {
    expect((await accept('{"services":["TWO"]}')).body.accepted).toHaveLength(1);
    expect((await accept('{"checks":["public-network-access"]}')).body.notAccepted).toEqual([]);
    const refused = await accept('{"services":["tow"],"checks":["public-network-acces"]}');
    expect([refused.status, refused.body.detail]).toEqual([
      400,
      'Memory holds no service "tow". Memory holds no check "public-network-acces".',
    ]);
  });

  test.each(['[]', '{"service":["one"]}', '{"services":"one"}', 'accept all'])('refuses the body %s', async (body) => {
    expect((await accept(body)).status).toBe(400);
    expect(await store.baseline('network')).toEqual([]);
  });

  test('of everything drops what is no longer there; a narrowed one does not', async () => {
    await accept();
    await store.forgetServices('network', now, [watched('two')]);
    expect((await accept('{"services":["one"]}')).body.dropped).toEqual([]);
    expect((await accept()).body.dropped).toEqual([{ serviceId: watched('two').id, check: 'public-network-access' }]);
    expect((await store.baseline('network')).map(({ serviceKey }) => serviceKey)).toEqual(['key-one']);
  });
});

test('the baseline shows what was accepted, by whom, and what differs now', async () => {
  expect(
    (await ask(['Auditor'], 'GET')).body.differences.map(({ direction }: { direction: string }) => direction),
  ).toEqual(['obscured', 'regressed']);
  await accept();
  now = '2026-11-22T08:06:00.000Z';
  await store.saveFindings({ sweepId: 'b', family: 'network', intervalSeconds: 300 }, '2026-11-22T08:05:00.000Z', [
    { service: watched('one'), findings: [finding({ observed: { flag: 'Disabled', more: 1 } })] },
  ]);
  await store.forgetServices('network', now, [watched('two')]);
  const { body } = await ask(['Auditor'], 'GET');
  expect(body.entries).toMatchObject([{ acceptedBy: { name: 'Ada' } }, {}]);
  expect(body.differences).toMatchObject([
    { check: 'private-dns-resolution', direction: 'obscured' },
    { check: 'private-endpoint-approval', direction: 'regressed' },
    { direction: 'changed', was: { observed: { flag: 'Disabled' } }, is: { observed: { more: 1 } }, obstacle: null },
    { serviceId: watched('two').id, direction: 'removed', is: null },
  ]);
});

test('unreadable memory is 503 in both, never an empty list', async () => {
  const broken: Store = {
    ...memoryStore(),
    currentFindings: () => Promise.reject(new Error('down')),
    driftBook: () => Promise.reject(new Error('down')),
  };
  const { open } = appOf(broken, () => new Date(now));
  expect((await answerBaseline(request(['Auditor']), environment, silent, open)).status).toBe(503);
  expect((await answerDrifts(request(['Auditor']), environment, silent, open)).status).toBe(503);
});
