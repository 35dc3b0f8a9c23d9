import { expect, test } from 'vitest';
import { auditLogFailures } from '../../src/checks/audit-log-failures.ts';
import { auditLogSetting } from '../../src/checks/audit-log-setting.ts';
import { dataRolePrincipals } from '../../src/checks/data-role-principals.ts';
import { dataRolePrivilege } from '../../src/checks/data-role-privilege.ts';
import { dataRoleScope } from '../../src/checks/data-role-scope.ts';
import { checks } from '../../src/checks/index.ts';
import { privateDnsResolution } from '../../src/checks/private-dns-resolution.ts';
import { publicNetworkAccess } from '../../src/checks/public-network-access.ts';
import type { AuditFailureRow, DiagnosticSetting, LogWorkspaces } from '../../src/model.ts';
import {
  aConnection,
  aContext,
  aDocument,
  anAnswer,
  anEndpoint,
  answersOf,
  aService,
  connectionsOf,
  got,
  lost,
} from '../builders.ts';
import { accessEvidence, assign, person, reader, serviceScope, subscriptionScope, writer } from '../role-builders.ts';

/** Who is to blame, so that one thing that spoils many findings is one alert. */

const workspace = aService('workspace').id.toLowerCase();

test('a child that its workspace opens blames the workspace, by the key of the workspace itself', () => {
  const judge = (own: string, owner: string) =>
    publicNetworkAccess.evaluate(
      {
        resource: got(aDocument('fhirService', { publicNetworkAccess: own })),
        workspace: got(aDocument('workspace', { publicNetworkAccess: owner })),
      },
      aContext('fhirService'),
    );
  expect(judge('Disabled', 'Enabled').culprit).toEqual({ key: workspace, title: 'wards' });
  expect(judge('Enabled', 'Disabled').culprit).toBeUndefined();
  expect(judge('Disabled', 'Disabled').culprit).toBeUndefined();
  const ofWorkspace = publicNetworkAccess.evaluate(
    { resource: got(aDocument('workspace', { publicNetworkAccess: 'Enabled' })), workspace: lost('unreachable') },
    aContext('workspace'),
  );
  expect(ofWorkspace.culprit).toBeUndefined();
});

test('a child that resolves publicly blames its workspace; one with a stale record of its own does not', () => {
  const host = 'wards-ehr.fhir.azurehealthcareapis.com';
  const owner = aService('workspace').id;
  const judge = (chain: readonly string[], address: string) =>
    privateDnsResolution.evaluate(
      {
        dnsAnswers: got(answersOf(anAnswer(host, { chain, addresses: [address] }))),
        privateEndpoints: got(connectionsOf(owner, aConnection(anEndpoint(owner, { '10.1.1.4': [host] })))),
        privateZones: got([]),
      },
      aContext('fhirService'),
    );
  const front = 'fhir-neu.trafficmanager.net';
  const privatelink = 'wards-ehr.fhir.privatelink.azurehealthcareapis.com';
  expect(judge([privatelink, front], '203.0.113.9')).toMatchObject({ status: 'fail', culprit: { key: workspace } });
  const stale = judge([privatelink], '10.9.9.9');
  expect([stale.status, stale.culprit]).toEqual(['fail', undefined]);
});

test('the three data-role checks blame one assignment by one key, whatever service it spoils', () => {
  const evidence = {
    ...accessEvidence({
      assignments: [
        assign(person(0), reader, serviceScope('fhirService')),
        assign(person(1), writer, subscriptionScope),
      ],
    }),
    directory: got({ asked: false } as const),
  };
  const keys = [dataRoleScope, dataRolePrivilege, dataRolePrincipals].flatMap((check) =>
    (['fhirService', 'apiForFhir'] as const).map((kind) => check.evaluate(evidence, aContext(kind)).culprit?.key),
  );
  expect(new Set(keys).size).toBe(1);
  expect(keys[0]).toContain(`${person(1)} `);
  expect(dataRoleScope.evaluate(evidence, aContext('fhirService')).culprit?.title).toBe(
    `${writer.roleName} of User ${person(1)} at ${subscriptionScope}`,
  );
});

test('an audit setting blames the log workspace where nothing else is wrong', () => {
  const law = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/law';
  const setting = (enabled: boolean): DiagnosticSetting => ({
    id: '/settings/a',
    name: 'a',
    workspaceId: law,
    logs: [{ category: 'AuditLogs', enabled }],
  });
  const gone: LogWorkspaces = { [law.toLowerCase()]: lost('not-found') };
  const judge = (...settings: readonly DiagnosticSetting[]) =>
    auditLogSetting.evaluate({ diagnosticSettings: settings, logWorkspaces: got(gone) }, aContext('fhirService'));
  expect(judge(setting(true)).culprit).toEqual({ key: law.toLowerCase(), title: 'law' });
  expect(judge(setting(false)).culprit).toBeUndefined();
  expect(judge(setting(true), setting(false)).culprit).toBeUndefined();
  expect(judge().culprit).toBeUndefined();
});

test('a burst blames its one caller, unless the service erred or there are several', () => {
  const rows = (caller: string, count: number, status = 403): AuditFailureRow => ({
    key: `${caller} ${status}`,
    count,
    status,
    operation: 'read',
    callerObjectId: caller,
  });
  const judge = (...failures: readonly AuditFailureRow[]) =>
    auditLogFailures.evaluate(
      {
        auditRows: {
          windowSeconds: 3600,
          workspaces: [{ workspaceId: 'law', window: got({ workspaceId: 'law', rows: 100, failures }) }],
        },
        traffic: lost('throttled'),
      },
      aContext('fhirService'),
    );
  expect(judge(rows('a', 60)).culprit).toEqual({ key: 'caller a', title: 'caller a' });
  expect(judge(rows('a', 60), rows('b', 60)).culprit).toBeUndefined();
  expect(judge(rows('a', 60), rows('b', 6, 500)).culprit).toBeUndefined();
});

test('repairs settle as long as Azure is late: the flag 5 minutes, assignments 10, audit rows 15', () => {
  const settled = checks.flatMap(({ id, settling }) => (settling ? [[id, settling.resolving]] : []));
  expect(Object.fromEntries(settled)).toMatchObject({
    'public-network-access': 300,
    'data-role-scope': 600,
    'data-role-privilege': 600,
    'data-role-principals': 600,
    'audit-log-setting': 900,
    'audit-log-failures': 900,
  });
});
