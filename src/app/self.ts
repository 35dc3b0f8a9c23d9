import { gatherEvidence } from '../evidence/collectors.ts';
import { type Estate, EstateUnlistable } from '../evidence/inventory.ts';
import { collectSilence } from '../evidence/logs/own-events.ts';
import { collectOwnPermissions } from '../evidence/own-permissions.ts';
import type { Reason, Service as Watched } from '../model.ts';
import { logPermissions, type Permission, readerPermissions } from '../permissions.ts';
import { type Policy, resolveExpectations } from '../policy.ts';
import { permits } from '../rules/role-actions.ts';
import { type Answer, authorise, json, problem, type Request } from './answers.ts';
import { families } from './families.ts';
import type { Open } from './http.ts';
import { listEstate } from './plan.ts';
import { watchPolicy } from './policy-watch.ts';
import { type Environment, type Log, openShared, type Service, textOf } from './service.ts';

/** What could not be read. */
export interface Unread {
  readonly scope: string;
  readonly reason: Reason;
  readonly detail: string;
}

/** What the app knows of itself, for `fhirwatch doctor`. */
export interface SelfExamination {
  readonly schema: 'fhirwatch-doctor/1';
  readonly generatedAt: string;
  readonly permissions: {
    /** scopes that were looked at, of so many */
    readonly asked: number;
    readonly of: number;
    readonly missing: readonly { readonly scope: string; readonly actions: readonly string[] }[];
    readonly unread: readonly Unread[];
  };
  readonly heartbeat:
    | { readonly set: false }
    | {
        readonly set: true;
        readonly families: readonly string[];
        readonly silent: readonly { readonly family: string; readonly silentMinutes: number }[];
      }
    | ({ readonly set: true } & Omit<Unread, 'scope'>);
  /** whether alerts come back to the app, to be shown in Teams */
  readonly teams: boolean;
}

/** Somebody waits for the answer; App Service ends it after 230 seconds. */
const examinationMs = 90_000;
/** Each is a call; a sweep's coverage tells of the others. */
const mostScopes = 500;

/** `GET doctor`: whether the app's own identity may read what it must, and whether its heartbeat arrives. */
export async function answerDoctor(
  request: Request,
  environment: Environment,
  log: Log,
  open: Open = openShared,
): Promise<Answer> {
  const caller = authorise(request, environment, ['Auditor', 'Operator']);
  if ('status' in caller) return caller;
  const opening = open(environment, log);
  if (!opening.ok) return problem(503, 'Not configured', opening.problems.join(' '));
  const { service } = opening;
  const signal = AbortSignal.timeout(examinationMs);
  try {
    const [permissions, heartbeat] = await Promise.all([
      examinePermissions(service, signal, log),
      examineHeartbeat(service, signal),
    ]);
    const examination: SelfExamination = {
      schema: 'fhirwatch-doctor/1',
      generatedAt: service.now().toISOString(),
      permissions,
      heartbeat,
      teams: service.settings.teamsWorkflowUrl !== undefined,
    };
    return json(200, examination);
  } catch (error) {
    log.error('the app could not examine itself', { error: textOf(error) });
    return problem(503, 'Not examined', 'Storage or Azure could not be reached; nothing is known of the app now.');
  }
}

async function examineHeartbeat(service: Service, signal: AbortSignal): Promise<SelfExamination['heartbeat']> {
  const { telemetryWorkspace } = service.settings;
  if (telemetryWorkspace === undefined) return { set: false };
  const silence = await collectSilence(await service.azure(), telemetryWorkspace, signal);
  if (!silence.ok) return { set: true, reason: silence.reason, detail: silence.detail };
  return { set: true, families, silent: silence.value };
}

async function examinePermissions(
  service: Service,
  signal: AbortSignal,
  log: Log,
): Promise<SelfExamination['permissions']> {
  const nothing = (unread: Unread) => ({ asked: 0, of: 0, missing: [], unread: [unread] });
  const loaded = await watchPolicy(service, { speaks: false, log });
  if (!loaded) return nothing({ scope: 'policy', reason: 'malformed', detail: 'no valid policy was ever read' });
  const estate = await listEstate(loaded, service, signal);
  if (estate instanceof EstateUnlistable) return nothing({ scope: '/', ...estate.failure });
  const azure = await service.azure();
  const groups = groupsOf(estate);
  const { workspaces, unread } = await logWorkspacesOf(estate, loaded.policy, service, signal);
  const wanted: readonly (readonly [scope: string, permissions: readonly Permission[]])[] = [
    ...[...groups.keys()].map((group) => [group, readerPermissions] as const),
    ...workspaces.map((workspace) => [workspace, logPermissions] as const),
  ];
  const chosen = new Map(wanted.slice(0, mostScopes));
  const own = await collectOwnPermissions(azure, [...chosen.keys()], signal);
  return {
    asked: chosen.size,
    of: wanted.length,
    missing: own.flatMap(({ scope, permissions }) => {
      if (!permissions.ok) return [];
      const needed = (chosen.get(scope) ?? []).map(({ action }) => action);
      const actions = needed.filter((action) => !permits(permissions.value, 'control', action));
      return actions.length > 0 ? [{ scope, actions }] : [];
    }),
    unread: [
      ...estate.problems.map(({ scope, reason, detail }) => ({ scope, reason, detail })),
      ...unread,
      ...own.flatMap(({ scope, permissions }) =>
        permissions.ok ? [] : [{ scope, reason: permissions.reason, detail: permissions.detail }],
      ),
    ],
  };
}

/** The resource groups that hold what the checks read, each with a watched service of it where there is one. */
function groupsOf({ services, inventory }: Estate): ReadonlyMap<string, Watched | undefined> {
  const groups = new Map<string, Watched | undefined>();
  const note = (id: string, service?: Watched): void => {
    const group = /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+/i.exec(id)?.[0];
    if (group === undefined) return;
    const key = group.toLowerCase();
    groups.set(key, groups.get(key) ?? service);
  };
  for (const service of services) note(service.id, service);
  for (const listed of [inventory.privateEndpoints, inventory.zones]) {
    if (listed.ok) for (const { id } of listed.value) note(id);
  }
  return groups;
}

/** Where the services log to, as the settings of one of each resource group say it: the others mostly share it. */
async function logWorkspacesOf(
  estate: Estate,
  policy: Policy,
  { azure, settings, now }: Service,
  signal: AbortSignal,
): Promise<{ readonly workspaces: readonly string[]; readonly unread: readonly Unread[] }> {
  const services = [...groupsOf(estate).values()].flatMap((one) => one ?? []).slice(0, mostScopes);
  const evidence = await gatherEvidence(
    {
      services,
      inventory: estate.inventory,
      confirm: new Set(),
      azure: await azure(),
      dns: { servers: settings.dnsServers, vantageRecord: policy.vantage.record },
      signal,
      optIn: new Set(),
      expect: (service) => resolveExpectations(policy, service),
      now,
    },
    new Set(['logWorkspaces']),
  );
  const found = services.flatMap(({ id }) => {
    const workspaces = evidence.get(id)?.logWorkspaces;
    return workspaces ? [{ id, workspaces }] : [];
  });
  const named = found.flatMap(({ workspaces }) => (workspaces.ok ? Object.entries(workspaces.value) : []));
  return {
    // one that is no more needs no right
    workspaces: [...new Set(named.filter(([, one]) => one.ok || one.reason !== 'not-found').map(([id]) => id))].sort(),
    unread: found.flatMap(({ id, workspaces }) =>
      workspaces.ok ? [] : [{ scope: id, reason: workspaces.reason, detail: workspaces.detail }],
    ),
  };
}
