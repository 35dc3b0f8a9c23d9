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

/** What {@link manyHospitals} may vary; a number is its count. */
export interface Many {
  /** workspaces, each with five services; default 40 */
  readonly count?: number;
  readonly subscriptions?: number;
  /** other ids, and other services where it is another */
  readonly seed?: string;
  /** how many hours the logs reach back; default a day */
  readonly logHours?: number;
}

/** Hospitals with five services each, four in a resource group, evenly over the subscriptions. */
export function manyHospitals(now = storyStart, many: Many | number = {}): EstateFile {
  const { count = 40, subscriptions = 4, seed = '', logHours } = typeof many === 'number' ? { count: many } : many;
  const hospitals = Array.from({ length: count }, (_, index): Hospital => {
    const workspace = `hospital${String(index + 1).padStart(3, '0')}`;
    const subscriptionId = deriveId('subscription', 'hospitals', seed, String(index % subscriptions));
    const resourceGroup = `rg-hospitals-${1 + Math.floor(index / subscriptions / 4)}`;
    return { workspace, subscriptionId, resourceGroup, services: fiveServices(deriveId('services', seed, workspace)) };
  });
  return buildEstate(planOf('manyHospitals', now, { hospitals, ...(logHours === undefined ? {} : { logHours }) }));
}

/** At least two FHIR services and one DICOM service; the seed chooses the other two. */
function fiveServices(seed: string): Hospital['services'] {
  const chosen = ['laboratory', 'registry'].map((name, index) => {
    const isImage = Number.parseInt(seed[index] ?? '0', 16) < 4;
    return isImage ? ({ kind: 'dicom', name: `${name}-images` } as const) : ({ kind: 'fhir', name } as const);
  });
  return [...clinic.services, ...chosen];
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
