import { type Answer, authorise, guards, problem, type Request } from './answers.ts';
import { type FamilyState, families, familyStates } from './families.ts';
import { type ReportFormat, type ReportQuestion, renderReport, reportFormats, reportOf } from './report.ts';
import { type Environment, type Log, openShared, type ServiceOpening } from './service.ts';
import { teamsTrouble } from './teams.ts';

export type { Answer, Request } from './answers.ts';

export type Open = (environment: Environment, log: Log) => ServiceOpening;

/** `GET report`: for a signed-in Auditor or Operator. */
export async function answerReport(
  request: Request,
  environment: Environment,
  log: Log,
  open: Open = openShared,
): Promise<Answer> {
  const caller = authorise(request, environment, ['Auditor', 'Operator']);
  if ('status' in caller) return caller;
  const format = formatOf(request);
  if (!format) {
    const seen = JSON.stringify((request.query.get('format') ?? '').slice(0, 40));
    return problem(
      400,
      'Unknown format',
      `format is ${seen}: expected one of ${Object.keys(reportFormats).join(', ')}.`,
    );
  }
  const { question, problems } = questionOf(request);
  if (problems.length > 0) return problem(400, 'Not a question', problems.join(' '));
  const opening = open(environment, log);
  if (!opening.ok) return problem(503, 'Not configured', opening.problems.join(' '));
  try {
    const report = await reportOf(opening.service, question);
    return {
      status: 200,
      headers: { ...guards, 'content-type': reportFormats[format] },
      body: renderReport(report, format),
    };
  } catch (error) {
    log.error('the report could not be made', { error: error instanceof Error ? error.stack : 'unknown' });
    return problem(503, 'Memory unreadable', 'The posture could not be read from storage; nothing is known of it now.');
  }
}

/** `GET health`: anonymous, so it says nothing of the estate; 503 when a family is overdue or the app cannot run. */
export async function answerHealth(environment: Environment, log: Log, open: Open = openShared): Promise<Answer> {
  const opening = open(environment, log);
  if (!opening.ok) {
    for (const text of opening.problems) log.error('a setting is wrong', { problem: text });
    return health(503, [], opening.problems.map(settingOf));
  }
  const { service } = opening;
  try {
    const sweeps = await (await service.store()).latestSweeps();
    const states = familyStates(sweeps, service.settings.schedules, service.now());
    // Cards that do not reach Teams are a problem of their own: mails still go out, so the app is not unhealthy.
    const teams = (await teamsTrouble(service)) ? ['the last card did not reach Teams; the log says why'] : [];
    const problems = [...service.settings.remarks.map(settingOf), ...teams];
    return health(states.some((state) => state.stale) ? 503 : 200, states, problems);
  } catch (error) {
    log.error('health could not read storage', { error: error instanceof Error ? error.stack : 'unknown' });
    return health(503, [], ['storage could not be read']);
  }
}

function formatOf(request: Request): ReportFormat | undefined {
  const asked = request.query.get('format');
  if (asked !== null) return asked === 'json' || asked === 'html' ? asked : undefined;
  return request.headers.get('accept')?.includes('text/html') ? 'html' : 'json';
}

/** Which part of the posture, and of which time; every parameter that is wrong, at once. */
function questionOf({ query }: Request): { readonly question: ReportQuestion; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const timeOf = (name: string): string | undefined => {
    const given = query.get(name);
    if (given === null) return undefined;
    const time = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(given) ? Date.parse(given) : Number.NaN;
    if (Number.isNaN(time)) {
      problems.push(
        `${name} is ${JSON.stringify(given.slice(0, 40))}: expected a day or a time such as 2026-11-22T08:00:00Z.`,
      );
      return undefined;
    }
    return new Date(time).toISOString();
  };
  const [at, from, to] = [timeOf('at'), timeOf('from'), timeOf('to')];
  if (at !== undefined && (from ?? to) !== undefined)
    problems.push('at stands alone: expected either at, or from and to.');
  if (to !== undefined && from === undefined) problems.push('to is given without from.');
  if (from !== undefined && to !== undefined && from > to) problems.push('from is after to.');
  const family = query.get('family');
  const known = families.find((one) => one === family);
  if (family !== null && known === undefined) {
    problems.push(`family is ${JSON.stringify(family.slice(0, 40))}: expected one of ${families.join(', ')}.`);
  }
  const service = query.get('service') ?? undefined;
  return { question: { at: at ?? to, from, service, family: known }, problems };
}

/** Only the setting's name: its value may name the estate. */
function settingOf(text: string): string {
  return `${text.split(/[\s:]/)[0] ?? 'a setting'} is wrong; the log says how`;
}

function health(status: 200 | 503, states: readonly FamilyState[], problems: readonly string[]): Answer {
  const families = states.map(({ family, completedAt, stale }) => ({ family, completedAt, overdue: stale }));
  const body = JSON.stringify({ status: status === 200 ? 'healthy' : 'unhealthy', families, problems }, null, 2);
  return { status, headers: { ...guards, 'content-type': 'application/json' }, body };
}
