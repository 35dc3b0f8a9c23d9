/** The named drifts from end to end: the deployed bundle in the local host finds each, and the deployed rules tell it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drifts } from '../../sandbox/drifts.ts';
import { renderMail } from '../../sandbox/monitor/mail.ts';
import { acceptBaseline } from '../../sandbox/story/posture.ts';
import { openStage, type Stage, timers } from '../../sandbox/story/stage.ts';

interface Expected {
  readonly rule?: string;
  /** as the alert's dimensions have it */
  readonly check: string;
  readonly direction?: string;
  /** the timer that finds it, where the five minutes of the network's are not enough */
  readonly timer?: string;
}

const expected: Readonly<Record<string, Expected>> = {
  'open-public-access': { check: 'public-network-access' },
  'approve-foreign-endpoint': { check: 'private-endpoint-approval' },
  'unlink-zone': { check: 'private-dns-resolution' },
  'stale-record': { check: 'private-dns-resolution' },
  'resolver-down': { check: 'private-dns-resolution', direction: 'obscured' },
  'widen-role-scope': { check: 'data-role-scope', timer: 'sweepAccess' },
  'add-unlisted-writer': { check: 'data-role-principals', timer: 'sweepAccess' },
  'hollow-audit-setting': { check: 'audit-log-setting', timer: 'sweepAudit' },
  'burst-of-failures': { check: 'audit-log-failures', rule: 'drift-opened-minor', timer: 'sweepAudit' },
  'silent-audit-logs': {
    check: 'audit-log-failures',
    rule: 'drift-opened-minor',
    direction: 'obscured',
    timer: 'sweepAudit',
  },
};

let stage: Stage;
const complaints: string[] = [];

beforeAll(async () => {
  stage = await openStage((line) => complaints.push(line));
  for (const timer of Object.keys(timers)) await stage.host.fire(timer);
  await acceptBaseline(stage.host);
}, 120_000);
afterAll(() => stage.close());

test('every named drift is in this table', () => {
  expect(Object.keys(expected).sort()).toEqual(drifts.map(({ name }) => name).sort());
});

describe('fires the rule meant for it and no other, once, and ends once', () => {
  test.each(drifts)('$name', { timeout: 120_000 }, async ({ name, apply }) => {
    const { rule = 'drift-opened', check, direction = 'regressed', timer } = expected[name] ?? { check: '' };
    const { host, monitor, sandbox } = stage;
    const { world } = sandbox;
    const before = { mails: monitor.mails.length, cards: monitor.cards.length };
    const mails = () => monitor.mails.slice(before.mails);
    const told = (): readonly string[] =>
      mails().map(({ subject }) => /^(.*) on log-fhirwatch/.exec(subject)?.[1] ?? '');
    /** five minutes at a time, each with a sweep of the family */
    const passUntil = async (atMost: number, enough: () => boolean = () => false): Promise<void> => {
      for (let steps = 0; steps < atMost && !enough(); steps += 1) {
        await stage.pass(5);
        if (timer) await host.fire(timer);
      }
    };

    world.replace(apply(stage.estate, world.now()));
    await passUntil(8, () => told().length > 0);
    await passUntil(1);
    expect(told()).toEqual([expect.stringMatching(`^Fired:Sev\\d Azure Monitor Alert fhirwatch-${rule}$`)]);
    const [fired] = mails();
    const mail = fired ? renderMail(fired) : '';
    expect(mail).toMatch(new RegExp(`Dimension check +${check}$`, 'm'));
    expect(mail).toMatch(new RegExp(`Dimension direction +${direction}$`, 'm'));

    world.replace(stage.estate);
    await passUntil(12, () => told().length > 1);
    await passUntil(1);
    expect(told().slice(1)).toEqual([expect.stringMatching(`^Resolved:Sev\\d Azure Monitor Alert fhirwatch-${rule}$`)]);
    expect(monitor.cards.length - before.cards).toBe(2);
  });

  test('and the app complained of nothing', () => {
    expect(complaints).toEqual([]);
  });
});
