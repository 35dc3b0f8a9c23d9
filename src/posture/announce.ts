import type { Drift, Signal } from '../model.ts';
import { isOpen } from './decide.ts';

/** Azure's alert rules see two days at most, so an open drift repeats its state (functions facts 4.2). */
const repeatSeconds = 6 * 3600;
/** Rules run every five minutes. */
const visibleSeconds = 300;

/** A signal that is due, and the drift as it is once the ingestion service accepted it. */
export interface Announcement {
  readonly signal: Signal;
  readonly announced: Drift;
}

export interface AnnouncementContext {
  readonly at: string;
  readonly sweepId: string;
  reportUrlOf(drift: Drift): string;
}

/**
 * What must still be told of these drifts: opened, open (repeated), resolved, each step once. A signal bears the time at
 * which it is told, since Azure takes none that is two days old and rules look no further back: when the drift began and
 * was found stands in `since` and in the store. Where an opening was told late, its end waits until rules have seen it.
 */
export function announcementsDue(drifts: readonly Drift[], context: AnnouncementContext): readonly Announcement[] {
  const members = Map.groupBy(drifts.filter(isOpen), (drift) => drift.causeId);
  return drifts.flatMap((drift): readonly Announcement[] => {
    const step = nextStep(drift, context.at);
    if (!step) return [];
    const signal = signalOf(step.name, drift, members.get(drift.causeId)?.length ?? 0, context);
    return [{ signal, announced: { ...drift, ...step.sent } }];
  });
}

function nextStep(drift: Drift, at: string): { readonly name: string; readonly sent: Partial<Drift> } | undefined {
  const { openedAt, openSentAt, stateSentAt, resolvedAt, resolveSentAt } = drift;
  if (openSentAt === undefined) return { name: 'DriftOpened', sent: { openSentAt: at, stateSentAt: at } };
  if (resolvedAt === undefined) {
    const isDue = seconds(stateSentAt ?? openSentAt, at) >= repeatSeconds;
    return isDue ? { name: 'DriftOpen', sent: { stateSentAt: at } } : undefined;
  }
  if (resolveSentAt !== undefined) return undefined;
  const waits = openSentAt !== openedAt && seconds(openSentAt, at) < visibleSeconds;
  return waits ? undefined : { name: 'DriftResolved', sent: { resolveSentAt: at } };
}

function signalOf(name: string, drift: Drift, members: number, context: AnnouncementContext): Signal {
  return {
    name,
    at: context.at,
    properties: {
      driftId: drift.driftId,
      causeId: drift.causeId,
      causeTitle: drift.causeTitle,
      causeSeverity: drift.causeSeverity,
      causeCheck: drift.causeCheck,
      causeServiceName: drift.causeServiceName,
      causeDirection: drift.causeDirection,
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
      changedBy: changedBy(drift) ?? 'not recorded',
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

/** Who changed it, with what, when, and the property before and after; undefined where nobody is recorded. */
export function changedBy({ changed }: Drift): string | undefined {
  if (!changed || changed.actor === '') return undefined;
  const { actor, actorType, client, at, properties } = changed;
  const who = [
    actor,
    ...(actorType === undefined ? [] : [`(${actorType}${client === undefined ? '' : `, ${client}`})`]),
  ].join(' ');
  const what = properties.slice(0, 3).map(({ path, before, after }) => `${path} ${before} → ${after}`);
  return `${who} at ${at.slice(0, 16).replace('T', ' ')} UTC${what.length > 0 ? `: ${what.join(', ')}` : ''}`;
}
