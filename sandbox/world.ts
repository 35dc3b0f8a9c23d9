/** The estate while the sandbox runs: its clock and its fault plan. */
import { createHash } from 'node:crypto';
import { createToll, type TrafficOptions } from './limits.ts';
import type { Estate, Fault, FaultTarget, World } from './types.ts';

/** What one fault has seen so far. */
interface FaultState {
  readonly pattern: RegExp;
  readonly random: () => number;
  matches: number;
  hits: number;
}

/** Milliseconds since some fixed moment, never going back; an argument so that tests hold the clock. */
export type Stopwatch = () => number;

/** A world whose clock starts at the estate's `now` and runs on with `elapsed`. */
export function createWorld(
  initial: Estate,
  elapsed: Stopwatch = () => performance.now(),
  traffic: TrafficOptions = {},
): World {
  const startedAt = elapsed();
  const start = initial.now.getTime();
  const states = new Map<Fault, FaultState>();
  let estate = initial;
  const toll = createToll(traffic, elapsed);
  return {
    ...(toll ? { toll } : {}),
    estate: () => estate,
    replace: (next) => {
      estate = next;
    },
    now: () => new Date(start + (elapsed() - startedAt)),
    fault: (target, subject) => {
      let hit: Fault | undefined;
      // Every fault counts every request it matches, also those that an earlier fault already takes.
      for (const [index, fault] of estate.faults.entries()) {
        if (counts(fault, target, subject, stateOf(states, fault, `${estate.name}/${index}`)) && !hit) hit = fault;
      }
      if (hit) (states.get(hit) as FaultState).hits += 1;
      return hit;
    },
  };
}

function stateOf(states: Map<Fault, FaultState>, fault: Fault, seed: string): FaultState {
  const known = states.get(fault);
  if (known) return known;
  const fresh = { pattern: new RegExp(fault.match, 'i'), random: randomFrom(seed), matches: 0, hits: 0 };
  states.set(fault, fresh);
  return fresh;
}

/** Counts the request if the fault matches it, and says whether it is to be hit. */
function counts(fault: Fault, target: FaultTarget, subject: string, state: FaultState): boolean {
  if (fault.target !== target || !state.pattern.test(subject)) return false;
  state.matches += 1;
  if (state.matches <= (fault.after ?? 0) || state.hits >= (fault.times ?? Number.POSITIVE_INFINITY)) return false;
  return state.random() < (fault.rate ?? 1);
}

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
function randomFrom(seed: string): () => number {
  let state = createHash('sha256').update(seed).digest().readUInt32LE(0);
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
