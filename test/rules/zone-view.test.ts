import { expect, test } from 'vitest';
import { zonesFor } from '../../src/rules/zone-view.ts';
import { aZone, got, lost, NETWORK } from '../builders.ts';

const NAME = 'a.privatelink.example.org';
const link = (overrides: object) => got([{ id: 'links/1', networkId: NETWORK, state: 'Completed', ...overrides }]);
const see = (...zones: Parameters<typeof zonesFor>[1]) => zonesFor(NAME, zones, NETWORK);

test('linked zones come first, then the longest name, as Azure resolves', () => {
  const far = aZone('a.privatelink.example.org', {}, { links: link({ networkId: `${NETWORK}x` }) });
  const views = see(aZone('example.org'), far, aZone('PrivateLink.example.org'), aZone('xprivatelink.example.org'));
  expect(views.map(({ zone, link: how }) => [zone.name, how])).toEqual([
    ['PrivateLink.example.org', 'linked'],
    ['example.org', 'linked'],
    ['a.privatelink.example.org', 'none'],
  ]);
});

test('a link that is not Completed does not resolve; one whose state is not known may', () => {
  const how = (overrides: object) => see(aZone('privatelink.example.org', {}, { links: link(overrides) }))[0]?.link;
  expect(how({ networkId: NETWORK.toUpperCase(), state: 'completed' })).toBe('linked');
  expect(how({ state: 'InProgress' })).toBe('unfinished');
  for (const state of [undefined, null, 'Odd', 1]) expect(how({ state })).toBe('unclear');
  expect(how({ networkId: undefined })).toBe('unclear');
  expect(see(aZone('privatelink.example.org', {}, { links: lost('forbidden') }))[0]?.link).toBe('unclear');
});

test('the record of the name itself, else the nearest wildcard', () => {
  const record = (records: Readonly<Record<string, readonly string[]>>, zone = 'example.org') =>
    see(aZone(zone, records))[0]?.record;
  expect(record({ 'A.privatelink': ['10.0.0.1'], '*.privatelink': ['10.0.0.2'] })).toEqual(['10.0.0.1']);
  expect(record({ '*': ['10.0.0.3'], '*.privatelink': ['10.0.0.2'] })).toEqual(['10.0.0.2']);
  expect(record({ '*': ['10.0.0.3'] })).toEqual(['10.0.0.3']);
  expect(record({ 'b.privatelink': ['10.0.0.3'] })).toBe('missing');
  expect(record({ 'a.privatelink': [], '*': ['10.0.0.3'] })).toBe('missing');
  expect(record({ '@': ['10.0.0.4'] }, NAME)).toEqual(['10.0.0.4']);
  expect(record({ '*': ['10.0.0.4'] }, NAME)).toBe('missing');
  expect(see(aZone('example.org', {}, { records: lost('throttled') }))[0]?.record).toBe('unreadable');
});

test('a fallback counts only at a link of this network', () => {
  const falls = (overrides: object) => see(aZone('example.org', {}, { links: link(overrides) }))[0]?.fallsBack;
  expect(falls({ resolutionPolicy: 'NxDomainRedirect' })).toBe(true);
  expect(falls({ resolutionPolicy: 'Default' })).toBe(false);
  expect(falls({ resolutionPolicy: 'NxDomainRedirect', networkId: `${NETWORK}x` })).toBe(false);
});
