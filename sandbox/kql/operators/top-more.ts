import { compileAggregates } from '../aggregates/compile.ts';
import { KeyedMap } from '../compare.ts';
import { toReal } from '../convert.ts';
import { compile, compileKey } from '../expressions.ts';
import { unsupported } from '../failure.ts';
import { type Expr, eachRow, type Plan, rowScope, type Scope } from '../scope.ts';
import { child, items, kindOf, type Node, need, tokenText } from '../syntax.ts';
import { columnsOf } from '../tabular.ts';
import type { Row, Value } from '../values.ts';
import { rowCount } from './rows.ts';
import { compareBy } from './sort.ts';
import { unnamed } from './summarize.ts';

interface Level {
  readonly key: Expr;
  readonly count: number;
  readonly ascending: boolean;
  readonly value: (rows: readonly Row[]) => Value;
}

function levelOf(clause: Node, scope: Scope): Level {
  if (child(clause, 'WithOthersClause') !== undefined) throw unsupported('top-nested with others', clause.TextStart);
  const by = need(clause, 'ByExpression');
  const ordered = kindOf(by) === 'OrderedExpression';
  const expression = ordered ? need(by, 'Expression') : by;
  const { create, columns } = compileAggregates([expression], scope, new Set());
  const count = child(clause, 'Expression');
  return {
    key: compileKey(unnamed(need(clause, 'OfExpression')), scope),
    count: count === undefined ? Infinity : rowCount(count, scope),
    ascending: ordered && tokenText(need(by, 'Ordering'), 'AscOrDescKeyword') === 'asc',
    value: (rows) => {
      const accumulators = create();
      for (const row of rows) for (const accumulator of accumulators) accumulator.add(row);
      return columns[0]?.run(accumulators.map((accumulator) => accumulator.result())) ?? null;
    },
  };
}

function nest(rows: readonly Row[], [level, ...deeper]: readonly Level[]): Row[] {
  if (level === undefined) return [[]];
  const groups = new KeyedMap<{ readonly key: Value; readonly rows: Row[] }>();
  for (const row of rows) {
    const key = level.key.run(row);
    groups.get([key], () => ({ key, rows: [] })).rows.push(row);
  }
  const order = { expr: level.key, ascending: level.ascending, nullsFirst: level.ascending };
  return groups
    .all()
    .map((group) => ({ ...group, value: level.value(group.rows) }))
    .sort((a, b) => compareBy(a.value, b.value, order))
    .slice(0, level.count)
    .flatMap(({ key, rows: own, value }) => nest(own, deeper).map((rest) => [key, value, ...rest]));
}

export function topNested(node: Node, input: Plan, scope: Scope): Plan {
  const inside = { ...scope, row: rowScope(input.columns) };
  const levels = items(node, 'Clauses').map((clause) => levelOf(clause, inside));
  return { columns: columnsOf(node), run: () => nest(input.run(), levels) };
}

/** The values with the most rows, or the greatest sum. */
export function topHitters(node: Node, input: Plan, scope: Scope): Plan {
  const row = rowScope(input.columns);
  const count = rowCount(need(node, 'Expression'), scope);
  const key = compileKey(need(node, 'OfExpression'), { ...scope, row });
  const by = child(node, 'ByClause');
  const weight = by === undefined ? undefined : compile(need(by, 'Expression'), { ...scope, row });
  return {
    columns: columnsOf(node),
    run: () => {
      const hits = new KeyedMap<{ readonly key: Value; total: number }>();
      eachRow(row, input.run(), (cells) => {
        const value = key.run(cells);
        const hit = hits.get([value], () => ({ key: value, total: 0 }));
        hit.total += weight === undefined ? 1 : (toReal(weight.run(cells), weight.type) ?? 0);
      });
      return hits
        .all()
        .toSorted((a, b) => b.total - a.total)
        .slice(0, count)
        .map(({ key: value, total }) => [value, total]);
    },
  };
}

/** So many rows, spread evenly over all: a sample need not be random, and a repeatable one can be tested. */
export function sample(node: Node, input: Plan, scope: Scope): Plan {
  const count = rowCount(need(node, 'Expression'), scope);
  return {
    columns: input.columns,
    run: () => {
      const rows = input.run();
      if (rows.length <= count) return rows;
      return Array.from({ length: count }, (_, index) => rows[Math.floor((index * rows.length) / count)] ?? []);
    },
  };
}

export function sampleDistinct(node: Node, input: Plan, scope: Scope): Plan {
  const row = rowScope(input.columns);
  const count = rowCount(need(node, 'Expression'), scope);
  const expr = compile(need(node, 'OfExpression'), { ...scope, row });
  return {
    columns: columnsOf(node),
    run: () => {
      const seen = new KeyedMap<Row>();
      eachRow(row, input.run(), (cells) => {
        const value = expr.run(cells);
        seen.get([value], () => [value]);
      });
      return seen.all().slice(0, count);
    },
  };
}
