import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { builtInRoleDefinitions } from '../../sandbox/built-in-roles.ts';
import { parseEstate } from '../../sandbox/estate.ts';
import { namedEstates } from '../../sandbox/estates/index.ts';
import { hashed, openRoundTrip, type RoundTrip, type Statuses } from './round-trip.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let trip: RoundTrip;
beforeAll(async () => {
  trip = await openRoundTrip();
});
afterAll(() => trip.close());

const named = [
  'compliantClinic',
  'exposedToInternet',
  'dnsLeaksToPublic',
  'overPrivileged',
  'auditLogsHollow',
  'apiForFhirLegacy',
  'governmentCloud',
] as const;

function estateOf(name: string): object {
  const make = namedEstates[name];
  if (make === undefined) throw new Error(`there is no estate ${name}`);
  return make(new Date());
}

/** Names of subscriptions, groups, resources, and principals that an estate holds, but Azure's own. */
function ownNames(estate: object): readonly string[] {
  const text = JSON.stringify(estate).toLowerCase();
  const builtIn = new Set(builtInRoleDefinitions('').map(({ name }) => String(name)));
  const ids = (text.match(/"\/subscriptions\/[^"]+"/g) ?? []).map((id) => id.slice(1, -1).split('/'));
  const names = ids.flatMap((parts) => parts.filter((_, place) => place > 0 && place % 2 === 0));
  const guids = text.match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? [];
  const azures = /^(microsoft\.|privatelink\.)|^(healthcareworkspace|default|fhir|a)$/;
  return [...new Set([...names, ...guids])].filter((name) => !azures.test(name) && !builtIn.has(name));
}

function appears(name: string, text: string): boolean {
  return new RegExp(`(?<![a-z0-9])${name.replaceAll('.', '\\.')}(?![a-z0-9])`).test(text);
}

describe.each(named)('an export of %s', (name) => {
  const estate = estateOf(name);
  let before: Statuses;
  beforeAll(async () => {
    before = await trip.scan(estate);
  });

  test('is a valid estate, names nobody, and gets every verdict that the original gets', async () => {
    const { file, text } = await trip.export(estate);

    expect(parseEstate(file, new Date())).toMatchObject({ ok: true });
    expect(text).not.toMatch(/Okafor|Weiß|Raman|Clinicians|Platform team|EHR integration|platform@/);
    expect(before.size).toBeGreaterThan(30);
    expect(await trip.scan(file)).toEqual(before);
  });

  test('with hashed ids holds none of the original ids, and gets every verdict under the hashed ones', async () => {
    const { file, text } = await trip.export(estate, true);

    expect(ownNames(estate).filter((one) => appears(one, text.toLowerCase()))).toEqual([]);
    expect(await trip.scan(file)).toEqual(hashed(before));
  });
});
