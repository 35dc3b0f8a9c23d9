import type { Attempt } from './attempt.ts';

/**
 * What was asked of each host lately, so that probes never look like traffic: with the four web tests from outside they
 * stay at 18 requests an hour (CHECKS, "Probes"). It lives as long as the process.
 */
export interface ProbeMemory {
  /** What the same question was answered a moment ago; at any age within the hour where nothing more may be sent. */
  recall(host: string, question: string, now: Date): Probed | undefined;
  /** Whether one more request may be sent. */
  maySend(host: string, now: Date): boolean;
  noteSent(host: string, now: Date): void;
  keep(host: string, question: string, probed: Probed): void;
  /** The last answer of all, whatever was asked. */
  last(host: string): Probed | undefined;
}

/** How a probe ended, after its retries. */
export interface Probed {
  readonly attempt: Attempt;
  readonly address: string;
  readonly at: string;
  readonly durationMs: number;
}

const HOUR_MS = 3_600_000;
/** 12 sweeps and two retries */
const PER_HOUR = 14;
/** Less than the five minutes between two sweeps: one sweep asks once, however often it gathers. */
const FRESH_MS = 240_000;

export function createProbeMemory(): ProbeMemory {
  const sent = new Map<string, readonly number[]>();
  const kept = new Map<string, { readonly question: string; readonly probed: Probed }>();
  const lately = (host: string, now: Date): readonly number[] =>
    (sent.get(host) ?? []).filter((at) => now.getTime() - at < HOUR_MS);
  const maySend: ProbeMemory['maySend'] = (host, now) => lately(host, now).length < PER_HOUR;
  return {
    maySend,
    recall(host, question, now) {
      const last = kept.get(host);
      if (last?.question !== question) return undefined;
      const age = now.getTime() - Date.parse(last.probed.at);
      const isFresh = age >= 0 && age < (maySend(host, now) ? FRESH_MS : HOUR_MS);
      return isFresh ? last.probed : undefined;
    },
    noteSent: (host, now) => void sent.set(host, [...lately(host, now), now.getTime()]),
    keep: (host, question, probed) => void kept.set(host, { question, probed }),
    last: (host) => kept.get(host)?.probed,
  };
}
