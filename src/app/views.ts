import manifest from '../../package.json' with { type: 'json' };
import type { Gathered, Vantage } from '../model.ts';
import { applicableException, type Policy } from '../policy.ts';
import type { ReportInput } from '../reports/report.ts';

export const version: string = manifest.version;

/** For a report whose sweep asked no DNS question. */
export const notAsked: Gathered<Vantage> = {
  ok: false,
  reason: 'no-vantage',
  detail: 'no DNS question was asked in this sweep',
  sources: [],
};

/** How the policy's exceptions show in a report made at `now`. */
export function exceptionView(policy: Policy, now: Date): ReportInput['exceptionOf'] {
  return (service, finding) => {
    const answer = applicableException(policy, service, finding.check, finding.observed, now);
    if (!answer) return { exception: null };
    if (answer.applies) return { exception: answer.exception };
    return { exception: null, remark: `The exception of ${answer.exception.owner} ${answer.why}.` };
  };
}
