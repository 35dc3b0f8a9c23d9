import type { DiagnosticSetting, Gathered, LogWorkspaces, Source } from '../model.ts';
import { normaliseId } from '../rules/resource-id.ts';
import { listIn, textAt, valueAt } from './azure/documents.ts';
import { type Batch, type Collected, isConfirmed, mapBounded, perService } from './batch.ts';
import { asReference, readListed } from './collect-documents.ts';

/** The api-version that knows category groups (HF 4.2). */
const insightsApi = '2021-05-01-preview';
const workspacesApi = '2023-09-01';
const workspaceId =
  /^\/subscriptions\/[^/]+\/resourcegroups\/[^/]+\/providers\/microsoft\.operationalinsights\/workspaces\/[^/]+$/;

/** The diagnostic settings of each service; not in Resource Graph. A workspace logs nothing of its own (HF 4.1). */
export function collectDiagnosticSettings(batch: Batch): Promise<Collected<'diagnosticSettings'>> {
  return perService(batch.services, async ({ id, kind }) => {
    if (kind === 'workspace') return undefined;
    const path = `${id}/providers/Microsoft.Insights/diagnosticSettings`;
    const listed = await batch.azure.list(path, insightsApi, {}, batch.signal);
    if (!listed.ok) return listed;
    const settings = listed.value.flatMap((row) => toSetting(row) ?? []);
    if (settings.length === listed.value.length) return { ...listed, value: settings };
    const detail = `ARM GET ${path}: a diagnostic setting was not understood`;
    return { ok: false, reason: 'malformed', detail, sources: listed.sources };
  });
}

function toSetting(row: unknown): DiagnosticSetting | undefined {
  const id = textAt(row, 'id');
  const name = textAt(row, 'name');
  const listed = valueAt(row, 'properties', 'logs');
  // null is none; a list that is absent, or no list, hides what this setting exports and nothing else
  const logs = listed === undefined ? undefined : listIn(listed);
  const destination = textAt(row, 'properties', 'workspaceId');
  if (id === undefined || name === undefined) return undefined;
  return {
    id,
    name,
    ...(destination ? { workspaceId: destination } : {}),
    ...(logs === undefined ? { logsUnread: true } : {}),
    logs: (logs ?? []).map((log) => {
      const category = textAt(log, 'category');
      const categoryGroup = textAt(log, 'categoryGroup');
      const enabled = valueAt(log, 'enabled');
      return {
        ...(category ? { category } : {}),
        ...(categoryGroup ? { categoryGroup } : {}),
        ...(enabled === undefined ? {} : { enabled }),
      };
    }),
  };
}

/** The log workspaces that each service's settings name, each read once per batch. */
export async function collectLogWorkspaces(batch: Batch): Promise<Collected<'logWorkspaces'>> {
  const settings = await batch.gather('diagnosticSettings');
  return perService(batch.services, async ({ id }) => {
    const own = settings.get(id);
    if (own === undefined || !own.ok) return own;
    const direct = isConfirmed(batch, id);
    const ids = [...new Set(own.value.flatMap((setting) => setting.workspaceId ?? []).map(normaliseId))].sort();
    const entries = await mapBounded(ids, async (one) => [one, await readWorkspace(batch, one, direct)] as const);
    const workspaces: LogWorkspaces = Object.fromEntries(entries);
    const sources: readonly Source[] = entries.flatMap(([, gathered]) => gathered.sources);
    const allDirect = entries.every(([, gathered]) => !gathered.ok || gathered.direct);
    return { ok: true, value: workspaces, sources: [...own.sources, ...sources], direct: allDirect };
  });
}

async function readWorkspace(batch: Batch, id: string, direct: boolean): Promise<Gathered<{ readonly id: string }>> {
  if (!workspaceId.test(id)) {
    const detail = `"${id.slice(0, 200)}" is not the id of a Log Analytics workspace`;
    return { ok: false, reason: 'malformed', detail, sources: [] };
  }
  const how = { listing: batch.inventory.logWorkspaces, apiVersion: workspacesApi, direct };
  const document = asReference(batch, id, await readListed(batch, id, how));
  return document.ok ? { ...document, value: { id: document.value.id } } : document;
}
