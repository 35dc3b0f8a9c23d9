import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { compliantClinic, overPrivileged } from '../../sandbox/estates/index.ts';
import type { AzureDocument } from '../../sandbox/types.ts';
import { hashed, openRoundTrip, type RoundTrip } from './round-trip.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let trip: RoundTrip;
beforeAll(async () => {
  trip = await openRoundTrip();
});
afterAll(() => trip.close());

const now = new Date();
const clinic = compliantClinic(now);
const idOf = (end: string): string => clinic.resources.find(({ id }) => id.toLowerCase().endsWith(end))?.id ?? '';
const ehr = idOf('/fhirservices/ehr');
const research = idOf('/fhirservices/research');
const workspace = idOf('/workspaces/contosoclinic');
const log = idOf('/workspaces/log-hub');
const secondLog = log.replace('log-hub', 'log.second');
const group = '/providers/Microsoft.Management/managementGroups/mg-contoso';
const stranger = '9a2c2b0e-6f0e-4f3a-9a3a-6f1a3e2f8f11';
const customRole = {
  id: `${ehr.split('/').slice(0, 3).join('/')}/providers/Microsoft.Authorization/roleDefinitions/7a2c2b0e-6f0e-4f3a-9a3a-6f1a3e2f8f11`,
  properties: {
    roleName: 'Contoso everything',
    type: 'CustomRole',
    assignableScopes: [group],
    permissions: [{ actions: [], notActions: [], dataActions: ['Microsoft.HealthcareApis/*'], notDataActions: [] }],
  },
};

function changed(id: string, change: (properties: Record<string, unknown>) => unknown): object {
  const resources = clinic.resources.map((one) =>
    one.id === id ? { ...one, properties: change({ ...(one.properties as object) }) } : one,
  );
  return { ...clinic, resources };
}

function assigned(scope: string, properties: object): AzureDocument {
  const id = `${scope}/providers/Microsoft.Authorization/roleAssignments/1a2c2b0e-6f0e-4f3a-9a3a-6f1a3e2f8f11`;
  return { id, properties: { scope, principalId: stranger, principalType: 'Group', ...properties } } as AzureDocument;
}

/** Rows of failures with one cause each, so that copies in a second workspace can be told. */
const failures = Array.from({ length: 8 }, (_, number) => ({
  TimeGenerated: new Date(now.getTime() - 600_000 - number).toISOString(),
  _ResourceId: ehr,
  OperationName: 'read',
  ResultType: 'Failed',
  StatusCode: 500,
  CorrelationId: `failure ${number}`,
}));

/** The service sends its rows twice: eight failures, not sixteen, where ten are too many. */
function twoWorkspaces(): object {
  const setting = {
    id: `${ehr}/providers/microsoft.insights/diagnosticSettings/second`,
    name: 'second',
    properties: { workspaceId: secondLog, logs: [{ categoryGroup: 'allLogs', enabled: true }] },
  };
  const known = clinic.resources.find(({ id }) => id === log);
  const { expect: common } = clinic.policy as { readonly expect: object };
  return {
    ...clinic,
    resources: [...clinic.resources, { ...known, id: secondLog, name: 'log.second', properties: {} }],
    diagnosticSettings: [...clinic.diagnosticSettings, setting],
    policy: {
      ...clinic.policy,
      expect: { ...common, logWorkspaces: [log, secondLog], auditFailures: { serverErrors: 10 } },
    },
    logs: {
      [log]: { MicrosoftHealthcareApisAuditLogs: failures },
      [secondLog]: { MicrosoftHealthcareApisAuditLogs: failures },
    },
  };
}

function approving(role: string): object {
  const { expect: common } = clinic.policy as { readonly expect: { readonly dataAccess: { principals: object[] } } };
  const principals = [...common.dataAccess.principals, { id: stranger, name: 'Jane Doe', roles: [role] }];
  const dataAccess = { widestScope: 'managementGroup', principals };
  return {
    ...clinic,
    policy: { ...clinic.policy, expect: { ...common, dataAccess } },
    roleDefinitions: [customRole],
    roleAssignments: [...clinic.roleAssignments, assigned(group, { roleDefinitionId: customRole.id })],
  };
}

describe('an odd estate gets the same verdicts from its export with hashed ids', () => {
  test.each<[string, object]>([
    ['rows in two workspaces', twoWorkspaces()],
    ['a custom role over a management group, approved by name', approving('contoso EVERYTHING')],
    ['another role approved', approving('FHIR Data Reader')],
    ['a role assignment without a principal', { ...clinic, roleAssignments: [assigned(ehr, { principalId: null })] }],
    ['a flag of a wrong type', changed(ehr, (all) => ({ ...all, publicNetworkAccess: 7 }))],
    ['properties that are none', changed(ehr, () => null)],
    ['a workspace that lists no connections', changed(workspace, ({ privateEndpointConnections: _, ...rest }) => rest)],
    [
      'a service that is listed and gone',
      {
        ...clinic,
        resources: clinic.resources.filter(({ id }) => id !== research),
        graph: { resources: clinic.resources.filter(({ id }) => id === research) },
      },
    ],
    [
      'a directory that is asked',
      { ...overPrivileged(now), directory: [], policy: { ...overPrivileged(now).policy, optIn: ['directory'] } },
    ],
    [
      'services found by a management group, one of them excluded',
      {
        ...clinic,
        policy: { ...clinic.policy, estate: { managementGroups: ['mg-health'], exclude: [`${research}*`] } },
      },
    ],
  ])('%s', async (_, estate) => {
    const before = await trip.scan(estate);
    const { file, text } = await trip.export(estate, true);
    expect(text).not.toMatch(/contoso/i);
    expect(await trip.scan(file)).toEqual(hashed(before));
  });
});
