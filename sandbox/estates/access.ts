/** Who may do what: the directory, the role assignments, and the part of the policy that approves them. */
import { builtInRoleDefinitions } from '../built-in-roles.ts';
import { textAt } from '../documents.ts';
import { deriveId } from '../estate.ts';
import type { AzureDocument, JsonObject } from '../types.ts';
import { type Hospital, type Plan, principalOf, type Service, serviceId } from './plan.ts';
import { identityOf } from './services.ts';
import { storageId, vaultId } from './surroundings.ts';

type PrincipalType = 'User' | 'Group' | 'ServicePrincipal';

interface Person {
  readonly who: string;
  readonly type: PrincipalType;
  readonly members?: readonly string[];
}

const people: readonly Person[] = [
  { who: 'fhirwatch', type: 'ServicePrincipal' },
  { who: 'EHR integration', type: 'ServicePrincipal' },
  { who: 'Imaging archive', type: 'ServicePrincipal' },
  { who: 'Export job', type: 'ServicePrincipal' },
  { who: 'Dr. Ada Okafor', type: 'User' },
  { who: 'Nurse Jörg Weiß', type: 'User' },
  { who: 'Priya Raman', type: 'User' },
  { who: 'Clinicians', type: 'Group', members: ['Dr. Ada Okafor', 'Nurse Jörg Weiß'] },
  { who: 'Platform team', type: 'Group', members: ['Priya Raman'] },
];

/** Data access per kind of service: who, with which role. */
const grants = {
  fhir: [
    { who: 'EHR integration', role: 'FHIR Data Writer' },
    { who: 'Clinicians', role: 'FHIR Data Reader' },
    { who: 'Export job', role: 'FHIR Data Exporter' },
  ],
  dicom: [
    { who: 'Imaging archive', role: 'DICOM Data Owner' },
    { who: 'Clinicians', role: 'DICOM Data Reader' },
  ],
} as const;

export function directoryOf(plan: Plan): readonly JsonObject[] {
  const services = plan.hospitals.flatMap((hospital) =>
    hospital.services.map((service) => ({
      id: identityOf(plan, hospital, service),
      type: 'ServicePrincipal',
      displayName: `${hospital.workspace}/${service.name}`,
    })),
  );
  const named = people.map(({ who, type, members }) => ({
    id: principalOf(plan, who),
    type,
    displayName: who,
    ...(members === undefined ? {} : { members: members.map((member) => principalOf(plan, member)) }),
  }));
  return [...named, ...services];
}

/** The policy's approvals that match {@link assignmentsOf} exactly. */
export function approvalsOf(plan: Plan): JsonObject {
  const all = [...grants.fhir, ...grants.dicom];
  const principals = [...new Set(all.map(({ who }) => who))].map((who) => ({
    id: principalOf(plan, who),
    name: who,
    roles: all.filter((grant) => grant.who === who).map(({ role }) => role),
  }));
  return {
    dataAccess: { widestScope: 'service', principals },
    privilegedPrincipals: [{ id: principalOf(plan, 'Platform team'), name: 'Platform team' }],
  };
}

export function assignmentsOf(plan: Plan): readonly AzureDocument[] {
  const subscriptions = [
    plan.hubSubscriptionId,
    ...new Set(plan.hospitals.map(({ subscriptionId }) => subscriptionId)),
  ];
  const services = plan.hospitals.flatMap((hospital) =>
    hospital.services.flatMap((service) => ofService(plan, hospital, service)),
  );
  return [
    ...subscriptions.map((id) => assign(plan, `/subscriptions/${id}`, 'fhirwatch', 'Reader')),
    ...subscriptions.slice(1).map((id) => assign(plan, `/subscriptions/${id}`, 'Platform team', 'Owner')),
    ...services,
  ];
}

/** The platform team may make itself an access administrator for a while. */
export function eligibilitiesOf(plan: Plan): readonly AzureDocument[] {
  return plan.hospitals.slice(0, 1).map(({ subscriptionId }) => {
    const scope = `/subscriptions/${subscriptionId}`;
    const name = deriveId('eligibility', scope);
    return {
      id: `${scope}/providers/Microsoft.Authorization/roleEligibilityScheduleInstances/${name}`,
      name,
      type: 'Microsoft.Authorization/roleEligibilityScheduleInstances',
      properties: {
        roleEligibilityScheduleId: `${scope}/providers/Microsoft.Authorization/roleEligibilitySchedules/${deriveId('schedule', name)}`,
        scope,
        roleDefinitionId: roleId(scope, 'User Access Administrator'),
        principalId: principalOf(plan, 'Platform team'),
        principalType: 'Group',
        status: 'Provisioned',
        startDateTime: '2026-03-01T00:00:00Z',
        endDateTime: null,
        memberType: 'Direct',
        createdOn: '2026-03-01T00:00:00Z',
      },
    };
  });
}

/** One role assignment; its id follows from scope, principal and role. */
export function assign(plan: Plan, scope: string, who: string, role: string, type?: PrincipalType): AzureDocument {
  const principalType = type ?? people.find((person) => person.who === who)?.type ?? 'ServicePrincipal';
  return assignTo(principalOf(plan, who), principalType, scope, role);
}

export function assignTo(
  principalId: string,
  principalType: PrincipalType,
  scope: string,
  role: string,
): AzureDocument {
  const name = deriveId('assignment', scope, principalId, role);
  return {
    id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`,
    type: 'Microsoft.Authorization/roleAssignments',
    name,
    properties: {
      roleDefinitionId: roleId(scope, role),
      principalId,
      principalType,
      scope,
      condition: null,
      conditionVersion: null,
      createdOn: '2026-05-11T12:30:00.1234567Z',
      updatedOn: '2026-05-11T12:30:00.1234567Z',
      createdBy: null,
      updatedBy: null,
      delegatedManagedIdentityResourceId: null,
      description: null,
    },
  };
}

function ofService(plan: Plan, hospital: Hospital, service: Service): readonly AzureDocument[] {
  const identity = identityOf(plan, hospital, service);
  const data = grants[service.kind].map(({ who, role }) => assign(plan, serviceId(hospital, service), who, role));
  const key = assignTo(identity, 'ServicePrincipal', vaultId(hospital), 'Key Vault Crypto Service Encryption User');
  const blobs = assignTo(identity, 'ServicePrincipal', storageId(hospital), 'Storage Blob Data Contributor');
  return service.kind === 'fhir' ? [...data, key, blobs] : [...data, key];
}

function roleId(scope: string, role: string): string {
  const definition = builtInRoleDefinitions().find((one) => textAt(one, 'properties', 'roleName') === role);
  if (definition === undefined) throw new Error(`there is no built-in role ${role}`);
  const subscription = /^\/subscriptions\/[^/]+/.exec(scope)?.[0] ?? '';
  return `${subscription}${definition.id}`;
}
