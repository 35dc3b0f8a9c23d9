import type { BaselineEntry, Direction, Drift, Finding, FindingRecord, Resolution, Service } from '../model.ts';
import { severityRank } from './coverage.ts';
import { compare } from './drift.ts';

/** Seconds that a finding must last before it counts: Azure itself is late (ARCHITECTURE, "Drift, alerts, memory"). */
export interface Settling {
  readonly opening: number;
  readonly resolving: number;
}

export interface DecisionInput {
  readonly at: string;
  /** the current interval of every finding of the family that this sweep saw */
  readonly records: readonly FindingRecord[];
  /** services that the estate no longer lists, confirmed */
  readonly removed: readonly Service[];
  readonly baseline: readonly BaselineEntry[];
  /** open drifts of the family, and the last resolved one of a finding */
  readonly drifts: readonly Drift[];
  settling(check: string): Settling;
  isExcepted(service: Service, finding: Finding): boolean;
  /** what is to blame where it is not the service itself: a workspace, a role assignment */
  culpritOf(service: Service, finding: Finding): { readonly key: string; readonly title: string };
  /** a short stable id of the parts */
  idOf(...parts: readonly string[]): string;
}

/** A pass must hold longer after every flap, up to two hours. */
const flapHoldSeconds = 15 * 60;
const longestHoldSeconds = 2 * 3600;
/** Drifts resolved no longer ago than this count as the same flapping finding. */
const flapMemorySeconds = 24 * 3600;
/** A removal is told once and then over. */
const removalSeconds = 24 * 3600;

/**
 * The drifts after this sweep: every open one, whether it stays, changes or resolves, and the new ones. The same input
 * gives the same drifts with the same ids, so that a crash between deciding and remembering repeats nothing.
 */
export function decide(input: DecisionInput): readonly Drift[] {
  const accepted = new Map(input.baseline.map((entry) => [keyOf(entry.serviceId, entry.check), entry]));
  const open = new Map(input.drifts.filter(isOpen).map((drift) => [keyOf(drift.service.id, drift.check), drift]));
  const seen = new Set(input.records.map((record) => keyOf(record.service.id, record.finding.check)));
  const next = input.records.flatMap((record) => {
    const key = keyOf(record.service.id, record.finding.check);
    return decideOne(record, accepted.get(key), open.get(key), input);
  });
  const gone = new Set(input.removed.map((service) => service.id.toLowerCase()));
  const others = [...open.values()].filter((drift) => !seen.has(keyOf(drift.service.id, drift.check)));
  return withCauses(
    [
      ...next,
      ...others.map((drift) => age(drift, gone, input)),
      ...input.removed.flatMap((service) => removal(service, input)),
    ],
    input,
  );
}

function decideOne(
  record: FindingRecord,
  accepted: BaselineEntry | undefined,
  open: Drift | undefined,
  input: DecisionInput,
): readonly Drift[] {
  const { service, finding } = record;
  const direction = compare(accepted, finding, input.baseline.length > 0);
  if (!open) return opens(record, direction, input) ? [opened(record, direction, accepted, input)] : [];
  if (finding.status === 'fail') {
    if (input.isExcepted(service, finding)) return [resolved(open, 'excepted', input.at)];
    const graver = severityRank(finding.severity) < severityRank(open.severity);
    if (open.direction === 'regressed' && !graver) return [failing(open, record)];
    return [
      resolved(open, open.direction === 'regressed' ? 'superseded' : 'known', input.at),
      opened(record, 'regressed', accepted, input),
    ];
  }
  if (finding.status === 'unknown') {
    // What was failing is not repaired by being out of sight.
    if (open.direction === 'regressed' || open.direction === 'obscured') return [open];
    return opens(record, direction, input)
      ? [resolved(open, 'known', input.at), opened(record, 'obscured', accepted, input)]
      : [open];
  }
  return [recovering(open, record, direction, input)];
}

function opens(record: FindingRecord, direction: Direction | undefined, input: DecisionInput): direction is Direction {
  const { service, finding } = record;
  if (direction === undefined) return false;
  // One unknown is weather; two sweeps in a row are a gap.
  if (direction === 'obscured') return record.lastSeen > record.from;
  if (direction !== 'regressed') return true;
  if (input.isExcepted(service, finding)) return false;
  return finding.severity === 'critical' || lasted(record, input.at) >= input.settling(finding.check).opening;
}

function opened(
  record: FindingRecord,
  direction: Direction,
  accepted: BaselineEntry | undefined,
  input: DecisionInput,
): Drift {
  const { service, finding } = record;
  const before = input.drifts.find(
    (drift) =>
      drift.check === finding.check &&
      drift.service.id.toLowerCase() === service.id.toLowerCase() &&
      drift.resolution === 'recovered' &&
      seconds(drift.resolvedAt ?? '', input.at) <= flapMemorySeconds,
  );
  return {
    schema: 1,
    driftId: input.idOf(service.id.toLowerCase(), finding.check, direction, finding.severity, record.from),
    causeId: '',
    causeTitle: '',
    service,
    check: finding.check,
    family: finding.family,
    severity: finding.severity,
    direction,
    was: accepted ? { status: accepted.status, observed: accepted.observed } : null,
    is: { status: finding.status, observed: finding.observed },
    message: finding.message,
    since: record.from,
    openedAt: input.at,
    flaps: before ? before.flaps + 1 : 0,
    recovering: false,
  };
}

/** Still failing, or failing again after it seemed repaired. */
function failing(open: Drift, { finding }: FindingRecord): Drift {
  const is = { status: finding.status, observed: finding.observed };
  return { ...open, is, message: finding.message, flaps: open.flaps + (open.recovering ? 1 : 0), recovering: false };
}

/** In order again: resolved once it has lasted, at once where only sight was lost. */
function recovering(open: Drift, record: FindingRecord, direction: Direction | undefined, input: DecisionInput): Drift {
  if (open.direction === 'obscured') return resolved(open, 'known', input.at);
  if (open.direction === 'changed' || open.direction === 'added') {
    if (direction === undefined) return resolved(open, 'accepted', input.at);
    return { ...open, is: { status: record.finding.status, observed: record.finding.observed } };
  }
  const hold = Math.min(input.settling(open.check).resolving + open.flaps * flapHoldSeconds, longestHoldSeconds);
  if (lasted(record, input.at) >= hold) return resolved(open, 'recovered', input.at);
  return { ...open, recovering: true };
}

/** An open drift whose finding this sweep did not see. */
function age(drift: Drift, gone: ReadonlySet<string>, input: DecisionInput): Drift {
  if (drift.direction === 'removed') {
    return seconds(drift.openedAt, input.at) >= removalSeconds ? resolved(drift, 'told', input.at) : drift;
  }
  return gone.has(drift.service.id.toLowerCase()) ? resolved(drift, 'removed', input.at) : drift;
}

function removal(service: Service, input: DecisionInput): readonly Drift[] {
  const known = input.baseline.find((entry) => entry.serviceId.toLowerCase() === service.id.toLowerCase());
  const told = input.drifts.some((drift) => drift.direction === 'removed' && drift.service.id === service.id);
  if (!known || told) return [];
  return [
    {
      schema: 1,
      driftId: input.idOf(service.id.toLowerCase(), 'removed', input.at),
      causeId: '',
      causeTitle: '',
      service,
      check: 'estate',
      family: 'lifecycle',
      severity: 'medium',
      direction: 'removed',
      was: { status: known.status, observed: {} },
      is: { status: 'not-applicable', observed: {} },
      message: `${service.name} is no longer in the estate.`,
      since: input.at,
      openedAt: input.at,
      flaps: 0,
      recovering: false,
    },
  ];
}

/** New drifts with one culprit and direction share a cause; one that joins later gets a cause of its own. */
function withCauses(drifts: readonly Drift[], input: DecisionInput): readonly Drift[] {
  return drifts.map((drift) => {
    if (drift.causeId !== '') return drift;
    const culprit = input.culpritOf(drift.service, {
      check: drift.check,
      family: drift.family,
      severity: drift.severity,
      status: drift.is.status,
      message: drift.message,
      observed: drift.is.observed,
      evidence: [],
    });
    return {
      ...drift,
      causeId: input.idOf(culprit.key.toLowerCase(), drift.direction, input.at),
      causeTitle: culprit.title,
    };
  });
}

function resolved(drift: Drift, resolution: Resolution, at: string): Drift {
  return { ...drift, resolvedAt: at, resolution, recovering: false };
}

export function isOpen(drift: Drift): boolean {
  return drift.resolvedAt === undefined;
}

function lasted(record: FindingRecord, at: string): number {
  return seconds(record.from, at);
}

function seconds(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 1000;
}

function keyOf(serviceId: string, check: string): string {
  return `${serviceId.toLowerCase()} ${check}`;
}
