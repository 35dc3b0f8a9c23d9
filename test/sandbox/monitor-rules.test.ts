import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { drifts } from '../../sandbox/drifts.ts';
import type { Direction, Drift, Severity } from '../../src/model.ts';
import { announcementsDue } from '../../src/posture/announce.ts';
import { withCauses } from '../../src/posture/causes.ts';
import type { Opening } from '../../src/posture/decide.ts';
import { aDrift } from '../alerts/teams-fixture.ts';
import { aService } from '../builders.ts';
import { makeTls } from './logs-fixture.ts';
import {
  beat,
  type DriftEvent,
  day,
  driftProperties,
  hour,
  minute,
  START,
  type Telemetry,
  type Watch,
  type WatchOptions,
  watch,
} from './monitor-fixture.ts';

/** The deployed rules of infra/alerts, run by the sandbox's Azure Monitor. */

let tls: Awaited<ReturnType<typeof makeTls>>;
let running: Watch | undefined;
beforeAll(async () => {
  tls = await makeTls();
});
afterEach(async () => {
  await running?.monitor.close();
  running = undefined;
});
afterAll(() => tls.remove());

async function start(options?: WatchOptions): Promise<Watch> {
  running = await watch(tls, options);
  return running;
}

const pages = ['drift-opened', 'drift-opened-minor'];

/** What each named drift is found as, and the rule that is meant for it. */
const expected: Readonly<Record<string, readonly [rule: string, ...events: DriftEvent[]]>> = {
  'open-public-access': ['drift-opened', { driftId: 'a' }, { driftId: 'b', serviceName: 'pacs' }],
  'approve-foreign-endpoint': ['drift-opened', { check: 'private-endpoint-approval', severity: 'high' }],
  'unlink-zone': ['drift-opened', { check: 'private-dns-resolution', severity: 'high' }],
  'stale-record': ['drift-opened', { check: 'private-dns-resolution', severity: 'high' }],
  'widen-role-scope': ['drift-opened', { check: 'data-role-scope', severity: 'high' }],
  'add-unlisted-writer': [
    'drift-opened',
    { driftId: 'a', check: 'data-role-principals', severity: 'high' },
    { driftId: 'b', check: 'data-role-privilege', severity: 'high' },
  ],
  'hollow-audit-setting': ['drift-opened', { check: 'audit-log-setting', severity: 'high' }],
  'burst-of-failures': ['drift-opened-minor', { check: 'audit-log-failures', severity: 'medium' }],
  'silent-audit-logs': ['drift-opened', { check: 'audit-log-liveness', severity: 'high' }],
  'resolver-down': ['drift-opened', { check: 'private-dns-resolution', severity: 'high', direction: 'obscured' }],
};

test('every named drift is in this table', () => {
  expect(Object.keys(expected).sort()).toEqual(drifts.map(({ name }) => name).sort());
});

describe('each named drift fires the rule meant for it and no other, once for its cause, and ends once', () => {
  test.each(Object.entries(expected))('%s', async (_, [rule, ...events]) => {
    const { telemetry, to, told, monitor } = await start();
    beat(telemetry, -3 * hour, 3 * hour);
    const [first] = events;
    const opened = announce(
      telemetry,
      events.map(toDrift).map((drift) => ({ ...drift, causeCheck: first?.check ?? drift.check })),
      10 * minute,
    );
    await to(hour);
    expect(told()).toEqual([`fired ${rule}`]);
    for (const [index, drift] of opened.entries()) {
      const at = hour + index * minute;
      const resolvedAt = new Date(START.getTime() + at).toISOString();
      announce(telemetry, [{ ...drift, resolvedAt, resolution: 'recovered' }], at);
    }
    await to(2 * hour);
    expect(told()).toEqual([`fired ${rule}`, `resolved ${rule}`]);
    expect(monitor.mails.map(({ condition }) => condition)).toEqual(['Fired', 'Resolved']);
    expect(monitor.rules().filter(({ failing }) => failing)).toEqual([]);
  });
});

/** The product's own signals of these drifts, and the drifts as they are once told. */
function announce(telemetry: Telemetry, due: readonly Drift[], at: number): readonly Drift[] {
  const announcements = announcementsDue(due, {
    at: new Date(START.getTime() + at).toISOString(),
    sweepId: 'sweep',
    reportUrlOf: () => '',
  });
  for (const { signal } of announcements) {
    telemetry.event(signal.name, at, signal.properties, { measurements: signal.measurements });
  }
  return announcements.map(({ announced }) => announced);
}

/** A drift that was found ten minutes after the start, and has not been told yet. */
function toDrift({ driftId = 'd1', check, severity, direction, serviceName = 'ehr' }: DriftEvent): Drift {
  const { openSentAt: _, stateSentAt: __, ...drift } = aDrift();
  const service = aService('fhirService', { name: serviceName, id: `/subscriptions/s/${serviceName}` });
  return {
    ...drift,
    driftId,
    service,
    openedAt: new Date(START.getTime() + 10 * minute).toISOString(),
    causeServiceName: 'wards',
    ...(check ? { check, causeCheck: check } : {}),
    ...(severity ? { severity: severity as Severity, causeSeverity: severity as Severity } : {}),
    ...(direction ? { direction: direction as Direction, causeDirection: direction as Direction } : {}),
  };
}

/** A drift of a workspace's own making, in itself or in one of its services. */
function anOpening(name: string, check = 'public-network-access', severity: Severity = 'critical'): Opening {
  const {
    openSentAt: _,
    stateSentAt: __,
    causeId: ___,
    causeKey,
    causeTitle,
    causeSeverity: ____,
    causeCheck: _____,
    causeServiceName: ______,
    causeDirection: _______,
    ...drift
  } = aDrift({ driftId: `${name} ${check}`, check, severity });
  const service = aService('fhirService', { name, id: `/workspaces/wards${name === 'wards' ? '' : `/${name}`}` });
  return { ...drift, service, culprit: { key: causeKey, title: causeTitle } };
}

describe('an open drift', () => {
  test('that is told again every six hours for ten days is one mail', async () => {
    const { telemetry, to, told } = await start({ only: pages });
    telemetry.event('DriftOpened', 0, driftProperties());
    for (let at = 6 * hour; at < 10 * day; at += 6 * hour) telemetry.event('DriftOpen', at, driftProperties());
    await to(10 * day);
    expect(told()).toEqual(['fired drift-opened']);
    telemetry.event('DriftResolved', 10 * day, driftProperties());
    await to(10 * day + hour);
    expect(told()).toEqual(['fired drift-opened', 'resolved drift-opened']);
  }, 120_000);

  test('ends with the last of its cause, not with the first', async () => {
    const { telemetry, to, told } = await start({ only: pages });
    const first = driftProperties({ driftId: 'a' });
    const second = driftProperties({ driftId: 'b', serviceName: 'pacs', causeServiceName: 'ehr' });
    telemetry.event('DriftOpened', 0, first);
    telemetry.event('DriftOpened', 0, second);
    telemetry.event('DriftResolved', 20 * minute, first);
    await to(2 * hour);
    expect(told()).toEqual(['fired drift-opened']);
    telemetry.event('DriftResolved', 2 * hour, second);
    await to(3 * hour);
    expect(told()).toEqual(['fired drift-opened', 'resolved drift-opened']);
  });

  test('of a workspace with five services is one mail, which says the same whoever joins or leaves', async () => {
    const { telemetry, to, told, monitor } = await start({ only: pages });
    const openAt = (at: number, known: readonly Drift[], ...openings: readonly Opening[]): readonly Drift[] =>
      withCauses(openings, {
        at: new Date(START.getTime() + at).toISOString(),
        family: 'network',
        drifts: known,
        idOf: (...parts) => parts.join(' '),
        follows: () => [],
      }).drifts;
    const names = ['ehr', 'imaging', 'labs', 'pacs', 'trials'];
    const first = openAt(0, [], anOpening('wards'), ...names.slice(1).map((name) => anOpening(name)));
    // before the first were told, one joins whose names come first by alphabet, and which is less grave
    const late = openAt(minute, first, anOpening('ehr', 'audit-log-setting', 'high'));
    let members = announce(telemetry, [...first, ...late], 10 * minute);
    expect(new Set(members.map(({ causeId }) => causeId)).size).toBe(1);
    // the one that began it leaves, then one after the other
    for (const [index, name] of ['wards', 'trials', 'pacs', 'labs', 'imaging', 'ehr'].entries()) {
      const at = (index + 1) * hour;
      await to(at);
      expect(told(), name).toEqual(['fired drift-opened']);
      const resolvedAt = new Date(START.getTime() + at).toISOString();
      const leaving = members.filter(({ service }) => service.name === name);
      announce(
        telemetry,
        leaving.map((drift) => ({ ...drift, resolvedAt, resolution: 'recovered' })),
        at,
      );
      members = members.filter((drift) => !leaving.includes(drift));
    }
    await to(8 * hour);
    expect(told()).toEqual(['fired drift-opened', 'resolved drift-opened']);
    const dimensions = {
      severity: 'critical',
      check: 'public-network-access',
      serviceName: 'wards',
      direction: 'regressed',
      causeTitle: 'workspace wards',
    };
    expect(dimensionsOf(monitor, 0)).toMatchObject(dimensions);
    expect(dimensionsOf(monitor, 1)).toMatchObject(dimensions);
    expect(monitor.mails.map(({ condition }) => condition)).toEqual(['Fired', 'Resolved']);
  });

  test('is closed by Azure after two days of silence, long after the heartbeat alert fired', async () => {
    const { telemetry, to, told, monitor } = await start({ only: ['drift-opened', 'heartbeat-missing'] });
    beat(telemetry, -2 * hour, 20 * minute);
    telemetry.event('DriftOpened', 10 * minute, driftProperties());
    await to(3 * day);
    expect(told()).toEqual([
      'fired drift-opened',
      'fired heartbeat-missing',
      'fired heartbeat-missing',
      'fired heartbeat-missing',
      'resolved drift-opened',
    ]);
    expect(monitor.rules().find(({ name }) => name === 'heartbeat-missing')?.open).toHaveLength(3);
  }, 120_000);

  test('does not flap when its rows come late and out of order', async () => {
    const { telemetry, to, told } = await start({ only: pages, ingestionDelay: { least: 60, most: 1200 } });
    telemetry.event('DriftOpened', 0, driftProperties(), { late: 25 });
    telemetry.event('DriftOpen', 6 * hour, driftProperties(), { late: 40 });
    telemetry.event('DriftResolved', 8 * hour, driftProperties());
    telemetry.event('DriftOpen', 7 * hour + 50 * minute, driftProperties(), { late: 45 });
    await to(10 * hour);
    expect(told()).toEqual(['fired drift-opened', 'resolved drift-opened']);
  });

  test.each(['changed', 'added'])('that is only %s pages nobody', async (direction) => {
    const { telemetry, to, told } = await start({ only: pages });
    telemetry.event('DriftOpened', 0, driftProperties({ direction }));
    await to(hour);
    expect(told()).toEqual([]);
  });
});

describe('silence is an alert', () => {
  test('an app that never started fires for every family within half an hour', async () => {
    const { to, told } = await start();
    await to(30 * minute);
    expect(told().filter((one) => one === 'fired heartbeat-missing')).toHaveLength(3);
  });

  test.each([
    ['network', 30],
    ['audit', 60],
    ['access', 150],
  ])('a dead %s family fires within %i minutes, and no other', async (family, minutes) => {
    const { telemetry, to, told, monitor } = await start({ only: ['heartbeat-missing'] });
    beat(
      telemetry,
      -3 * hour,
      3 * hour,
      ['network', 'audit', 'access'].filter((one) => one !== family),
    );
    beat(telemetry, -3 * hour, minute, [family]);
    await to(minutes * minute);
    expect(told()).toEqual(['fired heartbeat-missing']);
    expect(dimensionsOf(monitor, 0)).toEqual({ family });
    beat(telemetry, minutes * minute, 4 * hour, [family]);
    await to((minutes + 30) * minute);
    expect(told()).toEqual(['fired heartbeat-missing', 'resolved heartbeat-missing']);
  });

  test('a sweep that ends incomplete is no heartbeat', async () => {
    const { telemetry, to, told } = await start({ only: ['heartbeat-missing'] });
    beat(telemetry, -3 * hour, hour, ['audit', 'access']);
    for (let at = -3 * hour; at < hour; at += 5 * minute) {
      telemetry.event('SweepCompleted', at, { family: 'network', outcome: 'incomplete' });
    }
    await to(30 * minute);
    expect(told()).toEqual(['fired heartbeat-missing']);
  });

  test('sweeps on time fire nothing, whatever the ingestion delay within its range', async () => {
    const { telemetry, to, told } = await start({ ingestionDelay: { least: 60, most: 240 } });
    beat(telemetry, -3 * hour, 6 * hour);
    await to(6 * hour);
    expect(told()).toEqual([]);
  }, 60_000);
});

function dimensionsOf(monitor: Watch['monitor'], index: number): Readonly<Record<string, string>> {
  const context = monitor.alerts[index]?.data.alertContext as {
    condition: { allOf: { dimensions: { name: string; value: string }[] }[] };
  };
  return Object.fromEntries(context.condition.allOf[0]?.dimensions.map(({ name, value }) => [name, value]) ?? []);
}

describe('other rules', () => {
  test('a change that spoils the whole fleet pages once with its own rule', async () => {
    const { telemetry, to, told, monitor } = await start({ only: [...pages, 'drifts-across-fleet'] });
    for (let count = 0; count < 320; count += 1) {
      telemetry.event('DriftOpened', 0, driftProperties({ driftId: `d${count}`, causeId: `c${count}` }));
    }
    await to(20 * minute);
    expect(told().filter((one) => one === 'fired drifts-across-fleet')).toHaveLength(1);
    // 300 at each evaluation, the limit that makes the roll-up necessary
    expect(monitor.rules()[0]).toMatchObject({ name: 'drift-opened' });
    expect(monitor.rules()[0]?.dropped).toBeGreaterThan(0);
    expect(monitor.mails).toHaveLength(100);
  });

  test.each([
    ['coverage-lost', 'SweepCompleted', { family: 'network', outcome: 'completed' }, { coverage: 0.4 }],
    ['policy-invalid', 'PolicyInvalid', { problem: 'line 3: unknown key' }, {}],
    [
      'exception-expiring',
      'ExceptionExpiring',
      { check: 'cors-origins', serviceId: '/s', owner: 'ops', expires: '2026-12-01' },
      {},
    ],
  ])('%s fires on its own event', async (rule, name, properties, measurements) => {
    const { telemetry, to, told } = await start({ only: [rule] });
    for (const at of [0, 5 * minute, 10 * minute]) telemetry.event(name, at, properties, { measurements });
    await to(hour + minute);
    expect(told()[0]).toBe(`fired ${rule}`);
  });
});
