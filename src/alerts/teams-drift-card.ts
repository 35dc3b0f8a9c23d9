import type { Drift, Service, ServiceKind, Severity } from '../model.ts';
import type { CommonAlert } from './common-alert.ts';
import { clean, type Element, fact, type Style, section } from './teams-elements.ts';
import { hintOf } from './teams-hints.ts';
import type { CardContext, CaseReading, Guide, Length, Told } from './teams-told.ts';
import { changesOf, lasting, listOf, timeOf } from './teams-values.ts';

/** An alert about the drifts of one cause: it fired, it is over, or Azure closed it without anybody knowing. */
export function tellDrift(alert: CommonAlert, context: CardContext, length: Length): Told {
  const { reading } = context;
  if (alert.condition === 'Fired') return tellFired(alert, reading, context, length);
  const drifts = reading.kind === 'known' ? reading.drifts : [];
  const isOver = drifts.length > 0 && drifts.every((drift) => drift.resolvedAt !== undefined);
  return isOver ? tellOver(drifts, length) : tellSilent(alert, reading, length);
}

const styles: Readonly<Record<Severity, Style>> = {
  critical: 'attention',
  high: 'attention',
  medium: 'warning',
  low: 'accent',
};
const order: readonly Severity[] = ['critical', 'high', 'medium', 'low'];

function severityOf(text: string | undefined): Severity | undefined {
  return order.find((severity) => severity === text);
}

/** The gravest one first, open ones before those that are over. */
function ranked(drifts: readonly Drift[]): readonly Drift[] {
  const rank = (drift: Drift): number =>
    order.indexOf(drift.severity) + (drift.resolvedAt === undefined ? 0 : order.length);
  return drifts.toSorted(
    (a, b) => rank(a) - rank(b) || a.check.localeCompare(b.check) || a.service.id.localeCompare(b.service.id),
  );
}

const kindNames: Readonly<Record<ServiceKind, string>> = {
  workspace: 'workspace',
  fhirService: 'FHIR service',
  dicomService: 'DICOM service',
  medtechService: 'MedTech service',
  apiForFhir: 'Azure API for FHIR',
  fhirServer: 'FHIR server',
};

const kinds: Readonly<Record<string, string>> = {
  regressed: 'NEW DRIFT',
  obscured: 'NOT PROVEN ANY MORE',
  removed: 'SERVICE IS GONE',
};

function tellFired(alert: CommonAlert, reading: CaseReading, context: CardContext, length: Length): Told {
  const drifts = ranked(reading.kind === 'known' ? reading.drifts : []);
  const [lead] = drifts;
  if (!lead) return tellFromPayload(alert, reading, context, length);
  const { service } = lead;
  const guide = context.guideOf(lead.check);
  const changes = changesOf(lead);
  const others = drifts.slice(1);
  const changedBy = context.changedByOf(lead);
  const rest: readonly Element[] = [
    fact(
      'Service',
      clean(`${service.name} (${kindNames[service.kind]}, resource group ${service.resourceGroup})`, length(200)),
    ),
    fact('Check', clean(lead.check, length(80))),
    ...(guide ? [fact('Should be', clean(guide.title, length(160)))] : []),
    fact('Was', clean(changes.was, length(400))),
    fact('Is', clean(changes.is, length(400))),
    fact('Since', timeOf(lead.since)),
    fact('Changed by', changedBy === undefined ? 'not recorded' : clean(changedBy, length(160))),
    ...(lead.causeTitle !== '' && lead.causeTitle !== service.name
      ? [fact('Cause', clean(lead.causeTitle, length(160)))]
      : []),
    ...(others.length > 0 ? [fact('Also', clean(listOf(others), length(500)))] : []),
    ...(drifts.every((drift) => drift.resolvedAt !== undefined)
      ? section('Meanwhile', 'fhirwatch has already seen the end of it; the closing card follows.')
      : []),
    ...(guide ? guidance(guide, service, length) : []),
  ];
  return {
    headline: `${lead.severity.toUpperCase()} · ${kinds[lead.direction] ?? 'CHANGED'}`,
    style: styles[lead.severity],
    title: `${service.name}: ${lead.check}${others.length > 0 ? ` and ${others.length} more` : ''}`,
    text: lead.message,
    rest,
    service,
  };
}

/** Half a command is worse than none. */
function guidance(guide: Guide, service: Service, length: Length): readonly Element[] {
  const command = guide.command(service);
  const whole = clean(command, length(1500));
  const shown = whole === command.replace(/[\r\n\t]+/g, ' ').trim() ? whole : undefined;
  return [
    ...section('Why it matters', clean(guide.why, length(450))),
    ...(shown === undefined
      ? section('To repair', 'The command is in the report: it is too long, or not safe, to be shown here.')
      : section('To repair', shown, { fontType: 'Monospace' })),
  ];
}

/** All that the alert itself says, where nothing more can be had. */
function tellFromPayload(alert: CommonAlert, reading: CaseReading, context: CardContext, length: Length): Told {
  const { dimensions } = alert;
  const check = dimensions.check ?? '';
  const severity = severityOf(dimensions.severity);
  const guide = context.guideOf(check);
  const why =
    reading.kind === 'unreadable'
      ? 'fhirwatch’s memory could not be read just now. This card holds what the alert itself says; the report has the rest once storage answers.'
      : 'fhirwatch’s memory holds nothing of this cause. This card holds what the alert itself says.';
  return {
    headline: `${(dimensions.severity && severity ? severity : alert.severity).toUpperCase()} · ${kinds[dimensions.direction ?? ''] ?? 'DRIFT'}`,
    style: severity ? styles[severity] : 'attention',
    title: `${dimensions.serviceName || 'A FHIR service'}: ${check || 'drifted'}`,
    text: guide
      ? `This should be so and ${dimensions.direction === 'regressed' ? 'is not' : 'is not proven now'}: ${guide.title}.`
      : alert.description,
    rest: [
      ...named(dimensions, ['serviceName', 'Service'], length),
      ...named(dimensions, ['check', 'Check'], length),
      ...named(dimensions, ['causeTitle', 'Cause'], length),
      fact('Fired', timeOf(alert.firedAt)),
      fact('Changed by', 'not recorded'),
      ...section('What is missing here', why),
      ...(guide ? section('Why it matters', clean(guide.why, length(450))) : []),
    ],
  };
}

function named(
  dimensions: CommonAlert['dimensions'],
  [name, title]: readonly [string, string],
  length: Length,
): readonly Element[] {
  const value = dimensions[name];
  return value === undefined || value === '' ? [] : [fact(title, clean(value, length(200)))];
}

const endings: Readonly<Record<string, readonly [headline: string, words: string]>> = {
  recovered: ['REPAIRED', 'In order again, and it has lasted.'],
  known: ['VISIBLE AGAIN', 'What could not be read can be read again; if it is out of order, another alert says so.'],
  excepted: ['ACCEPTED AS A RISK', 'Nothing was repaired: the policy now excepts it.'],
  accepted: ['ACCEPTED', 'A person accepted the new state as the baseline.'],
  removed: ['SERVICE IS GONE', 'The service is no longer in the estate.'],
  superseded: ['SUPERSEDED', 'It became graver and was told anew.'],
  told: ['ENDED', 'It was told once and needs nothing more.'],
};

function tellOver(drifts: readonly Drift[], length: Length): Told {
  const [lead] = ranked(drifts);
  const resolutions = [...new Set(drifts.map(({ resolution }) => resolution ?? 'told'))];
  const [only] = resolutions;
  const [headline, words] = (resolutions.length === 1 && only ? endings[only] : undefined) ?? [
    'ENDED',
    `Its drifts ended in different ways: ${resolutions.map((one) => endings[one]?.[0].toLowerCase() ?? one).join(', ')}.`,
  ];
  const ended =
    drifts
      .map(({ resolvedAt }) => resolvedAt ?? '')
      .sort()
      .at(-1) ?? '';
  const began = drifts.map(({ openedAt }) => openedAt).sort()[0] ?? '';
  return {
    headline,
    style: only === 'recovered' && resolutions.length === 1 ? 'good' : 'emphasis',
    title: `${lead?.service.name ?? ''}: ${lead?.check ?? ''}${drifts.length > 1 ? ` and ${drifts.length - 1} more` : ''}`,
    text: words,
    rest: [
      fact('It was', clean(lead?.message ?? '', length(600))),
      fact('Severity', lead?.severity ?? ''),
      fact('Open', `${timeOf(began)} to ${timeOf(ended)}`),
      fact('Lasted', lasting(began, ended)),
      ...(drifts.length > 1 ? [fact('Also', clean(listOf(drifts.slice(1)), length(500)))] : []),
    ],
    service: lead?.service,
  };
}

/** Azure closes an alert when nothing repeats it any more: that is silence, not an end (ARCHITECTURE, section 7). */
function tellSilent(alert: CommonAlert, reading: CaseReading, length: Length): Told {
  const known = ranked(reading.kind === 'known' ? reading.drifts : []);
  const [lead] = known.filter((drift) => drift.resolvedAt === undefined);
  const { dimensions } = alert;
  const reason =
    reading.kind === 'unreadable'
      ? 'Azure closed this alert, and fhirwatch’s memory could not be read: whether it is over is not known.'
      : lead
        ? 'Azure closed this alert because fhirwatch repeated it no more. No sweep has said that it is over: take it as still open.'
        : 'Azure closed this alert, and fhirwatch’s memory holds no end of it: whether it is over is not known.';
  return {
    headline: 'MONITOR SILENT, STATE UNKNOWN',
    style: 'warning',
    title: `${lead?.service.name ?? (dimensions.serviceName || 'A FHIR service')}: ${lead?.check ?? dimensions.check ?? ''}`,
    text: reason,
    rest: [
      ...(lead
        ? [
            fact('Last known', clean(lead.message, length(600))),
            fact('Severity', lead.severity),
            fact('Since', timeOf(lead.since)),
            fact('Last told', timeOf(lead.stateSentAt ?? lead.openSentAt)),
          ]
        : [
            ...named(dimensions, ['severity', 'Severity'], length),
            ...named(dimensions, ['causeTitle', 'Cause'], length),
          ]),
      fact('Fired', timeOf(alert.firedAt)),
      fact('Closed', timeOf(alert.resolvedAt)),
      ...section('What to do', hintOf('fhirwatch-heartbeat-missing').next),
    ],
    service: lead?.service,
  };
}
