import { textAt } from '../evidence/azure/documents.ts';
import type { Cloud, Reason } from '../model.ts';
import type { Policy } from '../policy.ts';
import { coversByPath, lastSegment, normaliseId, subscriptionOf } from '../rules/resource-id.ts';
import { type Documents, isBuiltIn, sortDocuments } from './documents.ts';
import type { Document, EstateFile, Fault } from './estate-file.ts';
import { escapePattern, faultFor, matchPath } from './failures.ts';
import { documentFields, keepFields } from './kept-fields.ts';
import { type Observed, writeObservations } from './observed.ts';
import { writePolicy } from './policy.ts';
import type { Recording } from './recording.ts';
import { createRedaction, type Redaction } from './redaction.ts';
import { standInEndpoints, standInWorkspaces } from './stand-ins.ts';
import { managementGroupsOf, type VisibleSubscription, visibleSubscriptions } from './subscriptions.ts';

export interface ExportInput {
  /** what came back while the evidence was gathered */
  readonly recording: Recording;
  readonly observed: readonly Observed[];
  readonly policy: Policy;
  readonly cloud: Cloud;
  readonly tenantId?: string | undefined;
  /** when the evidence was complete */
  readonly at: string;
  readonly hashIds: boolean;
  /** random, and kept nowhere */
  readonly salt: string;
  /** whether an exception that is for certain observed values holds now */
  holds(exception: Policy['exceptions'][number]): boolean;
}

/**
 * An estate file in which a scan finds what it has just found: documents with the fields that checks read, records and
 * rows that add up to what was observed, and a refusal wherever one came.
 */
export function exportEstate(input: ExportInput): EstateFile {
  const { recording, observed, policy, cloud, tenantId, at } = input;
  const services = observed.map(({ service }) => service);
  const documents = sortDocuments(recording, services);
  const redaction = createRedaction({ ...input, services, builtIn: builtInRoles(recording) });
  const observations = writeObservations(observed, { cloud, at, redaction });
  const kept = new Map(documents.resources.map((one) => [normaliseId(one.id), one]));
  const evidence = observed.map((one) => one.evidence);
  const workspaces = standInWorkspaces(evidence, kept);
  const standIns = [...standInEndpoints(evidence, kept), ...workspaces];
  const visible = visibleSubscriptions(recording);
  const refused = writeGaps(documents, workspaces, visible, redaction);
  const write = (some: readonly Document[]): readonly Document[] => some.map((one) => writeDocument(one, redaction));
  const file: EstateFile = {
    name: 'export',
    now: at,
    cloud: cloud.name,
    ...(tenantId === undefined ? {} : { tenantId: redaction.id(tenantId) }),
    managementGroups: [],
    policy: writePolicy(policy, services, redaction, input.holds),
    monitor: {
      network: observations.network,
      publicVantage: observations.publicVantage,
      unreadable: refused.unreadable,
    },
    resources: write([...documents.resources, ...standIns]),
    roleDefinitions: write(documents.roleDefinitions),
    roleAssignments: write(documents.roleAssignments),
    roleEligibilityScheduleInstances: write(documents.roleEligibilityScheduleInstances),
    roleAssignmentScheduleInstances: write(documents.roleAssignmentScheduleInstances),
    denyAssignments: write(documents.denyAssignments),
    diagnosticSettings: write(documents.diagnosticSettings),
    directory: observations.directory,
    dns: observations.dns,
    logs: observations.logs,
    metrics: observations.metrics,
    endpoints: observations.endpoints,
    faults: [...refused.faults, ...graphFaults(recording), ...observations.faults],
    graph: { resources: write(documents.onlyListed), without: standIns.map(({ id }) => redaction.id(id)) },
  };
  return withSubscriptions(file, visible ?? [], redaction);
}

function builtInRoles({ reads }: Recording): ReadonlySet<string> {
  const listed = [...reads.values()].flatMap((read) =>
    read.is === 'list' ? read.rows : read.is === 'document' ? [read.document] : [],
  );
  return new Set(listed.flatMap((row) => builtInNames(row)));
}

function builtInNames(row: unknown): readonly string[] {
  if (!isBuiltIn(row)) return [];
  return [lastSegment(textAt(row, 'id') ?? ''), textAt(row, 'properties', 'roleName') ?? ''].map((name) =>
    name.toLowerCase(),
  );
}

/** The name of a document is the end of its id. */
function writeDocument(document: Document, redaction: Redaction): Document {
  const id = redaction.id(document.id);
  const written = keepFields(document, documentFields, redaction) as Document;
  const isEnd =
    typeof document.name === 'string' && document.id.toLowerCase().endsWith(`/${document.name.toLowerCase()}`);
  return { ...written, id, ...(isEnd ? { name: id.split('/').at(-1) ?? '' } : {}) };
}

const isRoleList = /\/providers\/microsoft\.authorization\/[^/]+$/i;

interface Refused {
  readonly unreadable: readonly string[];
  readonly faults: readonly Fault[];
}

/**
 * What was refused is unreadable, by its subscription if nothing of that is visible. Where something inside it was read all
 * the same, and where a read failed in another way, only the very call fails again. So do lists of roles: another scope's
 * list may tell what a refused one holds.
 */
function writeGaps(
  documents: Documents,
  workspaces: readonly Document[],
  visible: readonly VisibleSubscription[] | undefined,
  redaction: Redaction,
): Refused {
  const { gaps, answers, resources, diagnosticSettings } = documents;
  const roles = [documents.roleAssignments, documents.roleEligibilityScheduleInstances].flat();
  const more = [documents.roleAssignmentScheduleInstances, documents.denyAssignments, documents.roleDefinitions].flat();
  const read = [...resources, ...diagnosticSettings, ...workspaces, ...roles, ...more].map(({ id }) => id);
  const holdsSomething = (path: string): boolean => read.some((id) => coversByPath(path, id));
  const unreadable = new Set<string>();
  const faults: Fault[] = [];
  const fail = (path: string, reason: Reason): void => {
    faults.push(faultFor('resource-manager', matchPath(redaction.id(path)), reason));
  };
  for (const { path, reason } of gaps) {
    if (reason !== 'forbidden' || isRoleList.test(path) || holdsSomething(path)) {
      fail(path, reason);
      continue;
    }
    const subscription = subscriptionOf(path);
    const isHidden = visible !== undefined && !visible.some(({ id }) => id === subscription);
    const whole = `/subscriptions/${subscription}`;
    unreadable.add(redaction.id(isHidden && !holdsSomething(whole) ? whole : path));
  }
  // the stand-in of a workspace that was said not to be there must not be found either
  for (const { id } of workspaces) if (!gaps.some(({ path }) => coversByPath(path, id))) fail(id, 'forbidden');
  const given = answers.map(
    ({ path, rows }): Fault => ({
      target: 'resource-manager',
      match: matchPath(redaction.id(path)),
      kind: 'status',
      status: 200,
      body: { value: keepFields(rows, documentFields, redaction) },
    }),
  );
  return { unreadable: [...unreadable], faults: [...faults, ...given] };
}

/** A query of Resource Graph that failed is known by its text. */
function graphFaults({ queries }: Recording): readonly Fault[] {
  return queries
    .filter(({ rows }) => rows === undefined)
    .map(({ query }) => faultFor('resource-graph', escapePattern(JSON.stringify(query).slice(1, -1)), 'unreachable'));
}

/** The subscriptions that the file speaks of, as visible as they were; no other. */
function withSubscriptions(
  file: EstateFile,
  visible: readonly VisibleSubscription[],
  redaction: Redaction,
): EstateFile {
  const text = JSON.stringify(file).toLowerCase();
  const spoken = visible.filter(({ id }) => text.includes(redaction.id(id)));
  const bare = spoken.filter(({ above }) => above.length === 0).map(({ id }) => `/subscriptions/${redaction.id(id)}`);
  const documents = bare.map((id) => ({ id, type: 'Microsoft.Resources/subscriptions' }));
  return {
    ...file,
    managementGroups: managementGroupsOf(spoken, redaction),
    resources: [...file.resources, ...documents],
  };
}
