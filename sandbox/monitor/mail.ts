/** The mail of an action group with the common alert schema: what Azure writes into it, and nothing that it cannot know. */
import { listAt, textAt, at as valueAt } from '../documents.ts';
import type { Json } from '../types.ts';
import type { CommonAlert } from './common-schema.ts';

/** A mail as its receiver sees it. */
export interface Mail {
  readonly to: string;
  readonly from: string;
  readonly at: Date;
  readonly subject: string;
  readonly condition: 'Fired' | 'Resolved';
  readonly severity: string;
  readonly sections: readonly { readonly title: string; readonly rows: readonly (readonly [string, string])[] }[];
  readonly links: readonly { readonly text: string; readonly url: string }[];
}

const sender = 'azure-noreply@microsoft.com';

export function mailOf(alert: CommonAlert, to: string, at: Date): Mail {
  const { essentials, alertContext, customProperties } = alert.data;
  const [target = ''] = essentials.alertTargetIDs;
  const segments = target.split('/');
  const when = essentials.resolvedDateTime ?? essentials.firedDateTime;
  const where = `${segments.at(-1)} ( ${essentials.targetResourceType} )`;
  const custom = Object.entries(customProperties ?? {});
  return {
    to,
    from: sender,
    at,
    subject: `${essentials.monitorCondition}:${essentials.severity} Azure Monitor Alert ${essentials.alertRule} on ${where} at ${usTime(when)}`,
    condition: essentials.monitorCondition,
    severity: essentials.severity,
    links: [
      {
        text: 'View the alert in Azure Monitor',
        url: `https://portal.azure.com/#blade/Microsoft_Azure_Monitoring/AlertDetailsTemplateBlade/alertId/${encodeURIComponent(essentials.alertId)}`,
      },
    ],
    sections: [
      {
        title: 'Summary',
        rows: [
          ['Alert name', essentials.alertRule],
          ['Severity', essentials.severity],
          ['Monitor condition', essentials.monitorCondition],
          ['Affected resource', segments.at(-1) ?? ''],
          ['Resource type', essentials.targetResourceType],
          ['Resource group', segments[4] ?? ''],
          ['Subscription', segments[2] ?? ''],
          ['Description', essentials.description],
          ['Monitoring service', essentials.monitoringService],
          ['Signal type', essentials.signalType],
          ['Fired time', utcTime(essentials.firedDateTime)],
          ...(essentials.resolvedDateTime === undefined
            ? []
            : [['Resolved time', utcTime(essentials.resolvedDateTime)] as const]),
          ['Alert ID', essentials.alertId.split('/').at(-1) ?? ''],
          ['Alert rule ID', essentials.alertRuleID],
        ],
      },
      ...criteria(alertContext),
      ...(custom.length === 0 ? [] : [{ title: 'Custom properties', rows: custom }]),
    ],
  };
}

function criteria(context: Json): Mail['sections'] {
  const conditions = listAt(context, 'condition', 'allOf');
  if (conditions.length === 0) {
    const rows = (['operationName', 'eventTimestamp', 'caller', 'status'] as const).flatMap((name) => {
      const value = textAt(context, name);
      return value === undefined ? [] : [[name, value] as const];
    });
    return [{ title: 'Activity log', rows }];
  }
  const window = textAt(context, 'condition', 'windowSize') ?? '';
  return conditions.map((condition, index) => ({
    title: `Criterion ${index + 1}`,
    rows: [
      ...named(condition, [
        ['Metric measure column', 'metricMeasureColumn'],
        ['Metric name', 'metricName'],
        ['Web test', 'webTestName'],
        ['Time aggregation', 'timeAggregation'],
        ['Operator', 'operator'],
        ['Threshold', 'threshold'],
        ['Metric value', 'metricValue'],
      ]),
      ...listAt(condition, 'dimensions').map((one) => {
        return [`Dimension ${textAt(one, 'name') ?? ''}`, textAt(one, 'value') ?? ''] as const;
      }),
      ['Window size', window],
      ...named(condition, [['Search query', 'searchQuery']]),
    ],
  }));
}

function named(from: Json, names: readonly (readonly [string, string])[]): readonly (readonly [string, string])[] {
  return names.flatMap(([title, name]) => {
    const value = valueAt(from, name);
    return typeof value === 'string' || typeof value === 'number' ? [[title, String(value)] as const] : [];
  });
}

/** e.g. `11/22/2026 8:05:00 AM`, as subjects have it */
function usTime(iso: string): string {
  const date = new Date(iso);
  const hours = date.getUTCHours();
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = `${hours % 12 === 0 ? 12 : hours % 12}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  const day = `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${date.getUTCFullYear()}`;
  return `${day} ${time} ${hours < 12 ? 'AM' : 'PM'}`;
}

/** e.g. `November 22, 2026 8:05 UTC`, as bodies have it */
function utcTime(iso: string): string {
  const date = new Date(iso);
  const month = date.toLocaleString('en-US', { month: 'long', timeZone: 'UTC' });
  const minutes = String(date.getUTCMinutes()).padStart(2, '0');
  return `${month} ${date.getUTCDate()}, ${date.getUTCFullYear()} ${date.getUTCHours()}:${minutes} UTC`;
}

/** A query's lines that a terminal shows; the mail itself has all of them. */
const shownLines = 3;

/** The mail for a terminal. */
export function renderMail(mail: Mail): string {
  const width = Math.max(...mail.sections.flatMap(({ rows }) => rows.map(([name]) => name.length)));
  const lines = (value: string): string => {
    const all = value.trimEnd().split('\n');
    const more = all.length - shownLines;
    const shown = more > 1 ? [...all.slice(0, shownLines), `… (${more} more lines)`] : all;
    return shown.join(`\n${' '.repeat(width + 4)}`);
  };
  return [
    `From:    ${mail.from}`,
    `To:      ${mail.to}`,
    `Subject: ${mail.subject}`,
    ...mail.sections.flatMap(({ title, rows }) => [
      '',
      title,
      ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${lines(value)}`),
    ]),
    '',
    ...mail.links.map(({ text, url }) => `${text}: ${url}`),
  ]
    .join('\n')
    .replaceAll(unseen, '');
}

/** control and direction characters, which would steer a terminal; line breaks stay */
const unseen = /(?!\n)[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;
