/** What a named estate consists of, in the domain's words; the other files of this folder turn it into Azure's documents. */
import { clouds } from '../clouds.ts';
import { deriveId } from '../estate.ts';
import type { AzureDocument, CloudName, JsonObject } from '../types.ts';

export interface Service {
  readonly kind: 'fhir' | 'dicom';
  readonly name: string;
}

/** One Azure Health Data Services workspace with what stands around it. */
export interface Hospital {
  readonly workspace: string;
  readonly subscriptionId: string;
  /** default: one named after the workspace */
  readonly resourceGroup?: string;
  readonly services: readonly Service[];
}

export interface Plan {
  readonly name: string;
  readonly now: Date;
  readonly cloud: CloudName;
  readonly tenantId: string;
  readonly location: string;
  /** where networks, zones and logs stand */
  readonly hubSubscriptionId: string;
  readonly hospitals: readonly Hospital[];
  /** name of a service of Azure API for FHIR, if there is one left */
  readonly legacy?: string;
  /** how many hours the logs reach back; default a day */
  readonly logHours?: number;
}

/** An estate file (INTERFACES, section 5) as the builders make it. */
export interface EstateFile {
  readonly name: string;
  readonly now: string;
  readonly cloud: CloudName;
  readonly tenantId: string;
  readonly policy: JsonObject;
  readonly monitor: { readonly principalId: string; readonly network: string };
  readonly managementGroups: readonly JsonObject[];
  readonly resources: readonly AzureDocument[];
  readonly roleAssignments: readonly AzureDocument[];
  readonly roleEligibilityScheduleInstances: readonly AzureDocument[];
  readonly diagnosticSettings: readonly AzureDocument[];
  readonly directory: readonly JsonObject[];
  readonly logs: Readonly<Record<string, Readonly<Record<string, readonly JsonObject[]>>>>;
  readonly metrics: Readonly<Record<string, Readonly<Record<string, readonly (readonly [string, number])[]>>>>;
}

/** Something that a private endpoint stands for: a workspace, or a service of Azure API for FHIR. */
export interface Owner {
  readonly id: string;
  readonly name: string;
  readonly groupId: string;
  /** host names with the member they belong to, in the order of their addresses */
  readonly hosts: readonly {
    readonly host: string;
    readonly member: string;
    readonly zone: string;
    readonly record: string;
  }[];
}

export function groupId(subscriptionId: string, group: string): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${group}`;
}

export function hubId(plan: Plan, type: string, name: string, group = 'rg-hub'): string {
  return `${groupId(plan.hubSubscriptionId, group)}/providers/${type}/${name}`;
}

export function healthId(hospital: Hospital, type: string, name: string): string {
  return `${groupId(hospital.subscriptionId, hospital.resourceGroup ?? `rg-${hospital.workspace}`)}/providers/${type}/${name}`;
}

export function workspaceId(hospital: Hospital): string {
  return healthId(hospital, 'Microsoft.HealthcareApis/workspaces', hospital.workspace);
}

export function serviceId(hospital: Hospital, { kind, name }: Service): string {
  return `${workspaceId(hospital)}/${kind}services/${name}`;
}

export function hostOf(plan: Plan, hospital: Hospital, { kind, name }: Service): string {
  return `${hospital.workspace}-${name}.${kind}.${clouds[plan.cloud].fhirSuffix}`;
}

export function legacyId(plan: Plan): string {
  const hospital = plan.hospitals[0];
  const subscription = hospital?.subscriptionId ?? plan.hubSubscriptionId;
  return `${groupId(subscription, 'rg-legacy')}/providers/Microsoft.HealthcareApis/services/${plan.legacy}`;
}

/** The object id of one of the estate's people, groups or identities. */
export function principalOf(plan: Plan, who: string): string {
  return deriveId('principal', plan.name, who);
}

export function logWorkspaceId(plan: Plan): string {
  return hubId(plan, 'Microsoft.OperationalInsights/workspaces', 'log-hub');
}

export function hubNetworkId(plan: Plan): string {
  return hubId(plan, 'Microsoft.Network/virtualNetworks', 'vnet-hub');
}

export function clinicalNetworkId(plan: Plan): string {
  return hubId(plan, 'Microsoft.Network/virtualNetworks', 'vnet-clinical');
}

export function ownersOf(plan: Plan): readonly Owner[] {
  const workspaces = plan.hospitals.map((hospital) => workspaceOwner(plan, hospital));
  return plan.legacy === undefined ? workspaces : [...workspaces, legacyOwner(plan, plan.legacy)];
}

export function workspaceOwner(plan: Plan, hospital: Hospital): Owner {
  return {
    id: workspaceId(hospital),
    name: hospital.workspace,
    groupId: 'healthcareworkspace',
    hosts: hospital.services.map((service) => ({
      host: hostOf(plan, hospital, service),
      member: `${service.kind}services`,
      zone: `privatelink.${service.kind}.${clouds[plan.cloud].fhirSuffix}`,
      record: `${hospital.workspace}-${service.name}`,
    })),
  };
}

export function legacyOwner(plan: Plan, name: string): Owner {
  const suffix = clouds[plan.cloud].fhirSuffix;
  const host = { host: `${name}.${suffix}`, member: 'fhir', zone: `privatelink.${suffix}`, record: name };
  return { id: legacyId(plan), name, groupId: 'fhir', hosts: [host] };
}
