import { expect, test } from 'vitest';
import type { DiagnosticSetting } from '../../src/model.ts';
import { auditWorkspaceIds, enablesAuditLogs, isLogWorkspaceId } from '../../src/rules/log-destinations.ts';

const LAW = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces';

const aSetting = (workspaceId: string, ...logs: DiagnosticSetting['logs']): DiagnosticSetting => ({
  id: '/settings/one',
  name: 'one',
  workspaceId,
  logs,
});
const on = { category: 'AuditLogs', enabled: true };

test('ruling: Workspaces read: those that enabled settings name. - each once, whatever its case, approved or not', () => {
  const settings = [
    aSetting(`${LAW}/b`, on),
    aSetting(`${LAW}/B`.toUpperCase(), { categoryGroup: 'ALLLOGS', enabled: true }),
    aSetting(`${LAW}/a`, on),
    aSetting(`${LAW}/off`, { category: 'AuditLogs', enabled: false }),
    aSetting(`${LAW}/metrics-only`),
  ];
  expect(auditWorkspaceIds(settings, 'fhirService')).toEqual([`${LAW}/a`.toLowerCase(), `${LAW}/b`.toLowerCase()]);
});

test('ruling: group `audit` does not exist for these types: it fails and names no workspace to read', () => {
  expect(auditWorkspaceIds([aSetting(`${LAW}/a`, { categoryGroup: 'audit', enabled: true })], 'apiForFhir')).toEqual(
    [],
  );
});

test('a destination that is no Log Analytics workspace is not read', () => {
  const { workspaceId: _, ...nowhere } = aSetting('', on);
  expect(auditWorkspaceIds([nowhere, aSetting('/subscriptions/s', on)], 'fhirService')).toEqual([]);
  expect(isLogWorkspaceId(`${LAW}/a`)).toBe(true);
  expect(isLogWorkspaceId(`${LAW}/a/tables/b`)).toBe(false);
  for (const name of ['..', 'a?b', 'a%2fb', 'a#b', 'a\\b']) expect(isLogWorkspaceId(`${LAW}/${name}`)).toBe(false);
});

test('a workspace has no audit category, but whoever says allLogs means all', () => {
  expect(enablesAuditLogs(aSetting(`${LAW}/a`, on), 'workspace')).toBe(false);
  expect(enablesAuditLogs(aSetting(`${LAW}/a`, on), 'dicomService')).toBe(true);
  expect(enablesAuditLogs(aSetting(`${LAW}/a`, on), 'medtechService')).toBe(false);
});
