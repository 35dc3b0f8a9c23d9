import { valueAt } from '../evidence/azure/documents.ts';
import type { JsonObject } from '../evidence/azure/json.ts';
import { scopeIn } from '../evidence/collect-role-rows.ts';
import type { Reason, Service } from '../model.ts';
import { normaliseId } from '../rules/resource-id.ts';
import type { Document } from './estate-file.ts';
import { countingDocuments, isDocument, listedDocuments, roleAssignmentType, typeIn } from './listed.ts';
import type { Read, Recording } from './recording.ts';

/** What was read, put where an estate file has it. Nothing is redacted yet. */
export interface Documents {
  readonly resources: readonly Document[];
  readonly roleDefinitions: readonly Document[];
  readonly roleAssignments: readonly Document[];
  readonly roleEligibilityScheduleInstances: readonly Document[];
  readonly roleAssignmentScheduleInstances: readonly Document[];
  readonly denyAssignments: readonly Document[];
  readonly diagnosticSettings: readonly Document[];
  /** what Resource Graph lists and Resource Manager does not have */
  readonly onlyListed: readonly Document[];
  /** reads that failed, and not because nothing is there */
  readonly gaps: readonly { readonly path: string; readonly reason: Reason }[];
  /** listings whose rows cannot stand by themselves */
  readonly answers: readonly { readonly path: string; readonly rows: readonly unknown[] }[];
}

const roleKinds = {
  roleassignments: 'roleAssignments',
  roleeligibilityscheduleinstances: 'roleEligibilityScheduleInstances',
  roleassignmentscheduleinstances: 'roleAssignmentScheduleInstances',
  denyassignments: 'denyAssignments',
} as const;
type RoleKind = keyof typeof roleKinds;

/** a tenant without the licence for PIM has no instances, which is no gap */
const noPremiumLicence = 'AadPremiumLicenseRequired';

export function sortDocuments(recording: Recording, services: readonly Service[]): Documents {
  const { reads, queries } = recording;
  const listed = listedDocuments(recording);
  const resources = new Map(countingDocuments(listed, recording, services));
  const all = [...reads].map(([key, read]) => ({ key, read, tail: tailOf(key) }));
  const isCovering = coveringRows(services);
  const diagnosticSettings: Document[] = [];
  const definitions: Document[] = [];
  const answers: { path: string; rows: readonly unknown[] }[] = [];
  const roles: Record<RoleKind, Document[]> = {
    roleassignments: [],
    roleeligibilityscheduleinstances: [],
    roleassignmentscheduleinstances: [],
    denyassignments: [],
  };
  for (const { key, read, tail } of all) {
    if (read.is === 'failure') continue;
    const { provider, type } = tail;
    if (read.is === 'document') {
      const document = { type: typeOf(key), ...read.document, id: idOf(read.document) ?? read.path };
      if (type === 'roledefinitions') definitions.push(document);
      else resources.set(key, document);
    } else if (provider === 'microsoft.authorization' && Object.hasOwn(roleKinds, type)) {
      // a row that is no document spoils its list for those whom it may concern, and so it must again
      const own = read.rows.filter((row) => !isDocument(row) || isCovering(row));
      if (own.every(isDocument)) roles[type as RoleKind].push(...own);
      else answers.push({ path: read.path, rows: own });
    } else if (provider === 'microsoft.authorization' && type === 'roledefinitions') {
      definitions.push(...read.rows.filter(isDocument));
    } else {
      const own = read.rows.filter(isDocument).filter(({ id }) => collectionOf(id) === key);
      if (own.length < read.rows.length || type === 'permissions') answers.push({ path: read.path, rows: read.rows });
      else if (type === 'diagnosticsettings') diagnosticSettings.push(...own);
      else for (const one of own) resources.set(normaliseId(one.id), { type: typeOf(normaliseId(one.id)), ...one });
    }
  }
  // asked of Resource Graph only where Resource Manager's list did not come
  const fromGraph = queries
    .flatMap(({ rows = [] }) => rows.filter(isDocument))
    .filter((row) => typeIn(row) === roleAssignmentType && isCovering(row));
  const held = {
    roleAssignments: distinct([...roles.roleassignments, ...fromGraph]),
    roleEligibilityScheduleInstances: distinct(roles.roleeligibilityscheduleinstances),
    roleAssignmentScheduleInstances: distinct(roles.roleassignmentscheduleinstances),
    denyAssignments: distinct(roles.denyassignments),
  };
  return {
    resources: distinct([...resources.values()]),
    roleDefinitions: heldDefinitions(definitions, Object.values(held).flat()),
    ...held,
    diagnosticSettings: distinct(diagnosticSettings),
    onlyListed: services.flatMap(({ id }) => {
      const read = reads.get(normaliseId(id));
      const isGone = read?.is === 'failure' && read.reason === 'not-found';
      return isGone ? (listed.get(normaliseId(id)) ?? []) : [];
    }),
    gaps: all.flatMap(({ read, tail }) => gapOf(read, tail) ?? []),
    answers,
  };
}

function idOf(document: JsonObject): string | undefined {
  return typeof document.id === 'string' && document.id.startsWith('/') ? document.id : undefined;
}

/** The last provider of a normalised path, the type in it, and whether a resource follows. */
function tailOf(key: string): { readonly provider: string; readonly type: string; readonly isList: boolean } {
  const [, tail = ''] = /.*\/providers\/(.+)$/.exec(key) ?? [];
  const [provider = '', ...pairs] = tail.split('/');
  const isList = pairs.length % 2 === 1;
  return { provider, type: pairs.at(isList ? -1 : -2) ?? '', isList };
}

function typeOf(key: string): string {
  const [, tail = ''] = /.*\/providers\/(.+)$/.exec(key) ?? [];
  const [provider = '', ...pairs] = tail.split('/');
  return [provider, ...pairs.filter((_, place) => place % 2 === 0)].join('/');
}

function collectionOf(id: string): string {
  return normaliseId(id).split('/').slice(0, -1).join('/');
}

/** A resource that is not there is no gap: the replay has no document of it either. */
function gapOf(read: Read, { isList }: ReturnType<typeof tailOf>): Documents['gaps'][number] | undefined {
  if (read.is !== 'failure' || read.code === noPremiumLicence) return undefined;
  if (read.reason === 'not-found' && !isList) return undefined;
  return { path: read.path, reason: read.reason };
}

/**
 * Whether a row may concern a service: what stands below one or beside all of them gives nobody anything here. A row
 * without a scope may, and so may each management group's.
 */
function coveringRows(services: readonly Service[]): (row: Document) => boolean {
  const scopes = new Set(
    services.flatMap(({ id }) => {
      const parts = normaliseId(id).split('/').slice(1);
      return ['/', ...parts.map((_, depth) => `/${parts.slice(0, depth + 1).join('/')}`)];
    }),
  );
  return (row) => {
    const scope = normaliseId(scopeIn(row) ?? '/');
    return scope.startsWith('/providers/') || scopes.has(scope);
  };
}

function distinct(documents: readonly Document[]): readonly Document[] {
  return [...new Map(documents.map((one) => [normaliseId(one.id), one])).values()];
}

/** The roles that someone holds; a built-in one stands in every subscription, and once is enough. */
function heldDefinitions(all: readonly Document[], rows: readonly Document[]): readonly Document[] {
  const held = new Set(rows.map((row) => lastOf(valueAt(row, 'properties', 'roleDefinitionId'))));
  const byGuid = all
    .filter(({ id }) => held.has(lastOf(id)))
    .map((one): [string, Document] => {
      const guid = lastOf(one.id);
      return [
        guid,
        isBuiltIn(one) ? { ...one, id: `/providers/Microsoft.Authorization/roleDefinitions/${guid}` } : one,
      ];
    });
  return [...new Map(byGuid).values()];
}

export function isBuiltIn(definition: unknown): boolean {
  return valueAt(definition, 'properties', 'type') === 'BuiltInRole';
}

function lastOf(id: unknown): string {
  return typeof id === 'string' ? (id.split('/').at(-1) ?? '').toLowerCase() : '';
}
