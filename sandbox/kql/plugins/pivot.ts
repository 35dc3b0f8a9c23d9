import { compileAggregates } from '../aggregates/compile.ts';
import { compareStrings, KeyedMap } from '../compare.ts';
import { toText } from '../convert.ts';
import type { KqlColumn } from '../engine.ts';
import { compile } from '../expressions.ts';
import { invalid } from '../failure.ts';
import { type Plan, rowScope, type Scope } from '../scope.ts';
import { argumentsOf, type Node } from '../syntax.ts';
import type { Row, Value } from '../values.ts';
import type { PluginArguments } from './evaluate.ts';

interface Group {
  readonly key: readonly Value[];
  readonly cells: Map<string, Row[]>;
}

/** One column a value of the pivot column, each cell an aggregate (count() unless told) of the rows that meet there. */
export function pivot({ placed }: PluginArguments, input: Plan, scope: Scope, node: Node): Plan {
  const row = rowScope(input.columns);
  const inside = { ...scope, row };
  const [by, aggregate, ...others] = placed;
  if (by === undefined) throw invalid('pivot needs a column', node.TextStart);
  const pivotColumn = compile(by, inside);
  const aggregated = aggregate === undefined ? [] : argumentsOf(aggregate).map((argument) => argument.SimpleName);
  const used = new Set([by.SimpleName, ...aggregated]);
  const names = others.length > 0 ? others.map((other) => other.SimpleName ?? '') : undefined;
  const kept = input.columns
    .map((column, position) => ({ column, position }))
    .filter(({ column }) => (names === undefined ? !used.has(column.name) : names.includes(column.name)));
  const aggregation =
    aggregate === undefined
      ? undefined
      : compileAggregates([aggregate], inside, new Set(kept.map(({ column }) => column.name)));
  const cellOf = (rows: readonly Row[]): Value => {
    const [column] = aggregation?.columns ?? [];
    if (aggregation === undefined || column === undefined) return rows.length;
    const accumulators = aggregation.create();
    for (const cells of rows) for (const accumulator of accumulators) accumulator.add(cells);
    return column.run(accumulators.map((accumulator) => accumulator.result()));
  };
  const found = new KeyedMap<Group>();
  const headings = new Set<string>();
  for (const cells of input.run()) {
    const key = kept.map(({ position }) => cells[position]);
    const group = found.get(key, () => ({ key, cells: new Map() }));
    const heading = toText(pivotColumn.run(cells), pivotColumn.type);
    headings.add(heading);
    const list = group.cells.get(heading);
    if (list === undefined) group.cells.set(heading, [cells]);
    else list.push(cells);
  }
  const sorted = [...headings].sort(compareStrings);
  const type = aggregation?.columns[0]?.type ?? 'long';
  const columns: KqlColumn[] = [...kept.map(({ column }) => column), ...sorted.map((name) => ({ name, type }))];
  const rows = found
    .all()
    .map(({ key, cells }): Row => [...key, ...sorted.map((name) => cellOf(cells.get(name) ?? []))]);
  return { columns, run: () => rows };
}
