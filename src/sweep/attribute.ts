import type { Drift, SweepPlan } from '../model.ts';
import type { ClosePorts } from './close.ts';
import { type Book, saveBook, writeBook } from './drift-book.ts';

/** Causes whose author is looked up in one sweep: after a change of policy there may be hundreds, and Azure limits such questions. */
const mostAttributed = 20;

/** Finds out who did it, once a cause and before it is told. */
export async function attribute(plan: SweepPlan, book: Book, ports: ClosePorts): Promise<Book> {
  const untold = book.drifts.filter(
    ({ openSentAt, changed, direction }) =>
      !openSentAt && !changed && (direction === 'regressed' || direction === 'changed'),
  );
  const blamed = ({ causeKey, service }: Drift): string => (causeKey.startsWith('/') ? causeKey : service.id);
  const byResource = Map.groupBy(untold, blamed);
  const found = await Promise.all(
    [...byResource].slice(0, mostAttributed).map(async ([resourceId, drifts]) => {
      const since = drifts.map((drift) => drift.since).sort()[0] ?? '';
      return [resourceId, await ports.changeOf(resourceId, since)] as const;
    }),
  );
  const changes = new Map(found.flatMap(([resourceId, change]) => (change ? [[resourceId, change]] : [])));
  if (changes.size === 0) return book;
  const ids = new Map(untold.map((drift) => [drift.driftId, changes.get(blamed(drift))]));
  const attributed = (drifts: readonly Drift[]) => ({
    drifts: drifts.map((drift) => {
      const changed = ids.get(drift.driftId);
      return changed ? { ...drift, changed } : drift;
    }),
    past: [],
    causes: [],
  });
  const first = await saveBook(plan.family, ports.store, book, attributed(book.drifts));
  return first ?? writeBook(plan.family, ports.store, attributed);
}
