import { derived, type Expr } from '../scope.ts';
import type { Value } from '../values.ts';
import { type Library, simple } from './define.ts';
import { numbersOf } from './series.ts';

/** Names and values of a summary, in the order of the columns. */
type Summary = readonly (readonly [string, Value])[];

function stats(series: Value, ignoreNonfinite: Value = false): Summary {
  const all = numbersOf(series) ?? [];
  const used = all.flatMap((value, index) =>
    value === null || (ignoreNonfinite === true && !Number.isFinite(value)) ? [] : [{ value, index }],
  );
  const count = used.length;
  const best = (better: (a: number, b: number) => boolean) =>
    used.reduce<(typeof used)[number] | undefined>(
      (found, item) => (found === undefined || better(item.value, found.value) ? item : found),
      undefined,
    );
  const [least, greatest] = [best((a, b) => a < b), best((a, b) => a > b)];
  const sum = used.reduce((total, { value }) => total + value, 0);
  const mean = sum / count;
  const variance = count < 2 ? 0 : used.reduce((total, { value }) => total + (value - mean) ** 2, 0) / (count - 1);
  return [
    ['min', least?.value ?? null],
    ['min_idx', least?.index ?? null],
    ['max', greatest?.value ?? null],
    ['max_idx', greatest?.index ?? null],
    ['avg', count === 0 ? null : mean],
    ['stdev', Math.sqrt(variance)],
    ['variance', variance],
  ];
}

/** The straight line with the least squares through the points of the series, numbered from 0. */
function fitLine(series: Value): Summary {
  const y = (numbersOf(series) ?? []).map((value) => value ?? 0);
  const count = y.length;
  const meanX = (count - 1) / 2;
  const meanY = y.reduce((sum, value) => sum + value, 0) / count;
  const spread = y.reduce((sum, _, x) => sum + (x - meanX) ** 2, 0);
  const slope = y.reduce((sum, value, x) => sum + (x - meanX) * (value - meanY), 0) / spread;
  const interception = meanY - slope * meanX;
  const line = y.map((_, x) => interception + slope * x);
  const variance = y.reduce((sum, value) => sum + (value - meanY) ** 2, 0) / (count - 1);
  const rest = y.reduce((sum, value, x) => sum + (value - (line[x] ?? 0)) ** 2, 0) / (count - 1);
  return [
    ['rsquare', 1 - rest / variance],
    ['slope', slope],
    ['variance', variance],
    ['rvariance', rest],
    // Kusto tells where the line stands one step before the first point.
    ['interception', interception - slope],
    ['line_fit', line],
  ];
}

function fieldsOf(
  summary: (...values: Value[]) => Summary,
  types: readonly Expr['type'][],
  args: readonly Expr[],
): readonly Expr[] {
  return types.map((type, index) =>
    derived(type, args, (row) => {
      const values = args.map(({ run }) => run(row));
      return Array.isArray(values[0]) ? (summary(...values)[index]?.[1] ?? null) : null;
    }),
  );
}

export const statsFields = (args: readonly Expr[]) =>
  fieldsOf(stats, ['real', 'long', 'real', 'long', 'real', 'real', 'real'], args);

export const fitLineFields = (args: readonly Expr[]) =>
  fieldsOf(fitLine, ['real', 'real', 'real', 'real', 'real', 'dynamic'], args);

export const seriesSummaries: Library = {
  series_stats_dynamic: simple('dX', (series: Value, ignore?: Value) => {
    const numbers = numbersOf(series);
    if (numbers === null) return null;
    const sum = numbers.reduce<number>((total, value) => total + (value ?? 0), 0);
    return Object.fromEntries([...stats(series, ignore ?? false), ['sum', sum], ['len', numbers.length]]);
  }),
  series_fit_line_dynamic: simple('d', (series: Value) =>
    Array.isArray(series) ? Object.fromEntries(fitLine(series)) : null,
  ),
};
