import { describe, expect, test } from 'vitest';
import { auditLogSetting } from '../../src/checks/audit-log-setting.ts';
import type {
  DiagnosticSetting,
  Expectations,
  Gathered,
  LogWorkspaces,
  ServiceKind,
  Verdict,
} from '../../src/model.ts';
import { assess } from '../../src/posture/assess.ts';
import {
  aCloud,
  aContext,
  aService,
  got,
  lost,
  OTHER_SUBSCRIPTION,
  SUBSCRIPTION,
  someExpectations,
} from '../builders.ts';

const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-ops/providers`;
const LAW = `${GROUP}/Microsoft.OperationalInsights/workspaces/law-audit`;
const OTHER_LAW = `/subscriptions/${OTHER_SUBSCRIPTION}/resourceGroups/rg-dev/providers/Microsoft.OperationalInsights/workspaces/law-dev`;

type Entry = DiagnosticSetting['logs'][number];
const auditOn: Entry = { category: 'AuditLogs', enabled: true };

function aSetting(logs: readonly Entry[], overrides: Partial<DiagnosticSetting> = {}): DiagnosticSetting {
  const name = overrides.name ?? 'to-law';
  return { id: `/settings/${name}`, name, workspaceId: LAW, logs, ...overrides };
}

const bothExist: Gathered<LogWorkspaces> = got({
  [LAW.toLowerCase()]: got({ id: LAW }),
  [OTHER_LAW.toLowerCase()]: got({ id: OTHER_LAW }),
});

function judge(
  diagnosticSettings: readonly DiagnosticSetting[],
  logWorkspaces: Gathered<LogWorkspaces> = bothExist,
  { kind = 'fhirService', expectations = {} }: { kind?: ServiceKind; expectations?: Partial<Expectations> } = {},
): Verdict {
  const context = aContext(kind, { expect: someExpectations({ logWorkspaces: [LAW], ...expectations }) });
  return auditLogSetting.evaluate({ diagnosticSettings, logWorkspaces }, context);
}

describe('which entries count', () => {
  test.each<ServiceKind>(['fhirService', 'apiForFhir', 'dicomService'])('AuditLogs enabled passes for %s', (kind) => {
    expect(judge([aSetting([auditOn])], bothExist, { kind }).status).toBe('pass');
  });

  test('trap: a setting can exist, be policy-compliant and log nothing (HF 4.2)', () => {
    const verdict = judge([aSetting([{ categoryGroup: 'allLogs', enabled: false }])]);
    expect(verdict.status).toBe('fail');
    expect(verdict.severity).toBe('high');
    expect(verdict.message).toMatch(/"to-law" has "allLogs" with enabled false/);
    expect(verdict.observed).toEqual({
      diagnosticSettings: ['to-law: has "allLogs" with enabled false, so it logs nothing of it'],
    });
  });

  test('trap: SDK 7 hides `categoryGroup` - group allLogs alone passes, in any case', () => {
    expect(judge([aSetting([{ categoryGroup: 'AllLogs', enabled: true }])]).status).toBe('pass');
  });

  test('trap: up to 5 settings: take the union', () => {
    const useless = ['a', 'b', 'c', 'd'].map((name) =>
      aSetting([{ category: 'DiagnosticLogs', enabled: true }], { name }),
    );
    expect(judge(useless).status).toBe('fail');
    expect(judge([...useless, aSetting([auditOn], { name: 'z' })]).status).toBe('pass');
  });

  test('the union is of whole settings: a category of one and a destination of another make no audit log', () => {
    const { workspaceId: _, ...storageOnly } = aSetting([auditOn], { name: 'to-storage' });
    const metricsOnly = aSetting([], { name: 'metrics' });
    const verdict = judge([storageOnly, metricsOnly]);
    expect(verdict.status).toBe('fail');
    expect(verdict.message).toMatch(/"to-storage" sends audit logs to no Log Analytics workspace/);
    expect(verdict.message).toMatch(/"metrics" names neither AuditLogs nor group allLogs/);
  });

  test.each([undefined, null, 'true', 1, {}])(
    'ruling: `enabled` must be exactly `true` (absent is not) - %j fails',
    (enabled) => {
      expect(judge([aSetting([{ category: 'AuditLogs', enabled }])]).status).toBe('fail');
    },
  );

  test('ruling: category without case', () => {
    expect(judge([aSetting([{ category: 'auditlogs', enabled: true }])]).status).toBe('pass');
  });

  test('ruling: group `audit` does not exist for these types: it fails and names no workspace to read', () => {
    const verdict = judge([aSetting([{ categoryGroup: 'audit', enabled: true }])]);
    expect(verdict.status).toBe('fail');
    expect(verdict.message).toMatch(/group audit, which does not exist for this resource type/);
  });

  test('no setting at all fails and says what is needed', () => {
    const verdict = judge([]);
    expect(verdict.status).toBe('fail');
    expect(verdict.message).toMatch(/no diagnostic setting.*AuditLogs or group allLogs.*enabled true/);
    expect(verdict.observed).toEqual({ diagnosticSettings: [] });
  });
});

describe('which kinds', () => {
  test.each<Entry>([
    { category: 'diagnosticlogs', enabled: true },
    { categoryGroup: 'allLogs', enabled: true },
  ])('ruling: MedTech: `DiagnosticLogs` or `allLogs`, `low` - %j passes', (entry) => {
    expect(judge([aSetting([entry])], bothExist, { kind: 'medtechService' }).status).toBe('pass');
  });

  test('ruling: MedTech: `DiagnosticLogs` or `allLogs`, `low` - AuditLogs is no category of it', () => {
    const verdict = judge([aSetting([auditOn])], bothExist, { kind: 'medtechService' });
    expect(verdict).toMatchObject({ status: 'fail', severity: 'low' });
    expect(verdict.message).toMatch(/DiagnosticLogs or group allLogs/);
  });

  test('ruling: workspace `n/a`', () => {
    const evidence = { diagnosticSettings: got([]), logWorkspaces: bothExist };
    const { findings } = assess([auditLogSetting], evidence, aContext('workspace'));
    expect(findings.map(({ status }) => status)).toEqual(['not-applicable']);
  });

  test('ruling: Absent is not a value - a setting whose list of logs was not read may log anything; a good one beside it suffices', () => {
    const unread = aSetting([], { name: 'unread', logsUnread: true });
    const verdict = judge([unread, aSetting([])]);
    expect(verdict.status).toBe('unknown');
    expect(verdict.message).toContain('Setting "unread" has no list of logs that could be read');
    expect(judge([unread, aSetting([auditOn])]).status).toBe('pass');
  });

  test('settings that could not be read are unknown', () => {
    const { findings } = assess([auditLogSetting], { diagnosticSettings: lost('forbidden') }, aContext('fhirService'));
    expect(findings[0]).toMatchObject({ status: 'unknown' });
    expect(findings[0]?.message).toMatch(/forbidden/);
  });
});

describe('where the logs go', () => {
  const gone = got({ [LAW.toLowerCase()]: lost('not-found') });
  const unreadable = got({ [LAW.toLowerCase()]: lost('forbidden', 'GET answered 403') });
  const twoSettings = [aSetting([auditOn], { name: 'a' }), aSetting([auditOn], { name: 'b', workspaceId: OTHER_LAW })];
  const rule =
    'ruling: destination not in `logWorkspaces` (if any are named), gone, or no Log Analytics workspace at all fails';

  test(`${rule} - not approved`, () => {
    const verdict = judge([aSetting([auditOn], { workspaceId: OTHER_LAW })]);
    expect(verdict.status).toBe('fail');
    expect(verdict.message).toMatch(/law-dev, which the policy does not approve/);
  });

  test(`${rule} - a policy that names none approves any that exists`, () => {
    const setting = aSetting([auditOn], { workspaceId: OTHER_LAW });
    expect(judge([setting], bothExist, { expectations: { logWorkspaces: [] } }).status).toBe('pass');
  });

  test(`${rule} - gone`, () => {
    const verdict = judge([aSetting([auditOn])], gone);
    expect(verdict.status).toBe('fail');
    expect(verdict.message).toMatch(/law-audit, which does not exist any more/);
  });

  test(`${rule} - only storage or an event hub`, () => {
    const { workspaceId: _, ...toStorage } = aSetting([auditOn]);
    expect(judge([toStorage]).status).toBe('fail');
  });

  test.each(['', 'law-audit', `${GROUP}/Microsoft.Storage/storageAccounts/stlogs`, `${LAW}/tables/x`])(
    `${rule} - an id of something else: %s`,
    (workspaceId) => {
      expect(
        judge([aSetting([auditOn], { workspaceId })], bothExist, { expectations: { logWorkspaces: [] } }).status,
      ).toBe('fail');
    },
  );

  test('ruling: one good destination suffices', () => {
    expect(judge(twoSettings).status).toBe('pass');
    expect(judge([...twoSettings].reverse()).status).toBe('pass');
  });

  test('ruling: A reference to a resource that is not there: gone (`fail`) where the monitor may read that scope, `unknown` where it may not', () => {
    expect(judge([aSetting([auditOn])], gone).status).toBe('fail');
    const verdict = judge([aSetting([auditOn])], unreadable);
    expect(verdict.status).toBe('unknown');
    expect(verdict.message).toMatch(
      /law-audit, and whether that exists could not be read \(forbidden: GET answered 403\)/,
    );
  });

  test('workspaces of which nothing was learnt are unknown, never gone', () => {
    expect(judge([aSetting([auditOn])], lost('not-found')).status).toBe('unknown');
    expect(judge([aSetting([auditOn])], got({})).status).toBe('unknown');
  });

  test('ruling: Fail on part, pass on the whole - what fails without the workspaces fails though they are lost', () => {
    expect(judge([], lost('throttled')).status).toBe('fail');
    expect(judge([aSetting([auditOn], { workspaceId: OTHER_LAW })], lost('throttled')).status).toBe('fail');
  });

  test('a good destination that cannot be read outweighs a bad one: unknown, both named', () => {
    const verdict = judge(twoSettings, unreadable);
    expect(verdict.status).toBe('unknown');
    expect(verdict.message).toMatch(/law-audit.*law-dev, which the policy does not approve/);
  });

  test('ruling: Ids and scopes compare without case, segment by segment', () => {
    expect(judge([aSetting([auditOn], { workspaceId: LAW.toUpperCase() })]).status).toBe('pass');
    expect(judge([aSetting([auditOn], { workspaceId: `${LAW}-2` })]).status).toBe('fail');
  });

  test("ruling: Several defects in one finding: all named, the worst one's severity.", () => {
    const verdict = judge(
      [
        aSetting([{ category: 'AuditLogs', enabled: false }], { name: 'hollow' }),
        aSetting([auditOn], { name: 'elsewhere', workspaceId: OTHER_LAW }),
        aSetting([auditOn], { name: 'dead' }),
      ],
      got({ [LAW.toLowerCase()]: lost('not-found') }),
    );
    expect(verdict).toMatchObject({ status: 'fail', severity: 'high' });
    expect(verdict.message).toMatch(/"dead".*"elsewhere".*"hollow"/);
  });
});

describe('stability and hostile input', () => {
  test('observed does not depend on the order of settings', () => {
    const settings = [aSetting([auditOn], { name: 'b' }), aSetting([], { name: 'a' })];
    expect(judge(settings).observed).toEqual(judge([...settings].reverse()).observed);
  });

  test('ids named like object members find nothing', () => {
    const setting = aSetting([auditOn], { workspaceId: '__proto__', name: 'constructor' });
    expect(judge([setting], got({}), { expectations: { logWorkspaces: [] } }).status).toBe('fail');
  });

  test('huge and wrongly typed values neither throw nor reach the message', () => {
    const entry = { category: 7, categoryGroup: { a: 1 }, enabled: 'x'.repeat(100_000) } as unknown as Entry;
    const verdict = judge([aSetting([entry], { name: 'n'.repeat(100_000) })]);
    expect(verdict.status).toBe('fail');
    expect(verdict.message.length).toBeLessThan(1000);
  });

  test('US Government and API for FHIR are judged alike', () => {
    const context = aContext('apiForFhir', {
      cloud: aCloud('AzureUSGovernment'),
      service: aService('apiForFhir', { location: 'usgovvirginia' }),
    });
    const evidence = { diagnosticSettings: [aSetting([auditOn])], logWorkspaces: bothExist };
    expect(auditLogSetting.evaluate(evidence, context).status).toBe('pass');
  });

  test('the command names the service and its own category', () => {
    const medtech = aService('medtechService');
    expect(auditLogSetting.remediation.command(medtech)).toContain(medtech.id);
    expect(auditLogSetting.remediation.command(medtech)).toContain('"DiagnosticLogs"');
  });
});
