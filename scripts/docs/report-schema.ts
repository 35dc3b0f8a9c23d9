import * as z from 'zod';
import type { Report } from '../../src/reports/report.ts';

/** The report as outside tools may rely on it. More may be added to it, so nothing forbids further properties. */

const time = z.string().describe('ISO 8601, UTC');
const family = z.enum(['network', 'access', 'audit', 'data', 'lifecycle']);
const severity = z.enum(['critical', 'high', 'medium', 'low']);
const status = z.enum(['pass', 'fail', 'unknown', 'not-applicable']);
const value = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string()).readonly()]);
const observed = z
  .record(z.string(), value)
  .describe('the values that the verdict rests on, keyed by where they were read');

const interval = z.object({
  from: time,
  to: time.nullable().describe('when another state was seen; null while it lasts'),
  lastSeen: time,
  status,
  severity,
  observed,
});

const finding = z.object({
  check: z.string(),
  family,
  severity: severity.describe('of this finding: a check may grade below its own'),
  status,
  message: z.string(),
  observed,
  evidence: z
    .array(
      z.object({
        kind: z.string(),
        source: z.string().describe('which call or query answered'),
        requestId: z.string().optional(),
        at: time,
      }),
    )
    .readonly(),
  culprit: z
    .object({ key: z.string(), title: z.string() })
    .optional()
    .describe('what is to blame where it is not the service itself'),
  since: time.nullable().describe('since when it has had this status; null where nobody remembers'),
  exception: z
    .object({ owner: z.string(), reason: z.string(), expires: z.string() })
    .nullable()
    .describe('the accepted risk that covers a failing finding'),
  drift: z.string().nullable().describe('driftId of the drift that is open'),
  history: z
    .array(interval)
    .readonly()
    .optional()
    .describe('where a period was asked for: every state in it, oldest first'),
});

const service = z.object({
  id: z.string().describe('resource id'),
  key: z.string().describe('first 16 hex digits of SHA-256 of the lower-case id'),
  name: z.string(),
  kind: z.enum(['workspace', 'fhirService', 'dicomService', 'medtechService', 'apiForFhir', 'fhirServer']),
  subscriptionId: z.string(),
  location: z.string(),
  findings: z.array(finding).readonly(),
});

const reportSchema = z.object({
  schema: z.literal('fhirwatch-report/1'),
  generatedAt: time,
  product: z.object({ name: z.literal('fhirwatch'), version: z.string() }),
  environment: z.object({
    cloud: z.string(),
    simulated: z.boolean().describe('an endpoint is overridden: this is no statement about Azure'),
    endpoints: z.object({
      resourceManager: z.string(),
      logs: z.string(),
      metrics: z.string(),
      microsoftGraph: z.string(),
    }),
  }),
  vantage: z.object({
    private: z.boolean(),
    network: z.string().nullable(),
    resolvers: z.array(z.string()).readonly(),
    proof: z.string(),
  }),
  policy: z.object({ sha256: z.string() }),
  coverage: z.object({ findings: z.int(), known: z.int(), ratio: z.number().nullable() }),
  totals: z.object({
    pass: z.int(),
    fail: z.int(),
    unknown: z.int(),
    notApplicable: z.int(),
    excepted: z.int().describe('failing findings under an exception; they count as fail too'),
  }),
  sweeps: z
    .array(
      z.object({
        family,
        sweepId: z.string(),
        completedAt: time.nullable(),
        intervalSeconds: z.number().nullable(),
        stale: z.boolean(),
      }),
    )
    .readonly(),
  problems: z
    .array(
      z.object({
        scope: z.string(),
        reason: z.enum(['forbidden', 'not-found', 'throttled', 'unreachable', 'malformed', 'no-vantage']),
        detail: z.string(),
      }),
    )
    .readonly()
    .describe('what could not even be listed'),
  services: z.array(service).readonly(),
});

/** What the renderers are given fits the schema; the test holds that the schema leaves nothing of it out. */
export const describeReport: (report: Report) => z.infer<typeof reportSchema> = (report) => reportSchema.parse(report);

/** The JSON Schema of the JSON report. */
export async function reportSchemaFile(): Promise<string> {
  return `${JSON.stringify(z.toJSONSchema(reportSchema, { io: 'input', target: 'draft-7' }), null, 2)}\n`;
}
