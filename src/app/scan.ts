import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { checks } from '../checks/index.ts';
import { discoverEstate, EstateUnlistable } from '../evidence/inventory.ts';
import { createProbeMemory } from '../evidence/probe/memory.ts';
import type { Check, Family } from '../model.ts';
import { exitCodeOf, type FailOn } from '../posture/coverage.ts';
import { renderHtml } from '../reports/html.ts';
import { renderJsonParts } from '../reports/json.ts';
import { buildReport, type Report } from '../reports/report.ts';
import { renderTable } from '../reports/table.ts';
import { readSettings } from '../settings.ts';
import { judgeAll } from '../sweep/judge-all.ts';
import { connect } from './connect.ts';
import { keepHeapSmall } from './memory.ts';
import { loadPolicy } from './policy-file.ts';
import { batchPorts } from './ports.ts';
import { exceptionView, notAsked, version } from './views.ts';

/** In parts, since a report may be long. */
const renderers = {
  table: (report: Report, color: boolean): Iterable<string> => [renderTable(report, { color })],
  json: (report: Report): Iterable<string> => renderJsonParts(report),
  html: (report: Report): Iterable<string> => [renderHtml(report)],
} as const;

export type ScanFormat = keyof typeof renderers;

/** What the options of a scan may say. */
export const scanChoices = {
  formats: Object.keys(renderers) as readonly ScanFormat[],
  families: [...new Set(checks.map((check) => check.family))] as readonly Family[],
  checks: checks.map((check) => check.id),
  severities: ['critical', 'high', 'medium', 'low', 'never'] as const satisfies readonly FailOn[],
} as const;

export interface ScanOutput {
  readonly format: ScanFormat;
  /** absent: standard output */
  readonly file?: string | undefined;
}

export interface ScanOptions {
  readonly policyFile?: string | undefined;
  readonly outputs: readonly ScanOutput[];
  /** empty: all */
  readonly families: readonly Family[];
  /** empty: all */
  readonly checks: readonly string[];
  readonly failOn: FailOn;
}

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly color: boolean;
  write(text: string): void;
  progress(text: string): void;
  complain(text: string): void;
}

/** A scan of up to 50 services ends within 120 s whatever hangs (CHECKS, "Weather"); larger estates get a second each more. */
const budgetMs = 95_000;
const budgetServices = 50;
const budgetMsPerService = 1_000;

/** One sweep from a terminal; the exit code: INTERFACES, "Commands". */
export async function scan(options: ScanOptions, terminal: Terminal): Promise<0 | 1 | 2 | 3> {
  const now = (): Date => new Date();
  const settled = readSettings(terminal.env);
  const settings = settled.ok ? settled.settings : undefined;
  const file = options.policyFile ?? settings?.policyFile ?? 'fhirwatch.yaml';
  const loading = await loadPolicy(file, now());
  const problems = [...(settled.ok ? [] : settled.problems), ...(loading.ok ? [] : loading.problems)];
  if (!settings || !loading.ok) return couldNotRun(problems, terminal);
  for (const remark of [...settings.remarks, ...loading.loaded.warnings]) terminal.complain(`fhirwatch: ${remark}`);

  const budget = startBudget();
  const stopWatching = keepHeapSmall();
  try {
    const azure = await connect(settings, terminal.env, now);
    terminal.progress('listing the estate …');
    const estate = await discoverEstate(loading.loaded.policy.estate, azure, budget.signal);
    budget.extendFor(estate.services.length);
    terminal.progress(`reading ${estate.services.length} services …`);
    const chosen = checks.filter((check) => isChosen(check, options));
    const ports = batchPorts({
      azure,
      estate,
      policy: loading.loaded.policy,
      settings,
      checks: chosen,
      together: estate.services,
      probes: createProbeMemory(),
      now,
      signal: budget.signal,
    });
    const { postures, vantage } = await judgeAll(estate.services, 'all', ports);
    const completedAt = now().toISOString();
    const report = buildReport({
      generatedAt: completedAt,
      version,
      cloud: settings.cloud,
      vantage: vantage ?? notAsked,
      policySha256: loading.loaded.sha256,
      postures,
      sweeps: sweepsOf(chosen, completedAt),
      problems: estate.problems,
      exceptionOf: exceptionView(loading.loaded.policy, now()),
      sinceOf: () => null,
    });
    await deliver(report, options.outputs, terminal);
    if (report.services.length === 0) terminal.complain('fhirwatch: no FHIR service is visible to this identity');
    const findings = report.services.flatMap((service) => service.findings);
    return exitCodeOf(findings, report.problems.length, options.failOn);
  } catch (error) {
    if (!(error instanceof EstateUnlistable)) throw error;
    const what = error.identity ? 'the identity gave no token' : 'the estate could not be listed';
    return couldNotRun([`${what} (${error.failure.reason}): ${error.failure.detail}`], terminal);
  } finally {
    stopWatching();
    budget.stop();
  }
}

function isChosen(check: Check, { families, checks: ids }: ScanOptions): boolean {
  return (families.length === 0 || families.includes(check.family)) && (ids.length === 0 || ids.includes(check.id));
}

export function couldNotRun(problems: readonly string[], terminal: Terminal): 3 {
  for (const problem of problems) terminal.complain(`fhirwatch: ${problem}`);
  return 3;
}

async function deliver(report: Report, outputs: readonly ScanOutput[], terminal: Terminal): Promise<void> {
  for (const { format, file } of outputs) {
    const parts = renderers[format](report, terminal.color && file === undefined);
    if (file !== undefined) await writeFile(file, parts);
    else for (const part of parts) terminal.write(part);
  }
}

function sweepsOf(chosen: readonly Check[], completedAt: string): Report['sweeps'] {
  const sweepId = randomUUID();
  const families = [...new Set(chosen.map((check) => check.family))].sort();
  return families.map((family) => ({ family, sweepId, completedAt, intervalSeconds: null, stale: false }));
}

export interface Budget {
  readonly signal: AbortSignal;
  extendFor(services: number): void;
  stop(): void;
}

/** The time of a sweep from a terminal. */
export function startBudget(): Budget {
  const controller = new AbortController();
  const started = performance.now();
  const expire = (): void => controller.abort(new DOMException("the scan's time is up", 'TimeoutError'));
  let timer = setTimeout(expire, budgetMs);
  return {
    signal: controller.signal,
    extendFor(services) {
      clearTimeout(timer);
      const total = budgetMs + Math.max(0, services - budgetServices) * budgetMsPerService;
      timer = setTimeout(expire, Math.max(0, total - (performance.now() - started)));
    },
    stop: () => clearTimeout(timer),
  };
}
