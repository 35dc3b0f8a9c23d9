/** Microsoft's own example documents, put unchanged into an estate, come back as published. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { AzureDocument } from '../../sandbox/types.ts';
import { openAzure } from './azure-fixture.ts';

const folder = new URL('../../../shared/examples/published/', import.meta.url);
const present = existsSync(folder);
if (!present) process.stderr.write('published examples are not at hand: their tests are skipped\n');

function bodyOf(file: string) {
  return JSON.parse(readFileSync(new URL(file, folder), 'utf8')).body;
}

describe.runIf(present)('one document', () => {
  test.each([
    ['workspaces-get.json', '2024-03-31'],
    ['fhir-services-get.json', '2024-03-31'],
    ['dicom-services-get.json', '2024-03-31'],
    ['iotconnector-get.json', '2024-03-31'],
    ['iotconnector-fhirdestination-get.json', '2024-03-31'],
    ['service-get.json', '2024-03-31'],
    ['service-get-in-data-sovereign-region-with-cmk-enabled.json', '2024-03-31'],
    ['private-link-resource-get.json', '2024-03-31'],
    ['workspace-get-private-endpoint-connection.json', '2024-03-31'],
    ['service-get-private-endpoint-connection.json', '2024-03-31'],
    ['private-endpoint-get.json', '2026-01-01'],
    ['network-interface-get.json', '2025-07-01'],
    ['virtual-network-get.json', '2026-01-01'],
    ['private-zone-get.json', '2024-06-01'],
    ['record-set-a-get.json', '2024-06-01'],
    ['virtual-network-link-get.json', '2024-06-01'],
    ['log-analytics-workspaces-get.json', '2026-03-01'],
    ['storage-account-get-properties.json', '2026-04-01'],
  ])('%s', async (file, version) => {
    const body = bodyOf(file);
    const azure = await openAzure({ resources: [body] });
    const reply = await azure.ask(`${body.id}?api-version=${version}`);
    expect([reply.status, reply.body]).toEqual([200, body]);
  });

  test.each([
    ['get-role-definition-by-name.json', 'roleDefinitions', '2022-04-01'],
    ['get-diagnostic-setting.json', 'diagnosticSettings', '2021-05-01-preview'],
  ])('%s', async (file, key, version) => {
    const body = bodyOf(file);
    const azure = await openAzure({ resources: [], [key]: [body] });
    expect((await azure.ask(`${body.id}?api-version=${version}`)).body).toEqual(body);
  });
});

describe.runIf(present)('a list', () => {
  const listOf = (file: string): readonly AzureDocument[] => bodyOf(file).value;
  const collection = (id: string) => id.slice(0, id.lastIndexOf('/'));

  test.each([
    ['fhir-services-list.json'],
    ['dicom-services-list.json'],
    ['service-list.json'],
    ['workspaces-list-by-subscription.json'],
    ['workspace-list-private-endpoint-connections.json'],
    ['service-list-private-endpoint-connections.json'],
    ['private-link-resources-list-by-workspace.json'],
  ])('%s', async (file) => {
    const value = listOf(file);
    const azure = await openAzure({ resources: value });
    expect((await azure.ask(`${collection(value[0]?.id ?? '')}?api-version=2024-03-31`)).body.value).toEqual(value);
  });

  test.each([
    ['role-assignments-list-for-scope.json', 'roleAssignments', '2022-04-01'],
    ['get-role-eligibility-schedule-instances-by-scope.json', 'roleEligibilityScheduleInstances', '2020-10-01'],
    ['get-role-assignment-schedule-instances-by-scope.json', 'roleAssignmentScheduleInstances', '2020-10-01'],
    ['get-deny-assignments-for-resource-group.json', 'denyAssignments', '2026-09-01'],
    ['list-diagnostic-settings.json', 'diagnosticSettings', '2021-05-01-preview'],
    ['management-locks-list-at-resource-group-level.json', 'resources', '2020-05-01'],
    ['list-diagnostic-settings-categories.json', 'resources', '2021-05-01-preview'],
  ])('%s', async (file, key, version) => {
    const value = listOf(file);
    const azure = await openAzure({ resources: [], [key]: value });
    expect((await azure.ask(`${collection(value[0]?.id ?? '')}?api-version=${version}`)).body.value).toEqual(value);
  });
});

test.runIf(present)(
  'permissions and pages of Resource Graph have the published shape',
  async () => {
    const published = Object.keys(bodyOf('get-permissions.json').value[0]);
    const group = '/subscriptions/subid/resourceGroups/testRG';
    const azure = await openAzure({
      resources: [bodyOf('workspaces-get.json'), ...bodyOf('fhir-services-list.json').value],
    });
    const permissions = await azure.ask(
      `${group}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01`,
    );
    expect(Object.keys(permissions.body.value[0])).toEqual(expect.arrayContaining(published));
    const first = bodyOf('resources-first-page-query.json');
    const page = (await azure.graph('Resources | project id, name, type, location', { options: { $top: 2 } })).body;
    expect(Object.keys(page).toSorted()).toEqual(Object.keys(first).toSorted());
    expect(Object.keys(page.data[0])).toEqual(Object.keys(first.data[0]));
  },
  60_000,
);
