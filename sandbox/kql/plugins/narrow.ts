import { toText } from '../convert.ts';
import type { Plan } from '../scope.ts';
import type { Row } from '../values.ts';
import type { PluginArguments } from './evaluate.ts';

/** One row a cell. */
export function narrow(_args: PluginArguments, input: Plan): Plan {
  return {
    columns: [
      { name: 'Row', type: 'long' },
      { name: 'Column', type: 'string' },
      { name: 'Value', type: 'string' },
    ],
    run: () =>
      input
        .run()
        .flatMap((cells, index) =>
          input.columns.map(({ name, type }, position): Row => [index, name, toText(cells[position], type)]),
        ),
  };
}
