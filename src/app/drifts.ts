import type { Drift } from '../model.ts';
import { severityRank } from '../posture/coverage.ts';
import { isOpen } from '../posture/decide.ts';
import { type Answer, authorise, json, problem, type Request } from './answers.ts';
import { families } from './families.ts';
import type { Open } from './http.ts';
import { type Environment, type Log, openShared } from './service.ts';

/** `GET drifts`: the drifts that are open, the gravest first, for a signed-in Auditor or Operator. */
export async function answerDrifts(
  request: Request,
  environment: Environment,
  log: Log,
  open: Open = openShared,
): Promise<Answer> {
  const caller = authorise(request, environment, ['Auditor', 'Operator']);
  if ('status' in caller) return caller;
  const opening = open(environment, log);
  if (!opening.ok) return problem(503, 'Not configured', opening.problems.join(' '));
  try {
    const store = await opening.service.store();
    const books = await Promise.all(families.map((family) => store.driftBook(family)));
    const drifts = books.flatMap((book) => book.drifts.filter(isOpen)).sort(byGravity);
    const generatedAt = opening.service.now().toISOString();
    return json(200, { schema: 'fhirwatch-drifts/1', generatedAt, drifts: drifts.map(toListed) });
  } catch (error) {
    log.error('the drifts could not be listed', { error: error instanceof Error ? error.stack : 'unknown' });
    return problem(
      503,
      'Memory unreadable',
      'The drifts could not be read from storage; nothing is known of them now.',
    );
  }
}

/** The properties of the signals, and what only memory knows. */
function toListed(drift: Drift) {
  const { driftId, causeId, causeTitle, causeSeverity, causeCheck, causeServiceName, causeDirection, service } = drift;
  const { check, family, severity, direction, was, is, message, since, openedAt, flaps, recovering, openSentAt } =
    drift;
  return {
    driftId,
    causeId,
    causeTitle,
    causeSeverity,
    causeCheck,
    causeServiceName,
    causeDirection,
    check,
    family,
    severity,
    direction,
    serviceId: service.id,
    serviceKey: service.key,
    serviceName: service.name,
    was,
    is,
    message,
    since,
    openedAt,
    flaps,
    recovering,
    /** when the ingestion service accepted its opening; null: not yet */
    announcedAt: openSentAt ?? null,
  };
}

function byGravity(a: Drift, b: Drift): number {
  const order = severityRank(a.severity) - severityRank(b.severity);
  if (order !== 0) return order;
  return `${a.openedAt} ${a.driftId}` < `${b.openedAt} ${b.driftId}` ? -1 : 1;
}
