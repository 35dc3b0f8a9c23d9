/** A compliant estate from a plan: what the policy expects is what stands there. */
import { approvalsOf, assignmentsOf, directoryOf, eligibilitiesOf } from './access.ts';
import { logsOf, metricsOf, settingsOf } from './audit.ts';
import { networkDocuments } from './networks.ts';
import { clinicalNetworkId, type EstateFile, hubNetworkId, logWorkspaceId, type Plan, principalOf } from './plan.ts';
import { portal, serviceDocuments } from './services.ts';
import { storageName } from './surroundings.ts';

export function buildEstate(plan: Plan): EstateFile {
  const subscriptions = [
    ...new Set([plan.hubSubscriptionId, ...plan.hospitals.map(({ subscriptionId }) => subscriptionId)]),
  ];
  return {
    name: plan.name,
    now: plan.now.toISOString(),
    cloud: plan.cloud,
    tenantId: plan.tenantId,
    managementGroups: [
      { id: 'mg-contoso', parent: null, subscriptions: [] },
      { id: 'mg-health', parent: 'mg-contoso', subscriptions },
    ],
    policy: {
      version: 1,
      estate: { subscriptions },
      expect: {
        tenant: plan.tenantId,
        logWorkspaces: [logWorkspaceId(plan)],
        networks: [hubNetworkId(plan), { id: clinicalNetworkId(plan), via: 'peering' }],
        ...approvalsOf(plan),
        corsOrigins: [portal],
        exportAccounts: plan.hospitals.map(storageName),
        customerManagedKey: plan.legacy === undefined ? 'required' : 'optional',
        lock: plan.legacy === undefined ? 'CanNotDelete' : 'none',
      },
    },
    monitor: { principalId: principalOf(plan, 'fhirwatch'), network: hubNetworkId(plan) },
    resources: [...networkDocuments(plan), ...serviceDocuments(plan)],
    roleAssignments: assignmentsOf(plan),
    roleEligibilityScheduleInstances: eligibilitiesOf(plan),
    diagnosticSettings: settingsOf(plan),
    directory: directoryOf(plan),
    logs: logsOf(plan),
    metrics: metricsOf(plan),
  };
}
