import { afterAll, beforeAll, expect, test } from 'vitest';
import { textAt } from '../../sandbox/documents.ts';
import { renderCard } from '../../sandbox/monitor/card-text.ts';
import { openStage, type Stage } from '../../sandbox/story/stage.ts';
import { ensureBundle } from '../../scripts/build.mjs';
import { doctor } from '../../src/app.ts';

/** `fhirwatch doctor` against the app as it is deployed, in its host, with Azure Monitor on the same clock. */

const root = new URL('../../', import.meta.url).pathname;
const complaints: string[] = [];
let stage: Stage;
beforeAll(async () => {
  await ensureBundle(root);
  stage = await openStage((line) => void complaints.push(line));
  await stage.sweep();
  await stage.pass(5);
}, 180_000);
afterAll(() => stage.close(), 60_000);

async function examine(testAlert = false) {
  const out: string[] = [];
  const progress: string[] = [];
  const terminal = {
    env: { FHIRWATCH_URL: stage.host.url },
    color: false,
    write: (text: string) => void out.push(text),
    progress: (text: string) => void progress.push(text),
    complain: (text: string) => void out.push(text),
  };
  const { world } = stage.sandbox;
  const patience = { now: () => world.now().getTime(), sleep: (ms: number) => stage.pass(ms / 60_000) };
  const code = await doctor({ testAlert }, terminal, async () => undefined, patience);
  return { code, out: out.join(''), progress };
}

test('the app says of itself that it may read all that it must, and that its heartbeat reaches its workspace', async () => {
  const { out } = await examine();
  expect(out).toMatch(/^ok +permissions +every action is there at (\d+) of \1 scopes$/m);
  expect(out).toMatch(/^ok +heartbeat in the logs +3 of 3 families$/m);
  expect(out).toMatch(/^FAIL +real Azure/m);
}, 60_000);

const tests = () => stage.monitor.mails.filter(({ subject }) => subject.includes('fhirwatch-test-alert'));

test('a test alert goes through the rule, the action group and the webhook to a card that says it is a test', async () => {
  const { out, progress } = await examine(true);
  expect(out).toMatch(/^ok +test alert +[0-9a-f]{16} came back after \d+ min \d\d s, and its card went to Teams$/m);
  expect(progress[0]).toMatch(/: (sent, on its way|in the workspace)/);
  const cards = stage.monitor.cards.map(renderCard);
  expect(cards).toHaveLength(1);
  expect(cards[0]).toMatch(/THIS IS A TEST: Test alert, nothing is wrong/);
  expect(cards[0]).toContain('operator@clinic.example');
  expect(tests().map(({ condition }) => condition)).toEqual(['Fired']);
  await stage.pass(60);
  expect(tests().map(({ condition }) => condition)).toEqual(['Fired', 'Resolved']);
}, 120_000);

test('a workflow that refuses the card is named, and the mail goes all the same', async () => {
  const mails = tests().length;
  stage.monitor.teams.refuse(404);
  const { code, out } = await examine(true);
  expect(out).toMatch(/^FAIL +test alert +.*came back after .*, but the Teams workflow refused its card$/m);
  expect(code).toBe(1);
  expect(
    tests()
      .slice(mails)
      .map(({ condition }) => condition),
  ).toEqual(['Fired']);
  expect((await (await fetch(`${stage.host.url}/api/health`)).json()) as object).toMatchObject({
    problems: ['the last card did not reach Teams; the log says why'],
  });
}, 120_000);

test('a workspace that refuses the app, and a right that is taken away, are named', async () => {
  const { world } = stage.sandbox;
  const before = world.estate();
  const id = stage.sandbox.environment.FHIRWATCH_TELEMETRY_WORKSPACE ?? '';
  const [service] = before.resources.filter(({ type }) => /fhirservices$/i.test(type ?? ''));
  const group = service?.id.split('/providers/')[0] ?? '';
  const { principalId } = before.monitor;
  const role = '77777777-6180-42a0-ab88-20f7382dd24c';
  const subscription = group.split('/').slice(0, 3).join('/');
  world.replace({
    ...before,
    monitor: { ...before.monitor, unreadable: [...before.monitor.unreadable, id] },
    roleDefinitions: [
      ...before.roleDefinitions,
      {
        id: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${role}`,
        properties: {
          roleName: 'half a reader',
          assignableScopes: [subscription],
          permissions: [
            { actions: ['*/read'], notActions: ['Microsoft.Network/*/read'], dataActions: [], notDataActions: [] },
          ],
        },
      },
    ],
    roleAssignments: [
      ...before.roleAssignments.filter((row) => textAt(row.properties, 'principalId') !== principalId),
      {
        id: `${subscription}/providers/Microsoft.Authorization/roleAssignments/11111111-2222-4333-8444-555555555555`,
        properties: {
          scope: subscription,
          principalId,
          roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${role}`,
        },
      },
    ],
  } as typeof before);
  const { code, out } = await examine();
  world.replace(before);
  expect(out).toMatch(/^FAIL +permissions +\/subscriptions\/\S+ lacks Microsoft\.Network\/networkInterfaces\/read, /m);
  expect(out).toMatch(/^unknown +heartbeat in the logs +.*HTTP 403.*\n +to do: give .* Log Analytics Data Reader/m);
  expect(code).toBe(1);
}, 60_000);

test('a rule that somebody switched off is named: its event is in the workspace, and no alert comes', async () => {
  expect(stage.monitor.disable('test-alert')).toBe(true);
  const mails = tests().length;
  const { code, out } = await examine(true);
  expect(out).toMatch(
    /^FAIL +test alert .* its event is in the workspace, and no alert reached the app\n.*fhirwatch-test-alert/m,
  );
  expect(code).toBe(1);
  expect(tests()).toHaveLength(mails);
}, 120_000);
