import { describe, expect, test } from 'vitest';
import { at, textAt } from '../../sandbox/documents.ts';
import { drifts, findDrift } from '../../sandbox/drifts.ts';
import { parseEstate } from '../../sandbox/estate.ts';
import { type Many, manyHospitals, namedEstates } from '../../sandbox/estates/index.ts';
import { graphType } from '../../sandbox/resource-graph/rows.ts';
import type { AzureDocument, Estate } from '../../sandbox/types.ts';

const now = new Date('2026-11-22T08:00:00Z');

function estateOf(name: string): Estate {
  const parsed = parseEstate(JSON.parse(JSON.stringify(namedEstates[name]?.(now))), now);
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  return parsed.estate;
}

function ofType({ resources }: Estate, type: string): readonly AzureDocument[] {
  return resources.filter((one) => graphType(one) === type);
}

function flagsOf(estate: Estate): readonly (string | undefined)[] {
  return estate.resources
    .filter(
      (one) => graphType(one).startsWith('microsoft.healthcareapis/') && at(one.properties, 'publicNetworkAccess'),
    )
    .map((one) => textAt(one.properties, 'publicNetworkAccess'));
}

describe.each(Object.keys(namedEstates))('%s', (name) => {
  test('is a valid estate and the same every time', () => {
    expect(estateOf(name)).toEqual(estateOf(name));
    expect(estateOf(name).name).toBe(name);
  });

  test('refers only to what is there', () => {
    const estate = estateOf(name);
    const ids = new Set(estate.resources.map(({ id }) => id));
    const networks = ofType(estate, 'microsoft.network/privatednszones/virtualnetworklinks').map((link) =>
      textAt(link.properties, 'virtualNetwork', 'id'),
    );
    expect(networks.filter((id) => id === undefined || !ids.has(id))).toEqual([]);
    for (const { id } of estate.diagnosticSettings)
      expect(ids.has(id.slice(0, id.indexOf('/providers/microsoft.insights')))).toBe(true);
    expect(estate.monitor.network !== null && ids.has(estate.monitor.network)).toBe(true);
  });
});

test('the compliant clinic is closed, the exposed one open on the workspace and on every mirror', () => {
  expect(new Set(flagsOf(estateOf('compliantClinic')))).toEqual(new Set(['Disabled']));
  expect(flagsOf(estateOf('exposedToInternet'))).toEqual(['Enabled', 'Enabled', 'Enabled', 'Enabled']);
});

test('the leaking estate has no zone linked to where the monitor stands', () => {
  const estate = estateOf('dnsLeaksToPublic');
  const links = ofType(estate, 'microsoft.network/privatednszones/virtualnetworklinks');
  expect(links.length).toBeGreaterThan(0);
  expect(links.filter((link) => textAt(link.properties, 'virtualNetwork', 'id') === estate.monitor.network)).toEqual(
    [],
  );
});

test('the government clinic speaks of its own cloud', () => {
  expect(JSON.stringify(namedEstates.governmentCloud?.(now))).not.toMatch(
    /azurehealthcareapis\.com|microsoftonline\.com/,
  );
});

describe('many hospitals', () => {
  const parse = (many: Many): Estate => {
    const parsed = parseEstate(manyHospitals(now, many), now);
    if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
    return parsed.estate;
  };
  const services = (estate: Estate) => [
    ...ofType(estate, 'microsoft.healthcareapis/workspaces/fhirservices'),
    ...ofType(estate, 'microsoft.healthcareapis/workspaces/dicomservices'),
  ];

  test('five services a workspace, twenty a resource group, no address twice', () => {
    const estate = estateOf('manyHospitals');
    const all = services(estate);
    expect(ofType(estate, 'microsoft.healthcareapis/workspaces')).toHaveLength(40);
    const counts = (pattern: RegExp) =>
      new Set([...Map.groupBy(all, ({ id }) => pattern.exec(id)?.[0]).values()].map((members) => members.length));
    expect(counts(/^.*\/workspaces\/[^/]+/)).toEqual(new Set([5]));
    expect([...counts(/^.*\/resourceGroups\/[^/]+/)]).toContain(20);
    const addresses =
      JSON.stringify(ofType(estate, 'microsoft.network/networkinterfaces')).match(/"privateIPAddress":"[^"]+"/g) ?? [];
    expect([addresses.length, new Set(addresses).size]).toEqual([200, 200]);
  });

  test('any size, over so many subscriptions, and the same for the same seed', () => {
    const estate = parse({ count: 12, subscriptions: 3, seed: 'a', logHours: 1 });
    expect(new Set(services(estate).map(({ id }) => id.split('/')[2])).size).toBe(3);
    expect(services(estate)).toHaveLength(60);
    expect(parse({ count: 12, subscriptions: 3, seed: 'a', logHours: 1 })).toEqual(estate);
    expect(services(parse({ count: 12, subscriptions: 3, seed: 'b' })).map(({ id }) => id)).not.toEqual(
      services(estate).map(({ id }) => id),
    );
  });
});

describe.each(drifts.map(({ name }) => name))('the drift %s', (name) => {
  test.each(['compliantClinic', 'apiForFhirLegacy'])(
    'changes %s, and leaves the estate before it as it was',
    (from) => {
      const before = estateOf(from);
      const after = findDrift(name)?.apply(before, now);
      expect(after).toBeDefined();
      expect(after).not.toEqual(before);
      expect(before).toEqual(estateOf(from));
    },
  );
});

test('a burst is sixty refusals of one caller within ten minutes', () => {
  const before = estateOf('compliantClinic');
  const rowsOf = (estate: Estate | undefined) => JSON.stringify(estate?.logs).split('"StatusCode":403').length - 1;
  expect(rowsOf(before)).toBe(0);
  expect(rowsOf(findDrift('burst-of-failures')?.apply(before, now))).toBe(60);
});
