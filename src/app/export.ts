import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { checks } from '../checks/index.ts';
import { createAzure } from '../evidence/azure/client.ts';
import { discoverEstate, EstateUnlistable } from '../evidence/inventory.ts';
import { createProbeMemory } from '../evidence/probe/memory.ts';
import { exportEstate as writeEstate } from '../export/export-estate.ts';
import { createRecorder } from '../export/recording.ts';
import type { Evidence, Posture } from '../model.ts';
import { applicableException, type Policy, resolveExpectations } from '../policy.ts';
import { exitCodeOf } from '../posture/coverage.ts';
import { sameId } from '../rules/resource-id.ts';
import { readSettings } from '../settings.ts';
import { judgeAll } from '../sweep/judge-all.ts';
import type { BatchPorts } from '../sweep.ts';
import { credentialFor } from './connect.ts';
import { loadPolicy } from './policy-file.ts';
import { batchPorts } from './ports.ts';
import { couldNotRun, startBudget, type Terminal } from './scan.ts';

export interface ExportOptions {
  readonly policyFile?: string | undefined;
  /** absent: standard output */
  readonly file?: string | undefined;
  readonly hashIds: boolean;
}

/**
 * Scans with the caller's own credentials and writes what was read as an estate file. 0; 2 where something is unknown, as
 * it will be in a replay, or nothing is there; 3 could not run. The salt of the pseudonyms is random unless given.
 */
export async function exportEstate(
  options: ExportOptions,
  terminal: Terminal,
  salt: string = randomUUID(),
): Promise<0 | 1 | 2 | 3> {
  const now = (): Date => new Date();
  const settled = readSettings(terminal.env);
  const settings = settled.ok ? settled.settings : undefined;
  const loading = await loadPolicy(options.policyFile ?? settings?.policyFile ?? 'fhirwatch.yaml', now());
  const problems = [...(settled.ok ? [] : settled.problems), ...(loading.ok ? [] : loading.problems)];
  if (!settings || !loading.ok) return couldNotRun(problems, terminal);
  const { policy } = loading.loaded;

  const budget = startBudget();
  try {
    const recorder = createRecorder();
    const credential = await credentialFor(settings, terminal.env);
    const { cloud } = settings;
    const azure = createAzure({ credential, cloud, now, random: Math.random, around: recorder.around });
    terminal.progress('listing the estate …');
    const estate = await discoverEstate(policy.estate, azure, budget.signal);
    budget.extendFor(estate.services.length);
    terminal.progress(`reading ${estate.services.length} services …`);
    const probes = createProbeMemory();
    const ports = batchPorts({ azure, estate, policy, settings, checks, probes, now, signal: budget.signal });
    const gathered = new Map<string, Evidence>();
    const { postures } = await judgeAll(estate.services, 'all', keepingEvidence(ports, gathered));
    const file = writeEstate({
      recording: recorder.recording(),
      observed: postures.map(({ service }) => ({
        service,
        evidence: gathered.get(service.id) ?? {},
        expect: resolveExpectations(policy, service),
      })),
      policy,
      cloud,
      tenantId: settings.tenantId,
      at: now().toISOString(),
      hashIds: options.hashIds,
      salt,
      holds: (exception) => holds(exception, policy, postures, now()),
    });
    const text = `${JSON.stringify(file, undefined, 2)}\n`;
    if (options.file === undefined) terminal.write(text);
    else await writeFile(options.file, text, { mode: 0o600 });
    for (const { scope, reason, detail } of estate.problems)
      terminal.complain(`fhirwatch: ${scope}: ${reason}: ${detail}`);
    if (postures.length === 0) terminal.complain('fhirwatch: no FHIR service is visible to this identity');
    const findings = postures
      .flatMap((posture) => posture.findings)
      .map((finding) => ({ ...finding, exception: null }));
    return exitCodeOf(findings, estate.problems.length, 'never');
  } catch (error) {
    if (!(error instanceof EstateUnlistable)) throw error;
    const what = error.identity ? 'the identity gave no token' : 'the estate could not be listed';
    return couldNotRun([`${what} (${error.failure.reason}): ${error.failure.detail}`], terminal);
  } finally {
    budget.stop();
  }
}

/** What was gathered last counts: it is what was judged. */
function keepingEvidence(ports: BatchPorts, gathered: Map<string, Evidence>): BatchPorts {
  return {
    ...ports,
    async gather(services, kinds, confirm) {
      const found = await ports.gather(services, kinds, confirm);
      for (const [id, evidence] of found) gathered.set(id, evidence);
      return found;
    },
  };
}

/** Whether an exception applies to what was found now. */
function holds(
  exception: Policy['exceptions'][number],
  policy: Policy,
  postures: readonly Posture[],
  now: Date,
): boolean {
  const posture = postures.find(({ service }) => sameId(service.id, exception.service));
  const finding = posture?.findings.find(({ check }) => check === exception.check);
  if (!posture || !finding) return false;
  const answer = applicableException(policy, posture.service, finding.check, finding.observed, now);
  return answer?.applies === true && answer.exception === exception;
}
