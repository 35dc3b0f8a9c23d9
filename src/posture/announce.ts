import type { Drift, Signal } from '../model.ts';
import { isOpen } from './decide.ts';

/** Azure's alert rules see two days at most, so an open drift repeats its state (functions facts 4.2). */
const repeatSeconds = 6 * 3600;

/** A signal that is due, and the drift as it is once the ingestion service accepted it. */
export interface Announcement {
  readonly signal: Signal;
  readonly announced: Drift;
}

export interface AnnouncementContext {
  readonly at: string;
  readonly sweepId: string;
  reportUrlOf(drift: Drift): string;
  changedByOf(drift: Drift): string;
}

/** What must still be told of these drifts, each step once: opened, open (repeated), resolved; a resolve never precedes its opening. */
export function announcementsDue(drifts: readonly Drift[], context: AnnouncementContext): readonly Announcement[] {
  const members = Map.groupBy(drifts.filter(isOpen), (drift) => drift.causeId);
  return drifts.flatMap((drift): readonly Announcement[] => {
    const signal = (name: string, at: string): Signal =>
      signalOf(name, at, drift, members.get(drift.causeId)?.length ?? 0, context);
    const opening: readonly Announcement[] =
      drift.openSentAt === undefined
        ? [
            {
              signal: signal('DriftOpened', drift.openedAt),
              announced: { ...drift, openSentAt: context.at, stateSentAt: context.at },
            },
          ]
        : [];
    const told = opening[0]?.announced ?? drift;
    if (drift.resolvedAt !== undefined) {
      if (drift.resolveSentAt !== undefined) return opening;
      const announced = { ...told, resolveSentAt: context.at };
      return [...opening, { signal: signal('DriftResolved', drift.resolvedAt), announced }];
    }
    const overdue = seconds(told.stateSentAt ?? told.openedAt, context.at) >= repeatSeconds;
    if (!overdue) return opening;
    return [...opening, { signal: signal('DriftOpen', context.at), announced: { ...told, stateSentAt: context.at } }];
  });
}

function signalOf(name: string, at: string, drift: Drift, members: number, context: AnnouncementContext): Signal {
  return {
    name,
    at,
    properties: {
      driftId: drift.driftId,
      causeId: drift.causeId,
      causeTitle: drift.causeTitle,
      check: drift.check,
      family: drift.family,
      severity: drift.severity,
      direction: drift.direction,
      serviceId: drift.service.id,
      serviceName: drift.service.name,
      status: drift.resolvedAt === undefined ? drift.is.status : (drift.resolution ?? 'resolved'),
      was: drift.was === null ? 'nothing accepted' : describe(drift.was.observed, drift.was.status),
      is: describe(drift.is.observed, drift.is.status),
      message: drift.message,
      since: drift.since,
      changedBy: context.changedByOf(drift),
      reportUrl: context.reportUrlOf(drift),
      sweepId: context.sweepId,
    },
    measurements: { members },
  };
}

function describe(observed: Drift['is']['observed'], status: string): string {
  const values = Object.entries(observed).map(
    ([key, value]) => `${key}=${Array.isArray(value) ? value.join(' ') : value}`,
  );
  return [status, ...values].join('; ').slice(0, 1000);
}

function seconds(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 1000;
}
