import { compareValues, keyOf } from '../compare.ts';
import { toDecimal, toLong, toReal } from '../convert.ts';
import { addDecimals, type Decimal, decimalOf, divideDecimals } from '../decimal.ts';
import type { KqlType } from '../engine.ts';
import { toDynamic } from '../json.ts';
import type { Expr } from '../scope.ts';
import { add, isBag, type Long, long, missing, type Row, type Value } from '../values.ts';

/** The running state of one aggregate over one group. */
export interface Accumulator {
  add(row: Row): void;
  result(): Value;
}

export type Accumulate = () => Accumulator;

export function counting(): Accumulator {
  let count = 0;
  return {
    add: () => {
      count++;
    },
    result: () => count,
  };
}

/** Only the rows for which the predicate is true. */
export function filtered(inner: Accumulate, predicate: Expr): Accumulate {
  const { run } = predicate;
  return () => {
    const accumulator = inner();
    return {
      add: (row) => {
        if (run(row) === true) accumulator.add(row);
      },
      result: accumulator.result,
    };
  };
}

export function summing({ run, type }: Expr): Accumulate {
  if (type === 'decimal') return summingDecimals(run);
  if (type === 'real' || type === 'dynamic') {
    return () => {
      let sum = 0;
      return {
        add: (row) => {
          const value = type === 'real' ? (run(row) as number | null) : toReal(run(row), type);
          if (value !== null) sum += value;
        },
        result: () => sum,
      };
    };
  }
  return () => {
    let sum: Long = 0;
    return {
      add: (row) => {
        const value = run(row);
        if (value !== null) sum = add(sum, type === 'bool' ? Number(value) : (value as Long));
      },
      result: () => sum,
    };
  };
}

function summingDecimals(run: Expr['run']): Accumulate {
  return () => {
    let sum = decimalOf(0) as Decimal;
    return {
      add: (row) => {
        const value = run(row) as Decimal | null;
        if (value !== null) sum = addDecimals(sum, value);
      },
      result: () => sum,
    };
  };
}

/** The mean; NaN of no values, or null where the type has no NaN. */
export function averaging({ run, type }: Expr): Accumulate {
  if (type === 'datetime' || type === 'timespan' || type === 'decimal') return averagingExact(run, type);
  return () => {
    let sum = 0;
    let count = 0;
    return {
      add: (row) => {
        const value = run(row);
        if (value === null) return;
        const number = typeof value === 'number' ? value : toReal(value, type);
        if (number === null) return;
        sum += number;
        count++;
      },
      result: () => sum / count,
    };
  };
}

function averagingExact(run: Expr['run'], type: KqlType): Accumulate {
  return () => {
    let sum = 0n;
    let decimals = decimalOf(0) as Decimal;
    let count = 0;
    return {
      add: (row) => {
        const value = run(row);
        if (value === null) return;
        count++;
        if (type === 'decimal') decimals = addDecimals(decimals, value as Decimal);
        else sum += BigInt(value as Long);
      },
      result: () => {
        if (count === 0) return null;
        if (type === 'decimal') return divideDecimals(decimals, toDecimal(count, 'long') as Decimal);
        return long(sum / BigInt(count));
      },
    };
  };
}

/** The least (sign -1) or greatest (sign 1) value that is not null. */
export function extreme({ run, type }: Expr, sign: 1 | -1): Accumulate {
  return () => {
    let best: Value;
    return {
      add: (row) => {
        const value = run(row);
        if (value === null || Number.isNaN(value)) return;
        if (best === undefined || compareValues(value, best) * sign > 0) best = value;
      },
      result: () => (best === undefined ? missing(type) : best),
    };
  };
}

export function distinctCount({ run, type }: Expr): Accumulate {
  return () => {
    const seen = new Set<Value>();
    return {
      add: (row) => {
        const value = run(row);
        if (value !== null || type === 'string') seen.add(keyOf(value));
      },
      result: () => seen.size,
    };
  };
}

/** An array of the values; nulls only where asked for. */
export function listing({ run, type }: Expr, most: number, withNulls: boolean): Accumulate {
  return () => {
    const list: Value[] = [];
    return {
      add: (row) => {
        if (list.length >= most) return;
        const value = run(row);
        if (value !== null || withNulls) list.push(toDynamic(value, type));
      },
      result: () => list,
    };
  };
}

/** The distinct values in the order they came; the elements of arrays count one by one. */
export function collecting({ run, type }: Expr, most: number): Accumulate {
  return () => {
    const seen = new Map<Value, Value>();
    const put = (value: Value) => {
      if (value === null || seen.size >= most) return;
      const key = keyOf(value);
      if (!seen.has(key)) seen.set(key, value);
    };
    return {
      add: (row) => {
        const value = toDynamic(run(row), type);
        if (Array.isArray(value)) for (const item of value) put(item);
        else put(value);
      },
      result: () => [...seen.values()],
    };
  };
}

/** One bag of all properties; a repeated one keeps its last value. */
export function merging({ run }: Expr, most: number): Accumulate {
  return () => {
    const merged = new Map<string, Value>();
    return {
      add: (row) => {
        const value = run(row);
        if (!isBag(value)) return;
        for (const [name, item] of Object.entries(value)) {
          if (merged.has(name) || merged.size < most) merged.set(name, item);
        }
      },
      result: () => Object.fromEntries(merged),
    };
  };
}

/** The first value that is not null. */
export function first({ run, type }: Expr): Accumulate {
  return () => {
    let found: Value;
    return {
      add: (row) => {
        if (found !== undefined) return;
        const value = run(row);
        if (value !== null && value !== '') found = value;
      },
      result: () => (found === undefined ? missing(type) : found),
    };
  };
}

export function combining(expr: Expr, combine: (a: bigint, b: bigint) => bigint): Accumulate {
  return () => {
    let all: bigint | undefined;
    return {
      add: (row) => {
        const value = toLong(expr.run(row), expr.type);
        if (value === null) return;
        all = all === undefined ? BigInt(value) : combine(all, BigInt(value));
      },
      result: () => (all === undefined ? null : long(all)),
    };
  };
}

/** The row with the least (sign -1) or greatest (sign 1) key; the first one of equal ones. A null key only where there is no other. */
export function atExtreme(key: Expr, returned: readonly Expr[], sign: 1 | -1): Accumulate {
  return () => {
    let best: Value = null;
    let chosen: Row | undefined;
    return {
      add: (row) => {
        const value = key.run(row);
        if (chosen === undefined || (value !== null && (best === null || compareValues(value, best) * sign > 0))) {
          best = value;
          chosen = row;
        }
      },
      result: () => {
        const row = chosen;
        const values = [key, ...returned].map((expr) => (row === undefined ? missing(expr.type) : expr.run(row)));
        return values;
      },
    };
  };
}
