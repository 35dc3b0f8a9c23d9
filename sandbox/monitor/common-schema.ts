/** The common alert schema as Azure Monitor sends it for log search, metric and activity log alerts. */
import { gzipSync } from 'node:zlib';
import type { JsonObject } from '../types.ts';
import type { Alert } from './alerts.ts';
import { isoDuration } from './durations.ts';
import type { AlertRule } from './rules.ts';

/** What the service knows beside the rule and the alert. */
export interface AlertScope {
  readonly tenantId: string;
  /** where the rules stand */
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  /** the workspace that log rules query; the component of web tests */
  readonly workspace: { readonly id: string; readonly customerId: string | undefined };
  readonly component: string;
}

/** The parts of a payload that every kind of alert has; what fills a mail. */
export interface CommonAlert {
  readonly schemaId: 'azureMonitorCommonAlertSchema';
  readonly data: {
    readonly essentials: Essentials;
    readonly alertContext: JsonObject;
    readonly customProperties: Readonly<Record<string, string>> | null;
  };
}

export interface Essentials {
  readonly alertId: string;
  readonly alertRule: string;
  readonly targetResourceType: string;
  readonly alertRuleID: string;
  readonly severity: string;
  readonly signalType: 'Log' | 'Metric' | 'Activity Log';
  readonly monitorCondition: 'Fired' | 'Resolved';
  readonly monitoringService: string;
  readonly alertTargetIDs: readonly string[];
  readonly configurationItems: readonly string[];
  readonly originAlertId: string;
  readonly firedDateTime: string;
  readonly resolvedDateTime?: string;
  readonly description: string;
  readonly essentialsVersion: '1.0';
  readonly alertContextVersion: '1.0';
}

const portal = 'https://portal.azure.com';

/** A log search alert (`Log Alerts V2`); `at` is the evaluation, `from` where its query began. */
export function logAlert(rule: AlertRule, alert: Alert, scope: AlertScope, from: Date, at: Date): CommonAlert {
  const essentials = essentialsOf(scope, alert, {
    rule: rule.name,
    ruleType: 'microsoft.insights/scheduledqueryrules',
    severity: rule.severity,
    description: rule.description,
    signalType: 'Log',
    monitoringService: 'Log Alerts V2',
    target: scope.workspace.id,
  });
  const span = `${from.toISOString()}/${at.toISOString()}`;
  const filtered = `${rule.query}${alert.dimensions
    .map(({ name, value }) => `\n| where tostring(${name}) == '${value.replaceAll(/['\\]/g, '\\$&')}'`)
    .join('')}`;
  const alertContext = {
    properties: null,
    conditionType: 'LogQueryCriteria',
    condition: {
      windowSize: isoDuration(rule.window),
      allOf: [
        {
          searchQuery: rule.query,
          metricMeasureColumn: rule.metricMeasureColumn ?? null,
          targetResourceTypes: "['Microsoft.OperationalInsights/workspaces']",
          operator: rule.operator,
          threshold: String(rule.threshold),
          timeAggregation: rule.timeAggregation,
          dimensions: alert.dimensions.map((one) => ({ ...one })),
          metricValue: alert.value,
          failingPeriods: { ...rule.failingPeriods },
          linkToSearchResultsUI: portalLink(scope, rule.query, span),
          linkToFilteredSearchResultsUI: portalLink(scope, filtered, span),
          linkToSearchResultsAPI: queryLink(scope, rule.query, span),
          linkToFilteredSearchResultsAPI: queryLink(scope, filtered, span),
        },
      ],
      windowStartTime: from.toISOString(),
      windowEndTime: at.toISOString(),
    },
  };
  return withCustomProperties(essentials, alertContext, rule.customProperties);
}

/** A metric alert that counts the locations from which a web test fails. */
export function webTestAlert(
  rule: { readonly name: string; readonly severity: number; readonly description: string; readonly locations: number },
  alert: Alert,
  scope: AlertScope,
  webTest: string,
  at: Date,
): CommonAlert {
  const essentials = essentialsOf(scope, alert, {
    rule: rule.name,
    ruleType: 'microsoft.insights/metricalerts',
    severity: rule.severity,
    description: rule.description,
    signalType: 'Metric',
    monitoringService: 'Platform',
    target: scope.component,
  });
  const condition = {
    windowSize: 'PT15M',
    allOf: [
      {
        metricName: 'Failed Location',
        metricNamespace: null,
        operator: 'GreaterThanOrEqual',
        threshold: String(rule.locations),
        timeAggregation: 'Sum',
        dimensions: [],
        metricValue: alert.value,
        webTestName: webTest,
      },
    ],
    windowStartTime: new Date(at.getTime() - 900_000).toISOString(),
    windowEndTime: at.toISOString(),
  };
  const alertContext = { properties: null, conditionType: 'WebtestLocationAvailabilityCriteria', condition };
  return { schemaId: 'azureMonitorCommonAlertSchema', data: { essentials, alertContext, customProperties: null } };
}

/** An activity log alert: the service itself disabled a rule. */
export function disabledRuleAlert(
  rule: { readonly name: string; readonly severity: number; readonly description: string },
  alert: Alert,
  scope: AlertScope,
  disabled: string,
): CommonAlert {
  const ruleId = idOf(scope, 'microsoft.insights/scheduledqueryrules', disabled);
  const essentials = essentialsOf(scope, alert, {
    rule: rule.name,
    ruleType: 'microsoft.insights/activitylogalerts',
    severity: rule.severity,
    description: rule.description,
    signalType: 'Activity Log',
    monitoringService: 'Activity Log - Administrative',
    target: ruleId,
  });
  const alertContext = {
    authorization: { action: 'Microsoft.Insights/ScheduledQueryRules/disable/action', scope: ruleId },
    channels: 'Operation',
    caller: 'Microsoft.Insights',
    eventSource: 'Administrative',
    eventTimestamp: alert.firedAt.toISOString(),
    level: 'Informational',
    operationName: 'Microsoft.Insights/ScheduledQueryRules/disable/action',
    status: 'Succeeded',
  };
  return { schemaId: 'azureMonitorCommonAlertSchema', data: { essentials, alertContext, customProperties: null } };
}

interface Kind {
  readonly rule: string;
  readonly ruleType: string;
  readonly severity: number;
  readonly description: string;
  readonly signalType: Essentials['signalType'];
  readonly monitoringService: string;
  readonly target: string;
}

function essentialsOf(scope: AlertScope, alert: Alert, kind: Kind): Essentials {
  const segments = kind.target.split('/');
  return {
    alertId: `/subscriptions/${scope.subscriptionId}/providers/Microsoft.AlertsManagement/alerts/${alert.id}`,
    alertRule: kind.rule,
    targetResourceType: segments.slice(6, 8).join('/').toLowerCase(),
    alertRuleID: idOf(scope, kind.ruleType, kind.rule),
    severity: `Sev${kind.severity}`,
    signalType: kind.signalType,
    monitorCondition: alert.resolvedAt === undefined ? 'Fired' : 'Resolved',
    monitoringService: kind.monitoringService,
    alertTargetIDs: [kind.target.toLowerCase()],
    configurationItems: [segments.at(-1) ?? ''],
    originAlertId: alert.id,
    firedDateTime: alert.firedAt.toISOString(),
    ...(alert.resolvedAt === undefined ? {} : { resolvedDateTime: alert.resolvedAt.toISOString() }),
    description: kind.description,
    essentialsVersion: '1.0',
    alertContextVersion: '1.0',
  };
}

function idOf({ subscriptionId, resourceGroup }: AlertScope, type: string, name: string): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/${type}/${name}`;
}

/** Custom properties may quote the payload: `${data.alertContext.condition.windowEndTime}`. */
function withCustomProperties(
  essentials: Essentials,
  alertContext: JsonObject,
  given: Readonly<Record<string, string>>,
): CommonAlert {
  const quoted = { data: { essentials, alertContext } };
  const expand = (text: string): string =>
    text.replaceAll(/\$\{([\w.[\]]+)\}/g, (whole, path: string) => {
      let value: unknown = quoted;
      for (const key of path.split(/[.[\]]+/).filter(Boolean)) value = (value as Record<string, unknown> | null)?.[key];
      return typeof value === 'string' || typeof value === 'number' ? String(value) : whole;
    });
  const properties = Object.fromEntries(Object.entries(given).map(([name, text]) => [name, expand(text)]));
  const customProperties = Object.keys(properties).length === 0 ? null : properties;
  return {
    schemaId: 'azureMonitorCommonAlertSchema',
    data: { essentials, alertContext: { ...alertContext, properties: customProperties }, customProperties },
  };
}

function portalLink({ tenantId, workspace }: AlertScope, query: string, span: string): string {
  const scope = encodeURIComponent(JSON.stringify({ resources: [{ resourceId: workspace.id }] }));
  const packed = encodeURIComponent(gzipSync(query).toString('base64'));
  const blade = 'blade/Microsoft_Azure_Monitoring_Logs/LogsBlade/source/Alerts.EmailLinks';
  return `${portal}#@${tenantId}/${blade}/scope/${scope}/q/${packed}/prettify/1/timespan/${encodeURIComponent(span)}`;
}

function queryLink({ workspace }: AlertScope, query: string, span: string): string {
  const api = `https://api.loganalytics.io/v1/workspaces/${workspace.customerId ?? ''}/query`;
  return `${api}?query=${encodeURIComponent(query)}&timespan=${encodeURIComponent(span)}`;
}
