import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { alertState, cleanEvaluations } from '../../sandbox/monitor/alerts.ts';
import { renderMail } from '../../sandbox/monitor/mail.ts';
import { refusalsOf } from '../../sandbox/monitor/refusals.ts';
import type { AlertRule } from '../../sandbox/monitor/rules.ts';
import { azureMonitorAppId } from '../../sandbox/monitor/webhook-token.ts';
import { clinic } from './dns-fixture.ts';
import { ask, makeTls } from './logs-fixture.ts';
import {
  day,
  driftProperties,
  hour,
  minute,
  rulesNamed,
  type Watch,
  type WatchOptions,
  watch,
} from './monitor-fixture.ts';

/** What the sandbox's Azure Monitor does as the real one is documented to do it. */

let tls: Awaited<ReturnType<typeof makeTls>>;
let running: Watch | undefined;
const servers: Server[] = [];
beforeAll(async () => {
  tls = await makeTls();
});
afterEach(async () => {
  await running?.monitor.close();
  running = undefined;
  for (const server of servers.splice(0)) server.close();
});
afterAll(() => tls.remove());

async function start(options?: WatchOptions): Promise<Watch> {
  running = await watch(tls, options);
  return running;
}

/** The drift rule with something else. */
function aRule(changes: Partial<AlertRule>): AlertRule {
  const [rule] = rulesNamed(['drift-opened']);
  if (rule === undefined) throw new Error('the rule drift-opened is not deployed');
  return { ...rule, ...changes };
}

async function receiver(answers: readonly number[]) {
  const received: {
    authorization: string | undefined;
    body: { data: { essentials: { monitorCondition: string } } };
  }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(answers[received.length] ?? 200).end();
      received.push({
        authorization: request.headers.authorization,
        body: JSON.parse(Buffer.concat(chunks).toString()),
      });
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/teams`, received };
}

describe('a rule that Azure would refuse is refused', () => {
  const dimension = (name: string) => ({ name, operator: 'Include', values: ['*'] }) as const;
  test.each<[string, Partial<AlertRule>, string]>([
    ['seven dimensions', { dimensions: ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(dimension) }, '6 are allowed'],
    ['bag_unpack', { query: 'AppEvents | evaluate bag_unpack(Properties)' }, 'bag_unpack()'],
    ['pivot', { query: 'AppEvents | evaluate pivot(Name)' }, 'pivot()'],
    ['narrow', { query: 'AppEvents | evaluate narrow()' }, 'narrow()'],
    ['a computed ago', { query: 'let t = 1h; AppEvents | where TimeGenerated > ago(t)' }, 'timespan literal'],
    ['the reserved name', { query: 'AppEvents | summarize AggregatedValue = count()' }, 'AggregatedValue'],
    ['a range of a week', { overrideQueryTimeRange: 7 * 86_400 }, 'two days'],
    ['union at one minute', { frequency: 60, query: 'AppEvents | union AppTraces' }, 'every minute and uses union'],
    ['take at one minute', { frequency: 60, query: 'AppEvents\n| take 5' }, 'uses take'],
    [
      'ingestion_time at one minute',
      { frequency: 60, query: 'AppEvents | extend t = ingestion_time()' },
      'ingestion_time()',
    ],
    ['seven minutes', { frequency: 420 }, 'no allowed frequency'],
    ['a muted stateful rule', { muteActionsDuration: 3600 }, 'stateful and mutes'],
  ])('%s', (_, changes, reason) => {
    expect(refusalsOf(aRule(changes)).join('\n')).toContain(reason);
  });

  test('but what stands in a comment or a text is no construct', () => {
    const query = 'AppEvents // not pivot()\n| where Name == "bag_unpack(x)" and TimeGenerated > ago(1h)';
    expect(refusalsOf(aRule({ query }))).toEqual([]);
  });
});

describe('a rule', () => {
  test.each([
    [60, 10],
    [300, 3],
    [900, 3],
    [3600, 2],
    [12 * 3600, 1],
  ])('evaluated every %i s resolves after %i clean evaluations', (frequency, evaluations) => {
    expect(cleanEvaluations(frequency)).toBe(evaluations);
  });

  test('fires when the row can be queried, not when it was made', async () => {
    const { telemetry, to, monitor } = await start({
      only: ['drift-opened'],
      ingestionDelay: { least: 400, most: 400 },
    });
    telemetry.event('DriftOpened', 0, driftProperties());
    await to(hour);
    expect(monitor.alerts[0]?.data.essentials.firedDateTime).toBe('2026-11-22T08:10:00.000Z');
  });

  test('without state fires at every evaluation, but for the time it is muted', async () => {
    const { telemetry, to, told } = await start({ rules: [aRule({ autoMitigate: false, muteActionsDuration: 1800 })] });
    telemetry.event('DriftOpened', 0, driftProperties());
    await to(60 * minute);
    expect(told()).toEqual(['fired drift-opened', 'fired drift-opened']);
  });

  test('whose query fails is shown as failing, and after a week it is disabled and that is told', async () => {
    const { to, told, monitor } = await start({ rules: [aRule({ query: 'NoSuchTable | count', frequency: 3600 })] });
    await to(6 * day);
    expect(monitor.rules()[0]).toMatchObject({
      enabled: true,
      failing: { error: expect.stringContaining('NoSuchTable') },
    });
    expect(told()).toEqual([]);
    await to(9 * day);
    expect(monitor.rules()[0]).toMatchObject({ enabled: false });
    expect(told()).toEqual(['fired rules-disabled']);
    expect(monitor.mails[0]?.subject).toMatch(/^Fired:Sev4 Azure Monitor Alert fhirwatch-rules-disabled on /);
  });

  test('that splits by a column it does not have is failing', async () => {
    const { to, monitor } = await start({ rules: [aRule({ query: 'AppEvents | project members = 1' })] });
    await to(10 * minute);
    expect(monitor.rules()[0]?.failing?.error).toBe(
      "the query's result has no column causeId, severity, check, serviceName, direction, causeTitle",
    );
  });

  test('has at most 5,000 alerts fired at a time, 300 more at each evaluation', () => {
    const state = alertState({ autoMitigate: true, frequency: 300 });
    const at = new Date('2026-11-22T08:00:00Z');
    const readings = Array.from({ length: 6000 }, (_, index) => ({
      dimensions: [{ name: 'causeId', value: `c${index}` }],
      value: 1,
      violates: true,
    }));
    const fired = Array.from({ length: 20 }, () => state.take(readings, at).length);
    expect(fired).toEqual([...Array.from({ length: 16 }, () => 300), 200, 0, 0, 0]);
    expect(state.open()).toHaveLength(5000);
  });

  test('counts failing periods one window after the other', async () => {
    const rule = aRule({
      query: 'AppEvents | where Name == "PolicyInvalid"',
      dimensions: [],
      metricMeasureColumn: undefined,
      timeAggregation: 'Count',
      window: 900,
      failingPeriods: { numberOfEvaluationPeriods: 3, minFailingPeriodsToAlert: 2 },
    });
    const { telemetry, to, told } = await start({ rules: [rule], ingestionDelay: { least: 0, most: 0 } });
    telemetry.event('PolicyInvalid', minute, {});
    await to(14 * minute);
    expect(told()).toEqual([]);
    telemetry.event('PolicyInvalid', 16 * minute, {});
    await to(20 * minute);
    expect(told()).toEqual(['fired drift-opened']);
  });
});

test('the clock does not go back', async () => {
  const { to } = await start({ rules: [] });
  await to(hour);
  await expect(to(minute)).rejects.toThrow('cannot go back');
});

describe('a mail', () => {
  test('says what Azure says and nothing that Azure cannot know', async () => {
    const { telemetry, to, monitor } = await start({ only: ['drift-opened'] });
    telemetry.event('DriftOpened', 0, driftProperties());
    await to(hour);
    const [mail] = monitor.mails;
    expect(mail?.subject).toBe(
      'Fired:Sev1 Azure Monitor Alert fhirwatch-drift-opened on log-fhirwatch ( microsoft.operationalinsights/workspaces ) at 11/22/2026 8:05:00 AM',
    );
    const text = mail ? renderMail(mail) : '';
    for (const shown of [
      'Description',
      'Dimension causeId',
      'Dimension severity     critical',
      'Dimension serviceName  ehr',
      'https://fhirwatch.azurewebsites.net/api/report?format=html',
    ]) {
      expect(text).toContain(shown);
    }
    // not among the dimensions: no mail can hold it
    expect(text).not.toContain('The public Internet can reach this service.');
  });

  test('is not sent more than a hundred times an hour to one address', async () => {
    const { telemetry, to, monitor } = await start({ only: ['drift-opened'] });
    for (let count = 0; count < 120; count += 1) {
      telemetry.event('DriftOpened', 0, driftProperties({ driftId: `d${count}`, causeId: `c${count}` }));
    }
    await to(hour);
    expect([monitor.alerts.length, monitor.mails.length, monitor.lost.length]).toEqual([120, 100, 20]);
  });
});

describe('the webhook', () => {
  async function fireAt(answers: readonly number[]) {
    const { url, received } = await receiver(answers);
    const started = await start({ only: ['drift-opened'] });
    started.monitor.callWebhook(url, 'api://fhirwatch');
    started.telemetry.event('DriftOpened', 0, driftProperties());
    return { ...started, received };
  }
  const attemptsOf = ({ monitor }: Watch) => {
    const first = monitor.calls[0]?.at.getTime() ?? 0;
    return monitor.calls.map(({ at, answer }) => [(at.getTime() - first) / 1000, answer]);
  };

  test('carries the common alert schema and a token of Azure’s own app with its role', async () => {
    const { received, to, telemetry } = await fireAt([]);
    await to(hour);
    telemetry.event('DriftResolved', hour, driftProperties());
    await to(2 * hour);
    expect(received.map(({ body }) => body.data.essentials.monitorCondition)).toEqual(['Fired', 'Resolved']);
    const claims = JSON.parse(Buffer.from(received[0]?.authorization?.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({
      appid: azureMonitorAppId,
      aud: 'api://fhirwatch',
      roles: ['ActionGroupsSecureWebhook'],
    });
    expect(received[0]?.body).toMatchObject({
      schemaId: 'azureMonitorCommonAlertSchema',
      data: {
        essentials: {
          alertRule: 'fhirwatch-drift-opened',
          severity: 'Sev1',
          signalType: 'Log',
          monitoringService: 'Log Alerts V2',
          firedDateTime: '2026-11-22T08:05:00.000Z',
        },
        alertContext: {
          conditionType: 'LogQueryCriteria',
          condition: {
            windowSize: 'P2D',
            allOf: [
              {
                metricMeasureColumn: 'members',
                metricValue: 1,
                operator: 'GreaterThan',
                threshold: '0',
                dimensions: expect.arrayContaining([{ name: 'causeId', value: 'c1' }]),
                linkToFilteredSearchResultsUI: expect.stringMatching(/^https:\/\/portal\.azure\.com/),
              },
            ],
          },
        },
        customProperties: { report: expect.any(String) },
      },
    });
  });

  test('is called again after 5, 20, 5, 40 and 5 seconds, then not for 15 minutes', async () => {
    const started = await fireAt(Array.from({ length: 6 }, () => 503));
    await started.to(10 * minute);
    expect(attemptsOf(started)).toEqual([
      [0, 503],
      [5, 503],
      [25, 503],
      [30, 503],
      [70, 503],
      [75, 503],
    ]);
    started.telemetry.event('DriftOpened', 8 * minute, driftProperties({ causeId: 'c2', driftId: 'd2' }));
    await started.to(hour);
    expect(started.monitor.lost.map(({ reason }) => reason)).toEqual([
      'the webhook failed six times',
      'the webhook is paused',
    ]);
    expect(started.monitor.calls).toHaveLength(6);
  });

  test('is called once more after one refusal, and no more once it answers', async () => {
    const started = await fireAt([429]);
    await started.to(hour);
    expect(attemptsOf(started)).toEqual([
      [0, 429],
      [5, 200],
    ]);
  });

  test.each([401, 502, 302])('is not called again where it answers %i', async (status) => {
    const started = await fireAt([status]);
    await started.to(hour);
    expect(attemptsOf(started)).toEqual([[0, status]]);
    expect(started.monitor.lost).toHaveLength(1);
  });

  test('that cannot be reached is tried as one that is busy', async () => {
    const started = await fireAt([]);
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
    await started.to(hour);
    expect(started.monitor.calls.map(({ answer }) => answer)).toEqual(Array.from({ length: 6 }, () => 'TypeError'));
  });
});

describe('web tests', () => {
  const rows = ({ telemetry }: Watch) => telemetry.source.telemetryTables().get('AppAvailabilityResults');
  const results = (watched: Watch) => {
    const table = rows(watched);
    const place = (name: string) => table?.columns.findIndex((column) => column.name === name) ?? -1;
    return (table?.rows ?? []).map((row) => ['Name', 'Success', 'Message'].map((name) => row[place(name)]));
  };

  test('find the edge’s 403 before each service, and what answers where it is open', async () => {
    const watched = await start({ rules: [], estate: { resources: clinic('wards') } });
    await watched.to(15 * minute);
    expect(results(watched)).toEqual([
      ['public wards-ehr.fhir.azurehealthcareapis.com', true, 'Passed'],
      ['public wards-pacs.dicom.azurehealthcareapis.com', true, 'Passed'],
    ]);
    const [workspace, ...others] = clinic('wards');
    const open = { ...workspace, id: workspace?.id ?? '', properties: { publicNetworkAccess: 'Enabled' } };
    watched.world.replace({ ...watched.world.estate(), resources: [open, ...others] });
    await watched.to(30 * minute);
    expect(
      results(watched)
        .slice(2)
        .map(([, success, message]) => [success, message]),
    ).toEqual([
      [false, 'Response code 200 is not the expected 403'],
      [false, 'Response code 200 is not the expected 403'],
    ]);
  });

  test('obey an override of the estate, and do not run without a public vantage', async () => {
    const host = 'wards-ehr.fhir.azurehealthcareapis.com';
    const estate = { resources: clinic('wards'), endpoints: { [host]: { '/metadata': { public: { status: 401 } } } } };
    const watched = await start({ rules: [], estate });
    await watched.to(15 * minute);
    expect(results(watched)[0]).toEqual([`public ${host}`, false, 'Response code 401 is not the expected 403']);
    await watched.monitor.close();
    const monitor = {
      principalId: '33333333-3333-4333-8333-333333333333',
      network: null,
      publicVantage: false,
      unreadable: [],
    };
    const blind = await start({ rules: [], estate: { ...estate, monitor } });
    await blind.to(hour);
    expect(results(blind)).toEqual([]);
  });

  test('of the app’s health page by a metric alert, and resolve when it answers again', async () => {
    let status = 200;
    const watched = await start({ rules: [], askHealth: () => ({ status }) });
    await watched.to(hour);
    expect(watched.told()).toEqual([]);
    status = 503;
    await watched.to(2 * hour);
    expect(watched.told()).toEqual(['fired health']);
    status = 200;
    await watched.to(3 * hour);
    expect(watched.told()).toEqual(['fired health', 'resolved health']);
    expect(watched.monitor.alerts[0]?.data.essentials).toMatchObject({
      signalType: 'Metric',
      monitoringService: 'Platform',
      severity: 'Sev1',
    });
  });
});

describe('the Teams workflow', () => {
  const card = { type: 'AdaptiveCard', version: '1.4', body: [] };
  const message = {
    type: 'message',
    summary: 'one line',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content: card }],
  };
  const post = async ({ world, monitor }: Watch, body: unknown, url = monitor.teamsUrl) => {
    const { port, pathname, search } = new URL(url);
    const server = { url: `https://localhost:${port}`, port: Number(port), close: async () => {} };
    return ask(world, tls, server, `${pathname}${search}`, { method: 'POST', body });
  };

  test('accepts a card with 202 and keeps it', async () => {
    const watched = await start({ rules: [] });
    expect((await post(watched, message)).status).toBe(202);
    expect(watched.monitor.cards).toMatchObject([{ summary: 'one line', card }]);
  });

  test.each<[string, number, unknown]>([
    ['a card without its envelope', 400, card],
    ['an alert of Azure Monitor', 400, { schemaId: 'azureMonitorCommonAlertSchema' }],
    ['more than 28 KB', 413, { ...message, summary: 'x'.repeat(29_000) }],
    ['no JSON', 400, 'hello'],
  ])('refuses %s with %i', async (_, status, body) => {
    const watched = await start({ rules: [] });
    expect((await post(watched, body)).status).toBe(status);
    expect(watched.monitor.cards).toEqual([]);
  });

  test('knows its own signature, and refuses on request', async () => {
    const watched = await start({ rules: [] });
    expect((await post(watched, message, watched.monitor.teamsUrl.replace(/sig=.*/, 'sig=wrong'))).status).toBe(401);
    watched.monitor.teams.refuse(429, { retryAfter: 3 });
    const refused = await post(watched, message);
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '3']);
    expect((await post(watched, message)).status).toBe(202);
  });
});

test('the inboxes are pages that run nothing and show hostile values as text', async () => {
  const { telemetry, to, monitor } = await start({ only: ['drift-opened'] });
  telemetry.event('DriftOpened', 0, driftProperties({ serviceName: '<img src=x onerror=alert(1)>' }));
  await to(hour);
  const pages = await Promise.all(['/', '/mail/1', '/teams'].map(async (path) => fetch(`${monitor.url}${path}`)));
  expect(pages.map(({ status }) => status)).toEqual([200, 200, 200]);
  for (const page of pages) {
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await page.text()).not.toContain('<img');
  }
  expect((await fetch(`${monitor.url}/mail/2`)).status).toBe(404);
});
