import type { KqlColumn } from '../engine.ts';
import { invalid, unsupported } from '../failure.ts';
import type { Plan, Scope } from '../scope.ts';
import { elements, items, kindOf, type Node, textOf } from '../syntax.ts';
import { columnsOf, compileTable, databaseTable } from '../tabular.ts';
import { viewsOf } from '../user-functions.ts';
import { missing, type Row, type Value } from '../values.ts';
import { parameterOf } from './parameters.ts';

/** Every table of the union, the input of the pipe first; missing ones of a fuzzy union are left out. */
function sources(node: Node, input: Plan | undefined, scope: Scope): Plan[] {
  const fuzzy = parameterOf(node, 'isfuzzy') === 'true';
  const plans = items(node, 'Expressions').flatMap((item, index): Plan[] => {
    if (fuzzy && isMissing(item)) return [];
    if (kindOf(item) === 'NameReference' && /[*]/.test(textOf(item))) return wildcard(item, scope);
    const plan = compileTable(item, { ...scope, row: undefined });
    return [plan.name === undefined ? { ...plan, name: `union_arg${index + (input === undefined ? 0 : 1)}` } : plan];
  });
  return input === undefined ? plans : [{ ...input, name: input.name ?? 'union_arg0' }, ...plans];
}

function wildcard(item: Node, scope: Scope): Plan[] {
  const pattern = new RegExp(
    `^${textOf(item)
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')}$`,
  );
  const { database } = scope.env.context;
  const view = [...viewsOf(scope).keys()].find((name) => pattern.test(name));
  // The analyser does not tell the columns of such a union.
  if (view !== undefined) throw unsupported(`the view ${view} in ${textOf(item)}`, item.TextStart);
  return [...database.tables.keys()]
    .filter((name) => pattern.test(name))
    .map((name) => databaseTable(name, database, item));
}

/** Whether the leftmost name of the expression is not known: the analyser gives it no type. */
function isMissing(node: Node): boolean {
  const kind = kindOf(node);
  if (kind === 'ParenthesizedExpression' || kind === 'PipeExpression') {
    const [first] = elements(node).filter((part) => !kindOf(part).endsWith('Token'));
    return first !== undefined && isMissing(first);
  }
  return (kind === 'NameReference' || kind === 'PathExpression') && node.ReferencedSymbol === null;
}

/** The name of a column that other tables have with another type; numbered where a table has that very name. */
function nameWithType({ name, type }: KqlColumn, taken: ReadonlySet<string>): string {
  const typed = `${name}_${type}`;
  if (!taken.has(typed)) return typed;
  let number = 1;
  while (taken.has(`${typed}${number}`)) number++;
  return `${typed}${number}`;
}

export function unionOf(node: Node, input: Plan | undefined, scope: Scope): Plan {
  const kind = parameterOf(node, 'kind') ?? 'outer';
  if (kind !== 'outer' && kind !== 'inner') throw unsupported(`union kind=${kind}`, node.TextStart);
  const plans = sources(node, input, scope);
  if (plans.length === 0) throw invalid('none of the tables of the union is there', node.TextStart);
  const inAll = (column: KqlColumn) =>
    plans.every((plan) => plan.columns.some(({ name, type }) => name === column.name && type === column.type));
  const sourceColumn = parameterOf(node, 'withsource') ?? parameterOf(node, 'with_source');
  // The analyser names the columns of every table for an inner union too.
  const columns = columnsOf(node).filter((column) => kind === 'outer' || column.name === sourceColumn || inAll(column));
  return combine(plans, columns, sourceColumn);
}

/** The tables a list of names and subqueries stands for. */
export function sourcesOf(nodes: readonly Node[], scope: Scope): Plan[] {
  return nodes.flatMap((item) => {
    if (kindOf(item) === 'NameReference' && textOf(item).includes('*')) return wildcard(item, scope);
    return [compileTable(item, { ...scope, row: undefined })];
  });
}

/** All rows under the given columns: a cell is taken by name and type, or by the name with its type at the end. */
export function combine(plans: readonly Plan[], columns: readonly KqlColumn[], sourceColumn: string | undefined): Plan {
  const taken = new Set(plans.flatMap((plan) => plan.columns.map(({ name }) => name)));
  const mappings = plans.map(({ columns: own, name }) => {
    const exact = new Map(own.map((column, index) => [`${column.name}\n${column.type}`, index]));
    const typed = new Map(own.map((column, index) => [nameWithType(column, taken), index]));
    const named = new Map(own.map((column, index) => [column.name, index]));
    return columns.map((column, index): ((row: Row) => Value) => {
      if (index === 0 && column.name === sourceColumn) return () => name ?? '';
      const position =
        exact.get(`${column.name}\n${column.type}`) ??
        (column.type === 'dynamic' ? named.get(column.name) : undefined) ??
        (named.has(column.name) ? undefined : typed.get(column.name));
      const empty = missing(column.type);
      return position === undefined ? () => empty : (row) => row[position];
    });
  });
  return {
    columns,
    run: () =>
      plans.flatMap((plan, index) => {
        const cells = mappings[index] ?? [];
        return plan.run().map((row) => cells.map((cell) => cell(row)));
      }),
  };
}
