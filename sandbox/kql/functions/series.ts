import { toReal } from '../convert.ts';
import { derived, type Expr } from '../scope.ts';
import type { Value } from '../values.ts';
import { type Library, type Maker, runAs, simple } from './define.ts';

type Numbers = readonly (number | null)[];

/** The numbers of an array; what is not a number is null. */
export function numbersOf(value: Value): Numbers | null {
  return Array.isArray(value) ? value.map((item) => toReal(item ?? null, 'dynamic')) : null;
}

const each = (apply: (value: number) => Value) =>
  simple('d', (value: Value) => numbersOf(value)?.map((item) => (item === null ? null : apply(item))) ?? null);

/** Element by element; a plain number stands for a series of it. */
const pairwise =
  (apply: (a: number, b: number) => Value): Maker =>
  (args, site) => {
    const [first, second] = args as [Expr, Expr];
    const runs = [runAs(first, 'dynamic'), runAs(second, 'dynamic')] as const;
    return derived(site.type, args, (row) => {
      const a = runs[0](row);
      const b = runs[1](row);
      const x = numbersOf(a);
      const y = numbersOf(b);
      if (x === null && y === null) return null;
      const length = Math.max(x?.length ?? 0, y?.length ?? 0);
      const [p, q] = [toReal(x === null ? a : null, 'dynamic'), toReal(y === null ? b : null, 'dynamic')];
      return Array.from({ length }, (_, index) => {
        const left = x === null ? p : (x[index] ?? null);
        const right = y === null ? q : (y[index] ?? null);
        return left === null || right === null ? null : apply(left, right);
      });
    });
  };

const dot = (a: Numbers, b: Numbers) =>
  a.reduce<number>((sum, value, index) => sum + (value ?? 0) * (b[index] ?? 0), 0);

function dotProduct(a: Value, b: Value): number | null {
  const [x, y] = [numbersOf(a), numbersOf(b)];
  if (x !== null && y !== null) return x.length === y.length ? dot(x, y) : null;
  const list = x ?? y;
  const scale = toReal(x === null ? a : b, 'dynamic');
  return list === null || scale === null ? null : list.reduce<number>((sum, value) => sum + (value ?? 0) * scale, 0);
}

const magnitude = (series: Numbers) => Math.sqrt(dot(series, series));

function cosine(a: Value, b: Value): number | null {
  const [x, y] = [numbersOf(a), numbersOf(b)];
  return x === null || y === null || x.length !== y.length ? null : dot(x, y) / (magnitude(x) * magnitude(y));
}

function pearson(a: Value, b: Value): number | null {
  const [x, y] = [numbersOf(a), numbersOf(b)];
  if (x === null || y === null || x.length !== y.length || x.length === 0) return null;
  const mean = (list: Numbers) => list.reduce<number>((sum, value) => sum + (value ?? 0), 0) / list.length;
  const [mx, my] = [mean(x), mean(y)];
  const [dx, dy] = [x.map((value) => (value ?? 0) - mx), y.map((value) => (value ?? 0) - my)];
  return dot(dx, dy) / Math.sqrt(dot(dx, dx) * dot(dy, dy));
}

/** Whether an element is to be filled: the placeholder, or null where none is given. */
const isGap = (value: Value, placeholder: Value) =>
  value === null ||
  (placeholder !== null && placeholder !== undefined && toReal(value, 'dynamic') === toReal(placeholder, 'dynamic'));

function fillForward(series: Value, placeholder: Value = null): Value {
  if (!Array.isArray(series)) return null;
  let last: Value = null;
  return series.map((value) => {
    if (isGap(value, placeholder)) return last ?? value;
    last = value;
    return value;
  });
}

function fillBackward(series: Value, placeholder: Value = null): Value {
  if (!Array.isArray(series)) return null;
  return (fillForward(series.toReversed(), placeholder) as readonly Value[]).toReversed();
}

function fillConst(series: Value, constant: Value = 0, placeholder: Value = null): Value {
  return Array.isArray(series) ? series.map((value) => (isGap(value, placeholder) ? constant : value)) : null;
}

/** Between known neighbours by a straight line; the edges by the nearest known value; nothing known: the constant. */
function fillLinear(series: Value, placeholder: Value = null, edges: Value = true, constant: Value = 0): Value {
  if (!Array.isArray(series)) return null;
  const values = series.map((value) => (isGap(value, placeholder) ? null : toReal(value, 'dynamic')));
  const whole =
    series.every((value) => value === null || typeof value !== 'object') &&
    values.every((value) => value === null || Number.isInteger(value));
  const known = values.flatMap((value, index) => (value === null ? [] : [index]));
  if (known.length === 0) return values.map(() => constant);
  return values.map((value, index) => {
    if (value !== null) return value;
    const after = known.find((at) => at > index);
    const before = known.findLast((at) => at < index);
    if (before === undefined || after === undefined) return edges === false ? null : values[before ?? after ?? 0];
    const [from, to] = [values[before] ?? 0, values[after] ?? 0];
    const between = from + ((to - from) * (index - before)) / (after - before);
    return whole ? Math.trunc(between) : between;
  });
}

/** A finite impulse response filter; values outside the series count as zero. */
function fir(series: Value, filter: Value, normalize: Value = null, center: Value = false): Value {
  const [x, weights] = [numbersOf(series), numbersOf(filter)];
  if (x === null || weights === null) return null;
  const sum = weights.reduce<number>((total, weight) => total + (weight ?? 0), 0);
  const positive = weights.every((weight) => (weight ?? 0) >= 0);
  const scale = (normalize === null ? positive : normalize === true) && sum !== 0 ? 1 / sum : 1;
  const shift = center === true ? Math.floor(weights.length / 2) : 0;
  return x.map((_, index) =>
    weights.reduce<number>((total, weight, lag) => total + (weight ?? 0) * scale * (x[index + shift - lag] ?? 0), 0),
  );
}

export const seriesFunctions: Library = {
  series_abs: each(Math.abs),
  series_acos: each(Math.acos),
  series_asin: each(Math.asin),
  series_atan: each(Math.atan),
  series_ceiling: each(Math.ceil),
  series_cos: each(Math.cos),
  series_exp: each(Math.exp),
  series_floor: each(Math.floor),
  series_log: each(Math.log),
  series_sign: each(Math.sign),
  series_sin: each(Math.sin),
  series_tan: each(Math.tan),
  series_add: pairwise((a, b) => a + b),
  series_subtract: pairwise((a, b) => a - b),
  series_multiply: pairwise((a, b) => a * b),
  series_divide: pairwise((a, b) => a / b),
  series_pow: pairwise((a, b) => a ** b),
  series_equals: pairwise((a, b) => a === b),
  series_not_equals: pairwise((a, b) => a !== b),
  series_greater: pairwise((a, b) => a > b),
  series_greater_equals: pairwise((a, b) => a >= b),
  series_less: pairwise((a, b) => a < b),
  series_less_equals: pairwise((a, b) => a <= b),
  series_sum: simple(
    'd',
    (series: Value) => numbersOf(series)?.reduce<number>((sum, value) => sum + (value ?? 0), 0) ?? null,
  ),
  series_product: simple(
    'd',
    (series: Value) => numbersOf(series)?.reduce<number>((all, value) => all * (value ?? 1), 1) ?? null,
  ),
  series_magnitude: simple('d', (series: Value) => {
    const numbers = numbersOf(series);
    return numbers === null ? null : magnitude(numbers);
  }),
  series_dot_product: simple('dd', dotProduct),
  series_cosine_similarity: simple('dd', cosine),
  series_pearson_correlation: simple('dd', pearson),
  series_fill_forward: simple('dX', fillForward),
  series_fill_backward: simple('dX', fillBackward),
  series_fill_const: simple('dXX', fillConst),
  series_fill_linear: simple('dXXX', fillLinear),
  series_fir: simple('ddXX', fir),
};
