import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { batchQueue, lostBatchQueue } from '../../src/app/batches.ts';
import { changesQueue, readChange } from '../../src/app/changes.ts';
import { clouds } from '../../src/clouds.ts';
import { touchOf } from '../../src/rules/touched.ts';

const read = (file: string) => readFileSync(new URL(`../../infra/${file}`, import.meta.url), 'utf8');
const quoted = (text: string) => [...text.matchAll(/'([^']+)'/g)].map(([, value = '']) => value);
const between = (text: string, from: string, to: string) => text.split(from)[1]?.split(to)[0] ?? '';

test('the queues that are deployed are those that the app reads', () => {
  const storage = read('modules/storage.bicep');
  for (const name of [batchQueue, lostBatchQueue, changesQueue]) expect(storage).toContain(`'${name}'`);
  for (const file of ['fleet/management-group.bicep', 'fleet/subscription.bicep'])
    expect(read(file)).toContain(`param changesQueue string = '${changesQueue}'`);
});

test('every event that Azure is asked for is one that the app understands and looks at, and no other is asked for', () => {
  const delivery = read('fleet/event-subscription.bicep');
  const types = quoted(between(delivery, 'includedEventTypes: [', ']'));
  const prefixes = quoted(between(delivery, "key: 'data.operationName'", ']'));
  const group = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg/providers';
  const service = `${group}/Microsoft.HealthcareApis/workspaces/w`;
  const ids: Readonly<Record<string, string>> = {
    'Microsoft.HealthcareApis/': service,
    'Microsoft.Network/privateEndpoints/': `${group}/Microsoft.Network/privateEndpoints/e`,
    'Microsoft.Network/privateDnsZones/': `${group}/Microsoft.Network/privateDnsZones/privatelink.azurehealthcareapis.com`,
    'Microsoft.Insights/diagnosticSettings/': `${service}/providers/Microsoft.Insights/diagnosticSettings/d`,
    'Microsoft.Authorization/roleAssignments/': `${service}/providers/Microsoft.Authorization/roleAssignments/r`,
    'Microsoft.Authorization/denyAssignments/': `${service}/providers/Microsoft.Authorization/denyAssignments/r`,
  };
  expect([...prefixes].sort()).toEqual(Object.keys(ids).sort());
  expect(types.map((type) => type.split('.')[2])).toEqual([
    'ResourceWriteSuccess',
    'ResourceDeleteSuccess',
    'ResourceActionSuccess',
  ]);
  for (const eventType of types) {
    for (const prefix of prefixes) {
      const data = { resourceUri: ids[prefix], operationName: `${prefix}write` };
      const change = readChange({ eventType, data });
      expect([prefix, change && touchOf(change, clouds.AzureCloud) !== undefined]).toEqual([prefix, true]);
    }
  }
});
