import * as z from 'zod';

/** What is used of an alert of Azure Monitor; the texts are as they came. */
export interface CommonAlert {
  readonly alertId: string;
  readonly alertRule: string;
  readonly description: string;
  /** `Sev0` to `Sev4` */
  readonly severity: string;
  readonly condition: 'Fired' | 'Resolved';
  readonly firedAt: string | undefined;
  readonly resolvedAt: string | undefined;
  /** of the first condition, by name */
  readonly dimensions: Readonly<Record<string, string>>;
  readonly measure: { readonly name: string; readonly value: number } | undefined;
}

export type AlertReading =
  | { readonly ok: true; readonly alert: CommonAlert }
  | { readonly ok: false; readonly reason: 'too-large' | 'malformed'; readonly detail: string };

/** Azure's own alerts are at most 256 KB. */
export const largestAlert = 1024 * 1024;
const deepest = 64;
const mostDimensions = 10;

const text = z.string().catch('');
const time = z.iso.datetime({ offset: true }).optional().catch(undefined);

/** Only what an alert cannot be told without is required: an odd detail is no reason to lose it. */
const schema = z.object({
  schemaId: z.literal('azureMonitorCommonAlertSchema'),
  data: z.object({
    essentials: z.object({
      alertId: z.string().min(1).max(2048),
      alertRule: text,
      description: text,
      severity: z
        .string()
        .regex(/^Sev[0-4]$/)
        .catch('Sev?'),
      monitorCondition: z.enum(['Fired', 'Resolved']),
      firedDateTime: time,
      resolvedDateTime: time,
    }),
    alertContext: z
      .object({
        condition: z.object({
          allOf: z.array(
            z.object({
              dimensions: z.array(z.object({ name: z.string(), value: z.string() })).catch([]),
              metricMeasureColumn: z.string().nullish().catch(undefined),
              metricName: z.string().nullish().catch(undefined),
              metricValue: z.number().nullish().catch(undefined),
            }),
          ),
        }),
      })
      .nullish()
      .catch(undefined),
  }),
});

/** Reads an alert in the common alert schema (functions facts 4.5); hostile until it is read. */
export function readCommonAlert(body: string): AlertReading {
  if (Buffer.byteLength(body) > largestAlert) return refused('too-large', 'the alert is larger than 1 MB');
  if (isDeeper(body, deepest)) return refused('malformed', `the alert is nested more than ${deepest} levels deep`);
  const parsed = schema.safeParse(parse(body));
  if (!parsed.success) {
    const paths = parsed.error.issues.map(({ path }) => path.join('.') || 'the body');
    return refused('malformed', `not the common alert schema: ${paths.slice(0, 5).join(', ')}`);
  }
  const { essentials, alertContext } = parsed.data.data;
  const condition = alertContext?.condition.allOf[0];
  const measured = condition?.metricMeasureColumn ?? condition?.metricName;
  const value = condition?.metricValue;
  return {
    ok: true,
    alert: {
      alertId: essentials.alertId,
      alertRule: essentials.alertRule,
      description: essentials.description,
      severity: essentials.severity,
      condition: essentials.monitorCondition,
      firedAt: essentials.firedDateTime,
      resolvedAt: essentials.resolvedDateTime,
      dimensions: Object.fromEntries(
        (condition?.dimensions ?? []).slice(0, mostDimensions).map(({ name, value }) => [name, value]),
      ),
      measure: measured && typeof value === 'number' ? { name: measured, value } : undefined,
    },
  };
}

function refused(reason: 'too-large' | 'malformed', detail: string): AlertReading {
  return { ok: false, reason, detail };
}

/** Counts brackets outside of texts, before anything is built of them. */
function isDeeper(json: string, limit: number): boolean {
  let depth = 0;
  let isText = false;
  for (let index = 0; index < json.length; index += 1) {
    const character = json[index];
    if (isText) {
      if (character === '\\') index += 1;
      else if (character === '"') isText = false;
    } else if (character === '"') isText = true;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    if (depth > limit) return true;
  }
  return false;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined; // the schema says what is wrong with it
  }
}
