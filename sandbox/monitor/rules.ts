/** The deployed alert rules: `infra/alerts/rules.json` and the query files it names, read as Azure Monitor would take them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { seconds } from './durations.ts';
import { refusalsOf } from './refusals.ts';

/** A log search alert rule. Times are seconds. */
export interface AlertRule {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly query: string;
  /** 0 (critical) to 4 (verbose) */
  readonly severity: number;
  readonly frequency: number;
  readonly window: number;
  readonly overrideQueryTimeRange: number | undefined;
  readonly dimensions: readonly {
    readonly name: string;
    readonly operator: 'Include' | 'Exclude';
    readonly values: readonly string[];
  }[];
  /** absent: rows are counted */
  readonly metricMeasureColumn: string | undefined;
  readonly timeAggregation: 'Count' | 'Total' | 'Average' | 'Maximum' | 'Minimum';
  readonly operator: 'GreaterThan' | 'GreaterThanOrEqual' | 'LessThan' | 'LessThanOrEqual' | 'Equal';
  readonly threshold: number;
  readonly failingPeriods: {
    readonly numberOfEvaluationPeriods: number;
    readonly minFailingPeriodsToAlert: number;
  };
  /** stateful: fires once and is resolved by the service */
  readonly autoMitigate: boolean;
  /** of a stateless rule: no further notification for so long */
  readonly muteActionsDuration: number | undefined;
  readonly customProperties: Readonly<Record<string, string>>;
}

const duration = z.string().transform((text, context) => {
  const value = seconds(text);
  if (value === undefined) context.addIssue(`must be a duration such as PT5M, not ${text}`);
  return value ?? 0;
});

const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined);

const schema = z.array(
  z.looseObject({
    name: z.string(),
    title: z.string(),
    description: z.string(),
    kql: z.string(),
    severity: z.int().min(0).max(4),
    frequency: duration,
    window: duration,
    overrideQueryTimeRange: optional(duration),
    dimensions: z.array(
      z.object({ name: z.string(), operator: z.enum(['Include', 'Exclude']), values: z.array(z.string()) }),
    ),
    metricMeasureColumn: optional(z.string()),
    timeAggregation: z.enum(['Count', 'Total', 'Average', 'Maximum', 'Minimum']),
    operator: z.enum(['GreaterThan', 'GreaterThanOrEqual', 'LessThan', 'LessThanOrEqual', 'Equal']),
    threshold: z.number(),
    failingPeriods: z
      .object({ numberOfEvaluationPeriods: z.int().min(1).max(6), minFailingPeriodsToAlert: z.int().min(1).max(6) })
      .default({ numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }),
    autoMitigate: z.boolean(),
    muteActionsDuration: optional(duration),
    customProperties: z.record(z.string(), z.string()).default({}),
  }),
);

const deployed = fileURLToPath(new URL('../../infra/alerts', import.meta.url));

/** The rules of the folder; throws every reason for which Azure would refuse to create one of them. */
export function readRules(folder: string = deployed): readonly AlertRule[] {
  const listed = schema.parse(JSON.parse(readFileSync(join(folder, 'rules.json'), 'utf8')));
  const rules = listed.map(({ kql, ...rule }) => ({ ...rule, query: readFileSync(join(folder, kql), 'utf8') }));
  const refused = rules.flatMap((rule) => refusalsOf(rule).map((reason) => `${rule.name}: ${reason}`));
  if (refused.length > 0) throw new Error(`Azure would refuse these alert rules:\n${refused.join('\n')}`);
  return rules;
}
