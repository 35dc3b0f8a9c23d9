import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { authenticated } from '../../sandbox/host/principal.ts';
import { renderCard } from '../../sandbox/monitor/card-text.ts';
import { bearerCaller, webhookToken } from '../../sandbox/monitor/webhook-token.ts';
import type { Answer } from '../../src/app/http.ts';
import type { Service } from '../../src/app/service.ts';
import { answerTeams } from '../../src/app.ts';
import type { Drift } from '../../src/model.ts';
import { readSettings } from '../../src/settings.ts';
import { memoryStore } from '../../src/state/memory.ts';
import { makeTls } from '../sandbox/logs-fixture.ts';
import { driftProperties, hour, type Watch, watch } from '../sandbox/monitor-fixture.ts';
import { aContext, aDrift, aPayload } from './teams-fixture.ts';

const audience = 'api://fhirwatch';

let tls: Awaited<ReturnType<typeof makeTls>>;
let running: Watch;
let server: Server | undefined;
const trusted = getCACertificates('default');
beforeAll(async () => {
  tls = await makeTls();
  setDefaultCACertificates([...trusted, tls.ca]);
  running = await watch(tls, { only: ['drift-opened'] });
});
afterEach(() => {
  server?.close();
  server = undefined;
});
afterAll(async () => {
  await running.monitor.close();
  setDefaultCACertificates(trusted);
  await tls.remove();
});

interface AppOptions {
  readonly drifts?: readonly Drift[];
  readonly url?: string | undefined;
  readonly log?: string[];
}

/** The route behind App Service's authentication, with these drifts in its store. */
function anApp(watched: Watch, { drifts = [aDrift()], log = [], ...options }: AppOptions = {}) {
  const environment = {
    WEBSITE_AUTH_ENABLED: 'True',
    AZURE_TENANT_ID: watched.world.estate().tenantId,
    WEBSITE_HOSTNAME: 'fhirwatch.example',
    FHIRWATCH_TEAMS_WORKFLOW_URL: 'url' in options ? options.url : watched.monitor.teamsUrl,
  };
  const settled = readSettings(environment);
  if (!settled.ok) throw new Error(settled.problems.join('\n'));
  const service = { settings: settled.settings, environment, now: () => new Date() } as unknown as Service;
  const store = memoryStore();
  const lines = {
    info: (text: string) => void log.push(text),
    error: (text: string, ...more: readonly unknown[]) => void log.push(`${text} ${JSON.stringify(more)}`),
  };
  const { reading: _, ...context } = aContext([]);
  return (headers: Readonly<Record<string, string>>, body: Uint8Array): Promise<Answer> => {
    const signedIn = authenticated(headers, true, bearerCaller(headers.authorization, audience, watched.world.now()));
    const request = { headers: new Headers(signedIn), body: Readable.from([Buffer.from(body)]) };
    return answerTeams(
      request,
      environment,
      lines,
      () => ({ ok: true, service }),
      (_service, url, _environment, log) => ({
        ...context,
        url,
        deliveries: async () => store,
        readCause: async () => drifts,
        fetch,
        sleep: async () => {},
        now: () => new Date(),
        error: (text, fields) => log.error(text, fields),
      }),
    );
  };
}

const payload = (size = 0): Uint8Array => Buffer.from(JSON.stringify({ ...aPayload(), padding: 'x'.repeat(size) }));
const token = (changes: Parameters<typeof webhookToken>[2] = {}): Readonly<Record<string, string>> => ({
  authorization: `Bearer ${webhookToken(running.world, audience, changes)}`,
});

describe('a call', () => {
  test('of Azure Monitor with an alert is answered 200', async () => {
    expect((await anApp(running)(token(), payload())).status).toBe(200);
  });

  const principal = Buffer.from(
    JSON.stringify({
      auth_typ: 'aad',
      role_typ: 'roles',
      claims: [
        { typ: 'oid', val: '33333333-3333-4333-8333-333333333333' },
        { typ: 'tid', val: '22222222-2222-4222-8222-222222222222' },
        { typ: 'roles', val: 'ActionGroupsSecureWebhook' },
        { typ: 'appid', val: '461e8683-5575-4561-ac7f-899cc907d62a' },
      ],
    }),
  ).toString('base64');

  test.each<[string, () => Readonly<Record<string, string>>]>([
    ['without a token', () => ({})],
    ['with a forged principal header', () => ({ 'x-ms-client-principal': principal })],
    ['of another app with the same role', () => token({ appid: '99999999-9999-4999-8999-999999999999' })],
    ['of Azure’s app without the role', () => token({ roles: [] })],
    ['of an auditor', () => token({ roles: ['Auditor', 'Operator'], appid: '99999999-9999-4999-8999-999999999999' })],
    ['from another tenant', () => token({ tid: '99999999-9999-4999-8999-999999999999' })],
    ['with a token for another service', () => token({ aud: 'https://management.azure.com' })],
  ])('%s is answered 401 and posts nothing', async (_, headers) => {
    const before = running.monitor.cards.length;
    expect((await anApp(running)(headers(), payload())).status).toBe(401);
    expect(running.monitor.cards).toHaveLength(before);
  });

  test('with more than 1 MB is refused, whatever it says of its length', async () => {
    expect((await anApp(running)(token(), payload(1024 * 1024))).status).toBe(413);
    expect((await anApp(running)({ ...token(), 'content-length': '99999999' }, payload())).status).toBe(413);
    expect((await anApp(running)({ ...token(), 'content-length': '5' }, payload(1024 * 1024))).status).toBe(413);
  });

  test('that is no alert is answered 400', async () => {
    expect((await anApp(running)(token(), Buffer.from('{}'))).status).toBe(400);
  });

  test('is answered 502, which Azure does not repeat, where the workflow’s address is wrong or missing', async () => {
    const log: string[] = [];
    const wrong = running.monitor.teamsUrl.replace(/sig=.*/, 'sig=wrong');
    expect((await anApp(running, { url: wrong, log })(token(), payload())).status).toBe(502);
    expect(log.join('\n')).toContain('the workflow answered 401');
    expect(log.join('\n')).not.toMatch(/sig=|localhost/);
    expect((await anApp(running, { url: undefined })(token(), payload())).status).toBe(502);
  });

  test('is answered 503, which Azure repeats, while the workflow refuses', async () => {
    const app = anApp(running);
    running.monitor.teams.refuse(429, { retryAfter: 60 });
    expect((await app(token(), payload())).status).toBe(503);
    expect((await app(token(), payload())).status).toBe(200);
  });
});

test('a drift becomes an alert, a call and a card, and its end another', async () => {
  const watched = await watch(tls, { only: ['drift-opened'] });
  const drifts = [aDrift()];
  const app = anApp(watched, { drifts });
  const { url, close } = await serve(app);
  try {
    watched.monitor.callWebhook(url, audience);
    watched.telemetry.event('DriftOpened', 0, driftProperties());
    await watched.to(hour);
    drifts[0] = aDrift({ resolvedAt: '2026-11-22T09:00:00.000Z', resolution: 'recovered' });
    watched.telemetry.event('DriftResolved', hour, driftProperties());
    await watched.to(2 * hour);
    const headlines = watched.monitor.cards.map((one) => renderCard(one).split('\n')[0]);
    expect(headlines).toEqual([
      expect.stringContaining('CRITICAL · NEW DRIFT: ehr: public-network-access'),
      expect.stringContaining('REPAIRED: ehr: public-network-access'),
    ]);
    expect(watched.monitor.calls.map(({ answer }) => answer)).toEqual([200, 200]);
  } finally {
    close();
    await watched.monitor.close();
  }
});

test('a drift that nobody tells of for three days is no card that says repaired', async () => {
  const watched = await watch(tls, { only: ['drift-opened'] });
  const { url, close } = await serve(anApp(watched));
  try {
    watched.monitor.callWebhook(url, audience);
    watched.telemetry.event('DriftOpened', 0, driftProperties());
    await watched.to(72 * hour);
    expect(watched.monitor.mails.map(({ condition }) => condition)).toEqual(['Fired', 'Resolved']);
    const texts = watched.monitor.cards.map(renderCard);
    expect(texts).toHaveLength(2);
    expect(texts[1]).toContain('MONITOR SILENT, STATE UNKNOWN');
    expect(texts[1]).not.toMatch(/repaired/i);
  } finally {
    close();
    await watched.monitor.close();
  }
}, 60_000);

async function serve(app: ReturnType<typeof anApp>): Promise<{ url: string; close(): void }> {
  const listening = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { authorization = '' } = request.headers;
      void app({ authorization }, Buffer.concat(chunks)).then(({ status, headers, body }) =>
        response.writeHead(status, headers).end(body),
      );
    });
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}/api/teams`,
    close: () => void listening.close(),
  };
}
