import type { Permission, ServiceKind } from '../model.ts';

/** What roles allow: wildcards, subtraction, and the data actions of the health services (HF 3.2, 3.3). */

export type Plane = 'data' | 'control';

const FHIR_ACTIONS = [
  'read',
  'write',
  'delete',
  'create/action',
  'update/action',
  'search/action',
  'readById/action',
  'hardDelete/action',
  'export/action',
  'smart/action',
  'searchParameter/action',
  'convertData/action',
  'resourceValidate/action',
  'reindex/action',
  'editProfileDefinitions/action',
  'import/action',
  'bulkOperator/action',
];
const DICOM_ACTIONS = ['read', 'write', 'delete', 'manageExtendedQueryTags/action', 'export/action'];

/** The kinds that have a data plane with roles: MedTech and workspaces have none (HF 3.1). */
const DATA_PLANES: { readonly [K in ServiceKind]?: { readonly prefix: string; readonly actions: readonly string[] } } =
  {
    apiForFhir: { prefix: 'Microsoft.HealthcareApis/services/fhir/resources/', actions: FHIR_ACTIONS },
    fhirService: { prefix: 'Microsoft.HealthcareApis/workspaces/fhirservices/resources/', actions: FHIR_ACTIONS },
    dicomService: { prefix: 'Microsoft.HealthcareApis/workspaces/dicomservices/resources/', actions: DICOM_ACTIONS },
  };

const READING = new Set(['read', 'search', 'readbyid', 'smart']);
const NO_DATA_ACCESS = new Set(['convertdata', 'resourcevalidate']);
const POWERFUL = new Set([
  'delete',
  'harddelete',
  'bulkoperator',
  'import',
  'export',
  'reindex',
  'searchparameter',
  'editprofiledefinitions',
]);

/** All data actions of a kind, spelled out. */
export function dataActionsOf(kind: ServiceKind): readonly string[] {
  const plane = DATA_PLANES[kind];
  return plane ? plane.actions.map((action) => plane.prefix + action) : [];
}

/**
 * Whether `pattern` names `action`, without case; `*` stands for any characters, `/` included, anywhere in it. Time is
 * bounded by the product of both lengths, whatever a custom role holds.
 */
export function matchesAction(pattern: string, action: string): boolean {
  const wanted = pattern.toLowerCase();
  const given = action.toLowerCase();
  let p = 0;
  let g = 0;
  let star = -1;
  let resume = 0;
  while (g < given.length) {
    if (wanted[p] === '*') {
      star = p++;
      resume = g;
    } else if (p < wanted.length && wanted[p] === given[g]) {
      p++;
      g++;
    } else if (star >= 0) {
      p = star + 1;
      g = ++resume;
    } else {
      return false;
    }
  }
  while (wanted[p] === '*') p++;
  return p === wanted.length;
}

/**
 * Whether these permission objects allow (or, of a deny assignment, deny) an action. Each object subtracts only from
 * itself: what one leaves out, another may give.
 */
export function permits(permissions: readonly Permission[], plane: Plane, action: string): boolean {
  return permissions.some((permission) => {
    const [given, without] =
      plane === 'data'
        ? [permission.dataActions, permission.notDataActions]
        : [permission.actions, permission.notActions];
    const names = (pattern: string): boolean => matchesAction(pattern, action);
    return given.some(names) && !without.some(names);
  });
}

/** One role stands over many services, and working out what it gives takes longer than anything else about it. */
const workedOut = new WeakMap<readonly Permission[], Map<ServiceKind, readonly string[]>>();

/**
 * The effective data actions of a role on a kind of service, sorted. An action below the kind's own prefix that the
 * fact base does not know stands for itself: Azure may add one before we learn of it.
 */
export function effectiveDataActions(permissions: readonly Permission[], kind: ServiceKind): readonly string[] {
  const byKind = workedOut.get(permissions) ?? new Map<ServiceKind, readonly string[]>();
  workedOut.set(permissions, byKind);
  const actions = byKind.get(kind) ?? findDataActions(permissions, kind);
  byKind.set(kind, actions);
  return actions;
}

function findDataActions(permissions: readonly Permission[], kind: ServiceKind): readonly string[] {
  const known = dataActionsOf(kind);
  const prefix = DATA_PLANES[kind]?.prefix.toLowerCase();
  const unlisted = permissions
    .flatMap((permission) => permission.dataActions)
    .filter((action) => prefix !== undefined && action.toLowerCase().startsWith(prefix))
    .filter((action) => !known.some((one) => matchesAction(action, one)));
  return [...new Set([...known, ...unlisted])].filter((action) => permits(permissions, 'data', action)).sort();
}

/** `…/resources/hardDelete/action` → `hardDelete`. */
export function shortAction(action: string): string {
  return action.replace(/^.*\/resources\//i, '').replace(/\/action$/i, '');
}

/** Reaches or changes records: all but `convertData` and `resourceValidate`, which work on what the caller sends. */
export function isDataAccess(action: string): boolean {
  return !NO_DATA_ACCESS.has(shortAction(action).toLowerCase());
}

/** Only reads. `smart` reads; `manageExtendedQueryTags` writes, and so does whatever is not known to read. */
export function isReading(action: string): boolean {
  return READING.has(shortAction(action).toLowerCase());
}

/** Destroys, or moves records in bulk, or changes what all users find. */
export function isPowerful(action: string): boolean {
  return POWERFUL.has(shortAction(action).toLowerCase());
}
