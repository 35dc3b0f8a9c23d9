import type { DiagnosticSetting, LogWorkspaces, ServiceKind } from '../model.ts';
import { normaliseId, sameId } from './resource-id.ts';

/** Which diagnostic settings let audit logs out, and where to (CHECKS, Rulings, audit). */

type LogEntry = DiagnosticSetting['logs'][number];

/** The category that holds who did what; a workspace has none. MedTech has only diagnostic logs (HF 4.1). */
export function auditCategory(kind: ServiceKind): string | undefined {
  if (kind === 'medtechService') return 'DiagnosticLogs';
  return kind === 'fhirService' || kind === 'dicomService' || kind === 'apiForFhir' ? 'AuditLogs' : undefined;
}

/** Whether the entry speaks of the audit logs at all, enabled or not. Group `audit` does not exist for these types. */
export function namesAuditLogs(entry: LogEntry, kind: ServiceKind): boolean {
  const category = auditCategory(kind);
  return (category !== undefined && sameWord(entry.category, category)) || sameWord(entry.categoryGroup, 'allLogs');
}

/** `enabled` must be exactly true: the built-in policy deploys settings that carry `enabled: false` (HF 4.2). */
export function enablesAuditLogs(setting: DiagnosticSetting, kind: ServiceKind): boolean {
  return setting.logs.some((entry) => entry.enabled === true && namesAuditLogs(entry, kind));
}

/** Whether the entry names the group `audit`, which Azure accepts and which holds nothing for these types. */
export function namesGroupAudit(entry: LogEntry): boolean {
  return sameWord(entry.categoryGroup, 'audit');
}

/** No segment may end in a dot or hold what means something in a URL: the id becomes the path of a query. */
const SEGMENT = '[^/?#%\\\\]*[^/?#%\\\\.]';
const LOG_WORKSPACE = new RegExp(
  `^/subscriptions/${SEGMENT}/resourcegroups/${SEGMENT}/providers/microsoft\\.operationalinsights/workspaces/${SEGMENT}$`,
);

export function isLogWorkspaceId(id: string | undefined): id is string {
  return typeof id === 'string' && LOG_WORKSPACE.test(normaliseId(id));
}

/** The Log Analytics workspaces that enabled settings name, each once, in lower case, sorted: approved or not. */
export function auditWorkspaceIds(settings: readonly DiagnosticSetting[], kind: ServiceKind): readonly string[] {
  const named = settings.filter((setting) => enablesAuditLogs(setting, kind)).map((setting) => setting.workspaceId);
  return [...new Set(named.filter(isLogWorkspaceId).map(normaliseId))].sort();
}

/** What was learnt of a workspace; undefined where nobody asked for it. */
export function findLogWorkspace(workspaces: LogWorkspaces, id: string): LogWorkspaces[string] | undefined {
  return Object.entries(workspaces).find(([key]) => sameId(key, id))?.[1];
}

function sameWord(field: unknown, word: string): boolean {
  return typeof field === 'string' && field.toLowerCase() === word.toLowerCase();
}
