import { type Library, simple } from './define.ts';
import { logGamma } from './math.ts';

const TINY = 1e-300;
const ENOUGH = 1e-16;

/** The regularized lower incomplete gamma function of 1/2, by its series for small x and its continued fraction for large. */
function errorFunction(x: number): readonly [number, number] {
  const square = x * x;
  if (square < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > Math.abs(sum) * ENOUGH && n < 500; n++) {
      term *= -square / n;
      sum += term / (2 * n + 1);
    }
    const value = (2 / Math.sqrt(Math.PI)) * sum;
    return [value, 1 - value];
  }
  const size = Math.abs(x);
  let fraction = 0;
  for (let n = 120; n >= 1; n--) fraction = n / 2 / (size + fraction);
  const rest = Math.exp(-square) / Math.sqrt(Math.PI) / (size + fraction);
  return x > 0 ? [1 - rest, rest] : [rest - 1, 2 - rest];
}

const logBeta = (a: number, b: number) => logGamma(a) + logGamma(b) - logGamma(a + b);

/** The regularized incomplete beta function, by Lentz' continued fraction. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const keep = (value: number) => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / keep(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / keep(1 + even * d);
    c = keep(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / keep(1 + odd * d);
    c = keep(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < ENOUGH) break;
  }
  return (Math.exp(a * Math.log(x) + b * Math.log(1 - x) - logBeta(a, b)) * fraction) / a;
}

const outside = (a: number, b: number, most = Infinity) => a <= 0 || b <= 0 || a > most || b > most;

/** The x with that much of the distribution below it, by halving. */
function inverseBeta(probability: number, a: number, b: number): number | null {
  if (a <= 0 || b <= 0) return null;
  if (probability <= 0 || probability > 1) return Number.NaN;
  let low = 0;
  let high = 1;
  for (let step = 0; step < 200 && high - low > Number.EPSILON * high; step++) {
    const middle = (low + high) / 2;
    if (incompleteBeta(middle, a, b) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The two-sided probability of Welch's t-test. */
function welch(
  mean1: number,
  variance1: number,
  count1: number,
  mean2: number,
  variance2: number,
  count2: number,
): number {
  const [a, b] = [variance1 / count1, variance2 / count2];
  const t = (mean1 - mean2) / Math.sqrt(a + b);
  const freedom = (a + b) ** 2 / (a ** 2 / (count1 - 1) + b ** 2 / (count2 - 1));
  return incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5);
}

export const specialFunctions: Library = {
  erf: simple('r', (x: number) => errorFunction(x)[0]),
  erfc: simple('r', (x: number) => errorFunction(x)[1]),
  beta_cdf: simple('rrr', (x: number, a: number, b: number) =>
    x < 0 || x > 1 || outside(a, b, 10_000) ? Number.NaN : incompleteBeta(x, a, b),
  ),
  beta_inv: simple('rrr', inverseBeta),
  beta_pdf: simple('rrr', (x: number, a: number, b: number) =>
    x <= 0 || x >= 1 || outside(a, b)
      ? Number.NaN
      : Math.exp((a - 1) * Math.log(x) + (b - 1) * Math.log(1 - x) - logBeta(a, b)),
  ),
  welch_test: simple('rrrrrr', welch),
};
