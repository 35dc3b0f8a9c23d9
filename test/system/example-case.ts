/** A case of the shared examples: an estate and the verdicts it must get (examples/estates/README.md). */
import { text } from 'node:stream/consumers';
import { scan } from '../../sandbox/command-line/scan.ts';
import { parseEstate } from '../../sandbox/estate.ts';

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

/**
 * What `sandbox scan` does with an estate file, with the sandbox in this process, which loads the query language once for all
 * of them. The product is a process of its own.
 */
export async function scanEstate(file: object): Promise<ScanOutcome> {
  const parsed = parseEstate(file, new Date());
  if (!parsed.ok) return { code: 3, report: undefined, stderr: parsed.problems.join('\n') };
  let printed: Promise<readonly [string, string]> | undefined;
  const code = await scan(
    parsed.estate,
    ['--format', 'json', '--fail-on', 'never', '--quiet'],
    ({ stdout, stderr }) => {
      if (stdout && stderr) printed = Promise.all([text(stdout), text(stderr)]);
    },
  );
  const [stdout = '', stderr = ''] = (await printed) ?? [];
  return { code, report: stdout === '' ? undefined : JSON.parse(stdout), stderr };
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
