import { compareValues } from '../compare.ts';
import { toReal } from '../convert.ts';
import type { Expr } from '../scope.ts';
import type { Value } from '../values.ts';
import type { Accumulate } from './accumulators.ts';

/** Variance by Welford's method: exact enough where the mean is large. */
export function spreading({ run, type }: Expr, sample: boolean, finish: (variance: number) => number): Accumulate {
  return () => {
    let count = 0;
    let mean = 0;
    let squares = 0;
    return {
      add: (row) => {
        const value = toReal(run(row), type);
        if (value === null) return;
        count++;
        const distance = value - mean;
        mean += distance / count;
        squares += distance * (value - mean);
      },
      result: () => {
        const divisor = sample ? count - 1 : count;
        return divisor <= 0 ? 0 : finish(squares / divisor);
      },
    };
  };
}

export function covarying(x: Expr, y: Expr, sample: boolean): Accumulate {
  return () => {
    let count = 0;
    let meanX = 0;
    let meanY = 0;
    let products = 0;
    return {
      add: (row) => {
        const a = toReal(x.run(row), x.type);
        const b = toReal(y.run(row), y.type);
        if (a === null || b === null) return;
        count++;
        const distance = a - meanX;
        meanX += distance / count;
        meanY += (b - meanY) / count;
        products += distance * (b - meanY);
      },
      result: () => {
        const divisor = sample ? count - 1 : count;
        return divisor <= 0 ? 0 : products / divisor;
      },
    };
  };
}

/** The values in order, with their weights, for percentiles. */
export interface Ranked {
  readonly value: Value;
  readonly weight: number;
}

export function ranking(
  { run, type }: Expr,
  weight: Expr | undefined,
  finish: (ranked: readonly Ranked[]) => Value,
): Accumulate {
  return () => {
    const values: Ranked[] = [];
    return {
      add: (row) => {
        const value = run(row);
        if (value === null) return;
        const times = weight === undefined ? 1 : (toReal(weight.run(row), weight.type) ?? 0);
        if (times > 0) values.push({ value: type === 'dynamic' ? toReal(value, type) : value, weight: times });
      },
      result: () => finish(values.sort((a, b) => compareValues(a.value, b.value))),
    };
  };
}

/** The nearest-rank percentile: the least value with at least that share of the weight at or below it. */
export function percentileOf(ranked: readonly Ranked[], percentile: number): Value {
  const total = ranked.reduce((sum, { weight }) => sum + weight, 0);
  const wanted = (total * percentile) / 100;
  let passed = 0;
  for (const { value, weight } of ranked) {
    passed += weight;
    if (passed >= wanted - 1e-9) return value;
  }
  return ranked.at(-1)?.value ?? null;
}
