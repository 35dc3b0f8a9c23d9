import { KeyedMap } from '../compare.ts';
import type { Plan, Scope } from '../scope.ts';
import type { Node } from '../syntax.ts';
import type { Row } from '../values.ts';
import { project } from './project.ts';

export function distinct(node: Node, input: Plan, scope: Scope): Plan {
  const { columns, run } = project(node, input, scope);
  return {
    columns,
    run: () => {
      const seen = new KeyedMap<Row>();
      for (const row of run()) seen.get(row, () => row);
      return seen.all();
    },
  };
}
