import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { families } from '../../src/app/families.ts';
import { readSchedules } from '../../src/schedules.ts';
import { evaluate, type Logs, queryFiles, queryOf, type Row, ruleNamed, rules } from './alert-rules.ts';

const at = (text: string): string => `2026-11-${text}:00Z`;
const plusHours = (time: string, hours: number): string => new Date(Date.parse(time) + hours * 3_600_000).toISOString();

function drift(name: string, time: string, changes: Readonly<Record<string, string>> = {}): Row {
  const Properties = {
    driftId: 'd1',
    causeId: 'c1',
    causeTitle: 'clinic is open to the Internet',
    causeSeverity: 'critical',
    causeCheck: 'public-network-access',
    causeServiceName: 'clinic',
    causeDirection: 'regressed',
    check: 'public-network-access',
    family: 'network',
    severity: 'critical',
    direction: 'regressed',
    serviceId: '/subscriptions/1/fhir',
    serviceName: 'clinic',
    status: 'fail',
    ...changes,
  };
  return { TimeGenerated: time, Name: name, Properties, Measurements: { members: 1 } };
}

const sweep = (family: string, time: string, coverage: number | null = 1, outcome = 'completed'): Row => ({
  TimeGenerated: time,
  Name: 'SweepCompleted',
  Properties: { sweepId: `${family} ${time}`, family, outcome },
  Measurements: { services: 3, findings: 9, unknown: 0, ...(coverage === null ? {} : { coverage }), durationMs: 1 },
});

const opened = drift('DriftOpened', at('10T08:00'));
const key = 'c1 critical public-network-access clinic regressed clinic is open to the Internet';
const run = (name: string, events: readonly Row[], time: string) => evaluate(name, { events }, time);

describe('drift-opened', () => {
  test('fires when a drift opened, split by values that name the cause', () => {
    expect(run('drift-opened', [opened], at('10T08:05'))).toEqual([{ key, value: 1 }]);
  });

  test('ends with the explicit resolve, not before', () => {
    const resolved = drift('DriftResolved', at('10T09:00'), { status: 'recovered' });
    expect(run('drift-opened', [opened, resolved], at('10T08:59'))).toHaveLength(1);
    expect(run('drift-opened', [opened, resolved], at('10T09:00'))).toEqual([]);
    expect(run('drift-opened', [resolved, opened], at('11T09:00'))).toEqual([]);
  });

  test('a resolve at the very time of a repeat ends it', () => {
    const events = [opened, drift('DriftOpen', at('10T14:00')), drift('DriftResolved', at('10T14:00'))];
    expect(run('drift-opened', events, at('10T14:05'))).toEqual([]);
    expect(run('drift-opened', events.toReversed(), at('10T14:05'))).toEqual([]);
  });

  test('a cause with two members ends with its last one, and its split never changes meanwhile', () => {
    const other = { driftId: 'd2', serviceName: 'archive', severity: 'high', check: 'private-endpoint-approval' };
    const both = [opened, drift('DriftOpened', at('10T08:00'), other)];
    const [first] = run('drift-opened', both, at('10T08:05'));
    expect(first).toEqual({ key, value: 2 });
    const oneLess = [...both, drift('DriftResolved', at('10T10:00'))];
    expect(run('drift-opened', oneLess, at('10T10:05'))).toEqual([{ key, value: 1 }]);
    const other2 = [...both, drift('DriftResolved', at('10T10:00'), other)];
    expect(run('drift-opened', other2, at('10T10:05'))).toEqual([{ key, value: 1 }]);
    const none = [...oneLess, drift('DriftResolved', at('10T11:00'), other)];
    expect(run('drift-opened', none, at('10T11:05'))).toEqual([]);
  });

  test('ten days open it keeps firing with the same split, carried by a repeat every six hours', () => {
    const repeats = Array.from({ length: 40 }, (_, i) => drift('DriftOpen', plusHours(at('10T08:00'), 6 * (i + 1))));
    const events = [opened, ...repeats];
    const moments = Array.from({ length: 34 }, (_, i) => plusHours(at('10T08:01'), 7 * i));
    const keys = moments.map((time) => run('drift-opened', events, time).map((fired) => fired.key));
    expect(keys.filter((found) => found.join() !== key)).toEqual([]);
    const resolved = drift('DriftResolved', at('20T09:00'));
    expect(run('drift-opened', [...events, resolved], at('20T09:01'))).toEqual([]);
  });

  test('two causes are two alerts', () => {
    const other = drift('DriftOpened', at('10T08:00'), { driftId: 'd2', causeId: 'c2' });
    expect(run('drift-opened', [opened, other], at('10T08:05'))).toHaveLength(2);
  });

  test.each(['regressed', 'obscured', 'removed'])('%s pages', (direction) => {
    expect(run('drift-opened', [drift('DriftOpened', at('10T08:00'), { direction })], at('10T08:05'))).toHaveLength(1);
  });

  test.each(['changed', 'added', 'recovered'])('%s does not page', (direction) => {
    expect(
      run(
        'drift-opened',
        [drift('DriftOpened', at('10T08:00'), { direction, causeDirection: direction })],
        at('10T08:05'),
      ),
    ).toEqual([]);
  });

  test('every severity is paged by exactly one of the two rules', () => {
    for (const severity of ['critical', 'high', 'medium', 'low']) {
      const events = [drift('DriftOpened', at('10T08:00'), { causeSeverity: severity })];
      const firing = ['drift-opened', 'drift-opened-minor'].filter(
        (name) => run(name, events, at('10T08:05')).length > 0,
      );
      expect([severity, firing]).toEqual([
        severity,
        [severity === 'critical' || severity === 'high' ? 'drift-opened' : 'drift-opened-minor'],
      ]);
    }
  });

  test('other events and events without an id are not drifts', () => {
    const events = [sweep('network', at('10T08:00')), drift('DriftOpened', at('10T08:00'), { driftId: '' })];
    expect(run('drift-opened', events, at('10T08:05'))).toEqual([]);
  });
});

describe('drifts-across-fleet', () => {
  const many = (count: number): readonly Row[] =>
    Array.from({ length: count }, (_, i) =>
      drift('DriftOpened', at('10T08:00'), { driftId: `d${i}`, causeId: `c${i}` }),
    );

  test('is one alert with the number of causes of new critical drifts, counted once however often they are told', () => {
    expect(run('drifts-across-fleet', [...many(900), ...many(900)], at('10T08:30'))).toEqual([{ key: '', value: 900 }]);
  });

  test('a few drifts, many of one cause, lesser ones, or those of yesterday are no fleet', () => {
    expect(run('drifts-across-fleet', many(10), at('10T08:30'))).toEqual([]);
    const hospital = many(50).map((row) => ({ ...row, Properties: { ...(row.Properties as object), causeId: 'c' } }));
    expect(run('drifts-across-fleet', hospital, at('10T08:30'))).toEqual([]);
    const lesser = many(50).map((row) => ({ ...row, Properties: { ...(row.Properties as object), severity: 'high' } }));
    expect(run('drifts-across-fleet', lesser, at('10T08:30'))).toEqual([]);
    expect(run('drifts-across-fleet', many(50), at('11T08:30'))).toEqual([]);
  });
});

describe('coverage-lost', () => {
  const last = (...rows: readonly Row[]) => run('coverage-lost', rows, at('10T09:00'));

  test('fires for a family that knows too little twice in a row, with what is lost in percent', () => {
    const rows = [
      sweep('audit', at('10T08:30'), 0.2),
      sweep('audit', at('10T08:45'), 0.25),
      sweep('network', at('10T08:55')),
    ];
    expect(last(...rows)).toEqual([{ key: 'audit', value: 75 }]);
    expect(last(...rows, sweep('audit', at('10T08:50'), 0.5))).toEqual([]);
  });

  test('one bad sweep is weather, and a good one ends it', () => {
    expect(last(sweep('audit', at('10T08:30'), 1), sweep('audit', at('10T08:45'), 0.2))).toEqual([]);
    const bad = [sweep('audit', at('10T08:15'), 0.2), sweep('audit', at('10T08:30'), 0.2)];
    expect(last(...bad)).toHaveLength(1);
    expect(last(...bad, sweep('audit', at('10T08:45'), 1))).toEqual([]);
  });

  test('an incomplete sweep covered nothing, whatever it says', () => {
    expect(last(sweep('access', at('10T08:10'), 1, 'incomplete'))).toEqual([{ key: 'access', value: 100 }]);
  });

  test('a sweep that saw no service covered nothing', () => {
    expect(last(sweep('access', at('10T08:10'), null))).toEqual([{ key: 'access', value: 100 }]);
  });
});

describe('heartbeat-missing', () => {
  const silent = (logs: Logs, time: string) => evaluate('heartbeat-missing', logs, time).map((fired) => fired.key);
  const allAt = (time: string): readonly Row[] => families.map((family) => sweep(family, time));

  test('families that completed lately are no row', () => {
    expect(silent({ events: allAt(at('10T08:00')) }, at('10T08:15'))).toEqual([]);
  });

  test('a dead family is a row of its own, the others are not', () => {
    const beats = Array.from({ length: 30 }, (_, i) => allAt(plusHours(at('10T00:00'), i / 4))).flat();
    const alive = beats.filter((row) => !JSON.stringify(row).includes('"family":"audit"'));
    expect(silent({ events: alive }, at('10T07:20'))).toEqual(['audit']);
  });

  test('a family that only ever ends incomplete is dead', () => {
    const events = [...allAt(at('10T08:00')), sweep('network', at('10T08:40'), 1, 'incomplete')];
    expect(silent({ events }, at('10T08:41'))).toContain('network');
  });

  test('with an empty table, and with none at all, every family is a row', () => {
    expect(silent({ events: [] }, at('10T08:00'))).toEqual([...families].sort());
    expect(silent({}, at('10T08:00'))).toEqual([...families].sort());
  });

  test('lists exactly the families that have checks, and waits for twice their interval at least, two days at most', () => {
    const listed = [...queryOf('heartbeat-missing.kql').matchAll(/^ {4}"(\w+)", (\d+)m,?$/gm)];
    expect(listed.map((match) => match[1]).sort()).toEqual([...families].sort());
    const { schedules } = readSchedules({});
    for (const [, family = '', minutes = ''] of listed) {
      const interval = schedules[family as keyof typeof schedules].intervalSeconds / 60;
      expect([family, Number(minutes) >= 2 * interval, Number(minutes) <= 2880]).toEqual([family, true, true]);
    }
  });
});

test('policy-invalid fires while the timers find the policy invalid and ends when they no longer do', () => {
  const events = [{ TimeGenerated: at('10T08:00'), Name: 'PolicyInvalid', Properties: { problem: 'x' } }];
  expect(run('policy-invalid', events, at('10T08:20'))).toHaveLength(1);
  expect(run('policy-invalid', events, at('10T08:31'))).toEqual([]);
  expect(run('policy-invalid', [], at('10T08:20'))).toEqual([]);
});

test('exception-expiring is one alert an exception, however often and in whatever case it is told', () => {
  const told = (serviceId: string, time: string): Row => ({
    TimeGenerated: time,
    Name: 'ExceptionExpiring',
    Properties: { check: 'cors-origins', serviceId, owner: 'Platform', expires: '2026-12-01' },
  });
  const events = [told('/S/A', at('10T08:00')), told('/s/a', at('11T08:00')), told('/s/b', at('11T08:00'))];
  expect(run('exception-expiring', events, at('11T09:00'))).toEqual([
    { key: 'cors-origins /s/a Platform 2026-12-01', value: 2 },
    { key: 'cors-origins /s/b Platform 2026-12-01', value: 1 },
  ]);
});

test('test-alert is one alert a test, for half an hour, and none where the table is not there yet', () => {
  const asked = (testId: string, time: string): Row => ({
    TimeGenerated: time,
    Name: 'TestAlert',
    Properties: { testId, askedBy: 'Ada' },
  });
  const events = [asked('1f', at('10T08:00')), asked('2e', at('10T08:05')), asked('', at('10T08:05'))];
  expect(run('test-alert', events, at('10T08:10')).map(({ key }) => key)).toEqual(['1f Ada', '2e Ada']);
  expect(run('test-alert', events, at('10T08:31')).map(({ key }) => key)).toEqual(['2e Ada']);
  expect(evaluate('test-alert', {}, at('10T08:10'))).toEqual([]);
});

describe('private-path-unavailable', () => {
  const result = (Name: string, time: string, Success: boolean): Row => ({ TimeGenerated: time, Name, Success });
  const seen = (...availability: readonly Row[]) =>
    evaluate('private-path-unavailable', { availability }, at('10T08:30'));
  const host = 'private clinic-fhir.fhir.azurehealthcareapis.com';

  const failed = (name: string, ...times: readonly string[]) => times.map((time) => result(name, at(time), false));

  test('fires for a service that failed three times and the last time', () => {
    const rows = failed(host, '10T08:15', '10T08:20', '10T08:25');
    expect(seen(...rows)).toEqual([{ key: 'clinic-fhir.fhir.azurehealthcareapis.com', value: 3 }]);
    expect(seen(...rows, result(host, at('10T08:29'), true))).toEqual([]);
  });

  test('one failure is weather, the second is a drift’s to tell, and web tests from outside are another matter', () => {
    expect(seen(...failed(host, '10T08:25'))).toEqual([]);
    expect(seen(...failed(host, '10T08:20', '10T08:25'))).toEqual([]);
    const outside = host.replace('private', 'public');
    expect(seen(...failed(outside, '10T08:15', '10T08:20', '10T08:25'))).toEqual([]);
  });

  test('what an open drift tells is not told again', () => {
    const serviceId = '/subscriptions/s/One';
    const lost = failed(host, '10T08:15', '10T08:20', '10T08:25').map((row) => ({ ...row, Properties: { serviceId } }));
    const opened = drift('DriftOpened', at('10T04:00'), {
      check: 'private-path-open',
      serviceId: serviceId.toUpperCase(),
    });
    const told = (...events: readonly Row[]) =>
      evaluate('private-path-unavailable', { availability: lost, events }, at('10T08:30'));
    expect(told(opened)).toEqual([]);
    expect(
      told({ ...opened, Properties: { ...(opened.Properties as object), check: 'private-dns-resolution' } }),
    ).toHaveLength(1);
    expect(told(opened, { ...opened, Name: 'DriftResolved', TimeGenerated: at('10T05:00') })).toHaveLength(1);
  });

  test('a table that does not exist yet is no error', () => {
    expect(evaluate('private-path-unavailable', {}, at('10T08:30'))).toEqual([]);
  });
});

describe('what Azure refuses in a log alert rule', () => {
  test('every query file is a rule’s, and every rule has its file', () => {
    expect([...new Set(rules.map((rule) => rule.kql))].sort()).toEqual([...queryFiles].sort());
    expect(new Set(rules.map((rule) => rule.name)).size).toBe(rules.length);
  });

  test.each(queryFiles)('%s uses nothing that is refused', (file) => {
    const code = queryOf(file).replace(/\/\/.*$/gm, '');
    expect(code).not.toMatch(/\b(bag_unpack|pivot|narrow|search|ingestion_time|take|AggregatedValue)\b/);
    for (const [, argument = ''] of code.matchAll(/\bago\(([^)]*)\)/g)) expect(argument).toMatch(/^\d+[smhd]$/);
    expect(code).toMatch(/\bApp(Events|AvailabilityResults)\b/);
    expect(code).not.toMatch(/RequestUri/i);
    expect(code.length).toBeLessThan(10_000);
  });

  test('rules that join tables run every five minutes at the most often, and none sees further than two days', () => {
    for (const { frequency, window } of rules) {
      expect(frequency).not.toBe('PT1M');
      expect(['PT30M', 'PT1H', 'P1D', 'P2D']).toContain(window);
    }
  });

  test('the measure is a number and every dimension a text, in every rule', () => {
    const sample: Logs = {
      events: [
        opened,
        drift('DriftOpened', at('10T08:00'), { driftId: 'd3', causeId: 'c3', causeSeverity: 'low' }),
        ...Array.from({ length: 11 }, (_, i) =>
          drift('DriftOpened', at('10T08:00'), { driftId: `m${i}`, causeId: `m${i}` }),
        ),
        sweep('network', at('10T08:00'), 0.1),
        { TimeGenerated: at('10T08:00'), Name: 'PolicyInvalid', Properties: { problem: 'x' } },
        { TimeGenerated: at('10T08:00'), Name: 'TestAlert', Properties: { testId: '1f', askedBy: 'Ada' } },
        {
          TimeGenerated: at('10T08:00'),
          Name: 'ExceptionExpiring',
          Properties: { check: 'c', serviceId: 's', owner: 'o', expires: 'e' },
        },
      ],
      availability: ['10T08:00', '10T08:05', '10T08:10'].map((time) => ({
        TimeGenerated: at(time),
        Name: 'private h',
        Success: false,
      })),
    };
    for (const { name } of rules) {
      const fired = evaluate(name, sample, at('10T08:20'));
      expect([name, fired.length > 0, fired.every(({ value }) => Number.isFinite(value))]).toEqual([name, true, true]);
    }
  });

  test('drifts are split by six dimensions that do not change while a cause is open', () => {
    const split = ['causeId', 'severity', 'check', 'serviceName', 'direction', 'causeTitle'];
    for (const name of ['drift-opened', 'drift-opened-minor']) {
      expect(ruleNamed(name).dimensions.map((dimension) => dimension.name)).toEqual(split);
    }
  });
});

test('docs/alerts.md tells of every rule, with its severity and how often it runs', () => {
  const page = readFileSync(new URL('../../docs/alerts.md', import.meta.url), 'utf8');
  const often: Readonly<Record<string, string>> = { PT5M: '5 min', PT15M: '15 min', PT1H: '1 h' };
  for (const { name, severity, frequency } of rules) {
    expect(page).toContain(`| \`${name}\` | ${severity} | ${often[frequency]} |`);
  }
});
