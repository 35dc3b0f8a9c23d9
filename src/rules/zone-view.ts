import type { PrivateZone, ZoneLink } from '../model.ts';
import { bareName, zoneHolds } from './host-names.ts';
import { readEnum } from './reading.ts';
import { sameId } from './resource-id.ts';

/** How one private zone stands to one name, seen from one virtual network. */
export interface ZoneView {
  readonly zone: PrivateZone;
  /** `unfinished`: a link that does not resolve yet; `unclear`: links or link states that could not be read */
  readonly link: 'linked' | 'unfinished' | 'unclear' | 'none';
  /** the link sends a name without a record to the Internet */
  readonly fallsBack: boolean;
  /** what the zone answers for the name: addresses or an alias */
  readonly record: readonly string[] | 'missing' | 'unreadable';
}

const LINK_ORDER: readonly ZoneView['link'][] = ['linked', 'unfinished', 'unclear', 'none'];

/** The zones that hold the name: linked ones first, then the longest name, as Azure's resolver chooses. */
export function zonesFor(name: string, zones: readonly PrivateZone[], networkId: string): readonly ZoneView[] {
  return zones
    .filter((zone) => zoneHolds(zone.name, name))
    .map((zone) => view(zone, name, networkId))
    .sort(
      (a, b) =>
        LINK_ORDER.indexOf(a.link) - LINK_ORDER.indexOf(b.link) ||
        b.zone.name.length - a.zone.name.length ||
        (a.zone.id < b.zone.id ? -1 : 1),
    );
}

function view(zone: PrivateZone, name: string, networkId: string): ZoneView {
  const record = zone.records.ok ? recordAt(zone.records.value, relativeName(name, zone.name)) : 'unreadable';
  if (!zone.links.ok) return { zone, link: 'unclear', fallsBack: false, record };
  const here = zone.links.value.filter((one) => one.networkId !== undefined && sameId(one.networkId, networkId));
  const states = here.map(stateOf);
  const unnamed = zone.links.value.some((one) => one.networkId === undefined);
  const link = LINK_ORDER.find((state) => states.includes(state)) ?? (unnamed ? 'unclear' : 'none');
  const fallsBack = here.some(
    ({ resolutionPolicy }) => readEnum(resolutionPolicy, ['NxDomainRedirect']).is === 'value',
  );
  return { zone, link, fallsBack, record };
}

function stateOf({ state }: ZoneLink): ZoneView['link'] {
  const reading = readEnum(state, ['Completed', 'InProgress']);
  if (reading.is !== 'value') return 'unclear';
  return reading.value === 'Completed' ? 'linked' : 'unfinished';
}

function relativeName(name: string, zone: string): string {
  return bareName(name).slice(0, -bareName(zone).length).replace(/\.$/, '') || '@';
}

interface NamedRecord {
  readonly name: string;
  readonly values: readonly string[];
}

const recordsByName = new WeakMap<readonly NamedRecord[], ReadonlyMap<string, readonly NamedRecord[]>>();

/** A zone holds a record for each service, and each service asks for its own. */
function indexOf(records: readonly NamedRecord[]): ReadonlyMap<string, readonly NamedRecord[]> {
  const index = recordsByName.get(records) ?? Map.groupBy(records, ({ name }) => name.toLowerCase());
  recordsByName.set(records, index);
  return index;
}

/** The record of the name itself, else the nearest `*` above it. A record set without values answers nothing. */
function recordAt(records: readonly NamedRecord[], name: string): readonly string[] | 'missing' {
  const labels = name === '@' ? [] : name.split('.');
  const wanted = [name, ...labels.map((_, i) => ['*', ...labels.slice(i + 1)].join('.'))];
  for (const one of wanted) {
    const found = indexOf(records).get(one) ?? [];
    const values = found.flatMap((record) => record.values);
    if (found.length > 0) return values.length > 0 ? values : 'missing';
  }
  return 'missing';
}
