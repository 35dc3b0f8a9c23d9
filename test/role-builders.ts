import type {
  DenyAssignment,
  Directory,
  Evidence,
  EvidenceByKind,
  Gathered,
  Permission,
  RoleAssignment,
  RoleDefinition,
  ScheduleInstance,
  ServiceKind,
} from '../src/model.ts';
import { aService, got, SUBSCRIPTION } from './builders.ts';

/** Literals for who may do what: the built-in data roles (HF 3.1), assignments, PIM, deny assignments. */

const S = 'Microsoft.HealthcareApis/services/fhir/resources';
const W = 'Microsoft.HealthcareApis/workspaces/fhirservices/resources';
const D = 'Microsoft.HealthcareApis/workspaces/dicomservices/resources';

const both = (...actions: readonly string[]): string[] => [S, W].flatMap((at) => actions.map((one) => `${at}/${one}`));

export function permission(dataActions: readonly string[], notDataActions: readonly string[] = []): Permission {
  return { actions: [], notActions: [], dataActions, notDataActions };
}

function builtIn(guid: string, roleName: string, ...permissions: readonly Permission[]): RoleDefinition {
  return { id: `/providers/Microsoft.Authorization/roleDefinitions/${guid}`, roleName, permissions };
}

export const contributor = builtIn(
  '5a1fc7df-4bf1-4951-a576-89034ee01acd',
  'FHIR Data Contributor',
  permission([`${S}/*`, `${W}/*`], both('smart/action')),
);
export const writer = builtIn(
  '3f88fce4-5892-4214-ae73-ba5294559913',
  'FHIR Data Writer',
  permission(
    both(
      'read',
      'write',
      'delete',
      'export/action',
      'resourceValidate/action',
      'reindex/action',
      'convertData/action',
      'editProfileDefinitions/action',
      'import/action',
    ),
  ),
);
export const reader = builtIn('4c8d0bbc-75d3-4935-991f-5f3c56d81508', 'FHIR Data Reader', permission(both('read')));
export const exporter = builtIn(
  '3db33094-8700-4567-8da5-1501d4e7e843',
  'FHIR Data Exporter',
  permission(both('read', 'export/action')),
);
export const importer = builtIn(
  '4465e953-8ced-4406-a58e-0f6e3f3b530b',
  'FHIR Data Importer',
  permission([`${W}/read`, `${W}/import/action`]),
);
export const converter = builtIn(
  'a1705bd2-3a8f-45a5-8683-466fcfd5cc24',
  'FHIR Data Converter',
  permission(both('convertData/action')),
);
export const smartUser = builtIn(
  '4ba50f17-9666-485c-a643-ff00808643f0',
  'FHIR SMART User',
  permission(both('read', 'smart/action')),
);
export const bulkOperator = builtIn(
  '804db8d3-32c7-4ad4-a975-3f6f90d5f5f5',
  'FHIR Data Bulk Operator',
  permission(
    both(
      'read',
      'write',
      'delete',
      'export/action',
      'reindex/action',
      'import/action',
      'hardDelete/action',
      'bulkOperator/action',
    ),
  ),
);
export const dicomOwner = builtIn('58a3b984-7adf-4c20-983a-32417c86fbc8', 'DICOM Data Owner', permission([`${D}/*`]));
export const dicomReader = builtIn(
  'e89c7a3c-2f64-4fa1-a847-3e4c9ba4283a',
  'DICOM Data Reader',
  permission([`${D}/read`]),
);
export const owner = builtIn('8e3af657-a8ff-443c-a75c-2fe8c4bcb635', 'Owner', {
  actions: ['*'],
  notActions: [],
  dataActions: [],
  notDataActions: [],
});

export const builtIns: readonly RoleDefinition[] = [
  contributor,
  writer,
  reader,
  exporter,
  importer,
  converter,
  smartUser,
  bulkOperator,
  dicomOwner,
  dicomReader,
  owner,
];

/** A custom role with these permission objects; `n` tells several apart. */
export function customRole(permissions: readonly Permission[], n = 1, roleName = `Custom role ${n}`): RoleDefinition {
  return builtIn(`cccccccc-0000-4000-8000-${String(n).padStart(12, '0')}`, roleName, ...permissions);
}

export const guidOf = (role: RoleDefinition): string => role.id.split('/').at(-1) ?? '';

/** `person(1)`, `person(2)`, …: object ids. */
export const person = (n: number): string => `aaaaaaaa-0000-4000-8000-${String(n).padStart(12, '0')}`;

export const subscriptionScope = `/subscriptions/${SUBSCRIPTION}`;
export const groupScope = `${subscriptionScope}/resourceGroups/rg-fhir`;
export const workspaceScope = `${groupScope}/providers/Microsoft.HealthcareApis/workspaces/wards`;
export const managementGroupScope = '/providers/Microsoft.Management/managementGroups/hospitals';
export const serviceScope = (kind: ServiceKind): string => aService(kind).id;

const numbered = (kind: string, scope: string, n: string): string =>
  `${scope === '/' ? '' : scope}/providers/Microsoft.Authorization/${kind}/${n}`;

export function assign(
  principalId: string,
  role: RoleDefinition,
  scope: string,
  overrides: Partial<RoleAssignment> = {},
): RoleAssignment {
  return {
    id: numbered('roleAssignments', scope, `${principalId}-${guidOf(role)}`),
    scope,
    principalId,
    principalType: 'User',
    roleDefinitionId: role.id,
    ...overrides,
  };
}

export function eligible(
  principalId: string,
  role: RoleDefinition,
  scope: string,
  overrides: Partial<ScheduleInstance> = {},
): ScheduleInstance {
  return {
    id: numbered('roleEligibilityScheduleInstances', scope, `eligible-${principalId}-${guidOf(role)}`),
    scope,
    principalId,
    principalType: 'User',
    roleDefinitionId: role.id,
    memberType: 'Direct',
    ...overrides,
  };
}

/** An activation, with the id that `assign` gives the assignment it puts in the list. */
export function activate(
  principalId: string,
  role: RoleDefinition,
  scope: string,
  overrides: Partial<ScheduleInstance> = {},
): ScheduleInstance {
  return {
    ...eligible(principalId, role, scope),
    id: numbered('roleAssignmentScheduleInstances', scope, `active-${principalId}-${guidOf(role)}`),
    assignmentType: 'Activated',
    roleAssignmentId: assign(principalId, role, scope).id,
    ...overrides,
  };
}

export function deny(overrides: Partial<DenyAssignment> = {}): DenyAssignment {
  return {
    id: numbered('denyAssignments', groupScope, 'deny-1'),
    name: 'deny-1',
    scope: groupScope,
    doNotApplyToChildScopes: false,
    permissions: [permission(['*'])],
    principals: [{ id: '00000000-0000-0000-0000-000000000000', type: 'SystemDefined' }],
    excludePrincipals: [],
    ...overrides,
  };
}

type AccessKind =
  | 'roleAssignments'
  | 'roleDefinitions'
  | 'eligibleRoles'
  | 'activeRoles'
  | 'denyAssignments'
  | 'directory';

export type AccessEvidence = { readonly [K in AccessKind]: Gathered<EvidenceByKind[K]> };

/** Everything arrived: nobody has anything, but for what is given. `roles` adds custom definitions. */
export function accessEvidence(
  given: {
    readonly assignments?: readonly RoleAssignment[];
    readonly eligible?: readonly ScheduleInstance[];
    readonly active?: readonly ScheduleInstance[];
    readonly denials?: readonly DenyAssignment[];
    readonly roles?: readonly RoleDefinition[];
    readonly directory?: Directory;
  } = {},
  overrides: Partial<AccessEvidence> = {},
): AccessEvidence {
  const definitions = [...builtIns, ...(given.roles ?? [])].map((role) => [guidOf(role), got(role)] as const);
  return {
    roleAssignments: got(given.assignments ?? []),
    roleDefinitions: got(Object.fromEntries(definitions)),
    eligibleRoles: got(given.eligible ?? []),
    activeRoles: got(given.active ?? []),
    denyAssignments: got(given.denials ?? []),
    directory: got(given.directory ?? { asked: false }),
    ...overrides,
  } satisfies Evidence;
}
