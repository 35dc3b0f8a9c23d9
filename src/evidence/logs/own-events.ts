import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Gathered } from '../../model.ts';
import { type Azure, failed } from '../azure/client.ts';
import { CallError } from '../azure/failure.ts';
import { queryLogs } from './log-query.ts';

/**
 * What the app's own workspace holds of the app's own events, by the very queries of the alert rules. The build puts them
 * beside the bundle; in the sources they stand with the rules.
 */

/** Rules see two days at most. */
const reachSeconds = 2 * 86_400;

export interface SilentFamily {
  readonly family: string;
  readonly silentMinutes: number;
}

/** The families whose heartbeat is missing, as the rule `heartbeat-missing` sees it; none where all are heard. */
export function collectSilence(
  azure: Azure,
  workspaceId: string,
  signal: AbortSignal,
): Promise<Gathered<readonly SilentFamily[]>> {
  return ask(azure, workspaceId, 'heartbeat-missing', ['family', 'silentMinutes'], signal, (row) => {
    const { family, silentMinutes } = row;
    if (typeof family !== 'string' || typeof silentMinutes !== 'number') throw misread('heartbeat-missing');
    return { family, silentMinutes };
  });
}

/** The test alerts that the rule `test-alert` has to fire for, by their ids. */
export function collectTestAlerts(
  azure: Azure,
  workspaceId: string,
  signal: AbortSignal,
): Promise<Gathered<readonly string[]>> {
  return ask(azure, workspaceId, 'test-alert', ['testId'], signal, ({ testId }) => {
    if (typeof testId !== 'string') throw misread('test-alert');
    return testId;
  });
}

async function ask<T>(
  azure: Azure,
  workspaceId: string,
  rule: string,
  columns: readonly string[],
  signal: AbortSignal,
  read: (row: Readonly<Record<string, unknown>>) => T,
): Promise<Gathered<readonly T[]>> {
  const answer = await queryLogs(azure, { workspaceId, query: queryOf(rule), columns, reachSeconds }, signal);
  if (!answer.ok) return answer;
  const { rows, incomplete } = answer.value;
  if (incomplete) return { ok: false, ...incomplete, sources: answer.sources };
  try {
    return { ...answer, value: rows.map(read) };
  } catch (error) {
    return { ...failed(error, `log query in ${workspaceId}`, azure.now()), sources: answer.sources };
  }
}

function queryOf(rule: string): string {
  const beside = join(import.meta.dirname, `${rule}.kql`);
  const file = existsSync(beside) ? beside : join(import.meta.dirname, '../../../infra/alerts', `${rule}.kql`);
  return readFileSync(file, 'utf8');
}

function misread(rule: string): CallError {
  return new CallError('malformed', `a row of ${rule} has cells of another type`);
}
