import { rowKey } from '../compare.ts';
import type { Plan, Scope } from '../scope.ts';
import type { Node } from '../syntax.ts';
import type { Row, Value } from '../values.ts';
import { project } from './project.ts';

export function distinct(node: Node, input: Plan, scope: Scope): Plan {
  const { columns, run } = project(node, input, scope);
  return {
    columns,
    run: () => {
      const seen = new Map<Value, Row>();
      for (const row of run()) {
        const key = rowKey(row);
        if (!seen.has(key)) seen.set(key, row);
      }
      return [...seen.values()];
    },
  };
}
