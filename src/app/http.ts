import { type FamilyState, familyStates } from './families.ts';
import { callerOf, type Headers } from './principal.ts';
import { type ReportFormat, renderReport, reportFormats, reportNow } from './report.ts';
import { type Environment, type Log, openShared, type ServiceOpening } from './service.ts';

/** The part of a request that the routes read, and what they answer; the shapes of `@azure/functions`. */
export interface Request {
  readonly headers: Headers;
  readonly query: { get(name: string): string | null };
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Answers hold the state of a health service: no cache keeps them, no frame shows them, no script runs in them. */
const guards = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const;

export type Open = (environment: Environment, log: Log) => ServiceOpening;

/** `GET report`: for a signed-in Auditor or Operator. */
export async function answerReport(
  request: Request,
  environment: Environment,
  log: Log,
  open: Open = openShared,
): Promise<Answer> {
  const caller = callerOf(request.headers, environment);
  if (!caller) return problem(401, 'Not signed in', 'This route answers only callers that App Service has signed in.');
  if (!caller.roles.some((role) => role === 'Auditor' || role === 'Operator')) {
    return problem(403, 'Not an auditor', 'This route needs the app role Auditor or Operator.');
  }
  const format = formatOf(request);
  if (!format) {
    const seen = JSON.stringify((request.query.get('format') ?? '').slice(0, 40));
    return problem(
      400,
      'Unknown format',
      `format is ${seen}: expected one of ${Object.keys(reportFormats).join(', ')}.`,
    );
  }
  const opening = open(environment, log);
  if (!opening.ok) return problem(503, 'Not configured', opening.problems.join(' '));
  try {
    const report = await reportNow(opening.service);
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
    return health(states.some((state) => state.stale) ? 503 : 200, states, service.settings.remarks.map(settingOf));
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

/** Only the setting's name: its value may name the estate. */
function settingOf(text: string): string {
  return `${text.split(/[\s:]/)[0] ?? 'a setting'} is wrong; the log says how`;
}

function health(status: 200 | 503, states: readonly FamilyState[], problems: readonly string[]): Answer {
  const families = states.map(({ family, completedAt, stale }) => ({ family, completedAt, overdue: stale }));
  const body = JSON.stringify({ status: status === 200 ? 'healthy' : 'unhealthy', families, problems }, null, 2);
  return { status, headers: { ...guards, 'content-type': 'application/json' }, body };
}

/** RFC 9457. */
function problem(status: number, title: string, detail: string): Answer {
  const body = JSON.stringify({ type: 'about:blank', title, status, detail });
  return { status, headers: { ...guards, 'content-type': 'application/problem+json' }, body };
}
