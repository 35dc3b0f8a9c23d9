import type { Cause, Drift, Family, Store } from '../model.ts';

/** Drifts are written against what was read; another close of the same family may come between. */
const writeAttempts = 5;

/** The drifts of a family as they were read, and what they must be written against. */
export interface Book {
  readonly drifts: readonly Drift[];
  readonly version: string;
}

/** What is to be remembered instead. */
export interface NextBook {
  readonly drifts: readonly Drift[];
  readonly past: readonly Drift[];
  readonly causes: readonly Cause[];
}

/** Reads, changes and writes until nobody came between. Throws where somebody always does. */
export async function writeBook(
  family: Family,
  store: Store,
  change: (drifts: readonly Drift[]) => NextBook,
): Promise<Book> {
  for (let attempt = 1; attempt <= writeAttempts; attempt += 1) {
    const before = await store.driftBook(family);
    const written = await saveBook(family, store, before, change(before.drifts));
    if (written) return written;
  }
  throw new Error(`the drifts of family ${family} could not be written: others wrote ${writeAttempts} times meanwhile`);
}

/** Writes what differs, nothing where nothing does; undefined where another came between. */
export async function saveBook(family: Family, store: Store, before: Book, next: NextBook): Promise<Book | undefined> {
  const known = new Map(before.drifts.map((drift) => [drift.driftId, JSON.stringify(drift)]));
  const drifts = next.drifts.filter((drift) => known.get(drift.driftId) !== JSON.stringify(drift));
  if (drifts.length + next.past.length === 0) return { drifts: next.drifts, version: before.version };
  const version = await store.saveDrifts(family, before.version, { ...next, drifts });
  return version === undefined ? undefined : { drifts: next.drifts, version };
}

/** By id, the later one counts. */
export function merge(before: readonly Drift[], after: readonly Drift[]): readonly Drift[] {
  return [...new Map([...before, ...after].map((drift) => [drift.driftId, drift])).values()];
}
