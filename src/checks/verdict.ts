import type { Culprit, Observed, Severity, Verdict } from '../model.ts';

/** The compliant state was seen. */
export function pass(message: string, observed: Observed = {}): Verdict {
  return { status: 'pass', message, observed };
}

/** The defect was seen; `severity` where it is less grave than the check's own. */
export function fail(message: string, observed: Observed = {}, severity?: Severity): Verdict {
  return severity === undefined
    ? { status: 'fail', message, observed }
    : { status: 'fail', message, observed, severity };
}

/** Names who is to blame, where that is not the service itself. */
export function blame(verdict: Verdict, culprit: Culprit | undefined): Verdict {
  return culprit === undefined ? verdict : { ...verdict, culprit };
}

/** What arrived proves neither. */
export function unknown(message: string, observed: Observed = {}): Verdict {
  return { status: 'unknown', message, observed };
}

/** The question does not arise for this service. */
export function notApplicable(message: string, observed: Observed = {}): Verdict {
  return { status: 'not-applicable', message, observed };
}
