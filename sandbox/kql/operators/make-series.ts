import type { Accumulator } from '../aggregates/accumulators.ts';
import { compileAggregates } from '../aggregates/compile.ts';
import { rowKey } from '../compare.ts';
import { convert } from '../convert.ts';
import type { KqlType } from '../engine.ts';
import { compile, compileKey } from '../expressions.ts';
import { invalid, unsupported } from '../failure.ts';
import { originOf } from '../functions/bins.ts';
import { toDynamic } from '../json.ts';
import { type Expr, NO_ROW, type Plan, type RowScope, rowScope, type Scope } from '../scope.ts';
import { child, items, kindOf, type Node, need } from '../syntax.ts';
import { columnsOf } from '../tabular.ts';
import { add, floorTo, type Long, type Row, type Value } from '../values.ts';
import { parameterOf } from './parameters.ts';
import { tooMany } from './sources.ts';
import { unnamed } from './summarize.ts';

interface Axis {
  readonly expr: Expr;
  readonly from: Value;
  readonly to: Value;
  readonly step: Value;
}

interface Series {
  readonly keys: readonly Value[];
  readonly bins: Map<Value, readonly Accumulator[]>;
}

/** The type of the distance between two values of the axis. */
function stepType(type: KqlType): KqlType {
  return type === 'datetime' ? 'timespan' : type;
}

function axisOf(node: Node, scope: Scope): Axis {
  const expr = compile(unnamed(need(need(node, 'OnClause'), 'Expression')), scope);
  const range = need(node, 'RangeClause');
  const value = (part: Node | undefined, type: KqlType): Value => {
    if (part === undefined) return null;
    const bound = compile(part, { ...scope, row: rowScope([]) });
    return convert(bound.run(NO_ROW), bound.type, type);
  };
  if (kindOf(range) === 'MakeSeriesInRangeClause') {
    const [from, to, step] = items(need(range, 'Arguments'), 'Expressions');
    const axis: Axis = {
      expr,
      from: value(from, expr.type),
      to: inclusive(value(to, expr.type)),
      step: value(step, stepType(expr.type)),
    };
    // Kusto bins such an axis with bin(), so that a start between two bins is not on it.
    if (axis.from !== null && binOf(axis.from, { ...axis, from: null }) !== axis.from)
      throw unsupported('make-series in range() from a start that is no multiple of the step', range.TextStart);
    return axis;
  }
  const bound = (name: string) => {
    const clause = child(range, name);
    return clause === undefined ? undefined : need(clause, 'Expression');
  };
  return {
    expr,
    from: value(bound('MakeSeriesFromClause'), expr.type),
    to: value(bound('MakeSeriesToClause'), expr.type),
    step: value(bound('MakeSeriesStepClause'), stepType(expr.type)),
  };
}

/** `in range()` includes its end. */
function inclusive(value: Value): Value {
  return value === null ? null : typeof value === 'bigint' || Number.isInteger(value) ? add(value as Long, 1) : value;
}

function binOf(value: Value, { expr, from, step }: Axis): Value {
  if (expr.type !== 'real') {
    const origin = (from ?? (expr.type === 'datetime' ? originOf(step as Long) : 0)) as Long;
    return floorTo(value as Long, step as Long, origin);
  }
  const origin = (from ?? 0) as number;
  const size = step as number;
  return origin + Math.floor(((value as number) - origin) / size) * size;
}

function next(value: Value, step: Value, type: KqlType): Value {
  return type === 'real' ? (value as number) + (step as number) : add(value as Long, step as Long);
}

const below = (a: Value, b: Value) => (a as Long) < (b as Long);

/** The bins of one series: where an end is not given, from its least to its greatest bin that has rows. */
function binsOf(axis: Axis, seen: Iterable<Value>): Value[] {
  let from = axis.from;
  let to = axis.to;
  let last: Value = null;
  for (const bin of seen) {
    if (axis.from === null && (from === null || below(bin, from))) from = bin;
    if (last === null || below(last, bin)) last = bin;
  }
  if (to === null && last !== null) to = next(last, axis.step, axis.expr.type);
  const bins: Value[] = [];
  if (from === null || to === null) return bins;
  for (let bin: Value = from; below(bin, to); bin = next(bin, axis.step, axis.expr.type)) {
    bins.push(bin);
    tooMany(bins.length);
  }
  return bins;
}

export function makeSeries(node: Node, input: Plan, scope: Scope): Plan {
  const kind = parameterOf(node, 'kind');
  if (kind !== undefined && kind !== 'nonempty') throw unsupported(`make-series kind=${kind}`, node.TextStart);
  const row = rowScope(input.columns);
  const inside = { ...scope, row };
  const axis = axisOf(node, inside);
  if (axis.step === null || !((axis.step as Long) > 0)) throw invalid('make-series needs a step', node.TextStart);
  const by = child(node, 'ByClause');
  const keys = (by === undefined ? [] : items(by, 'Expressions')).map((item) => compileKey(unnamed(item), inside));
  const aggregates = items(node, 'Aggregates');
  const { create, columns: values } = compileAggregates(
    aggregates.map((item) => need(item, 'Expression')),
    inside,
    new Set(),
  );
  const defaults = aggregates.map((item, index): Value => {
    const clause = child(item, 'DefaultExpression');
    const type = values[index]?.type ?? 'real';
    if (clause === undefined) return type === 'string' || type === 'dynamic' ? null : toDynamic(0, type);
    const given = compile(need(clause, 'Expression'), { ...scope, row: rowScope([]) });
    const value = given.run(NO_ROW);
    return toDynamic(
      type === 'dynamic' ? value : convert(value, given.type, type),
      type === 'dynamic' ? given.type : type,
    );
  });
  return {
    columns: columnsOf(node),
    run: () => {
      const series = collect(input.run(), axis, keys, create, row);
      if (series.length === 0 && keys.length === 0 && kind === 'nonempty') series.push({ keys: [], bins: new Map() });
      return series.map(({ keys: cells, bins: own }): Row => {
        const bins = binsOf(axis, own.keys());
        const axisCell = bins.map((bin) => toDynamic(bin, axis.expr.type));
        const results = bins.map((bin) => own.get(bin)?.map((accumulator) => accumulator.result()));
        const lists = values.map(({ run, type }, index) =>
          results.map((slots) => (slots === undefined ? (defaults[index] ?? null) : toDynamic(run(slots), type))),
        );
        return [...cells, ...lists, axisCell];
      });
    },
  };
}

function collect(
  rows: readonly Row[],
  axis: Axis,
  keys: readonly Expr[],
  create: () => readonly Accumulator[],
  row: RowScope,
): Series[] {
  const all = new Map<Value, Series>();
  row.cursor.rows = rows;
  for (const cells of rows) {
    const value = axis.expr.run(cells);
    if (
      value === null ||
      (axis.from !== null && below(value, axis.from)) ||
      (axis.to !== null && !below(value, axis.to))
    )
      continue;
    const bin = binOf(value, axis);
    const own = keys.map(({ run }) => run(cells));
    const key = rowKey(own);
    let series = all.get(key);
    if (series === undefined) {
      series = { keys: own, bins: new Map() };
      all.set(key, series);
    }
    let accumulators = series.bins.get(bin);
    if (accumulators === undefined) {
      accumulators = create();
      series.bins.set(bin, accumulators);
    }
    for (const accumulator of accumulators) accumulator.add(cells);
  }
  return [...all.values()];
}
