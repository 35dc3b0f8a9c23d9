import { randomUUID } from 'node:crypto';
import { toReal } from '../convert.ts';
import { Decimal, decimalOf } from '../decimal.ts';
import { unsupported } from '../failure.ts';
import { derived, type Expr } from '../scope.ts';
import { isLong, type Long, long, negate } from '../values.ts';
import { type Library, type Maker, runAs, simple } from './define.ts';

const real = (apply: (value: number) => number) => simple('r', apply);

/** Null where the argument is outside what the function is defined for. */
const within = (low: number, high: number, apply: (value: number) => number) =>
  simple('r', (value: number) => (value < low || value > high ? null : apply(value)));

const abs: Maker = simple('x', (value: Long | number | Decimal) => {
  if (value instanceof Decimal) return value.digits < 0n ? new Decimal(-value.digits, value.scale) : value;
  return isLong(value) && value < 0 ? negate(value) : value;
});

/** Towards +∞; whole numbers stay as they are. */
const ceiling: Maker = simple('x', (value: Long | Decimal) => {
  if (value instanceof Decimal) return decimalOf(Math.ceil(value.toNumber()));
  return typeof value === 'number' ? Math.ceil(value) + 0 : value;
});

/** Half away from zero, at a number of decimals. */
function round(value: number, digits = 0): number {
  if (!Number.isFinite(value)) return value;
  const size = Number(`${Math.abs(value)}e${digits}`);
  const scaled = Number.isFinite(size) ? size : Math.abs(value) * 10 ** digits;
  const rounded = Math.round(scaled);
  return (Math.sign(value) * rounded) / 10 ** digits;
}

const roundMaker: Maker = (args, site) => {
  const [value] = args as [Expr];
  if (value.type === 'int' || value.type === 'long') {
    return derived(site.type, args, (row) => {
      const whole = value.run(row);
      const digits = Number(args[1]?.run(row) ?? 0);
      if (whole === null || digits >= 0) return whole;
      return long(BigInt(round(Number(whole), digits)));
    });
  }
  return simple('rl', round)(args, site);
};

const sign: Maker = simple('r', (value: number) => Math.sign(value));

const binary = (apply: (a: bigint, b: bigint) => bigint) =>
  simple('ll', (a: Long, b: Long) => long(apply(BigInt(a), BigInt(b))));

/** A shift by the count modulo 64; null where it is negative. */
const shift = (apply: (a: bigint, b: bigint) => bigint) =>
  simple('ll', (a: Long, b: Long) => (b < 0 ? null : long(apply(BigInt(a), BigInt(b) % 64n))));

const COMPARED: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['int', 'long', 'real', 'dynamic'].map((type) => [type, 'number'])),
  datetime: 'datetime',
  timespan: 'timespan',
};

const around: Maker = (args, site) => {
  const [value, center, delta] = args as [Expr, Expr, Expr];
  const kinds = args.map(({ type }) => COMPARED[type]);
  const isOne = kinds[0] !== undefined && kinds[0] === kinds[1];
  if (!isOne || kinds[2] !== (kinds[0] === 'datetime' ? 'timespan' : kinds[0]))
    throw unsupported(`around() of ${args.map(({ type }) => type).join(', ')}`, site.node.TextStart);
  const areReal = args.some(({ type }) => type === 'real' || type === 'dynamic');
  const runs = [value, center, delta].map((expr) => (areReal ? runAs(expr, 'real') : expr.run));
  return derived('bool', args, (row) => {
    const [a, b, d] = runs.map((run) => run(row)) as [Long | null, Long | null, Long | null];
    if (a === null || b === null || d === null) return null;
    const low =
      typeof a === 'number' && typeof b === 'number' && typeof d === 'number' ? a >= b - d && a <= b + d : undefined;
    return low ?? (BigInt(a) >= BigInt(b) - BigInt(d) && BigInt(a) <= BigInt(b) + BigInt(d));
  });
};

const rand: Maker = (args, site) => ({
  type: site.type,
  constant: false,
  run: (row) => {
    const top = args[0] === undefined ? null : toReal(args[0].run(row), args[0].type);
    return top === null || top <= 1 ? Math.random() : Math.floor(Math.random() * top);
  },
});

const newGuid: Maker = () => ({ type: 'guid', constant: false, run: () => randomUUID() });

function gamma(x: number): number {
  if (x <= 0 && Number.isInteger(x)) return Number.NaN;
  if (x < 0.5) return Math.PI / (Math.sin(Math.PI * x) * gamma(1 - x));
  if (Number.isInteger(x) && x < 171) {
    let product = 1;
    for (let factor = 2; factor < x; factor++) product *= factor;
    return product;
  }
  return Math.exp(logGamma(x));
}

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** The logarithm of the gamma function, by Lanczos' approximation (about 15 digits). */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - logGamma(1 - x);
  const shifted = x - 1;
  const base = shifted + 7.5;
  const sum = LANCZOS.reduce((total, factor, index) => (index === 0 ? factor : total + factor / (shifted + index)), 0);
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(base) - base + Math.log(sum);
}

export const mathFunctions: Library = {
  abs,
  ceiling,
  round: roundMaker,
  sign,
  sqrt: within(0, Infinity, Math.sqrt),
  pow: simple('rr', (base: number, exponent: number) => base ** exponent),
  exp: real(Math.exp),
  exp2: real((value) => 2 ** value),
  exp10: real((value) => 10 ** value),
  log: within(0, Infinity, Math.log),
  log2: within(0, Infinity, Math.log2),
  log10: within(0, Infinity, Math.log10),
  sin: real(Math.sin),
  cos: real(Math.cos),
  tan: real(Math.tan),
  asin: within(-1, 1, Math.asin),
  acos: within(-1, 1, Math.acos),
  atan: real(Math.atan),
  atan2: simple('rr', Math.atan2),
  cot: real((value) => 1 / Math.tan(value)),
  pi: simple('', () => Math.PI),
  degrees: real((value) => (value * 180) / Math.PI),
  radians: real((value) => (value * Math.PI) / 180),
  isnan: simple('r', (value: number) => Number.isNaN(value)),
  isinf: simple('r', (value: number) => Math.abs(value) === Infinity),
  isfinite: simple('r', (value: number) => Number.isFinite(value)),
  gamma: real(gamma),
  loggamma: real(logGamma),
  new_guid: newGuid,
  rand,
  around,
  binary_and: binary((a, b) => a & b),
  binary_or: binary((a, b) => a | b),
  binary_xor: binary((a, b) => a ^ b),
  binary_not: simple('l', (value: Long) => long(~BigInt(value))),
  binary_shift_left: shift((a, b) => a << b),
  binary_shift_right: shift((a, b) => a >> b),
  bitset_count_ones: simple(
    'l',
    (value: Long) => BigInt.asUintN(64, BigInt(value)).toString(2).replaceAll('0', '').length,
  ),
};
