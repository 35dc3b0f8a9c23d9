import type {
  BaselineEntry,
  Cause,
  Culprit,
  Direction,
  Drift,
  Family,
  Finding,
  FindingRecord,
  Resolution,
  Service,
  Settling,
} from '../model.ts';
import { withCauses } from './causes.ts';
import { severityRank } from './coverage.ts';
import { compare } from './drift.ts';

export interface DecisionInput {
  readonly at: string;
  readonly family: Family;
  /** the current interval of every finding of the family that this sweep saw */
  readonly records: readonly FindingRecord[];
  /** keys of the services that were looked at, where that was not the whole estate: nothing is decided of the others */
  readonly only?: ReadonlySet<string> | undefined;
  /** services that the estate no longer lists, confirmed */
  readonly removed: readonly Service[];
  /** every family notices a removal; one tells it */
  readonly tellsRemovals: boolean;
  readonly baseline: readonly BaselineEntry[];
  /** drifts of the family that still matter: open ones, and those that ended lately */
  readonly drifts: readonly Drift[];
  /** checks of the family: what no check judges any more is no drift */
  readonly checks: ReadonlySet<string>;
  settling(check: string): Required<Settling>;
  /** checks whose defect explains one of this check */
  follows(check: string): readonly string[];
  isExcepted(service: Service, finding: Finding): boolean;
  /** what is to blame for this finding */
  culpritOf(service: Service, finding: Finding): Culprit;
  /** a short stable id of the parts */
  idOf(...parts: readonly string[]): string;
}

export interface Decision {
  /** new drifts, and those that were open before: as they were, changed, or resolved */
  readonly drifts: readonly Drift[];
  /** causes that begin with the new drifts */
  readonly causes: readonly Cause[];
}

/** A drift as it begins; its cause is found once all that begin with it are known. */
export interface Opening extends Omit<Drift, `cause${string}`> {
  readonly culprit: Culprit;
}

/** A pass must hold longer after every flap, up to two hours. */
const flapHoldSeconds = 15 * 60;
const longestHoldSeconds = 2 * 3600;
/** Drifts resolved no longer ago than this count as the same flapping finding. */
const flapMemorySeconds = 24 * 3600;
/** Less than lies between any two sweeps by a timer, more than between a change and the look that it causes. */
const gapSeconds = 45;
/** A removal is told once and then over. */
const removalSeconds = 24 * 3600;

interface Outcome {
  readonly drifts: readonly Drift[];
  readonly openings: readonly Opening[];
}

/** The drifts after this sweep. Nothing but the input decides, so that a sweep that is closed twice decides the same. */
export function decide(input: DecisionInput): Decision {
  const accepted = new Map(input.baseline.map((entry) => [keyOf(entry.serviceId, entry.check), entry]));
  const open = new Map(input.drifts.filter(isOpen).map((drift) => [keyOf(drift.service.id, drift.check), drift]));
  const seen = new Set(input.records.map((record) => keyOf(record.service.id, record.finding.check)));
  const gone = new Set(input.removed.map((service) => service.id.toLowerCase()));
  const here = new Set(input.records.map((record) => record.service.key));
  const unseen = [...open.values()].filter(
    (drift) => !seen.has(keyOf(drift.service.id, drift.check)) && (input.only?.has(drift.service.key) ?? true),
  );
  const outcomes: readonly Outcome[] = [
    ...input.records.map((record) => {
      const key = keyOf(record.service.id, record.finding.check);
      return decideOne(record, accepted.get(key), open.get(key), input);
    }),
    ...unseen.map((drift) => stays(age(drift, gone, here, input))),
    ...input.removed.map((service) => removal(service, input)),
  ];
  const { drifts, causes } = withCauses(
    outcomes.flatMap(({ openings }) => openings),
    input,
  );
  return { drifts: [...outcomes.flatMap((outcome) => outcome.drifts), ...drifts], causes };
}

function decideOne(
  record: FindingRecord,
  accepted: BaselineEntry | undefined,
  open: Drift | undefined,
  input: DecisionInput,
): Outcome {
  const { service, finding } = record;
  const direction = compare(accepted, finding, input.baseline.length > 0);
  const opening = opens(record, direction, input) ? [opened(record, direction, accepted, input)] : [];
  if (!open) return { drifts: [], openings: opening };
  const giveWay = (resolution: Resolution): Outcome =>
    opening.length > 0 ? { drifts: [resolved(open, resolution, input.at)], openings: opening } : stays(open);
  if (finding.status === 'fail') {
    if (input.isExcepted(service, finding)) return stays(resolved(open, 'excepted', input.at));
    if (open.direction !== 'regressed') return giveWay('known');
    const graver = severityRank(finding.severity) < severityRank(open.severity);
    return graver && opening.length > 0 ? giveWay('superseded') : stays(failing(open, record));
  }
  if (finding.status === 'unknown') {
    // What was failing is not repaired by being out of sight.
    return open.direction === 'regressed' || open.direction === 'obscured' ? stays(open) : giveWay('known');
  }
  return stays(inOrder(open, record, accepted, direction, input));
}

function stays(drift: Drift): Outcome {
  return { drifts: [drift], openings: [] };
}

function opens(record: FindingRecord, direction: Direction | undefined, input: DecisionInput): direction is Direction {
  const { service, finding } = record;
  if (direction === undefined) return false;
  // One unknown is weather; two sweeps in a row are a gap. A second look right after the first is no second sweep.
  if (direction === 'obscured') return seconds(record.since, record.lastSeen) >= gapSeconds;
  if (direction !== 'regressed') return true;
  if (input.isExcepted(service, finding)) return false;
  return finding.severity === 'critical' || lasted(record, input.at) >= input.settling(finding.check).opening;
}

function opened(
  record: FindingRecord,
  direction: Direction,
  accepted: BaselineEntry | undefined,
  input: DecisionInput,
): Opening {
  const { service, finding } = record;
  const lately = input.drifts.filter(
    (drift) =>
      keyOf(drift.service.id, drift.check) === keyOf(service.id, finding.check) &&
      drift.resolution === 'recovered' &&
      seconds(drift.resolvedAt ?? '', input.at) <= flapMemorySeconds,
  );
  return {
    schema: 1,
    driftId: input.idOf('drift', service.id.toLowerCase(), finding.check, direction, input.at),
    culprit: input.culpritOf(service, finding),
    service,
    check: finding.check,
    family: finding.family,
    severity: finding.severity,
    direction,
    was: accepted ? { status: accepted.status, observed: accepted.observed } : null,
    is: { status: finding.status, observed: finding.observed },
    message: finding.message,
    since: record.since,
    openedAt: input.at,
    flaps: Math.max(0, ...lately.map((drift) => drift.flaps + 1)),
    recovering: false,
  };
}

/** Still failing, or failing again after it seemed repaired. */
function failing(open: Drift, { finding }: FindingRecord): Drift {
  const is = { status: finding.status, observed: finding.observed };
  return { ...open, is, message: finding.message, flaps: open.flaps + (open.recovering ? 1 : 0), recovering: false };
}

/** A pass or not-applicable: what had failed is resolved once this has lasted, what was out of sight at once. */
function inOrder(
  open: Drift,
  record: FindingRecord,
  accepted: BaselineEntry | undefined,
  direction: Direction | undefined,
  input: DecisionInput,
): Drift {
  if (open.direction === 'obscured') return resolved(open, 'known', input.at);
  if (open.direction === 'changed' || open.direction === 'added') {
    if (direction === undefined) {
      const since = accepted && accepted.acceptedAt >= open.openedAt;
      return resolved(open, since ? 'accepted' : 'recovered', input.at);
    }
    return { ...open, is: { status: record.finding.status, observed: record.finding.observed } };
  }
  const hold = Math.min(input.settling(open.check).resolving + open.flaps * flapHoldSeconds, longestHoldSeconds);
  if (lasted(record, input.at) >= hold) return resolved(open, 'recovered', input.at);
  return open.recovering ? open : { ...open, recovering: true };
}

/** An open drift whose finding this sweep did not see. */
function age(drift: Drift, gone: ReadonlySet<string>, here: ReadonlySet<string>, input: DecisionInput): Drift {
  if (drift.direction === 'removed') {
    if (here.has(drift.service.key)) return resolved(drift, 'recovered', input.at);
    return seconds(drift.openedAt, input.at) >= removalSeconds ? resolved(drift, 'told', input.at) : drift;
  }
  const isOver = gone.has(drift.service.id.toLowerCase()) || !input.checks.has(drift.check);
  return isOver ? resolved(drift, 'removed', input.at) : drift;
}

/** Without anything accepted, nobody expects a service to be there. */
function removal(service: Service, input: DecisionInput): Outcome {
  const told = input.drifts.some(
    ({ direction, service: one, resolution }) =>
      direction === 'removed' && one.key === service.key && resolution !== 'recovered',
  );
  if (!input.tellsRemovals || input.baseline.length === 0 || told) return { drifts: [], openings: [] };
  const own = input.baseline.find((entry) => entry.serviceKey === service.key);
  const opening: Opening = {
    schema: 1,
    driftId: input.idOf('drift', service.id.toLowerCase(), 'estate', 'removed', input.at),
    culprit: { key: service.id, title: service.name },
    service,
    check: 'estate',
    family: input.family,
    severity: 'medium',
    direction: 'removed',
    was: own ? { status: own.status, observed: {} } : null,
    is: { status: 'not-applicable', observed: {} },
    message: `${service.name} is no longer part of the estate.`,
    since: input.at,
    openedAt: input.at,
    flaps: 0,
    recovering: false,
  };
  return { drifts: [], openings: [opening] };
}

function resolved(drift: Drift, resolution: Resolution, at: string): Drift {
  return { ...drift, resolvedAt: at, resolution, recovering: false };
}

export function isOpen(drift: Drift): boolean {
  return drift.resolvedAt === undefined;
}

/** Of no more use but to history: told to the end, and too long ago to count as flapping. */
export function isPast(drift: Drift, at: string): boolean {
  const { resolvedAt, resolveSentAt } = drift;
  return resolvedAt !== undefined && resolveSentAt !== undefined && seconds(resolvedAt, at) > flapMemorySeconds;
}

function lasted(record: FindingRecord, at: string): number {
  return seconds(record.since, at);
}

function seconds(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 1000;
}

function keyOf(serviceId: string, check: string): string {
  return `${serviceId.toLowerCase()} ${check}`;
}
