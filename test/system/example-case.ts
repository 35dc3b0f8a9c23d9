/** A case of the shared examples: an estate and the verdicts it must get (examples/estates/README.md). */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Expectation {
  readonly service: string;
  readonly check: string;
  readonly status: string | readonly string[];
  readonly severity?: string;
  readonly message?: string;
  readonly not?: string;
}

export interface ExampleCase {
  readonly why: string;
  readonly estate: object;
  readonly expect?: readonly Expectation[];
  readonly expectAny?: readonly Expectation[];
  readonly coverage?: { readonly unknown: 'none' | 'some' };
  readonly base?: string;
  readonly sameAsBase?: 'all' | { readonly except: readonly string[] };
  readonly atMostUnknown?: boolean;
  readonly absentOk?: boolean;
  readonly exit?: readonly number[];
  readonly exitNot?: readonly number[];
}

export interface ReportedFinding {
  readonly check: string;
  readonly status: string;
  readonly severity: string;
  readonly message: string;
  readonly observed: object;
}

export interface ScanOutcome {
  readonly code: number;
  readonly report:
    | {
        readonly services: readonly {
          readonly id: string;
          readonly name: string;
          readonly findings: readonly ReportedFinding[];
        }[];
        readonly problems: readonly object[];
      }
    | undefined;
  readonly stderr: string;
}

const sandboxMain = fileURLToPath(new URL('../../sandbox/main.ts', import.meta.url));

/** Runs `sandbox scan` over an estate as a user would, in a process of its own. */
export async function scanEstate(estate: object, options: readonly string[] = []): Promise<ScanOutcome> {
  const folder = await mkdtemp(join(tmpdir(), 'fhirwatch-case-'));
  try {
    const file = join(folder, 'estate.json');
    await writeFile(file, JSON.stringify(estate));
    return await scanFile(file, options);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The same for an estate file, or a named estate. */
export function scanFile(estate: string, options: readonly string[] = []): Promise<ScanOutcome> {
  const args = [sandboxMain, 'scan', estate, '--format', 'json', '--fail-on', 'never', '--quiet', ...options];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({ code: code ?? -1, report: stdout === '' ? undefined : JSON.parse(stdout), stderr }),
    );
  });
}

/** Everything in which the outcome differs from what the case says; checks that do not exist yet are passed over. */
export function differences(
  one: ExampleCase,
  outcome: ScanOutcome,
  base: ScanOutcome | undefined,
  checkIds: ReadonlySet<string>,
): readonly string[] {
  const found: string[] = [];
  const { code, report } = outcome;
  if (one.exit && !one.exit.includes(code))
    found.push(`exit ${code}, expected ${one.exit.join(' or ')}: ${outcome.stderr.slice(0, 500)}`);
  if (one.exitNot?.includes(code)) found.push(`exit ${code}, which is forbidden`);
  for (const expected of [...(one.expect ?? []), ...(one.expectAny ?? [])]) {
    if (checkIds.has(expected.check)) found.push(...unmet(expected, outcome));
  }
  const all = (report?.services ?? []).flatMap((service) => service.findings);
  const unknowns = all.filter((finding) => finding.status === 'unknown').length;
  if (one.coverage?.unknown === 'none' && unknowns > 0) found.push(`${unknowns} findings are unknown, expected none`);
  if (one.coverage?.unknown === 'some' && unknowns === 0) found.push('no finding is unknown, expected some');
  if (base?.report) found.push(...comparedWith(base.report, one, outcome));
  return found;
}

function unmet(expected: Expectation, { report, stderr }: ScanOutcome): readonly string[] {
  const statuses = typeof expected.status === 'string' ? [expected.status] : expected.status;
  const label = `${expected.service} ${expected.check}`;
  const service = report?.services.find(
    ({ name, id }) =>
      name === expected.service || id.split('/').at(-1)?.toLowerCase() === expected.service.toLowerCase(),
  );
  const findings = service?.findings.filter(({ check }) => check === expected.check) ?? [];
  const [finding] = findings;
  if (!finding) return statuses.includes('absent') ? [] : [`${label}: no finding ${stderr.slice(0, 300)}`];
  const found: string[] = findings.length === 1 ? [] : [`${label}: ${findings.length} findings`];
  const seen = `${finding.status} ${finding.severity}: ${finding.message}`;
  if (!statuses.includes(finding.status)) found.push(`${label}: expected ${statuses.join(' or ')}, saw ${seen}`);
  else if (expected.severity !== undefined && finding.severity !== expected.severity) {
    found.push(`${label}: expected severity ${expected.severity}, saw ${seen}`);
  }
  if (expected.message !== undefined && !new RegExp(expected.message, 'i').test(finding.message)) {
    found.push(`${label}: message does not match ${expected.message}: ${seen}`);
  }
  if (expected.not !== undefined && new RegExp(expected.not).test(finding.message + JSON.stringify(finding.observed))) {
    found.push(`${label}: message or observed holds what it must not`);
  }
  return found;
}

function comparedWith(
  base: NonNullable<ScanOutcome['report']>,
  one: ExampleCase,
  { code, report }: ScanOutcome,
): readonly string[] {
  const found: string[] = [];
  const except = new Set(typeof one.sameAsBase === 'object' ? one.sameAsBase.except : []);
  for (const service of base.services) {
    const now = report?.services.find(({ id }) => id === service.id);
    if (!now) {
      const told = one.absentOk && (code === 2 || code === 3);
      if (!told && (one.sameAsBase || one.atMostUnknown)) found.push(`${service.name} is missing from the report`);
      continue;
    }
    for (const before of service.findings) {
      const after = now.findings.find(({ check }) => check === before.check);
      const label = `${service.name} ${before.check}: ${before.status} in the base, now ${after?.status}: ${after?.message}`;
      if (one.sameAsBase && !except.has(before.check) && after?.status !== before.status) found.push(label);
      if (one.atMostUnknown && after?.status !== before.status && after?.status !== 'unknown') found.push(label);
    }
  }
  return found;
}
