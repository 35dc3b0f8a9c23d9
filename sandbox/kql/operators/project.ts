import type { KqlColumn } from '../engine.ts';
import { invalid } from '../failure.ts';
import { eachRow, type Plan, rowScope, type Scope } from '../scope.ts';
import { items, type Node } from '../syntax.ts';
import { columnsOf } from '../tabular.ts';
import type { Row, Value } from '../values.ts';
import { outputs } from './outputs.ts';

type Run = (row: Row) => Value;

function evaluate(columns: readonly KqlColumn[], runs: readonly Run[], input: Plan, scope: Scope): Plan {
  return {
    columns,
    run: () => {
      const rows = input.run();
      const width = runs.length;
      if (scope.row === undefined) return rows;
      return eachRow(scope.row, rows, (row) => {
        const cells = new Array<Value>(width);
        for (let index = 0; index < width; index++) cells[index] = (runs[index] as Run)(row);
        return cells;
      });
    },
  };
}

export function project(node: Node, input: Plan, scope: Scope): Plan {
  const columns = columnsOf(node);
  const inside = { ...scope, row: rowScope(input.columns) };
  const all = outputs(items(node, 'Expressions'), inside);
  const fields = all.flatMap((output) => output.fields.slice(0, Math.max(1, output.names.length)));
  if (fields.length !== columns.length) throw invalid('project gives other columns than it should', node.TextStart);
  return evaluate(
    typed(columns, fields),
    fields.map(({ run }) => run),
    input,
    inside,
  );
}

/** Columns with the types the compiled expressions have, where the analyser did not know. */
function typed(columns: readonly KqlColumn[], fields: readonly { readonly type: KqlColumn['type'] }[]): KqlColumn[] {
  return columns.map((column, index) => {
    const type = fields[index]?.type ?? column.type;
    return column.type === 'dynamic' ? { ...column, type } : column;
  });
}

export function extend(node: Node, input: Plan, scope: Scope): Plan {
  const inside = { ...scope, row: rowScope(input.columns) };
  const columns = columnsOf(node);
  const runs = new Map<string, Run>();
  const known = new Set(input.columns.map(({ name }) => name));
  const unnamed: Run[] = [];
  for (const { names, fields } of outputs(items(node, 'Expressions'), inside)) {
    for (const [index, { run }] of fields.entries()) {
      const name = names[index] ?? '';
      if (name === '') unnamed.push(run);
      else runs.set(name, run);
    }
  }
  const all = columns.map(({ name }): Run => {
    const given = runs.get(name);
    if (given !== undefined) return given;
    const position = inside.row.positions.get(name);
    if (position !== undefined && known.has(name)) return (row) => row[position];
    const next = unnamed.shift();
    if (next === undefined) throw invalid(`extend has no value for ${name}`, node.TextStart);
    return next;
  });
  return evaluate(columns, all, input, inside);
}

/** The operators that only choose or order columns: the analyser says which by name. */
function choose(node: Node, input: Plan, scope: Scope): Plan {
  const columns = columnsOf(node);
  const row = rowScope(input.columns);
  const runs = columns.map(({ name }): Run => {
    const position = row.positions.get(name);
    if (position === undefined) throw invalid(`there is no column ${name}`, node.TextStart);
    return (cells) => cells[position];
  });
  return evaluate(columns, runs, input, { ...scope, row });
}

export const projectAway = choose;
export const projectByNames = choose;
export const projectKeep = choose;
export const projectReorder = choose;

export function projectRename(node: Node, input: Plan): Plan {
  return { columns: columnsOf(node), run: input.run };
}
