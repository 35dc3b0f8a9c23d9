import { convert, toReal } from '../convert.ts';
import { compile } from '../expressions.ts';
import { KqlFailure } from '../failure.ts';
import { type Plan, rowScope, type Scope } from '../scope.ts';
import { items, type Node, need } from '../syntax.ts';
import { columnsOf } from '../tabular.ts';
import { add, type Long, type Row, type Value } from '../values.ts';
import { outputs } from './outputs.ts';

const MOST_ROWS = 5_000_000;

export function printRows(node: Node, scope: Scope): Plan {
  const columns = columnsOf(node);
  const row = rowScope([]);
  const fields = outputs(items(node, 'Expressions'), { ...scope, row }).flatMap((output) => output.fields);
  const cells = fields.map(({ run }) => run([]));
  return { columns, run: () => [cells] };
}

export function rangeRows(node: Node, scope: Scope): Plan {
  const columns = columnsOf(node);
  const type = columns[0]?.type ?? 'long';
  const inside = { ...scope, row: rowScope([]) };
  const stepType = type === 'datetime' ? 'timespan' : type;
  const [from, to, step] = (['From', 'To', 'Step'] as const).map((part) => {
    const expr = compile(need(node, part), inside);
    const wanted = part === 'Step' ? stepType : type;
    return expr.type === wanted ? expr.run([]) : convert(expr.run([]), expr.type, wanted);
  });
  const rows = series(from ?? null, to ?? null, step ?? null, type === 'real').map((value): Row => [value]);
  return { columns, run: () => rows, serialized: true };
}

/** The values from … to … step, `most` of them; nothing where one of the three is null or the step is zero. */
export function series(from: Value, to: Value, step: Value, real: boolean, most = Infinity): Value[] {
  const values: Value[] = [];
  const size = toReal(step, 'real') ?? 0;
  if (from === null || to === null || step === null || size === 0) return values;
  const up = (step as Long) > 0;
  if (real) {
    const start = from as number;
    for (let index = 0; up ? start + index * size <= (to as number) : start + index * size >= (to as number); index++) {
      if (values.length >= most) break;
      values.push(start + index * size);
      tooMany(values.length);
    }
    return values;
  }
  for (let value = from as Long; up ? value <= (to as Long) : value >= (to as Long); value = add(value, step as Long)) {
    if (values.length >= most) break;
    values.push(value);
    tooMany(values.length);
  }
  return values;
}

export function tooMany(count: number): void {
  if (count > MOST_ROWS) throw new KqlFailure('LimitExceeded', `more than ${MOST_ROWS} rows`);
}
