/** What the app's own report route says, as far as the story reads it. */
import type { Caller } from '../host/principal.ts';
import type { RunningHost } from '../host/start.ts';

export interface Finding {
  readonly check: string;
  readonly status: string;
  readonly severity: string;
  readonly message: string;
}

export interface Posture {
  readonly coverage: { readonly findings: number; readonly known: number };
  readonly totals: {
    readonly pass: number;
    readonly fail: number;
    readonly unknown: number;
    readonly notApplicable: number;
  };
  readonly services: readonly { readonly id: string; readonly name: string; readonly findings: readonly Finding[] }[];
}

/** Who is signed in at the local host: reads as an auditor, acts as an operator. */
export function operatorOf(tenantId: string): Caller {
  return {
    objectId: '00000000-0000-4000-8000-0000000000a1',
    tenantId,
    name: 'operator@clinic.example',
    roles: ['Auditor', 'Operator'],
  };
}

/** Accepts what is in order now as the baseline; how many findings were accepted. */
export async function acceptBaseline(host: RunningHost): Promise<number> {
  const answer = await fetch(`${host.url}/api/baseline`, { method: 'POST' });
  if (!answer.ok) throw new Error(`the baseline route answered ${answer.status}: ${await answer.text()}`);
  const { accepted } = (await answer.json()) as { readonly accepted: readonly unknown[] };
  return accepted.length;
}

export async function readPosture(host: RunningHost): Promise<Posture> {
  const answer = await fetch(`${host.url}/api/report?format=json`);
  if (!answer.ok) throw new Error(`the report route answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Posture;
}

/** Service by service, check by check, one mark each: what a person reads at a glance. */
export function drawPosture(posture: Posture): string {
  const { coverage, totals } = posture;
  const marks: Readonly<Record<string, string>> = {
    pass: 'pass',
    fail: 'FAIL',
    unknown: 'unknown',
    'not-applicable': '-',
  };
  const checks = [...new Set(posture.services.flatMap(({ findings }) => findings.map(({ check }) => check)))].sort();
  const names = posture.services.map(({ name }) => name);
  const width = Math.max(...checks.map((check) => check.length));
  const cells = names.map((name) => Math.max(7, Math.min(name.length, 12)));
  const line = (first: string, rest: readonly string[]): string =>
    [first.padEnd(width), ...rest.map((text, i) => text.slice(0, cells[i]).padEnd(cells[i] ?? 0))].join('  ').trimEnd();
  return [
    line('', names),
    ...checks.map((check) =>
      line(
        check,
        posture.services.map(({ findings }) => marks[findings.find((one) => one.check === check)?.status ?? ''] ?? '?'),
      ),
    ),
    '',
    `coverage ${coverage.known} of ${coverage.findings} findings known; ${totals.pass} pass, ${totals.fail} fail, ${totals.unknown} unknown, ${totals.notApplicable} not applicable`,
  ].join('\n');
}

/** The findings that are not in order, worst first. */
export function troubles(posture: Posture): readonly (Finding & { readonly service: string })[] {
  const order = ['critical', 'high', 'medium', 'low'];
  return posture.services
    .flatMap(({ name, findings }) => findings.map((finding) => ({ ...finding, service: name })))
    .filter(({ status }) => status === 'fail' || status === 'unknown')
    .sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}
