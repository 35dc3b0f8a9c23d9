/** The named estates: a name → an estate file whose times are relative to `now`. */
import { deriveId } from '../estate.ts';
import { assign, assignTo } from './access.ts';
import { buildEstate } from './build.ts';
import { firstOwner, hollowSetting, setPublicAccess, unlinkZones } from './changes.ts';
import { type EstateFile, type Hospital, hubNetworkId, type Plan, serviceId } from './plan.ts';

export type NamedEstate = (now?: Date) => EstateFile;

/** Where the clock of a named estate starts unless told otherwise. */
export const storyStart = new Date('2026-11-22T08:00:00Z');

const clinic: Hospital = {
  workspace: 'contosoclinic',
  subscriptionId: deriveId('subscription', 'health'),
  services: [
    { kind: 'fhir', name: 'ehr' },
    { kind: 'fhir', name: 'research' },
    { kind: 'dicom', name: 'imaging' },
  ],
};

function planOf(name: string, now: Date, more: Partial<Plan> = {}): Plan {
  return {
    name,
    now,
    cloud: 'AzureCloud',
    tenantId: deriveId('tenant', 'contoso'),
    location: 'westeurope',
    hubSubscriptionId: deriveId('subscription', 'hub'),
    hospitals: [clinic],
    ...more,
  };
}

/** Everything as it should be. */
export function compliantClinic(now = storyStart): EstateFile {
  return buildEstate(planOf('compliantClinic', now));
}

/** Somebody set public network access to Enabled. */
export function exposedToInternet(now = storyStart): EstateFile {
  const estate = buildEstate(planOf('exposedToInternet', now));
  return { ...estate, resources: setPublicAccess(estate.resources, firstOwner(estate.resources), 'Enabled') };
}

/** The zones are not linked to the network where the monitor stands: names resolve to public addresses there. */
export function dnsLeaksToPublic(now = storyStart): EstateFile {
  const plan = planOf('dnsLeaksToPublic', now);
  const estate = buildEstate(plan);
  return { ...estate, resources: unlinkZones(estate.resources, hubNetworkId(plan)) };
}

/** A contributor over the whole subscription, a writer nobody approved, an owner nobody knows. */
export function overPrivileged(now = storyStart): EstateFile {
  const plan = planOf('overPrivileged', now);
  const estate = buildEstate(plan);
  const subscription = `/subscriptions/${clinic.subscriptionId}`;
  const [service] = clinic.services;
  const stranger = (who: string) => deriveId('stranger', who);
  const added = [
    assign(plan, subscription, 'Clinicians', 'FHIR Data Contributor'),
    ...(service === undefined
      ? []
      : [assignTo(stranger('vendor'), 'ServicePrincipal', serviceId(clinic, service), 'FHIR Data Writer')]),
    assignTo(stranger('consultant'), 'User', subscription, 'Owner'),
  ];
  return { ...estate, roleAssignments: [...estate.roleAssignments, ...added] };
}

/** Every diagnostic setting exists and exports nothing; the last rows are from before that. */
export function auditLogsHollow(now = storyStart): EstateFile {
  const estate = buildEstate(planOf('auditLogsHollow', now));
  const quietSince = now.getTime() - 6 * 3_600_000;
  const isOld = ({ TimeGenerated }: { readonly TimeGenerated?: unknown }) =>
    Date.parse(String(TimeGenerated)) < quietSince;
  const logs = Object.entries(estate.logs).map(([workspace, tables]) => [
    workspace,
    Object.fromEntries(Object.entries(tables).map(([name, rows]) => [name, rows.filter(isOld)])),
  ]);
  return {
    ...estate,
    diagnosticSettings: estate.diagnosticSettings.map(hollowSetting),
    logs: Object.fromEntries(logs),
  };
}

/** A service of Azure API for FHIR that outlived its retirement, with local RBAC and the SMART proxy on. */
export function apiForFhirLegacy(now = storyStart): EstateFile {
  return buildEstate(planOf('apiForFhirLegacy', now, { legacy: 'contosolegacy' }));
}

/** Forty hospitals in four subscriptions, two FHIR services and one DICOM service each. */
export function manyHospitals(now = storyStart, count = 40): EstateFile {
  const hospitals = Array.from({ length: count }, (_, index) => ({
    workspace: `hospital${String(index + 1).padStart(3, '0')}`,
    subscriptionId: deriveId('subscription', 'hospitals', String(index % 4)),
    services: clinic.services,
  }));
  return buildEstate(planOf('manyHospitals', now, { hospitals }));
}

/** The compliant clinic in Azure Government. */
export function governmentCloud(now = storyStart): EstateFile {
  return buildEstate(planOf('governmentCloud', now, { cloud: 'AzureUSGovernment', location: 'usgovvirginia' }));
}

export const namedEstates: Readonly<Record<string, NamedEstate>> = {
  compliantClinic,
  exposedToInternet,
  dnsLeaksToPublic,
  overPrivileged,
  auditLogsHollow,
  apiForFhirLegacy,
  manyHospitals,
  governmentCloud,
};
