import type { CommonAlert } from './common-alert.ts';
import { clean, fact, type Style, section } from './teams-elements.ts';
import { hintOf } from './teams-hints.ts';
import type { Length, Told } from './teams-told.ts';
import { label, timeOf } from './teams-values.ts';

const grades: Readonly<Record<string, readonly [string, Style]>> = {
  Sev0: ['CRITICAL', 'attention'],
  Sev1: ['HIGH', 'attention'],
  Sev2: ['MEDIUM', 'warning'],
  Sev3: ['LOW', 'accent'],
  Sev4: ['LOW', 'accent'],
};

/** An alert about no single drift: a silent monitor, lost coverage, the whole fleet, the policy. */
export function tellRule(alert: CommonAlert, length: Length): Told {
  const hint = hintOf(alert.alertRule);
  const [grade, style] = grades[alert.severity] ?? ['UNKNOWN SEVERITY', 'attention'];
  const isFired = alert.condition === 'Fired';
  const values = Object.values(alert.dimensions);
  const only = values.length === 1 ? values[0] : undefined;
  const headline = hint.isTest ? 'THIS IS A TEST' : `${grade} · ALERT`;
  const dimensions = Object.entries(alert.dimensions).map(([name, value]) =>
    fact(clean(label(name), 30), clean(value, length(200))),
  );
  return {
    headline: isFired ? headline : hint.isTest ? 'THE TEST IS OVER' : 'ALERT CLOSED BY AZURE',
    style: isFired && !hint.isTest ? style : 'emphasis',
    title: `${isFired ? '' : 'Was: '}${hint.title}${only === undefined ? '' : `: ${only}`}`,
    text: isFired ? alert.description : hint.over,
    rest: [
      ...dimensions,
      ...(isFired && alert.measure
        ? [fact(clean(label(alert.measure.name), 30), String(round(alert.measure.value)))]
        : []),
      fact('Fired', timeOf(alert.firedAt)),
      ...(isFired ? section('What to do', hint.next) : [fact('Closed', timeOf(alert.resolvedAt))]),
    ],
  };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
