import type { Table } from './cells.ts';
import type { Plan } from './scope.ts';
import type { Row } from './values.ts';

/** The plan, run at most once. */
export function memo(plan: Plan): Plan {
  let rows: readonly Row[] | undefined;
  return {
    ...plan,
    run: () => {
      rows ??= plan.run();
      return rows;
    },
  };
}

export function planOf(table: Table, name?: string): Plan {
  const { columns, rows } = table;
  return name === undefined ? { columns, run: () => rows } : { columns, run: () => rows, name };
}
