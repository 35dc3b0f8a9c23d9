import { toReal } from '../convert.ts';
import { invalid, unsupported } from '../failure.ts';
import { constantOf, runAs, type Site } from '../functions/define.ts';
import { toDynamic } from '../json.ts';
import { derived, type Expr } from '../scope.ts';
import {
  type Accumulate,
  atExtreme,
  averaging,
  collecting,
  combining,
  counting,
  distinctCount,
  extreme,
  filtered,
  first,
  listing,
  merging,
  summing,
} from './accumulators.ts';
import { buildSchema } from './schema.ts';
import { covarying, percentileOf, ranking, spreading } from './statistics.ts';

/** One aggregate over its compiled arguments. `tuple` ones give an array: a column an element. */
export interface Aggregate {
  readonly accumulate: Accumulate;
  readonly tuple?: readonly Expr['type'][];
}

type Maker = (args: readonly Expr[], site: Site) => Aggregate;

const ELEMENTS = 1_048_576;

function argument(args: readonly Expr[], index: number, site: Site): Expr {
  const found = args[index];
  if (found === undefined) throw invalid(`${site.name}() needs another argument`, site.node.TextStart);
  return found;
}

/** What the deprecated names of make_list(), make_set() and make_bag() keep where no size is given. */
const FEW_ELEMENTS = 128;

function most(args: readonly Expr[], index: number, site: Site): number {
  if (args[index] === undefined) return site.name.includes('_') ? ELEMENTS : FEW_ELEMENTS;
  const size = Number(constantOf(args[index], site, 'size'));
  return size > 0 ? Math.min(size, ELEMENTS) : ELEMENTS;
}

const plain =
  (make: (expr: Expr, args: readonly Expr[], site: Site) => Accumulate): Maker =>
  (args, site) => ({ accumulate: make(argument(args, 0, site), args, site) });

/** The same over the rows for which the predicate, at `index`, holds. */
const conditional =
  (inner: Maker, index: number): Maker =>
  (args, site) => {
    const { accumulate } = inner(
      args.filter((_, position) => position !== index),
      site,
    );
    return { accumulate: filtered(accumulate, argument(args, index, site)) };
  };

const count: Maker = () => ({ accumulate: counting });
const sum = plain(summing);
const avg = plain(averaging);
const min = plain((expr) => extreme(expr, -1));
const max = plain((expr) => extreme(expr, 1));
const dcount = plain(distinctCount);
const list = plain((expr, args, site) => listing(expr, most(args, 1, site), false));
const set = plain((expr, args, site) => collecting(expr, most(args, 1, site)));
const bag = plain((expr, args, site) => merging(expr, most(args, 1, site)));
const any = plain(first);
const same = (variance: number) => variance;
const variance = plain((expr) => spreading(expr, true, same));
const variancep = plain((expr) => spreading(expr, false, same));
const stdev = plain((expr) => spreading(expr, true, Math.sqrt));
const stdevp = plain((expr) => spreading(expr, false, Math.sqrt));
const covariance: Maker = (args, site) => ({
  accumulate: covarying(argument(args, 0, site), argument(args, 1, site), true),
});
const covariancep: Maker = (args, site) => ({
  accumulate: covarying(argument(args, 0, site), argument(args, 1, site), false),
});

const atMost =
  (sign: 1 | -1): Maker =>
  ([key, ...returned], site) => {
    const by = argument(key === undefined ? [] : [key], 0, site);
    return { accumulate: atExtreme(by, returned, sign), tuple: [by, ...returned].map(({ type }) => type) };
  };

function percentages(args: readonly Expr[], site: Site): number[] {
  return args.flatMap((arg) => {
    const value = constantOf(arg, site, 'percentile');
    return (Array.isArray(value) ? value : [value]).map(
      (item) => toReal(item, Array.isArray(value) ? 'dynamic' : arg.type) ?? 0,
    );
  });
}

const percentiles =
  (weighted: boolean, shape: 'one' | 'columns' | 'array'): Maker =>
  (args, site) => {
    const given = argument(args, 0, site);
    if (given.type === 'dynamic') throw unsupported('a percentile of dynamic values', site.node.TextStart);
    const expr: Expr = given.type === 'decimal' ? { ...given, type: 'real', run: runAs(given, 'real') } : given;
    const wanted = percentages(args.slice(weighted ? 2 : 1), site);
    const accumulate = ranking(expr, weighted ? argument(args, 1, site) : undefined, (ranked) => {
      const values = wanted.map((share) => percentileOf(ranked, share));
      if (shape === 'array') return values.map((value) => toDynamic(value, expr.type));
      return shape === 'one' ? values[0] : values;
    });
    return shape === 'columns' ? { accumulate, tuple: wanted.map(() => expr.type) } : { accumulate };
  };

/** any() of several columns takes them from one row. */
const takeAny: Maker = (args, site) => {
  if (args.length === 1) return any(args, site);
  const never = derived('bool', [], () => null);
  const { accumulate } = atMost(1)([never, ...args], site);
  return {
    tuple: args.map(({ type }) => type),
    accumulate: () => {
      const inner = accumulate();
      return { add: inner.add, result: () => (inner.result() as readonly unknown[]).slice(1) };
    },
  };
};

export const AGGREGATES: Readonly<Record<string, Maker>> = {
  any: takeAny,
  anyif: conditional(any, 1),
  arg_max: atMost(1),
  arg_min: atMost(-1),
  argmax: atMost(1),
  argmin: atMost(-1),
  avg,
  avgif: conditional(avg, 1),
  binary_all_and: plain((expr) => combining(expr, (a, b) => a & b)),
  binary_all_or: plain((expr) => combining(expr, (a, b) => a | b)),
  binary_all_xor: plain((expr) => combining(expr, (a, b) => a ^ b)),
  buildschema: plain(buildSchema),
  cnt: count,
  count,
  count_distinct: dcount,
  count_distinctif: conditional(dcount, 1),
  countif: (args, site) => ({ accumulate: filtered(counting, argument(args, 0, site)) }),
  covariance,
  covarianceif: conditional(covariance, 2),
  covariancep,
  covariancepif: conditional(covariancep, 2),
  dcount,
  dcountif: conditional(dcount, 1),
  make_bag: bag,
  make_bag_if: conditional(bag, 1),
  make_dictionary: (args, site) => bag(args, { ...site, name: 'makedictionary' }),
  make_list: list,
  make_list_if: conditional(list, 1),
  make_list_with_nulls: plain((expr) => listing(expr, ELEMENTS, true)),
  make_set: set,
  make_set_if: conditional(set, 1),
  makelist: list,
  makeset: set,
  max,
  maxif: conditional(max, 1),
  min,
  minif: conditional(min, 1),
  percentile: percentiles(false, 'one'),
  percentiles: percentiles(false, 'columns'),
  percentiles_array: percentiles(false, 'array'),
  percentilesw: percentiles(true, 'columns'),
  percentilesw_array: percentiles(true, 'array'),
  percentilew: percentiles(true, 'one'),
  stdev,
  stdevif: conditional(stdev, 1),
  stdevp,
  sum,
  sumif: conditional(sum, 1),
  take_any: takeAny,
  take_anyif: conditional(any, 1),
  variance,
  varianceif: conditional(variance, 1),
  variancep,
  variancepif: conditional(variancep, 1),
};
