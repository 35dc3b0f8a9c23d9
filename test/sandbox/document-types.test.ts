/** What the sandbox serves of the named estates has the shape that Azure's own types give it. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { clouds } from '../../sandbox/clouds.ts';
import { manyHospitals, type NamedEstate, namedEstates } from '../../sandbox/estates/index.ts';
import type { AzureDocument } from '../../sandbox/types.ts';
import { openDocumentTypes } from '../infra/document-types.ts';
import { type Azure, openAzure } from './azure-fixture.ts';

const folder = fileURLToPath(new URL('../../../shared/reference/resource-types', import.meta.url));
const present = existsSync(folder);
if (!present)
  console.warn('SKIPPED: the published types are not beside the repository; no document was held against them');

/** The api-version at which the documents of a type are read and published; undefined for one that is not held against them. */
function versionOf(type: string): string | undefined {
  if (/^microsoft\.healthcareapis\//i.test(type)) return '2024-03-31';
  if (/^microsoft\.network\/privatednszones/i.test(type)) return '2024-06-01';
  if (/^microsoft\.network\//i.test(type)) return '2024-05-01';
  if (/^microsoft\.insights\//i.test(type)) return '2021-05-01-preview';
  if (/^microsoft\.operationalinsights\//i.test(type)) return '2023-09-01';
  if (/^microsoft\.storage\//i.test(type)) return '2023-05-01';
  if (/^microsoft\.keyvault\//i.test(type)) return '2024-11-01';
  return undefined;
}

/** Lists whose rows need no document of their own: the sandbox takes them from the parent, or makes them. */
const derived: Readonly<Record<string, readonly string[]>> = {
  'microsoft.healthcareapis/workspaces': ['privateEndpointConnections', 'privateLinkResources'],
  'microsoft.healthcareapis/services': ['privateEndpointConnections', 'privateLinkResources'],
  'microsoft.network/virtualnetworks': ['subnets', 'virtualNetworkPeerings'],
};
const extensions = ['diagnosticSettings', 'diagnosticSettingsCategories'];

async function read(azure: Azure, path: string, version: string) {
  const [audience = ''] = clouds[azure.sandbox.world.estate().cloud].resourceManager;
  const headers = { authorization: `Bearer ${azure.token(audience)}` };
  const { status, body } = await azure.ask(`${path}?api-version=${version}`, { headers });
  expect([path, status]).toEqual([path, 200]);
  return body;
}

async function listOf(azure: Azure, path: string, version: string): Promise<readonly AzureDocument[]> {
  return (await read(azure, path, version)).value;
}

/** Every document of these providers that the sandbox serves, with the type it is of. */
async function servedBy(azure: Azure): Promise<readonly (readonly [string, AzureDocument])[]> {
  const { resources } = azure.sandbox.world.estate();
  const served: (readonly [string, AzureDocument])[] = [];
  for (const { id, type = '' } of resources) {
    const version = versionOf(type);
    if (version === undefined) continue;
    served.push([type, await read(azure, id, version)]);
    for (const child of derived[type.toLowerCase()] ?? []) {
      const rows = await listOf(azure, `${id}/${child}`, version);
      served.push(...rows.map((row) => [`${type}/${child}`, row] as const));
    }
    if (!/^microsoft\.healthcareapis\/(services|workspaces\/\w+services)$/i.test(type)) continue;
    for (const extension of extensions) {
      const rows = await listOf(azure, `${id}/providers/Microsoft.Insights/${extension}`, '2021-05-01-preview');
      served.push(...rows.map((row) => [`Microsoft.Insights/${extension}`, row] as const));
    }
  }
  return served;
}

const estates: Readonly<Record<string, NamedEstate>> = {
  ...namedEstates,
  manyHospitals: (now) => manyHospitals(now, 4),
};

describe.skipIf(!present).each(Object.entries(estates))('%s', (_, make) => {
  test('serves documents that fit the published types', { timeout: 60_000 }, async () => {
    const types = openDocumentTypes(folder);
    const served = await servedBy(await openAzure(make()));

    const wrong = served.flatMap(([type, document]) =>
      types.check(document, type, versionOf(type) ?? '').map((problem) => `${type}: ${problem}`),
    );

    expect(served.length).toBeGreaterThan(20);
    expect([...new Set(wrong)]).toEqual([]);
  });
});

describe.skipIf(!present)('the measure itself', () => {
  const link = {
    id: '/x',
    name: 'hub',
    type: 'Microsoft.Network/privateDnsZones/virtualNetworkLinks',
    properties: { registrationEnabled: false, virtualNetworkLinkState: 'Completed' },
  };

  test.each<[object, string[]]>([
    [{}, []],
    [{ properties: { registrationEnabled: null } }, []],
    [{ colour: 'red' }, ['colour does not exist']],
    [{ properties: { registrationEnabled: 'no' } }, ['properties.registrationEnabled is a string, not true or false']],
    [
      { properties: { virtualNetworkLinkState: 'Done' } },
      ["properties.virtualNetworkLinkState is 'Done', not InProgress or Completed"],
    ],
    [{ properties: [] }, ['properties is a list, not an object']],
    [{ type: undefined, name: undefined }, ['name is missing', 'type is missing']],
  ])('%j: %j', (change, problems) => {
    const changed = JSON.parse(JSON.stringify({ ...link, ...change }));
    expect(openDocumentTypes(folder).check(changed, link.type, '2024-06-01')).toEqual(problems);
  });
});
