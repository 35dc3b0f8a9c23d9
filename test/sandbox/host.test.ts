import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningAzurite, startAzurite } from '../../sandbox/azurite.ts';
import { type HostOptions, type RunningHost, startHost } from '../../sandbox/host/start.ts';
import { bundleFunctions, type Fixture, HOST_JSON } from './host-fixture.ts';

const SOURCE = `
import { app, output, type HttpRequest, type InvocationContext } from '@azure/functions';
const done = output.storageQueue({ queueName: 'done', connection: 'AzureWebJobsStorage' });
const seen: unknown[] = [];
app.hook.appStart(() => console.log('app started'));
app.hook.appTerminate(() => console.error('app terminated'));
app.hook.preInvocation((hook) => { hook.hookData.started = true; });
app.hook.postInvocation((hook) => console.error('after ' + hook.invocationContext.functionName + ' ' + hook.hookData.started));
app.http('echo', {
  route: 'things/{id:int}/{name?}', methods: ['GET', 'POST'], authLevel: 'anonymous',
  handler: async (request: HttpRequest) => ({
    status: 201, headers: { 'x-seen': 'yes' },
    jsonBody: { params: request.params, query: Object.fromEntries(request.query), body: await request.text(),
      principal: request.headers.get('x-ms-client-principal'), name: request.headers.get('x-ms-client-principal-name') },
  }),
});
app.http('fixed', { route: 'things/1/fixed', methods: ['GET'], authLevel: 'anonymous', handler: () => ({ body: 'fixed' }) });
app.http('broken', { methods: ['GET'], authLevel: 'anonymous', handler: () => { throw new Error('secret detail'); } });
app.http('silent', { methods: ['GET'], authLevel: 'anonymous', handler: () => undefined });
app.http('locked', { methods: ['GET'], authLevel: 'function', handler: () => ({ body: 'open' }) });
app.http('timers', { methods: ['GET'], authLevel: 'anonymous', handler: () => ({
  jsonBody: { seen, now: Date.now(), elapsed: performance.now(), origin: performance.timeOrigin } }) });
app.http('late', { methods: ['GET'], authLevel: 'anonymous', handler: () => {
  try { app.timer('tooLate', { schedule: '0 0 0 * * *', handler: () => {} }); return { body: 'registered' }; }
  catch (error) { return { body: String(error) }; }
} });
app.timer('hourly', { schedule: '%SCHEDULE%', handler: async (timer) => { seen.push(timer); } });
app.timer('everySecond', { schedule: '* * * * * *', handler: () => console.error('tick') });
app.timer('failing', { schedule: '0 0 0 1 1 *', handler: () => { throw new Error('no sweep'); } });
app.timer('unset', { schedule: '%NOT_SET%', handler: () => {} });
app.timer('fiveFields', { schedule: '*/5 * * * *', handler: () => {} });
app.storageQueue('work', {
  queueName: 'work', connection: 'AzureWebJobsStorage', extraOutputs: [done],
  handler: (message: { fail?: boolean; id: number }, context: InvocationContext) => {
    if (message.fail) throw new Error('attempt ' + context.triggerMetadata?.dequeueCount);
    context.extraOutputs.set(done, { id: message.id, attempts: context.triggerMetadata?.dequeueCount });
  },
});
`;

let azurite: RunningAzurite;
let fixture: Fixture;
let host: RunningHost;
const log: string[] = [];
/** resolves with the first line of the host's log, past or to come, that holds the text */
const logged = (text: string) =>
  new Promise<string>((resolve) => {
    const past = log.find((line) => line.includes(text));
    if (past !== undefined) resolve(past);
    else listeners.push({ text, resolve });
  });
const listeners: { text: string; resolve: (line: string) => void }[] = [];
const onLog = (line: string) => {
  log.push(line);
  for (const one of listeners) if (line.includes(one.text)) one.resolve(line);
};

function start(more: Partial<HostOptions> = {}): Promise<RunningHost> {
  const env = { AzureWebJobsStorage: azurite.connectionString, SCHEDULE: '0 0 * * * *', WEBSITE_AUTH_ENABLED: 'True' };
  return startHost({ bundle: fixture.bundle, env, onLog, ...more });
}

beforeAll(async () => {
  [azurite, fixture] = await Promise.all([startAzurite(), bundleFunctions(SOURCE)]);
  host = await start();
}, 60_000);
afterAll(async () => {
  await host.close();
  await Promise.all([azurite.close(), fixture.remove()]);
}, 60_000);

const get = (path: string, options: RequestInit = {}) => fetch(`${host.url}${path}`, options);

describe('at the start', () => {
  test('functions that Azure would run are named, and those in error with the reason', () => {
    expect(host.functions).toEqual(
      expect.arrayContaining(['echo', 'broken', 'hourly', 'everySecond', 'failing', 'work']),
    );
    expect(host.functions).not.toContain('unset');
    expect(host.errors).toEqual([
      { function: 'unset', message: '%NOT_SET% does not resolve to a value.' },
      { function: 'fiveFields', message: expect.stringContaining('six fields') },
    ]);
  });
  test('nothing can be registered later', async () => {
    expect(await (await get('/api/late')).text()).toContain('can only be registered during app startup');
  });
});

describe('over HTTP', () => {
  test('routes carry parameters, queries and bodies, and answers their status and headers', async () => {
    const response = await get('/API/things/7/b%20c?x=1', { method: 'POST', body: 'hello' });
    expect([response.status, response.headers.get('x-seen')]).toEqual([201, 'yes']);
    expect(await response.json()).toMatchObject({ params: { id: '7', name: 'b c' }, query: { x: '1' }, body: 'hello' });
    expect((await get('/api/things/7')).status).toBe(201);
  });
  test('a literal route wins over one with parameters', async () => {
    expect(await (await get('/api/things/1/fixed')).text()).toBe('fixed');
  });
  test.each([
    ['no such route', '/api/none', 'GET', 404],
    ['another method', '/api/things/7', 'DELETE', 404],
    ['a constraint', '/api/things/x', 'GET', 404],
    ['without the prefix', '/things/7', 'GET', 404],
    ['a function that answers nothing', '/api/silent', 'GET', 204],
    ['a key that is missing', '/api/locked', 'GET', 401],
  ])('%s answers as Azure does', async (_, path, method, status) => {
    expect((await get(path, { method })).status).toBe(status);
  });
  test('a function that throws answers 500 and not a word', async () => {
    const response = await get('/api/broken');
    expect([response.status, await response.text()]).toEqual([500, '']);
    expect(await logged('secret detail')).toContain('[error]');
  });
  test('a key opens what needs one', async () => {
    expect(await (await get(`/api/locked?code=${host.masterKey}`)).text()).toBe('open');
  });
});

describe('sign-in', () => {
  const principal = async (headers: Record<string, string> = {}) =>
    (await (await get('/api/things/1', { headers })).json()) as { principal: string | null; name: string | null };

  test('strips principal headers that a client sends', async () => {
    expect(
      (await principal({ 'X-MS-CLIENT-PRINCIPAL': 'forged', 'x-ms-client-principal-name': 'me' })).principal,
    ).toBeNull();
  });
  test('tells the app who the caller is', async () => {
    await host.signIn({ objectId: 'o', tenantId: 't', name: 'Ada', roles: ['Auditor'] });
    const seen = await principal();
    const claims = JSON.parse(Buffer.from(seen.principal ?? '', 'base64').toString());
    expect(seen.name).toBe('Ada');
    expect(claims).toMatchObject({ auth_typ: 'aad' });
    expect(claims.claims).toContainEqual({ typ: 'roles', val: 'Auditor' });
    await host.signIn(undefined);
    expect((await principal()).principal).toBeNull();
  });
});

describe('timers', () => {
  test('fire on demand with the schedule’s status, and tell what went wrong', async () => {
    await host.fire('hourly');
    const { seen } = (await (await get('/api/timers')).json()) as { seen: object[] };
    expect(seen.at(-1)).toMatchObject({
      isPastDue: false,
      schedule: { adjustForDST: true },
      scheduleStatus: { next: expect.stringMatching(/:00:00\.000Z$/) },
    });
    await expect(host.fire('failing')).rejects.toThrow('no sweep');
    await expect(host.fire('echo')).rejects.toThrow('no timer function');
  });
  test('fire by their schedule', async () => {
    expect(await logged('tick')).toBeDefined();
  });
  test('fire through the admin endpoint, which needs the master key and answers before the run is over', async () => {
    const fire = (name: string, key: string) =>
      get(`/admin/functions/${name}`, { method: 'POST', headers: { 'x-functions-key': key }, body: '{"input":""}' });
    expect((await fire('hourly', 'wrong')).status).toBe(401);
    expect((await fire('none', host.masterKey)).status).toBe(404);
    expect((await fire('FAILING', host.masterKey)).status).toBe(202);
  });
});

describe('queues', () => {
  const queue = (name: string) =>
    QueueServiceClient.fromConnectionString(azurite.connectionString).getQueueClient(name);
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
  /** messages of the queue once there are as many as wanted; the test's own time limit ends a wait in vain */
  async function arrived(name: string, count: number): Promise<readonly string[]> {
    const texts: string[] = [];
    while (texts.length < count) {
      const found = await queue(name)
        .receiveMessages({ numberOfMessages: 32 })
        .catch(() => undefined);
      texts.push(...(found?.receivedMessageItems ?? []).map((one) => one.messageText));
    }
    return texts;
  }

  test('hand each message to the function, decoded, and send its outputs encoded', async () => {
    await queue('work').createIfNotExists();
    await Promise.all([1, 2, 3, 4, 5, 6].map((id) => queue('work').sendMessage(encode({ id }))));
    const texts = (await arrived('done', 6)).map((text) => JSON.parse(Buffer.from(text, 'base64').toString()));
    expect(texts.map((one) => one.id).toSorted()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(texts[0].attempts).toBe(1);
  }, 30_000);
  test('give a failing message its attempts and then move it to the poison queue, also one that is no base64', async () => {
    await queue('work').createIfNotExists();
    await queue('work').sendMessage(encode({ id: 9, fail: true }));
    await queue('work').sendMessage('not base64!');
    expect(new Set(await arrived('work-poison', 2))).toEqual(new Set([encode({ id: 9, fail: true }), 'not base64!']));
    expect(log.filter((line) => line.includes('attempt')).length).toBe(2);
  }, 30_000);
});

test('another host that comes later catches up once, past due, by the shifted clock, and ends in order', async () => {
  const later = await start({ clockOffsetMs: 7_200_000 });
  let told: { seen: object[]; now: number };
  do told = (await (await fetch(`${later.url}/api/timers`)).json()) as typeof told;
  while (told.seen.length === 0);
  expect(told.now - Date.now()).toBeGreaterThan(7_000_000);
  expect(told.seen).toMatchObject([{ isPastDue: true }]);
  await later.close();
  expect(await later.ended).toBe(0);
  expect(log.some((line) => line.includes('app terminated'))).toBe(true);
}, 30_000);

test('timers that are held run when they are fired, until they are started; whatever counts the time sees the clock move', async () => {
  const held = await start({ clockOffsetMs: 14_400_000, holdTimers: true });
  const look = async () => {
    const answer = await fetch(`${held.url}/api/timers`);
    return (await answer.json()) as { seen: object[]; now: number; elapsed: number; origin: number };
  };
  const before = await look();
  expect(before.seen).toEqual([]);
  held.advanceClock(3_600_000);
  await held.fire('hourly');
  const after = await look();
  expect(after.seen).toMatchObject([{ isPastDue: false }]);
  expect(after.elapsed - before.elapsed).toBeGreaterThanOrEqual(3_600_000);
  expect(Math.abs(after.origin + after.elapsed - after.now)).toBeLessThan(1000);
  await held.startTimers();
  await expect.poll(async () => (await look()).seen.length).toBe(2);
  await held.close();
}, 30_000);

test.each([
  [
    'two functions of one name',
    `app.http('a', { handler: () => {} }); app.http('A', { handler: () => {} });`,
    'already been registered',
  ],
  ['no functions', `app.hook.appStart(() => {});`, 'No job functions found'],
  ['an error while it loads', `throw new Error('cannot load');`, 'cannot load'],
])(
  'a bundle with %s does not start',
  async (_, code, message) => {
    const bad = await bundleFunctions(`import { app } from '@azure/functions'; ${code}`);
    await expect(startHost({ bundle: bad.bundle, env: {}, onLog: () => {} })).rejects.toThrow(message);
    await bad.remove();
  },
  30_000,
);

test('without storage and without an extension bundle only HTTP functions run', async () => {
  const source = `import { app } from '@azure/functions';
    app.http('web', { authLevel: 'anonymous', handler: () => ({ body: 'up' }) });
    app.timer('timer', { schedule: '0 0 0 * * *', handler: () => {} });
    app.storageQueue('queue', { queueName: 'q-q', connection: '', handler: () => {} });`;
  const bare = await bundleFunctions(source, {
    ...HOST_JSON,
    extensionBundle: undefined,
    extensions: { http: { routePrefix: '' } },
  });
  const started = await startHost({ bundle: bare.bundle, env: {}, onLog: () => {} });
  expect(started.functions).toEqual(['web']);
  expect(started.errors.map((error) => error.message)).toEqual([
    expect.stringContaining('AzureWebJobsStorage'),
    expect.stringContaining('extensionBundle'),
  ]);
  expect(await (await fetch(`${started.url}/web`)).text()).toBe('up');
  await started.close();
  await bare.remove();
}, 30_000);
