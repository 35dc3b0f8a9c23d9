import { keyOf } from '../dns/resource-ids.ts';
import { type KqlDatabase, type KqlResult, runQuery } from '../kql/engine.ts';
import { isAtOrBelow, isUnreadable } from '../resource-manager/scopes.ts';
import type { Estate, World } from '../types.ts';
import {
  filterTables,
  holdsLogsOf,
  mergeTables,
  type Span,
  type Tables,
  tablesOf,
  type WorkspaceTables,
  withinSpan,
} from './log-tables.ts';
import { findWorkspace, type LogWorkspace, namesOf, workspacesOf } from './log-workspaces.ts';

/** The app's own workspace: it stands beside the estate, and its rows arrive while the sandbox runs. */
export interface TelemetryWorkspace extends LogWorkspace {
  tables(): Tables;
}

export interface QueryScope {
  readonly workspaces: readonly LogWorkspace[];
  /** only rows of this resource and of what is below it */
  readonly resource?: string;
}

/** Runs one query of a person (`sandbox query`) against a workspace, named by any of its names or by its key in the estate's logs. */
export function queryWorkspace(
  world: World,
  workspaceId: string,
  query: string,
): KqlResult | { readonly error: { readonly code: string; readonly message: string } } {
  const estate = world.estate();
  const found = findWorkspace(estate, workspaceId) ?? onlyInLogs(estate, workspaceId);
  if (found === undefined) {
    return {
      error: { code: 'WorkspaceNotFoundError', message: `the estate has no Log Analytics workspace '${workspaceId}'` },
    };
  }
  if (isUnreadable(estate, found.id)) {
    return { error: { code: 'InsufficientAccessError', message: `the monitor may not read '${found.id}'` } };
  }
  return runInScope(world, { workspaces: [found] }, query, undefined, undefined);
}

/** An estate may hold logs of a workspace without its document: enough for a person, not for the API. */
function onlyInLogs(estate: Estate, workspaceId: string): LogWorkspace | undefined {
  return holdsLogsOf(estate, workspaceId) ? { id: workspaceId, customerId: undefined, name: workspaceId } : undefined;
}

export function runInScope(
  world: World,
  scope: QueryScope,
  query: string,
  span: Span | undefined,
  telemetry: TelemetryWorkspace | undefined,
): KqlResult {
  const estate = world.estate();
  const read = (workspace: LogWorkspace) => readTables(estate, workspace, telemetry);
  const cut = (tables: Tables) =>
    withinSpan(scope.resource === undefined ? tables : ofResource(tables, scope.resource), span);
  const database = (which: keyof WorkspaceTables): KqlDatabase => ({
    tables: cut(mergeTables(scope.workspaces.map((workspace) => read(workspace)[which]))),
    dialect: 'log-analytics',
  });
  const others = new Map<string, KqlDatabase>();
  for (const workspace of [...workspacesOf(estate), ...(telemetry === undefined ? [] : [telemetry])]) {
    if (isUnreadable(estate, workspace.id)) continue;
    const tables = withinSpan(read(workspace).widened, span);
    for (const name of namesOf(workspace)) others.set(name, { tables, dialect: 'log-analytics' });
  }
  const options = { now: world.now(), workspaces: others };
  const result = runQuery(query, database('tables'), options);
  // A query may name a column that Azure's table has and the estate's shortened one does not declare.
  if ('error' in result && result.error.code === 'SemanticError') return runQuery(query, database('widened'), options);
  return result;
}

function readTables(
  estate: Estate,
  workspace: LogWorkspace,
  telemetry: TelemetryWorkspace | undefined,
): WorkspaceTables {
  const own = tablesOf(estate, workspace.id);
  if (telemetry === undefined || keyOf(telemetry.id) !== keyOf(workspace.id)) return own;
  const arrived = telemetry.tables();
  return { tables: mergeTables([own.tables, arrived]), widened: mergeTables([own.widened, arrived]) };
}

function ofResource(tables: Tables, resource: string): Tables {
  const keep = (cell: unknown) => typeof cell === 'string' && isAtOrBelow(cell, resource);
  return filterTables(tables, '_ResourceId', keep, 'none');
}
