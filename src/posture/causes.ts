import type { Cause, Drift, Service } from '../model.ts';
import { severityRank } from './coverage.ts';
import type { DecisionInput, Opening } from './decide.ts';

type Input = Pick<DecisionInput, 'at' | 'family' | 'drifts' | 'idOf' | 'follows'>;

/** What follows from another defect shows within so long: web tests run every 15 minutes, a path is looked at twice. */
const followingSeconds = 30 * 60;

/**
 * Drifts that begin together with one culprit and one direction share a cause, and so does what follows from one of them.
 * One that begins later gets a cause of its own, unless nobody was told of the first yet and it is no graver, or unless it
 * is out of sight because of what was told already, or shows a little later what was told already, and is no graver: what
 * was announced never changes.
 */
export function withCauses(
  openings: readonly Opening[],
  input: Input,
): { readonly drifts: readonly Drift[]; readonly causes: readonly Cause[] } {
  const causes: Cause[] = [];
  const explained = new Map(openings.map((opening) => [opening, explanationOf(opening, openings, input)]));
  const others = openings.filter((opening) => explained.get(opening) === undefined);
  const groups = Map.groupBy(others, (opening) => {
    const { culprit, direction } = leaderOf(opening, others, input);
    return `${direction} ${culprit.key.toLowerCase()}`;
  });
  const begun = [...groups.values()].flatMap((members) => {
    const cause = beginCause(members, others, input);
    if (!cause) return [];
    const unannounced = findUnannounced(cause, input.drifts);
    if (!unannounced) causes.push(cause);
    return members.map((member) => toDrift(member, unannounced ?? cause));
  });
  return { drifts: [...begun, ...[...explained.values()].flatMap((drift) => drift ?? [])], causes };
}

/** Where something told before explains it, or what it follows from: that one's cause, as a drift of it. */
function explanationOf(opening: Opening, openings: readonly Opening[], input: Input): Drift | undefined {
  const leader = leaderOf(opening, openings, input);
  const first = input.drifts.find((drift) => drift.resolvedAt === undefined && isPartOf(leader, drift, input));
  if (!first) return undefined;
  const isGraver = severityRank(opening.severity) < severityRank(first.causeSeverity);
  return isGraver ? undefined : toDrift(opening, causeOf(first));
}

/** Whether it is the same defect as one that was found before, seen by another check. */
function isPartOf(opening: Opening, drift: Drift, { at, follows }: Input): boolean {
  if (opening.direction === 'obscured') return explains(drift, opening, follows);
  const isLate = Date.parse(at) - Date.parse(drift.openedAt) > followingSeconds * 1000;
  if (opening.direction !== 'regressed' || drift.direction !== 'regressed' || isLate) return false;
  return explains(drift, opening, follows) || explains(opening, drift, follows);
}

/** The opening that explains this one, and is not explained itself. */
function leaderOf(opening: Opening, openings: readonly Opening[], input: Input): Opening {
  const leader = openings.find((other) => explains(other, opening, input.follows));
  return leader ? leaderOf(leader, openings, input) : opening;
}

function explains(
  defect: { readonly check: string; readonly service: Service; readonly direction: string },
  { check, service }: Pick<Opening, 'check' | 'service'>,
  follows: Input['follows'],
): boolean {
  const owners = [service.id, service.workspaceId].map((id) => id?.toLowerCase());
  return (
    defect.direction === 'regressed' &&
    follows(check).includes(defect.check) &&
    owners.includes(defect.service.id.toLowerCase())
  );
}

function beginCause(members: readonly Opening[], openings: readonly Opening[], input: Input): Cause | undefined {
  const { at, family, idOf } = input;
  const worst = members.toSorted(byGravity)[0];
  const leader = members.filter((one) => leaderOf(one, openings, input) === one).toSorted(byGravity)[0];
  if (!worst || !leader) return undefined;
  const { culprit, direction, check, service } = leader;
  const key = culprit.key.toLowerCase();
  return {
    schema: 1,
    causeId: idOf('cause', family, key, direction, at),
    key,
    title: culprit.title,
    family,
    direction,
    severity: worst.severity,
    check,
    serviceName: service.name,
    openedAt: at,
  };
}

function findUnannounced(begun: Cause, drifts: readonly Drift[]): CauseOfDrift | undefined {
  const alike = drifts.filter(
    ({ causeKey, causeDirection, causeSeverity, resolvedAt }) =>
      resolvedAt === undefined &&
      causeKey === begun.key &&
      causeDirection === begun.direction &&
      severityRank(causeSeverity) <= severityRank(begun.severity),
  );
  const first = alike.find(({ causeId }) => {
    const members = drifts.filter((drift) => drift.causeId === causeId);
    return members.every(({ openSentAt }) => openSentAt === undefined);
  });
  return first && causeOf(first);
}

type CauseOfDrift = Omit<Cause, 'schema' | 'family' | 'openedAt'>;

function causeOf(drift: Drift): CauseOfDrift {
  return {
    causeId: drift.causeId,
    key: drift.causeKey,
    title: drift.causeTitle,
    severity: drift.causeSeverity,
    check: drift.causeCheck,
    serviceName: drift.causeServiceName,
    direction: drift.causeDirection,
  };
}

function toDrift({ culprit: _, ...opening }: Opening, cause: CauseOfDrift): Drift {
  return {
    ...opening,
    causeId: cause.causeId,
    causeKey: cause.key,
    causeTitle: cause.title,
    causeSeverity: cause.severity,
    causeCheck: cause.check,
    causeServiceName: cause.serviceName,
    causeDirection: cause.direction,
  };
}

function byGravity(a: Opening, b: Opening): number {
  return (
    severityRank(a.severity) - severityRank(b.severity) ||
    compare(a.check, b.check) ||
    compare(a.service.id, b.service.id)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
