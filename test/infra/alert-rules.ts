import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { type KqlDatabase, type KqlType, runQuery, tableFromRecords } from '../../sandbox/kql/engine.ts';

/** The deployed alert rules, run over literal rows as Azure runs them: lookback, dimensions, threshold. */

const folder = fileURLToPath(new URL('../../infra/alerts/', import.meta.url));
const duration = z.enum(['PT5M', 'PT10M', 'PT15M', 'PT30M', 'PT45M', 'PT1H', 'PT2H', 'PT6H', 'P1D', 'P2D']);

/** What Azure allows (functions facts 4.2); strict, so that a misspelt setting is no setting that is silently left out. */
export const ruleSchema = z.strictObject({
  name: z.string().regex(/^[a-z]+(-[a-z]+)*$/),
  title: z.string().min(5).max(80),
  description: z.string().min(20).max(300),
  kql: z.string().regex(/^[a-z-]+\.kql$/),
  severity: z.int().min(0).max(4),
  frequency: duration,
  window: duration,
  overrideQueryTimeRange: duration.nullable(),
  dimensions: z
    .array(z.strictObject({ name: z.string(), operator: z.literal('Include'), values: z.array(z.string()).min(1) }))
    .max(6),
  metricMeasureColumn: z.string(),
  timeAggregation: z.enum(['Total', 'Maximum']),
  operator: z.enum(['GreaterThan']),
  threshold: z.int().min(0),
  autoMitigate: z.literal(true),
  action: z.enum(['page', 'none']),
});
export type Rule = z.infer<typeof ruleSchema>;

export const rules: readonly Rule[] = z
  .array(ruleSchema)
  .parse(JSON.parse(readFileSync(`${folder}rules.json`, 'utf8')));
export const queryFiles: readonly string[] = readdirSync(folder).filter((name) => name.endsWith('.kql'));
export const queryOf = (file: string): string => readFileSync(`${folder}${file}`, 'utf8');

export function ruleNamed(name: string): Rule {
  const rule = rules.find((one) => one.name === name);
  if (rule === undefined) throw new Error(`there is no rule ${name}`);
  return rule;
}

const appEvents: Readonly<Record<string, KqlType>> = {
  TimeGenerated: 'datetime',
  Name: 'string',
  Properties: 'dynamic',
  Measurements: 'dynamic',
};
const appAvailabilityResults: Readonly<Record<string, KqlType>> = {
  TimeGenerated: 'datetime',
  Name: 'string',
  Success: 'bool',
  Message: 'string',
  Location: 'string',
};

export interface Row extends Readonly<Record<string, unknown>> {
  readonly TimeGenerated: string;
}

export interface Logs {
  /** absent: the table does not exist */
  readonly events?: readonly Row[];
  readonly availability?: readonly Row[];
}

const spans: Readonly<Record<string, number>> = { PT30M: 30, PT1H: 60, P1D: 1440, P2D: 2880 };

function visible(rows: readonly Row[], rule: Rule, now: Date): readonly Row[] {
  const minutes = spans[rule.overrideQueryTimeRange ?? rule.window];
  if (minutes === undefined) throw new Error(`the window of ${rule.name} is not known here`);
  return rows.filter(({ TimeGenerated }) => {
    const age = now.getTime() - Date.parse(TimeGenerated);
    return age >= 0 && age < minutes * 60_000;
  });
}

export interface Fired {
  /** dimension values in the rule's order, joined by a space; empty where the rule is not split */
  readonly key: string;
  readonly value: number;
}

/** What the rule fires for at that moment. Throws the engine's message for a query that does not run. */
export function evaluate(name: string, logs: Logs, at: string): readonly Fired[] {
  const rule = ruleNamed(name);
  const now = new Date(at);
  const tables = new Map([
    ...(logs.events ? [['AppEvents', tableFromRecords(visible(logs.events, rule, now), appEvents)] as const] : []),
    ...(logs.availability
      ? [
          [
            'AppAvailabilityResults',
            tableFromRecords(visible(logs.availability, rule, now), appAvailabilityResults),
          ] as const,
        ]
      : []),
  ]);
  const database: KqlDatabase = { tables, dialect: 'log-analytics' };
  const result = runQuery(queryOf(rule.kql), database, { now });
  if ('error' in result) throw new Error(`${result.error.code}: ${result.error.message}`);
  const place = (column: string): number => {
    const found = result.columns.findIndex((one) => one.name === column);
    if (found < 0) throw new Error(`${rule.kql} has no column ${column}`);
    return found;
  };
  const dimensions = rule.dimensions.map((dimension) => ({ ...dimension, at: place(dimension.name) }));
  const measure = place(rule.metricMeasureColumn);
  const groups = Map.groupBy(
    result.rows.filter((row) =>
      dimensions.every(({ values, at: column }) => values.includes('*') || values.includes(String(row[column]))),
    ),
    (row) => dimensions.map(({ at: column }) => String(row[column])).join(' '),
  );
  return [...groups]
    .map(([key, rows]) => {
      const numbers = rows.map((row) => Number(row[measure]));
      return {
        key,
        value: rule.timeAggregation === 'Total' ? numbers.reduce((a, b) => a + b, 0) : Math.max(...numbers),
      };
    })
    .filter(({ value }) => value > rule.threshold)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}
