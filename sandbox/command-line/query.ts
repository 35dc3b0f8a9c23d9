import { queryWorkspace } from '../data-plane/log-query.ts';
import { printJson } from '../json-text.ts';
import { queryGraph } from '../resource-graph/service.ts';
import type { Estate } from '../types.ts';
import { createWorld } from '../world.ts';

/** Runs one query of a person and prints columns and rows, or the error; a refused query is an answer too: exit 0. */
export function query(estate: Estate, workspaceId: string | undefined, kql: string): number {
  const world = createWorld(estate);
  const result = workspaceId === undefined ? queryGraph(world, kql) : queryWorkspace(world, workspaceId, kql);
  const shown =
    'error' in result ? { error: { code: result.error.code, message: result.error.message } } : tableOf(result);
  process.stdout.write(`${printJson(shown)}\n`);
  return 0;
}

function tableOf({
  columns,
  rows,
}: {
  readonly columns: readonly { name: string; type: string }[];
  readonly rows: unknown;
}) {
  return { columns: columns.map(({ name, type }) => ({ name, type })), rows };
}
