import { validTicks } from '../datetime.ts';
import { type Decimal, moduloDecimals, subtractDecimals } from '../decimal.ts';
import type { KqlType } from '../engine.ts';
import { compile } from '../expressions.ts';
import { invalid } from '../failure.ts';
import { derived, type Expr } from '../scope.ts';
import { floorTo, type Long, type Value } from '../values.ts';
import { alias, type Library, type Maker, runAs } from './define.ts';

const isTime = (type: KqlType) => type === 'datetime' || type === 'timespan';

/** bin(), bin_at() and floor(): down to a multiple of the size, counted from the origin. */
const bin: Maker = (args, site) => {
  const [value, size, origin] = args as [Expr, Expr, Expr | undefined];
  const type = site.type === 'dynamic' ? value.type : site.type;
  const stepType = isTime(type) ? 'timespan' : type;
  const run = runAs(value, type);
  const step = runAs(size, stepType);
  const start = origin === undefined ? undefined : runAs(origin, type);
  return derived(type, args, (row) => binned(run(row), step(row), start?.(row), type));
};

/** Datetimes are counted from 0001-01-01, which is a whole number of days, not of weeks, before the epoch used here. */
const DAYS_BEFORE = -637_134_336_000_000_000n;

function binned(value: Value, size: Value, origin: Value, type: KqlType): Value {
  if (value === null || size === null || origin === null) return null;
  if (type === 'real') {
    const step = size as number;
    if (!(step > 0)) return null;
    const from = (origin as number | undefined) ?? 0;
    return from + Math.floor(((value as number) - from) / step) * step;
  }
  if (type === 'decimal') {
    const rest = moduloDecimals(value as Decimal, size as Decimal);
    return rest === null ? null : subtractDecimals(value as Decimal, rest);
  }
  if (!((size as Long) > 0)) return null;
  const from = (origin as Long | undefined) ?? (type === 'datetime' ? originOf(size as Long) : 0);
  const result = floorTo(value as Long, size as Long, from);
  return type === 'datetime' && result !== null ? validTicks(result) : result;
}

/** An origin near zero that is a whole number of sizes away from 0001-01-01. */
export function originOf(size: Long): Long {
  const big = BigInt(size);
  const rest = DAYS_BEFORE % big;
  return rest === 0n ? 0 : Number.isSafeInteger(Number(rest)) ? Number(rest) : rest;
}

/** bin_at() with the size and the origin that the query has set. */
const binAuto: Maker = (args, site) => {
  const [value] = args as [Expr];
  const { settings } = site.scope.env.context;
  const size = settings.get('query_bin_auto_size');
  if (size === undefined) throw invalid('bin_auto() needs query_bin_auto_size to be set', site.node.TextStart);
  const origin = settings.get('query_bin_auto_at');
  const given = [size, ...(origin === undefined ? [] : [origin])].map((node) => compile(node, site.scope));
  return bin([value, ...given], site);
};

export const binFunctions: Library = { ...alias(['bin', 'floor', 'bin_at'], bin), bin_auto: binAuto };
