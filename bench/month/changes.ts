import { findDrift } from '../../sandbox/drifts.ts';
import type { Estate } from '../../sandbox/types.ts';

/** A named drift of the sandbox that happens in the month. */
export interface Planned {
  readonly name: string;
  /** from the start of the month */
  readonly day: number;
  /** until it is repaired */
  readonly hours: number;
  /** whose findings it changes */
  readonly checks: readonly string[];
}

/** One or two a week: some over before the day is, some open for longer than the two days that alert rules look back. */
export const planned: readonly Planned[] = [
  { name: 'open-public-access', day: 3.38, hours: 5, checks: ['public-network-access', 'public-path-blocked'] },
  { name: 'stale-record', day: 8.61, hours: 7, checks: ['private-dns-resolution', 'private-path-open'] },
  { name: 'widen-role-scope', day: 13.04, hours: 60, checks: ['data-role-scope'] },
  { name: 'hollow-audit-setting', day: 19.47, hours: 8, checks: ['audit-log-setting', 'audit-log-failures'] },
  { name: 'approve-foreign-endpoint', day: 24.72, hours: 0.5, checks: ['private-endpoint-approval'] },
  { name: 'add-unlisted-writer', day: 27.15, hours: 12, checks: ['data-role-principals', 'data-role-privilege'] },
];

/** The estate at a time, and what Resource Graph still shows instead. */
export interface Sight {
  readonly name: string;
  readonly estate: Estate;
}

interface Step extends Sight {
  readonly from: number;
  readonly before: Estate;
  /** until when Resource Graph shows what was before, and until when one of its replicas does */
  readonly lags: number;
  readonly flaps: number;
}

/** What stands in Azure at each time of the month: the estate in order but for the planned drifts. Asked in the order of time. */
export function changesOf(estate: Estate, start: number, random: () => number): (at: number) => Sight {
  const steps = planned.flatMap(({ name, day, hours }): readonly Step[] => {
    const from = start + day * 86_400_000;
    const drifted = findDrift(name)?.apply(estate, estate.now);
    if (!drifted) throw new Error(`there is no drift ${name}`);
    const step = (told: string, at: number, before: Estate, after: Estate): Step => {
      const lags = at + (30 + random() * 570) * 1000;
      return { name: told, from: at, before, estate: after, lags, flaps: lags + random() * 600_000 };
    };
    return [step(name, from, estate, drifted), step(`${name} repaired`, from + hours * 3_600_000, drifted, estate)];
  });
  return (at) => {
    const step = steps.findLast(({ from }) => from <= at);
    if (!step) return { name: 'in order', estate };
    const isBehind = at < step.lags || (at < step.flaps && random() < 0.5);
    const inOrder = step.estate === estate;
    if (!isBehind) return { name: inOrder ? 'in order' : step.name, estate: step.estate };
    return { name: `${step.name}, not yet in Resource Graph`, estate: behind(step) };
  };
}

/** Resource Graph shows the documents as they were. What was not there yet cannot be hidden by a document: it is left out. */
function behind({ estate, before }: Step): Estate {
  const old = new Map(before.resources.map((one) => [one.id, one]));
  const changed = estate.resources.filter((one) => JSON.stringify(old.get(one.id)) !== JSON.stringify(one));
  const resources = changed.flatMap(({ id }) => old.get(id) ?? []);
  const without = changed.flatMap(({ id }) => (old.has(id) ? [] : [id]));
  return { ...estate, graph: { resources, without } };
}
