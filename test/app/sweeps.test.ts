import { expect, test } from 'vitest';
import { answerSweeps } from '../../src/app/sweeps.ts';
import { memoryStore } from '../../src/state/memory.ts';
import { appOf, environment, request } from './fixture.ts';

const log = { info: () => {}, error: () => {} };
const app = appOf(memoryStore(), () => new Date('2026-11-22T08:00:00Z'));

async function ask(roles: readonly string[] | undefined, body = '', headers: Record<string, string> = {}) {
  const posted: string[] = [];
  const asked = request(roles, {}, body, 'POST');
  for (const [name, value] of Object.entries(headers)) asked.headers.set(name, value);
  const answer = await answerSweeps(asked, environment, log, (messages) => void posted.push(...messages), app.open);
  return { status: answer.status, type: answer.headers['content-type'], posted, body: JSON.parse(answer.body) };
}

test('only an operator may ask for a sweep', async () => {
  const asked = await Promise.all([ask(undefined), ask([]), ask(['Auditor']), ask(['Operator'])]);
  expect(asked.map(({ status }) => status)).toEqual([401, 403, 403, 503]);
  expect(asked.map(({ type }) => type)).toEqual(asked.map(() => 'application/problem+json'));
});

test('a page of another site may not ask in an operator’s name', async () => {
  expect((await ask(['Operator'], '', { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
});

test.each([
  ['no JSON', '{', 'not JSON'],
  ['a list', '[]', 'Expected'],
  ['another field', '{"all":true}', 'all'],
  ['an unknown family', '{"families":["netwrk"]}', 'families'],
  ['a family without checks', '{"families":["data"]}', 'network'],
  ['an empty choice', '{"services":[]}', 'services'],
  ['a long body', ' '.repeat(70_000).concat('{}'), 'more than'],
])('%s is refused in words', async (_, body, told) => {
  const { status, posted, body: problem } = await ask(['Operator'], body);
  expect([status, posted]).toEqual([400, []]);
  expect(problem.detail).toContain(told);
});

test('without a policy nothing is begun, and the answer says so', async () => {
  const { status, posted, body } = await ask(['Operator'], '{"families":["network"]}');
  expect([status, posted, body.title]).toEqual([503, [], 'No policy']);
});
