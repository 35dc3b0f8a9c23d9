import * as z from 'zod';
import { type CommonAlert, readCommonAlert } from '../../src/alerts/common-alert.ts';
import type { CardContext } from '../../src/alerts/teams-told.ts';
import { checks } from '../../src/checks/index.ts';
import type { Drift } from '../../src/model.ts';
import { aService } from '../builders.ts';

/** The part of the Adaptive Card 1.4 schema that our cards use; an unknown key or value is an error. */
const look = {
  size: z.enum(['Small', 'Default', 'Medium', 'Large', 'ExtraLarge']).optional(),
  weight: z.enum(['Lighter', 'Default', 'Bolder']).optional(),
  color: z.enum(['Default', 'Dark', 'Light', 'Accent', 'Good', 'Warning', 'Attention']).optional(),
  isSubtle: z.boolean().optional(),
  fontType: z.enum(['Default', 'Monospace']).optional(),
};
const laid = {
  spacing: z.enum(['Default', 'None', 'Small', 'Medium', 'Large', 'ExtraLarge', 'Padding']).optional(),
  separator: z.boolean().optional(),
};
const style = z.enum(['default', 'emphasis', 'good', 'attention', 'warning', 'accent']);
const textRun = z.strictObject({ type: z.literal('TextRun'), text: z.string().min(1), ...look });
const element: z.ZodType = z.lazy(() =>
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('RichTextBlock'), inlines: z.array(textRun).min(1), ...laid }),
    z.strictObject({
      type: z.literal('Container'),
      style: style.optional(),
      bleed: z.boolean().optional(),
      items: z.array(element).min(1),
      ...laid,
    }),
    z.strictObject({ type: z.literal('ColumnSet'), columns: z.array(column).min(1), ...laid }),
  ]),
);
const column: z.ZodType = z.lazy(() =>
  z.strictObject({
    type: z.literal('Column'),
    width: z.string().regex(/^(auto|stretch|\d+px)$/),
    items: z.array(element).min(1),
  }),
);
const openUrl = z.strictObject({
  type: z.literal('Action.OpenUrl'),
  title: z.string().min(1),
  url: z.string().regex(/^https:\/\//),
});

export const messageSchema = z.strictObject({
  type: z.literal('message'),
  summary: z.string().min(1),
  attachments: z.tuple([
    z.strictObject({
      contentType: z.literal('application/vnd.microsoft.card.adaptive'),
      contentUrl: z.null(),
      content: z.strictObject({
        $schema: z.literal('http://adaptivecards.io/schemas/adaptive-card.json'),
        type: z.literal('AdaptiveCard'),
        version: z.literal('1.4'),
        lang: z.string(),
        fallbackText: z.string().min(1),
        body: z.array(element).min(1),
        actions: z.array(openUrl).min(1).max(6).optional(),
      }),
    }),
  ]),
});

/** An open, critical drift of the FHIR service `ehr`. */
export function aDrift(overrides: Partial<Drift> = {}): Drift {
  return {
    schema: 1,
    driftId: 'd1',
    causeId: 'c1',
    causeKey: 'wards',
    causeTitle: 'workspace wards',
    causeSeverity: 'critical',
    causeCheck: 'public-network-access',
    causeServiceName: 'wards',
    causeDirection: 'regressed',
    service: aService('fhirService'),
    check: 'public-network-access',
    family: 'network',
    severity: 'critical',
    direction: 'regressed',
    was: {
      status: 'pass',
      observed: { 'properties.publicNetworkAccess': 'Disabled', 'workspace.publicNetworkAccess': 'Disabled' },
    },
    is: {
      status: 'fail',
      observed: { 'properties.publicNetworkAccess': 'Disabled', 'workspace.publicNetworkAccess': 'Enabled' },
    },
    message:
      'The public Internet can reach this service: its own properties.publicNetworkAccess is Disabled; its workspace wards’s properties.publicNetworkAccess is Enabled. It should be Disabled.',
    since: '2026-11-22T08:03:00.000Z',
    openedAt: '2026-11-22T08:03:30.000Z',
    openSentAt: '2026-11-22T08:03:31.000Z',
    stateSentAt: '2026-11-22T14:03:31.000Z',
    flaps: 0,
    recovering: false,
    ...overrides,
  };
}

export interface PayloadParts {
  readonly rule?: string;
  readonly condition?: 'Fired' | 'Resolved';
  readonly severity?: string;
  readonly description?: string;
  readonly dimensions?: Readonly<Record<string, string>>;
  readonly measure?: readonly [name: string, value: number];
  readonly alertId?: string;
}

export const driftDimensions = {
  causeId: 'c1',
  severity: 'critical',
  check: 'public-network-access',
  serviceName: 'ehr',
  direction: 'regressed',
  causeTitle: 'workspace wards',
};

/** An alert in the common alert schema, as the webhook gets it. */
export function aPayload(parts: PayloadParts = {}): object {
  const { condition = 'Fired', dimensions = driftDimensions, measure = ['members', 1] } = parts;
  return {
    schemaId: 'azureMonitorCommonAlertSchema',
    data: {
      essentials: {
        alertId: parts.alertId ?? '/subscriptions/s/providers/Microsoft.AlertsManagement/alerts/a1',
        alertRule: parts.rule ?? 'fhirwatch-drift-opened',
        severity: parts.severity ?? 'Sev1',
        signalType: 'Log',
        monitorCondition: condition,
        monitoringService: 'Log Alerts V2',
        firedDateTime: '2026-11-22T08:10:00.000Z',
        ...(condition === 'Resolved' ? { resolvedDateTime: '2026-11-22T10:20:00.000Z' } : {}),
        description: parts.description ?? 'A critical or high finding left what was accepted.',
      },
      alertContext: {
        conditionType: 'LogQueryCriteria',
        condition: {
          allOf: [
            {
              metricMeasureColumn: measure[0],
              metricValue: measure[1],
              dimensions: Object.entries(dimensions).map(([name, value]) => ({ name, value })),
            },
          ],
        },
      },
    },
  };
}

export function anAlert(parts: PayloadParts = {}): CommonAlert {
  const reading = readCommonAlert(JSON.stringify(aPayload(parts)));
  if (!reading.ok) throw new Error(reading.detail);
  return reading.alert;
}

/** A context whose store holds these drifts, or cannot be read. */
export function aContext(
  drifts: readonly Drift[] | 'unreadable' | 'none',
  overrides: Partial<CardContext> = {},
): CardContext {
  return {
    reading:
      drifts === 'unreadable'
        ? { kind: 'unreadable' }
        : drifts === 'none'
          ? { kind: 'none' }
          : { kind: 'known', drifts },
    guideOf: (id) => {
      const check = checks.find((one) => one.id === id);
      return check && { title: check.title, why: check.why, command: (service) => check.remediation.command(service) };
    },
    changedByOf: () => undefined,
    reportUrlOf: (service) =>
      `https://fhirwatch.example/api/report?format=html${service ? `&service=${service.key}` : ''}`,
    portal: 'https://portal.azure.com',
    ...overrides,
  };
}
