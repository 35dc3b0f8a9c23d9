import type { AppliedException, Observed, ObservedValue, Service } from '../model.ts';

/** An accepted risk, as the policy writes it. */
export interface Exception extends AppliedException {
  readonly check: string;
  readonly service: string;
  /** the values it is for; it ends when one of them changes */
  readonly observed?: Observed;
}

export type ExceptionAnswer =
  | { readonly applies: true; readonly exception: AppliedException }
  /** there is one, but it no longer excepts: `why` completes the sentence "the exception …" */
  | { readonly applies: false; readonly exception: AppliedException; readonly why: string };

/** The first instant at which the exception no longer holds: a bare date holds until that day ends in UTC. */
export function endOf(expires: string): Date {
  const at = new Date(expires);
  if (expires.length === 'YYYY-MM-DD'.length) at.setUTCDate(at.getUTCDate() + 1);
  return at;
}

/** What the exceptions say of one failed finding; undefined where none names it. One that applies wins. */
export function exceptionFor(
  exceptions: readonly Exception[],
  service: Service,
  check: string,
  observed: Observed,
  now: Date,
): ExceptionAnswer | undefined {
  const answers = exceptions
    .filter((exception) => exception.check === check && isSameId(exception.service, service.id))
    .map((exception) => answerOf(exception, observed, now));
  return answers.find(({ applies }) => applies) ?? answers[0];
}

function answerOf(exception: Exception, observed: Observed, now: Date): ExceptionAnswer {
  const { owner, reason, expires } = exception;
  const shown = { owner, reason, expires };
  if (now >= endOf(expires)) return { applies: false, exception: shown, why: `expired on ${expires}` };
  const changed = Object.entries(exception.observed ?? {})
    .filter(([key, value]) => !isEqual(value, Object.hasOwn(observed, key) ? observed[key] : undefined))
    .map(([key]) => key);
  if (changed.length === 0) return { applies: true, exception: shown };
  return { applies: false, exception: shown, why: `was for other values of ${changed.join(', ')}` };
}

function isSameId(a: string, b: string): boolean {
  const plain = (id: string): string => id.toLowerCase().replace(/\/+$/, '');
  return plain(a) === plain(b);
}

/** Lists compare as sets: `observed` is sorted, a person's list need not be. */
function isEqual(a: ObservedValue, b: ObservedValue | undefined): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());
}
