import type { Check, CheckContext, Culprit, DiagnosticSetting, Gathered, LogWorkspaces, Severity } from '../model.ts';
import {
  auditCategory,
  enablesAuditLogs,
  findLogWorkspace,
  isLogWorkspaceId,
  namesAuditLogs,
  namesGroupAudit,
} from '../rules/log-destinations.ts';
import { show } from '../rules/reading.ts';
import { lastSegment, normaliseId, sameId } from '../rules/resource-id.ts';
import { shellWord } from '../rules/shell.ts';
import { blame, fail, pass, unknown } from './verdict.ts';

export const auditLogSetting: Check<'diagnosticSettings', 'logWorkspaces'> = {
  id: 'audit-log-setting',
  family: 'audit',
  title: 'FHIR service sends its audit logs to an existing, approved Log Analytics workspace',
  severity: 'high',
  appliesTo: ['fhirService', 'dicomService', 'apiForFhir', 'medtechService'],
  why: 'Without audit logs nobody can tell who read or exported patient records, so a theft is neither noticed nor reconstructed. A diagnostic setting can exist, satisfy Azure Policy and still log nothing: built-in policies deploy it with enabled false.',
  remediation: {
    summary:
      'Create a diagnostic setting that sends the AuditLogs category (MedTech: DiagnosticLogs) with enabled true to an approved Log Analytics workspace. First rows may take 15 minutes.',
    command: ({ id, kind }) =>
      `az monitor diagnostic-settings create --name audit-to-log-analytics --resource ${shellWord(id)} --workspace "<log workspace resource id>" --logs '[{"category":"${auditCategory(kind) ?? 'AuditLogs'}","enabled":true}]'`,
  },
  references: [
    'https://learn.microsoft.com/azure/healthcare-apis/fhir/fhir-service-diagnostic-logs',
    'https://learn.microsoft.com/azure/healthcare-apis/dicom/enable-diagnostic-logging',
    'https://learn.microsoft.com/azure/healthcare-apis/azure-api-for-fhir/enable-diagnostic-logging',
    'https://learn.microsoft.com/azure/azure-monitor/essentials/diagnostic-settings',
  ],
  controls: [
    { framework: 'HIPAA', id: '164.308(a)(1)(ii)(D)', own: true },
    { framework: 'HIPAA', id: '164.312(b)', own: true },
    { framework: 'HIPAA', id: '164.316(b)(2)(i)', own: true },
    { framework: 'NIST 800-53 r5', id: 'AU-2', own: true },
    { framework: 'NIST 800-53 r5', id: 'AU-3', own: true },
    { framework: 'NIST 800-53 r5', id: 'AU-11', own: true },
    { framework: 'NIST 800-53 r5', id: 'AU-12', own: true },
    { framework: 'MCSB', id: 'LT-3', own: true },
    { framework: 'MCSB', id: 'LT-5', own: true },
    { framework: 'MCSB', id: 'LT-6', own: true },
  ],
  // first rows may take 15 minutes (HF 4.2)
  settling: { resolving: 900 },
  requires: ['diagnosticSettings'],
  considers: ['logWorkspaces'],
  evaluate({ diagnosticSettings, logWorkspaces }, context) {
    const { kind } = context.service;
    const category = auditCategory(kind) ?? 'AuditLogs';
    const severity: Severity = kind === 'medtechService' ? 'low' : 'high';
    const judged = diagnosticSettings
      .map((setting) => judge(setting, logWorkspaces, context))
      .sort((a, b) => (a.observed < b.observed ? -1 : 1));
    const observed = { diagnosticSettings: judged.map((one) => one.observed) };
    const says = (is: Destination['is']) => judged.filter((one) => one.is === is).map((one) => one.sentence);

    const [good] = says('good');
    if (good !== undefined) return pass(good, observed);
    const wanted = `Needed: ${category} or group allLogs with enabled true, to an existing, approved Log Analytics workspace.`;
    const unread = says('unread');
    if (unread.length > 0) return unknown([...unread, ...says('bad')].join(' '), observed);
    if (judged.length === 0) return fail(`The service has no diagnostic setting. ${wanted}`, observed, severity);
    return blame(fail([...says('bad'), wanted].join(' '), observed, severity), culpritOf(judged));
  },
};

interface Destination {
  readonly is: 'good' | 'bad' | 'unread';
  readonly sentence: string;
  readonly observed: string;
  /** lower-case id of the workspace that is no good */
  readonly workspace?: string;
}

/** The log workspace, where nothing but it is wrong. */
function culpritOf(judged: readonly Destination[]): Culprit | undefined {
  const [workspace, ...others] = new Set(judged.map((one) => one.workspace));
  return workspace === undefined || others.length > 0 ? undefined : { key: workspace, title: lastSegment(workspace) };
}

/** What one setting is worth: up to five stand side by side, and one good one suffices (HF 4.2). */
function judge(
  setting: DiagnosticSetting,
  logWorkspaces: Gathered<LogWorkspaces>,
  { service, expect }: CheckContext,
): Destination {
  const name = `Setting ${show(setting.name)}`;
  const state = (is: Destination['is'], says: string, observed: string): Destination => ({
    is,
    sentence: `${name} ${says}.`,
    observed: `${setting.name}: ${observed}`,
  });
  if (setting.logsUnread) return state('unread', 'has no list of logs that could be read', 'logs unread');
  if (!enablesAuditLogs(setting, service.kind)) {
    const why = explainSilence(setting, service.kind);
    return state('bad', why, why);
  }
  const id = setting.workspaceId;
  if (!isLogWorkspaceId(id))
    return state('bad', 'sends audit logs to no Log Analytics workspace', 'to no log workspace');
  const workspace = lastSegment(id);
  const to = `sends audit logs to ${workspace}`;
  const key = normaliseId(id);
  const approved = expect.logWorkspaces.some((one) => sameId(one, id));
  if (expect.logWorkspaces.length > 0 && !approved) {
    const bad = state(
      'bad',
      `${to}, which the policy does not approve (expect.logWorkspaces)`,
      `to ${key}, not approved`,
    );
    return { ...bad, workspace: key };
  }
  const found = logWorkspaces.ok ? findLogWorkspace(logWorkspaces.value, id) : logWorkspaces;
  if (found?.ok) {
    return state(
      'good',
      `${to}, which exists${approved ? ' and is approved' : ' (the policy names none)'}`,
      `to ${key}`,
    );
  }
  if (found?.reason === 'not-found' && logWorkspaces.ok) {
    return { ...state('bad', `${to}, which does not exist any more`, `to ${key}, gone`), workspace: key };
  }
  const why = found ? `${found.reason}: ${found.detail}` : 'it was not asked for';
  return state('unread', `${to}, and whether that exists could not be read (${why})`, `to ${key}, unread`);
}

/** Why a setting lets no audit log out; the words hold nothing that moves, for they are observed too. */
function explainSilence({ logs }: DiagnosticSetting, kind: CheckContext['service']['kind']): string {
  const off = logs.find((entry) => namesAuditLogs(entry, kind));
  if (off) {
    return `has ${show(off.category ?? off.categoryGroup)} with enabled ${show(off.enabled)}, so it logs nothing of it`;
  }
  return logs.some((entry) => namesGroupAudit(entry))
    ? 'names group audit, which does not exist for this resource type and logs nothing'
    : `names neither ${auditCategory(kind)} nor group allLogs`;
}
