import type { BaselineEntry, Direction, Finding, Observed } from '../model.ts';

/** In which direction a finding left what was accepted; undefined where it did not. Without any baseline a pass is news to nobody. */
export function compare(
  accepted: BaselineEntry | undefined,
  latest: Finding,
  hasBaseline: boolean,
): Direction | undefined {
  if (latest.status === 'fail') return 'regressed';
  if (latest.status === 'unknown') return 'obscured';
  if (!hasBaseline) return undefined;
  if (!accepted) return 'added';
  return accepted.status === latest.status && sameObserved(accepted.observed, latest.observed) ? undefined : 'changed';
}

/** Observed values compare as a set of keys; the order in which a check wrote them says nothing. */
export function sameObserved(a: Observed, b: Observed): boolean {
  return canonical(a) === canonical(b);
}

function canonical(observed: Observed): string {
  return JSON.stringify(Object.entries(observed).sort(([a], [b]) => (a < b ? -1 : 1)));
}
