import { describe, expect, test } from 'vitest';
import { renderCard } from '../../sandbox/monitor/card-text.ts';
import { readRules } from '../../sandbox/monitor/rules.ts';
import type { JsonObject } from '../../sandbox/types.ts';
import { readCommonAlert } from '../../src/alerts/common-alert.ts';
import { buildCard, largestMessage } from '../../src/alerts/teams-card.ts';
import type { TeamsMessage } from '../../src/alerts/teams-elements.ts';
import type { Drift } from '../../src/model.ts';
import { aService } from '../builders.ts';
import {
  aContext,
  aDrift,
  anAlert,
  aPayload,
  driftDimensions,
  messageSchema,
  type PayloadParts,
} from './teams-fixture.ts';

/** The card as text, after it has been held against the schema and the size. */
function shown(message: TeamsMessage): string {
  messageSchema.parse(message);
  expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThanOrEqual(largestMessage);
  return renderCard({ summary: message.summary, card: message.attachments[0].content as unknown as JsonObject });
}

const card = (drifts: readonly Drift[] | 'unreadable' | 'none', parts: PayloadParts = {}, context = {}) =>
  shown(buildCard(anAlert(parts), aContext(drifts, context)));
const flat = (text: string): string => text.replace(/\s*\n?│?\s+/g, ' ');

const ended = (resolution: Drift['resolution']): Partial<Drift> => ({
  resolvedAt: '2026-11-22T10:16:00.000Z',
  ...(resolution ? { resolution } : {}),
});

describe('the card of a new drift', () => {
  test('says what, where, was and is, since when, by whom, why and how to repair it', () => {
    const text = flat(card([aDrift()], {}, { changedByOf: () => 'mallory@contoso-health.example' }));
    for (const part of [
      'CRITICAL · NEW DRIFT',
      'ehr: public-network-access',
      'The public Internet can reach this service',
      'Was pass: workspace.publicNetworkAccess = Disabled',
      'Is fail: workspace.publicNetworkAccess = Enabled',
      'Since 2026-11-22 08:03 UTC',
      'Changed by mallory@contoso-health.example',
      'With public network access on, anyone on the Internet',
      'az resource update --ids',
      '[Open report] https://fhirwatch.example/api/report?format=html&service=0123456789abcdef',
      '[Open service in portal] https://portal.azure.com/#resource/subscriptions/',
      '[Open alert in portal] https://portal.azure.com/#blade/',
    ]) {
      expect(text).toContain(part);
    }
  });

  test('says so where nobody is recorded, and where nothing was accepted before', () => {
    const text = flat(card([aDrift({ was: null })]));
    expect(text).toContain('Changed by not recorded');
    expect(text).toContain('Was nothing was accepted before');
  });

  test('is readable in the one line of a notification', () => {
    const { summary } = buildCard(anAlert(), aContext([aDrift()]));
    expect(summary).toMatch(/^CRITICAL · NEW DRIFT: ehr: public-network-access\. The public Internet can reach/);
    expect(summary.length).toBeLessThan(200);
  });

  test('of several names the gravest first and counts the rest', () => {
    const others = ['pacs', 'lab', 'icu', 'er', 'ward', 'icu2', 'er2'].map((name, index) =>
      aDrift({ driftId: `o${index}`, severity: 'high', service: aService('dicomService', { name, id: `/x/${name}` }) }),
    );
    const text = flat(card([...others, aDrift()]));
    expect(text).toContain('ehr: public-network-access and 7 more');
    expect(text).toContain('Also public-network-access of');
    expect(text).toContain('and 2 more');
  });

  test('that is only out of sight says that it is not proven', () => {
    const dns = {
      check: 'private-dns-resolution',
      direction: 'obscured',
      severity: 'high',
      is: { status: 'unknown', observed: {} },
    } as const;
    expect(card([aDrift({ ...dns, message: 'The resolver did not answer.' })])).toContain('HIGH · NOT PROVEN ANY MORE');
  });

  test('whose end fhirwatch has seen meanwhile says so', () => {
    expect(flat(card([aDrift(ended('recovered'))]))).toContain('has already seen the end of it');
  });

  test.each([
    ['unreadable', 'memory could not be read just now'],
    [[], 'memory holds nothing of this cause'],
  ] as const)('is made of the alert alone where memory is %s', (memory, said) => {
    const text = flat(card(memory));
    for (const part of ['CRITICAL', 'ehr: public-network-access', 'reachable only through private endpoints', said]) {
      expect(text).toContain(part);
    }
  });
});

describe('the card of an alert that Azure closed', () => {
  const resolved = { condition: 'Resolved' } as const;

  test('says repaired only where fhirwatch saw it in order, and how long it lasted', () => {
    const text = flat(card([aDrift(ended('recovered'))], resolved));
    for (const part of [
      'REPAIRED',
      'It was The public Internet can reach',
      'Open 2026-11-22 08:03 UTC to 2026-11-22 10:16 UTC',
      'Lasted 2 h 13 min',
    ]) {
      expect(text).toContain(part);
    }
  });

  test.each([
    ['excepted', 'ACCEPTED AS A RISK'],
    ['accepted', 'ACCEPTED'],
    ['removed', 'SERVICE IS GONE'],
    ['superseded', 'SUPERSEDED'],
    ['known', 'VISIBLE AGAIN'],
  ] as const)('says of a drift that ended %s: %s, and not repaired', (resolution, headline) => {
    const text = card([aDrift(ended(resolution))], resolved);
    expect(text).toContain(headline);
    expect(text).not.toContain('REPAIRED');
  });

  test.each<[string, readonly Drift[] | 'unreadable']>([
    ['a drift is still open', [aDrift()]],
    ['one of two is still open', [aDrift(ended('recovered')), aDrift({ driftId: 'd2' })]],
    ['memory holds nothing', []],
    ['memory cannot be read', 'unreadable'],
  ])('says monitor silent, state unknown, where %s', (_, memory) => {
    const text = card(memory, resolved);
    expect(text).toContain('MONITOR SILENT, STATE UNKNOWN');
    expect(text).not.toMatch(/repaired|in order|recovered/i);
  });

  test('names what was last known of a drift that was never seen to end', () => {
    const text = flat(card([aDrift()], resolved));
    expect(text).toContain('Last known The public Internet can reach');
    expect(text).toContain('Last told 2026-11-22 14:03 UTC');
  });
});

describe('the card of a rule that is about no drift', () => {
  test.each(readRules().filter(({ name }) => !name.startsWith('drift-opened')))(
    '$name says in words what it means and what to do',
    (rule) => {
      const dimensions = Object.fromEntries(rule.dimensions.map(({ name }) => [name, 'network']));
      const parts = {
        rule: `fhirwatch-${rule.name}`,
        severity: `Sev${rule.severity}`,
        description: rule.description,
        dimensions,
      };
      const fired = flat(card('none', parts));
      expect(fired).toMatch(/CRITICAL|HIGH|MEDIUM|LOW|THIS IS A TEST/);
      expect(fired).toContain(rule.description.slice(0, 60));
      expect(fired).toContain('What to do');
      expect(fired).not.toContain(`┌ ${rule.name}`);
      const closed = card('none', { ...parts, condition: 'Resolved' });
      expect(closed).toMatch(/ALERT CLOSED BY AZURE|THE TEST IS OVER/);
      expect(closed).not.toMatch(/repaired\b(?! it)/i);
    },
  );

  test('an unknown rule is told by its own name', () => {
    expect(card('none', { rule: 'somebody-elses', dimensions: {} })).toContain('somebody-elses');
  });
});

describe('what comes from outside stays text', () => {
  const strings = [
    '<script>alert(1)</script>',
    '[click](https://evil.example)',
    '**bold** _italic_ # head',
    '{{DATE(2026-11-22,SHORT)}}',
    '","type":"Action.OpenUrl","url":"https://evil.example',
    'a\u202Eb\u0007c\u200Bd',
    '\ud800',
  ];
  test.each(strings)('%j as a name, a message, a value and a title', (hostile) => {
    const service = aService('fhirService', { name: hostile, resourceGroup: hostile, id: `/x/${hostile}` });
    const drift = aDrift({
      service,
      message: hostile,
      causeTitle: hostile,
      is: { status: 'fail', observed: { [hostile]: hostile } },
    });
    const dimensions = { ...driftDimensions, serviceName: hostile, check: hostile, causeTitle: hostile };
    const messages = [
      buildCard(anAlert({ dimensions }), aContext([drift], { changedByOf: () => hostile })),
      buildCard(anAlert({ dimensions, description: hostile, rule: hostile }), aContext('unreadable')),
      buildCard(anAlert({ dimensions, description: hostile, rule: hostile }), aContext('none')),
      buildCard(anAlert({ dimensions, condition: 'Resolved' }), aContext([drift])),
    ];
    for (const message of messages) {
      shown(message);
      const json = JSON.stringify(message);
      // no element that reads Markdown holds anything from outside
      expect(json).not.toContain('"TextBlock"');
      expect(json).not.toContain('{{');
      expect(json).not.toMatch(/\\u202e|\\u0007|\\u200b|\\ud800|\u202e|\u200b/i);
      expect(message.summary).not.toMatch(/[<>[\]*`#]|https?:\/\//);
      const addresses = message.attachments[0].content.actions?.map(({ url }) => new URL(url).host) ?? [];
      expect(addresses.filter((host) => host !== 'portal.azure.com' && host !== 'fhirwatch.example')).toEqual([]);
    }
  });

  test('values of hostile size are shortened with a note, and the card stays within 28 KB', () => {
    const huge = '‱'.repeat(100_000);
    const drifts = Array.from({ length: 500 }, (_, index) =>
      aDrift({
        driftId: `d${index}`,
        message: huge,
        causeTitle: huge,
        service: aService('fhirService', { name: huge, id: `/x/${index}/${huge}` }),
        is: { status: 'fail', observed: { [huge]: huge } },
      }),
    );
    const text = card(drifts, { description: huge });
    expect(text).toContain('shortened; the report has all of it');
    const large = '‱'.repeat(20_000);
    const dimensions = { ...driftDimensions, serviceName: large, causeTitle: large };
    card('unreadable', { description: large, rule: large, dimensions });
    const many = Object.fromEntries([...'abcde'].map((name) => [name + large, large]));
    card('none', { description: large, rule: large, dimensions: many });
  });

  test('a command that cannot be shown whole is not shown', () => {
    const text = flat(card([aDrift({ service: aService('fhirService', { workspaceId: `/x/${'y'.repeat(3000)}` }) })]));
    expect(text).not.toContain('az resource update');
    expect(text).toContain('The command is in the report');
  });

  test('a report that is not reached by https has no button', () => {
    for (const url of [
      'http://127.0.0.1:7071/api/report',
      'javascript:alert(1)',
      'https://user@evil.example/',
      'nonsense',
    ]) {
      const { actions } = buildCard(anAlert(), aContext([aDrift()], { reportUrlOf: () => url })).attachments[0].content;
      expect(actions?.map(({ title }) => title)).toEqual(['Open service in portal', 'Open alert in portal']);
    }
  });
});

describe('an alert', () => {
  const read = (value: unknown) => readCommonAlert(typeof value === 'string' ? value : JSON.stringify(value));

  test('of more than 1 MB is refused, and one nested without end too', () => {
    expect(read({ ...aPayload(), padding: 'x'.repeat(1024 * 1024) })).toMatchObject({ ok: false, reason: 'too-large' });
    expect(read(`{"schemaId":${'['.repeat(100_000)}`)).toMatchObject({ ok: false, reason: 'malformed' });
  });

  test('of just under 1 MB is read', () => {
    expect(read({ ...aPayload(), padding: 'x'.repeat(1_000_000) })).toMatchObject({ ok: true });
  });

  test.each([
    ['no JSON', 'hello'],
    ['null', null],
    ['another schema', { schemaId: 'AzureMonitorMetricAlert', data: {} }],
    ['no alert id', { schemaId: 'azureMonitorCommonAlertSchema', data: { essentials: { monitorCondition: 'Fired' } } }],
  ])('that is %s is malformed', (_, value) => {
    expect(read(value)).toMatchObject({ ok: false, reason: 'malformed' });
  });

  test('is not lost for an odd detail', () => {
    const essentials = {
      alertId: 'a',
      monitorCondition: 'Fired',
      severity: 7,
      alertRule: null,
      firedDateTime: 'yesterday',
    };
    const value = {
      schemaId: 'azureMonitorCommonAlertSchema',
      data: { essentials, alertContext: { condition: 'none' } },
    };
    const reading = read(value);
    expect(reading).toMatchObject({ ok: true, alert: { severity: 'Sev?', dimensions: {}, measure: undefined } });
    if (reading.ok) shown(buildCard(reading.alert, aContext('none')));
  });
});
