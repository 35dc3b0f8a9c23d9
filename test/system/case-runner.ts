/** Scans estate after estate with the product's own modules, against one sandbox of this process, and judges the report. */
import { type ScanOptions, scan } from '../../src/app/scan.ts';
import type { Report } from '../../src/reports/report.ts';
import { type CommandOutcome, openCommandRig } from './command-rig.ts';

export interface Expected {
  readonly service: string;
  readonly check: string;
  readonly status: string;
  readonly severity?: string;
  readonly message?: RegExp;
}

export interface ScanCase {
  readonly name: string;
  readonly estate: (now: Date) => object;
  readonly expect: readonly Expected[];
  readonly exit?: number;
  /** what was printed, the report or else what is complained of, must match */
  readonly printed?: RegExp;
  readonly not?: RegExp;
  readonly options?: Partial<ScanOptions>;
}

export interface CaseRunner {
  /** Everything in which the scan differs from what the case says. One case at a time. */
  run(one: ScanCase): Promise<readonly string[]>;
  close(): Promise<void>;
}

const defaults: ScanOptions = {
  outputs: [{ format: 'json' }],
  families: [],
  checks: ['public-network-access', 'private-endpoint-approval', 'private-dns-resolution'],
  failOn: 'never',
};

export async function openRunner(): Promise<CaseRunner> {
  const rig = await openCommandRig();
  return {
    async run(one) {
      const outcome = await rig.run(one.estate(rig.now()), (terminal, policyFile) =>
        scan({ ...defaults, policyFile, ...one.options }, terminal),
      );
      return differences(one, outcome);
    },
    close: () => rig.close(),
  };
}

function differences(one: ScanCase, { code, stdout, stderr }: CommandOutcome): readonly string[] {
  const found: string[] = [];
  if (one.exit !== undefined && code !== one.exit) found.push(`exit ${code}, expected ${one.exit}: ${stderr}`);
  const printed = `${stdout}${stderr}`;
  if (one.printed && !one.printed.test(printed)) found.push(`not ${one.printed}: ${printed.slice(0, 2000)}`);
  if (one.not?.test(printed)) found.push(`holds what it must not, ${one.not}`);
  if (one.expect.length === 0) return found;
  const report: Report | undefined = stdout === '' ? undefined : JSON.parse(stdout);
  return [...found, ...one.expect.flatMap((expected) => unmet(expected, report, stderr))];
}

function unmet(expected: Expected, report: Report | undefined, stderr: string): readonly string[] {
  const { service, check, status, severity, message } = expected;
  const findings = report?.services.find(({ name }) => name === service)?.findings ?? [];
  const [finding, ...others] = findings.filter((one) => one.check === check);
  if (finding === undefined) return [`${service} ${check}: no finding ${stderr}`];
  const right =
    others.length === 0 &&
    finding.status === status &&
    (severity === undefined || finding.severity === severity) &&
    (message === undefined || message.test(finding.message));
  if (right) return [];
  const wanted = [status, severity, message].filter((part) => part !== undefined).join(' ');
  return [`${service} ${check}: expected ${wanted}, saw ${finding.status} ${finding.severity}: ${finding.message}`];
}
