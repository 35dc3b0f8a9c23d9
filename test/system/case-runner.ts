/** Scans estate after estate with the product's own modules, against one sandbox of this process, and judges the report. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { parseEstate } from '../../sandbox/estate.ts';
import { compliantClinic } from '../../sandbox/estates/index.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Estate } from '../../sandbox/types.ts';
import { type ScanOptions, scan } from '../../src/app/scan.ts';
import type { Report } from '../../src/reports/report.ts';

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

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const defaults: ScanOptions = {
  outputs: [{ format: 'json' }],
  families: [],
  checks: ['public-network-access', 'private-endpoint-approval', 'private-dns-resolution'],
  failOn: 'never',
};

export async function openRunner(): Promise<CaseRunner> {
  const folder = await mkdtemp(join(tmpdir(), 'fhirwatch-case-'));
  const sandbox = await startSandbox(estateOf(compliantClinic(new Date())));
  const trusted = tls.getCACertificates('default');
  tls.setDefaultCACertificates([sandbox.tls.ca]);
  // The managed identity's client reads these from the process itself.
  const { IDENTITY_ENDPOINT, IDENTITY_HEADER } = sandbox.environment;
  Object.assign(process.env, { IDENTITY_ENDPOINT, IDENTITY_HEADER });

  async function outcome({ estate: make, options }: ScanCase): Promise<Outcome> {
    const estate = estateOf(make(sandbox.world.now()));
    sandbox.world.replace(estate);
    const policyFile = join(folder, 'policy.json');
    await writeFile(policyFile, JSON.stringify(estate.policy));
    let [stdout, stderr] = ['', ''];
    const code = await scan(
      { ...defaults, policyFile, ...options },
      {
        env: { ...sandbox.environment, FHIRWATCH_CLOUD: estate.cloud },
        color: false,
        write: (text) => {
          stdout += text;
        },
        progress: () => undefined,
        complain: (text) => {
          stderr += `${text}\n`;
        },
      },
    );
    return { code, stdout, stderr };
  }

  return {
    async run(one) {
      return differences(one, await outcome(one));
    },
    async close() {
      tls.setDefaultCACertificates(trusted);
      await sandbox.close();
      await rm(folder, { recursive: true });
    },
  };
}

function differences(one: ScanCase, { code, stdout, stderr }: Outcome): readonly string[] {
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

function estateOf(file: object): Estate {
  const parsed = parseEstate(file, new Date());
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  return parsed.estate;
}
