import { atMost, type Figure } from './figure.ts';
import { benchKql } from './kql.ts';
import { leastMs, needs } from './scale/minimum.ts';
import { latencyMs, type Run, runFleet } from './scale/run.ts';

/** A thousand services under Azure's limits, the same with every fifth answer refused, ten thousand; and KQL by itself. */
export async function benchScale(): Promise<readonly Figure[]> {
  const a = await runFleet({ workspaces: 200, subscriptions: 4, throttled: 0 });
  const b = await runFleet({ workspaces: 200, subscriptions: 4, throttled: 0.2 });
  const c = await runFleet({ workspaces: 2_000, subscriptions: 40, throttled: 0 });
  return [
    ...figuresOf('(a)', a, { times: 1.5, mebibytes: 300, calls: 3 }),
    ...neededOf('(a)', a),
    ...askedOf('(a)', a),
    ...figuresOf('(b) 20 % of all answers 429,', b),
    atMost('(b) findings lost or changed', lost(a, b), '', 0),
    ...figuresOf('(c)', c, { mebibytes: 600 }),
    ...neededOf('(c)', c),
    ...askedOf('(c)', c),
    atMost('(c) time, as a multiple of (a)', c.wallMs / a.wallMs, '×', 11),
    ...benchKql(),
  ];
}

/** What a run is held to; absent: it is only reported. */
interface Goals {
  /** of the least time */
  readonly times?: number;
  readonly mebibytes?: number;
  /** of Resource Manager, a service */
  readonly calls?: number;
}

function figuresOf(which: string, run: Run, goals: Goals = {}): readonly Figure[] {
  const { size, wallMs, processorSeconds, peakMebibytes, refused } = run;
  const least = leastMs(size, latencyMs);
  // every service of the estate is in order
  const wrong = [...run.findings.values()].filter((status) => status === 'unknown' || status === 'fail').length;
  return [
    { what: `${which} ${size.services} services, from command to report`, value: wallMs / 1000, unit: 's' },
    { what: `${which} the least that Azure's limits allow`, value: least / 1000, unit: 's' },
    heldTo(`${which} time, as a multiple of that`, wallMs / least, '×', goals.times),
    { what: `${which} processor time of the app`, value: processorSeconds, unit: 's' },
    heldTo(`${which} memory of the app at its peak`, peakMebibytes, 'MiB', goals.mebibytes),
    heldTo(`${which} Resource Manager calls a service`, readsOf(run) / size.services, '', goals.calls),
    { what: `${which} calls that a limit refused`, value: refused, unit: '' },
    heldTo(`${which} findings that fail or are unknown, of ${run.findings.size}`, wrong, '', 0),
  ];
}

function heldTo(what: string, value: number, unit: string, limit: number | undefined): Figure {
  return limit === undefined ? { what, value, unit } : atMost(what, value, unit, limit);
}

function readsOf({ calls }: Run): number {
  const reads = [...calls].filter(([kind]) => kind.startsWith('resource-manager '));
  return reads.reduce((sum, [, count]) => sum + count, 0);
}

function neededOf(which: string, { size }: Run): readonly Figure[] {
  return needs.map(({ what, why, budget, count }) => ({
    what: `${which} needs ${what}: ${why}`,
    value: count(size),
    unit: budget,
  }));
}

function askedOf(which: string, { calls }: Run): readonly Figure[] {
  return [...calls]
    .sort(([, one], [, other]) => other - one)
    .map(([kind, value]) => ({ what: `${which} asked ${kind}`, value, unit: 'calls' }));
}

/** Findings that one run has and the other has not, or has otherwise. */
function lost({ findings }: Run, other: Run): number {
  return [...findings].filter(([key, status]) => other.findings.get(key) !== status).length;
}
