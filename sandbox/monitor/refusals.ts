/** What Azure Monitor refuses in a log search alert rule (functions facts 4.2). */
import type { AlertRule } from './rules.ts';

const minute = 60;
const twoDays = 2 * 86_400;
const largestQuery = 65_536;
const frequencies = [1, 5, 10, 15, 30, 45, 60, 120, 180, 240, 300, 360, 720, 1440].map((count) => count * minute);
const windows = [...frequencies, 2880 * minute];
/** comments and texts, which are not read */
const unread = /@"(?:[^"]|"")*"|@'(?:[^']|'')*'|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\/\/[^\n]*/g;
const literalAgo = /^ago\s*\(\s*\d+(?:\.\d+)?\s*(?:d|h|m|s|ms|day|days|hour|hours|minute|minutes|second|seconds)\s*\)/;

/** Every reason, in words; none: the rule is taken. */
export function refusalsOf(rule: AlertRule): readonly string[] {
  const query = bareQuery(rule.query);
  const uses = (pattern: RegExp): boolean => pattern.test(query);
  const problems: string[] = [];
  const refuse = (condition: boolean, reason: string): void => {
    if (condition) problems.push(reason);
  };
  refuse(rule.dimensions.length > 6, `splits by ${rule.dimensions.length} dimensions; 6 are allowed`);
  refuse(
    !frequencies.includes(rule.frequency),
    `is evaluated every ${rule.frequency} s, which is no allowed frequency`,
  );
  refuse(!windows.includes(rule.window), `looks at ${rule.window} s, which is no allowed window`);
  refuse(rule.window < rule.frequency, 'looks at less than what lies between two evaluations');
  refuse((rule.overrideQueryTimeRange ?? 0) > twoDays, 'queries more than two days');
  refuse(
    rule.window * rule.failingPeriods.numberOfEvaluationPeriods > twoDays,
    'looks at more than two days in all its evaluation periods',
  );
  refuse(
    rule.failingPeriods.minFailingPeriodsToAlert > rule.failingPeriods.numberOfEvaluationPeriods,
    'asks for more failing periods than it has',
  );
  refuse(rule.autoMitigate && rule.muteActionsDuration !== undefined, 'is stateful and mutes its actions');
  refuse(rule.metricMeasureColumn === undefined && rule.timeAggregation !== 'Count', 'aggregates no column');
  refuse(rule.query.length > largestQuery, 'is larger than 64 KB');
  for (const name of ['bag_unpack', 'pivot', 'narrow']) {
    refuse(uses(new RegExp(`\\b${name}\\s*\\(`)), `uses ${name}(), which alert rules do not have`);
  }
  refuse(uses(/\bAggregatedValue\b/), 'uses the reserved name AggregatedValue');
  for (const { index } of query.matchAll(/\bago\s*\(/g)) {
    refuse(!literalAgo.test(query.slice(index)), 'gives ago() something else than a timespan literal');
  }
  if (rule.frequency === minute) {
    for (const name of ['search', 'union', 'take', 'limit']) {
      refuse(uses(new RegExp(`(?:^|\\|)\\s*${name}\\b`, 'm')), `is evaluated every minute and uses ${name}`);
    }
    refuse(uses(/\bingestion_time\s*\(/), 'is evaluated every minute and uses ingestion_time()');
  }
  return problems;
}

/** The query without its comments and texts. */
export function bareQuery(query: string): string {
  return query.replace(unread, (found) => (found.startsWith('//') ? '' : '""'));
}
