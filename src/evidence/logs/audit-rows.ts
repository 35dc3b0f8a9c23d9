import type {
  AuditRows,
  AuditWindow,
  DiagnosticSetting,
  Gathered,
  LogWorkspaces,
  Service,
  Source,
} from '../../model.ts';
import { auditWorkspaceIds, findLogWorkspace } from '../../rules/log-destinations.ts';
import { normaliseId } from '../../rules/resource-id.ts';
import { type Azure, failed } from '../azure/client.ts';
import { AuditLines, type AuditQuestion, auditColumns, writeAuditQuery } from './audit-lines.ts';
import { queryLogs } from './log-query.ts';

export interface AuditRowsRequest {
  readonly service: Service;
  readonly settings: Gathered<readonly DiagnosticSetting[]>;
  readonly workspaces: Gathered<LogWorkspaces>;
  readonly windowSeconds: number;
}

/** so many ids keep a query far below Azure's limit of its length */
const servicesPerQuery = 100;

/**
 * The audit rows of each service, by service id: one query per workspace and window for all services that send there.
 * Workspaces that are known to be gone are not asked. Settings that could not be read leave nothing to ask.
 */
export async function collectAuditRows(
  requests: readonly AuditRowsRequest[],
  azure: Azure,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Gathered<AuditRows>>> {
  const plans = requests.map(plan);
  const questions = plans.flatMap(({ ask, service, windowSeconds }) =>
    ask.map((workspaceId) => ({
      workspaceId,
      service: normaliseId(service.id),
      windowSeconds,
      distinguish: ask.length > 1,
    })),
  );
  const grouped = Map.groupBy(questions, ({ workspaceId, windowSeconds, distinguish }) =>
    JSON.stringify([workspaceId, windowSeconds, distinguish]),
  );
  const answers = new Map<string, Gathered<AuditWindow>>();
  await Promise.all(
    [...grouped.values()].flatMap(chunk).map(async (group) => {
      const [first] = group;
      if (first === undefined) return;
      const services = group.map(({ service }) => service);
      for (const [service, window] of await ask(first.workspaceId, { ...first, services }, azure, signal)) {
        answers.set(answerKey(service, first.workspaceId), window);
      }
    }),
  );
  return new Map(plans.map((one) => [one.service.id, assemble(one, answers)]));
}

interface Plan extends AuditRowsRequest {
  /** workspaces to read, in lower case */
  readonly ask: readonly string[];
  /** workspaces that are known to be gone, and how that is known */
  readonly gone: readonly { readonly workspaceId: string; readonly window: Gathered<AuditWindow> }[];
}

function plan(request: AuditRowsRequest): Plan {
  const { settings, workspaces, service } = request;
  const ask: string[] = [];
  const gone: { workspaceId: string; window: Gathered<AuditWindow> }[] = [];
  for (const workspaceId of settings.ok ? auditWorkspaceIds(settings.value, service.kind) : []) {
    const known = workspaces.ok ? findLogWorkspace(workspaces.value, workspaceId) : undefined;
    if (known && !known.ok && known.reason === 'not-found') gone.push({ workspaceId, window: known });
    else ask.push(workspaceId);
  }
  return { ...request, ask, gone };
}

async function ask(
  workspaceId: string,
  question: AuditQuestion,
  azure: Azure,
  signal: AbortSignal,
): Promise<readonly (readonly [string, Gathered<AuditWindow>])[]> {
  const { services, windowSeconds } = question;
  const query = writeAuditQuery(question);
  // the query itself cuts the window; it must only see that far
  const reachSeconds = windowSeconds + 3600;
  const answer = await queryLogs(azure, { workspaceId, query, columns: auditColumns, reachSeconds }, signal);
  const spread = (window: (service: string) => Gathered<AuditWindow>) =>
    services.map((service) => [service, window(service)] as const);
  if (!answer.ok) return spread(() => answer);
  try {
    const lines = new AuditLines(answer.value.rows, services, answer.value.incomplete);
    return spread((service) => ({ ...answer, value: lines.windowOf(service, workspaceId) }));
  } catch (error) {
    const failure = failed(error, `log query in ${workspaceId}`, azure.now());
    return spread(() => ({ ...failure, sources: answer.sources }));
  }
}

function assemble(
  { service, settings, windowSeconds, ask: asked, gone }: Plan,
  answers: ReadonlyMap<string, Gathered<AuditWindow>>,
): Gathered<AuditRows> {
  if (!settings.ok) return settings;
  const read = asked.flatMap((workspaceId) => {
    const window = answers.get(answerKey(normaliseId(service.id), workspaceId));
    return window ? [{ workspaceId, window }] : [];
  });
  const workspaces = [...read, ...gone].sort((a, b) => (a.workspaceId < b.workspaceId ? -1 : 1));
  const sources: readonly Source[] = workspaces.flatMap(({ window }) => window.sources);
  // with no workspace to read, the settings are what says so
  return {
    ok: true,
    value: { windowSeconds, workspaces },
    sources: sources.length > 0 ? sources : settings.sources,
    direct: true,
  };
}

function answerKey(service: string, workspaceId: string): string {
  return `${service} ${workspaceId}`;
}

function chunk<T>(items: readonly T[]): readonly (readonly T[])[] {
  const count = Math.ceil(items.length / servicesPerQuery);
  return Array.from({ length: count }, (_, i) => items.slice(i * servicesPerQuery, (i + 1) * servicesPerQuery));
}
