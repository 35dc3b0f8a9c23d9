import type { Cause, Drift } from '../model.ts';
import { severityRank } from './coverage.ts';
import type { DecisionInput, Opening } from './decide.ts';

/**
 * Drifts that begin together with one culprit and one direction share a cause. One that begins later gets a cause of its
 * own, unless nobody was told of the first yet and it is no graver: what was announced never changes.
 */
export function withCauses(
  openings: readonly Opening[],
  input: Pick<DecisionInput, 'at' | 'family' | 'drifts' | 'idOf'>,
): { readonly drifts: readonly Drift[]; readonly causes: readonly Cause[] } {
  const causes: Cause[] = [];
  const groups = Map.groupBy(openings, ({ culprit, direction }) => `${direction} ${culprit.key.toLowerCase()}`);
  const drifts = [...groups.values()].flatMap((members) => {
    const worst = members.toSorted(byGravity)[0];
    if (!worst) return [];
    const begun = beginCause(worst, input);
    const unannounced = findUnannounced(begun, input.drifts);
    if (!unannounced) causes.push(begun);
    return members.map((member) => toDrift(member, unannounced ?? begun));
  });
  return { drifts, causes };
}

function beginCause(worst: Opening, { at, family, idOf }: Pick<DecisionInput, 'at' | 'family' | 'idOf'>): Cause {
  const { culprit, direction, severity, check, service } = worst;
  const key = culprit.key.toLowerCase();
  return {
    schema: 1,
    causeId: idOf('cause', family, key, direction, at),
    key,
    title: culprit.title,
    family,
    direction,
    severity,
    check,
    serviceName: service.name,
    openedAt: at,
  };
}

function findUnannounced(begun: Cause, drifts: readonly Drift[]): Cause | undefined {
  const alike = drifts.filter(
    ({ causeKey, direction, causeSeverity, resolvedAt }) =>
      resolvedAt === undefined &&
      causeKey === begun.key &&
      direction === begun.direction &&
      severityRank(causeSeverity) <= severityRank(begun.severity),
  );
  const first = alike.find(({ causeId }) => {
    const members = drifts.filter((drift) => drift.causeId === causeId);
    return members.every(({ openSentAt }) => openSentAt === undefined);
  });
  if (!first) return undefined;
  return {
    ...begun,
    causeId: first.causeId,
    title: first.causeTitle,
    severity: first.causeSeverity,
    check: first.causeCheck,
    serviceName: first.causeServiceName,
    openedAt: first.openedAt,
  };
}

function toDrift({ culprit: _, ...opening }: Opening, cause: Cause): Drift {
  return {
    ...opening,
    causeId: cause.causeId,
    causeKey: cause.key,
    causeTitle: cause.title,
    causeSeverity: cause.severity,
    causeCheck: cause.check,
    causeServiceName: cause.serviceName,
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
