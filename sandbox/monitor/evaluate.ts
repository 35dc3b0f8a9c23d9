/** One evaluation of a log search alert rule: its query over the rows that can be queried by then, split and measured. */
import { type Tables, withinSpan } from '../data-plane/log-tables.ts';
import { type Analysed, analyse } from '../kql/analyser.ts';
import { printTable } from '../kql/cells.ts';
import type { KqlTable } from '../kql/engine.ts';
import { asError } from '../kql/failure.ts';
import { runBlock } from '../kql/statements.ts';
import { bareQuery } from './refusals.ts';
import type { AlertRule } from './rules.ts';

export interface Dimension {
  readonly name: string;
  readonly value: string;
}

/** What one combination of dimensions came to. */
export interface Reading {
  readonly dimensions: readonly Dimension[];
  /** of the latest period */
  readonly value: number;
  readonly violates: boolean;
}

export type Evaluation =
  | { readonly ok: true; readonly from: Date; readonly readings: readonly Reading[] }
  | { readonly ok: false; readonly error: string };

const twoDays = 2 * 86_400;
const usesAgo = /\bago\s*\(/;

/** Evaluates the rule at a time over the rows that are visible then. Whatever is wrong with its query is told, not thrown. */
export function evaluate(rule: AlertRule, visible: Tables, at: Date): Evaluation {
  const { numberOfEvaluationPeriods: periods, minFailingPeriodsToAlert: least } = rule.failingPeriods;
  const found: ReadonlyMap<string, Measured>[] = [];
  const range = rangeOf(rule);
  for (let period = 0; period < periods; period += 1) {
    const until = new Date(at.getTime() - period * rule.window * 1000);
    const from = new Date(until.getTime() - range * 1000);
    const table = query(rule.query, withinSpan(visible, { from, to: new Date(until.getTime() + 1) }), until);
    if (typeof table === 'string') return { ok: false, error: table };
    const measured = measure(rule, table);
    if (typeof measured === 'string') return { ok: false, error: measured };
    found.push(measured);
  }
  const readings = [...(found[0] ?? [])].map(([key, { dimensions, value }]): Reading => {
    const failing = found.filter((one) => violates(rule, one.get(key)?.value)).length;
    return { dimensions, value, violates: failing >= least };
  });
  return { ok: true, from: new Date(at.getTime() - range * 1000), readings };
}

/** A query that says ago() is given two days, whatever it says there. */
function rangeOf(rule: AlertRule): number {
  return rule.overrideQueryTimeRange ?? (usesAgo.test(bareQuery(rule.query)) ? twoDays : rule.window);
}

const analyses = new Map<string, Analysed>();

/** The result, or what is wrong with the query. What the language service makes of a query is kept: it is what takes long. */
function query(text: string, tables: Tables, now: Date): KqlTable | string {
  const database = { tables, dialect: 'log-analytics' } as const;
  const options = { now };
  const schema = [...tables].map(
    ([name, { columns }]) => `${name}(${columns.map((one) => `${one.name}:${one.type}`)})`,
  );
  const key = `${schema.join()}\n${text}`;
  try {
    const analysed = analyses.get(key) ?? analyse(text, database, options);
    analyses.set(key, analysed);
    return printTable(runBlock({ ...analysed, database, options }), undefined);
  } catch (error) {
    const { code, message } = asError(error, text);
    return `${code}: ${message}`;
  }
}

interface Measured {
  readonly dimensions: readonly Dimension[];
  readonly value: number;
}

function measure(rule: AlertRule, { columns, rows }: KqlTable): ReadonlyMap<string, Measured> | string {
  const placeOf = (name: string): number => columns.findIndex((column) => column.name === name);
  const places = rule.dimensions.map(({ name }) => placeOf(name));
  const missing = rule.dimensions.filter((_, index) => places[index] === -1).map(({ name }) => name);
  const measured = rule.metricMeasureColumn === undefined ? undefined : placeOf(rule.metricMeasureColumn);
  if (measured === -1) missing.push(rule.metricMeasureColumn ?? '');
  if (missing.length > 0) return `the query's result has no column ${missing.join(', ')}`;
  const unfit = places.find((place) => !/^(?:string|guid|int|long|real|decimal)$/.test(columns[place]?.type ?? ''));
  if (unfit !== undefined)
    return `the column ${columns[unfit]?.name} is no text and no number: it cannot split the rule`;
  const groups = Map.groupBy(
    rows.filter((row) => isIncluded(rule, row, places)),
    (row) => JSON.stringify(places.map((place) => textOf(row[place]))),
  );
  if (rule.dimensions.length === 0 && groups.size === 0 && rule.timeAggregation === 'Count') groups.set('[]', []);
  return new Map(
    [...groups].flatMap(([key, group]) => {
      const value = aggregate(rule, measured === undefined ? [] : group.map((row) => row[measured]), group.length);
      if (value === undefined) return [];
      const values: readonly string[] = JSON.parse(key);
      return [[key, { dimensions: rule.dimensions.map(({ name }, i) => ({ name, value: values[i] ?? '' })), value }]];
    }),
  );
}

function isIncluded(rule: AlertRule, row: readonly unknown[], places: readonly number[]): boolean {
  return rule.dimensions.every(({ operator, values }, index) => {
    const listed = values.includes('*') || values.includes(textOf(row[places[index] ?? -1]));
    return operator === 'Include' ? listed : !listed;
  });
}

/** Undefined where there is nothing to measure: then nothing is compared with the threshold. */
function aggregate(rule: AlertRule, cells: readonly unknown[], count: number): number | undefined {
  if (rule.timeAggregation === 'Count') return count;
  const values = cells
    .filter((cell) => cell !== null && cell !== undefined)
    .map(Number)
    .filter(Number.isFinite);
  if (values.length === 0) return undefined;
  const total = values.reduce((sum, value) => sum + value, 0);
  if (rule.timeAggregation === 'Total') return total;
  if (rule.timeAggregation === 'Average') return total / values.length;
  return rule.timeAggregation === 'Maximum' ? Math.max(...values) : Math.min(...values);
}

function violates(rule: AlertRule, value: number | undefined): boolean {
  if (value === undefined) return false;
  switch (rule.operator) {
    case 'GreaterThan':
      return value > rule.threshold;
    case 'GreaterThanOrEqual':
      return value >= rule.threshold;
    case 'LessThan':
      return value < rule.threshold;
    case 'LessThanOrEqual':
      return value <= rule.threshold;
    case 'Equal':
      return value === rule.threshold;
  }
}

function textOf(cell: unknown): string {
  return cell === null || cell === undefined ? '' : String(cell);
}
