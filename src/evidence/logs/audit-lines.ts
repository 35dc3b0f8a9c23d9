import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditFailureRow, AuditWindow, Failure } from '../../model.ts';
import { CallError } from '../azure/failure.ts';
import { isObject } from '../azure/json.ts';

/** The text of `audit-log-failures.kql` for some services, and what its lines mean. */

const template = readFileSync(join(import.meta.dirname, 'audit-log-failures.kql'), 'utf8');

export interface AuditQuestion {
  /** resource ids in lower case */
  readonly services: readonly string[];
  readonly windowSeconds: number;
  /** whether rows must be told apart one by one, because another workspace may hold copies of them */
  readonly distinguish: boolean;
}

export function writeAuditQuery({ services, windowSeconds, distinguish }: AuditQuestion): string {
  return [
    ['window', `${windowSeconds}s`],
    ['services', `dynamic(${JSON.stringify(services)})`],
    ['distinguish', String(distinguish)],
  ].reduce((query, [name, value]) => replaceLet(query, name ?? '', value ?? ''), template);
}

function replaceLet(query: string, name: string, value: string): string {
  const line = new RegExp(`^let ${name} = .*$`, 'm');
  if (!line.test(query)) throw new Error(`audit-log-failures.kql has no line "let ${name} = …"`);
  return query.replace(line, () => `let ${name} = ${value};`);
}

export const auditColumns = ['Service', 'Key', 'Status', 'Operation', 'ObjectId', 'Address', 'Count'] as const;

/** The lines of one answer, by service; a service without a line has no rows. */
export class AuditLines {
  readonly #byService: ReadonlyMap<string, readonly AuditLine[]>;
  readonly #incomplete: Failure | undefined;

  /** Throws a {@link CallError} where a cell is not what the query gives, or a service was not asked for. */
  constructor(rows: readonly unknown[], asked: readonly string[], incomplete: Failure | undefined) {
    const lines = rows.map(readLine);
    if (lines.some(({ service }) => !asked.includes(service))) {
      throw new CallError('malformed', 'the answer holds a service that was not asked for');
    }
    this.#byService = Map.groupBy(lines, ({ service }) => service);
    this.#incomplete = incomplete;
  }

  windowOf(service: string, workspaceId: string): AuditWindow {
    const lines = this.#byService.get(service) ?? [];
    return {
      workspaceId,
      rows: lines.reduce((sum, { count }) => sum + count, 0),
      failures: lines.flatMap(({ failure }) => (failure ? [failure] : [])),
      ...(this.#incomplete === undefined ? {} : { incomplete: this.#incomplete }),
    };
  }
}

interface AuditLine {
  readonly service: string;
  readonly count: number;
  /** absent on the line that counts the rows that did not fail */
  readonly failure?: AuditFailureRow;
}

function readLine(row: unknown): AuditLine {
  if (!isObject(row)) throw wrongCell('row');
  const count = row.Count;
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 1) throw wrongCell('Count');
  const service = readText(row, 'Service');
  const key = readText(row, 'Key');
  if (key === '') return { service, count };
  const status = row.Status ?? undefined;
  if (status !== undefined && (typeof status !== 'number' || !Number.isSafeInteger(status))) throw wrongCell('Status');
  const callerObjectId = readText(row, 'ObjectId');
  const callerAddress = readText(row, 'Address');
  const failure = {
    key,
    count,
    operation: readText(row, 'Operation'),
    ...(status === undefined ? {} : { status }),
    ...(callerObjectId === '' ? {} : { callerObjectId }),
    ...(callerAddress === '' ? {} : { callerAddress }),
  };
  return { service, count, failure };
}

/** KQL knows no missing text, only empty text. */
function readText(row: Readonly<Record<string, unknown>>, column: string): string {
  const cell = row[column];
  if (typeof cell !== 'string') throw wrongCell(column);
  return cell;
}

function wrongCell(column: string): CallError {
  return new CallError('malformed', `a cell of the column ${column} is not what the query gives`);
}
