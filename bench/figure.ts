/** One measured figure, and the goal it is held to, if there is one. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly goal?: string;
  readonly met?: boolean;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** A figure that must not exceed a limit. */
export function atMost(what: string, value: number, unit: string, limit: number): Figure {
  return { what, value, unit, goal: `≤ ${limit} ${unit}`, met: value <= limit };
}
