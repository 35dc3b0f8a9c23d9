import type { CommonAlert } from './common-alert.ts';
import { tellDrift } from './teams-drift-card.ts';
import { type AdaptiveCard, button, clean, line, plainLine, run, type TeamsMessage } from './teams-elements.ts';
import { tellRule } from './teams-rule-card.ts';
import type { CardContext, Length } from './teams-told.ts';

/** What a Teams workflow takes at most. */
export const largestMessage = 28 * 1024;
/** Shares of the usual lengths: the next one is tried where a card came out too large. */
const shares = [1, 0.5, 0.2];

/** The card of an alert, for whatever came: at most 28 KB. */
export function buildCard(alert: CommonAlert, context: CardContext): TeamsMessage {
  const cards = shares.map((share) => () => buildOnce(alert, context, (length) => Math.ceil(length * share)));
  const [first, ...smaller] = cards;
  const fits = [first, ...smaller].find((build) => build && sizeOf(build()) <= largestMessage);
  return (fits ?? cards.at(-1) ?? (() => buildOnce(alert, context, () => 20)))();
}

function sizeOf(message: TeamsMessage): number {
  return Buffer.byteLength(JSON.stringify(message));
}

function buildOnce(alert: CommonAlert, context: CardContext, length: Length): TeamsMessage {
  const told = context.reading.kind === 'none' ? tellRule(alert, length) : tellDrift(alert, context, length);
  const summary = plainLine(`${told.headline}: ${told.title}. ${told.text}`, length(180)).replace(
    / … \(shortened.*$/,
    '…',
  );
  const actions = [
    ...button('Open report', context.reportUrlOf(told.service)),
    ...(told.service
      ? button('Open service in portal', `${context.portal}/#resource${encodeURI(told.service.id.toWellFormed())}`)
      : []),
    ...button('Open alert in portal', alertUrl(context.portal, alert.alertId)),
  ];
  const card: AdaptiveCard = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    lang: 'en',
    fallbackText: summary,
    body: [
      {
        type: 'Container',
        style: told.style,
        bleed: true,
        items: [
          line([run(told.headline, { weight: 'Bolder', size: 'Small' })]),
          line([run(clean(told.title, length(160)), { weight: 'Bolder', size: 'Large' })], { spacing: 'None' }),
          line([run(clean(told.text, length(900)))], { spacing: 'Small' }),
        ],
      },
      ...told.rest,
    ],
    ...(actions.length > 0 ? { actions } : {}),
  };
  return {
    type: 'message',
    summary,
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content: card }],
  };
}

function alertUrl(portal: string, alertId: string): string {
  return `${portal}/#blade/Microsoft_Azure_Monitoring/AlertDetailsTemplateBlade/alertId/${encodeURIComponent(alertId.toWellFormed())}`;
}
