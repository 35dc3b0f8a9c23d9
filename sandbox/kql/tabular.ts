import { calledName } from './calls.ts';
import { parseTable } from './cells.ts';
import { convert } from './convert.ts';
import type { KqlColumn, KqlDatabase } from './engine.ts';
import { compile, compileText } from './expressions.ts';
import { invalid, unsupported } from './failure.ts';
import { operatorFor } from './operators/index.ts';
import { search } from './operators/search.ts';
import { printRows, rangeRows } from './operators/sources.ts';
import { unionOf } from './operators/union.ts';
import { memo, planOf } from './plans.ts';
import { type Plan, rowScope, type Scope, typeOf } from './scope.ts';
import { argumentsOf, items, kindOf, listOf, type Node, need, textOf } from './syntax.ts';
import { callTabular } from './user-functions.ts';
import type { Row, Value } from './values.ts';

/** The columns of a tabular node, as the analyser tells them. */
export function columnsOf(node: Node): readonly KqlColumn[] {
  const columns = node.ResultType?.Columns;
  if (columns === undefined) throw invalid(`${textOf(node).slice(0, 60)} is not a table`, node.TextStart);
  return listOf(columns).map(({ Name, Type }) => ({ name: Name, type: typeOf(Type) }));
}

/** Compiles a tabular expression. `input` is what a subquery that starts with an operator works on. */
export function compileTable(node: Node, scope: Scope, input?: Plan): Plan {
  const kind = kindOf(node);
  switch (kind) {
    case 'ParenthesizedExpression':
    case 'MvApplySubqueryExpression':
    case 'MaterializeExpression': {
      const plan = compileTable(need(node, 'Expression'), scope, input);
      return kind === 'MaterializeExpression' ? memo(plan) : plan;
    }
    case 'PipeExpression': {
      const source = compileTable(need(node, 'Expression'), scope, input);
      return applyOperator(need(node, 'Operator'), source, scope);
    }
    case 'NameReference':
      return named(node, scope);
    case 'PathExpression':
      return pathOf(node, scope);
    case 'FunctionCallExpression':
      return called(node, scope);
    case 'DataTableExpression':
      return dataTable(node, scope);
    case 'PrintOperator':
      return printRows(node, scope);
    case 'RangeOperator':
      return rangeRows(node, scope);
    case 'UnionOperator':
      return unionOf(node, input, scope);
    case 'SearchOperator':
      return search(node, input, scope);
    case 'ToTableExpression':
      return compileTable(need(node, 'Expression'), scope, input);
    default:
      if (input !== undefined) return applyOperator(node, input, scope);
      throw unsupported(`${kind} (${textOf(node).slice(0, 60)})`, node.TextStart);
  }
}

function applyOperator(operator: Node, input: Plan, scope: Scope): Plan {
  const kind = kindOf(operator);
  if (kind === 'UnionOperator') return unionOf(operator, input, scope);
  const isOrdered = input.serialized === true;
  const serialized = isOrdered || kind === 'SerializeOperator';
  const plan = operatorFor(operator)(operator, input, { ...scope, serialized });
  return ORDERING.has(kind) || (isOrdered && KEEPING_ORDER.has(kind)) ? { ...plan, serialized: true } : plan;
}

/** The operators whose rows come serialized, and those whose rows are serialized where those they read are. */
const ORDERING: ReadonlySet<string> = new Set([
  'GetSchemaOperator',
  'SerializeOperator',
  'SortOperator',
  'TopHittersOperator',
  'TopOperator',
]);
const KEEPING_ORDER: ReadonlySet<string> = new Set([
  'AsOperator',
  'ExtendOperator',
  'FilterOperator',
  'MvApplyOperator',
  'MvExpandOperator',
  'ParseKvOperator',
  'ParseOperator',
  'ParseWhereOperator',
  'ProjectAwayOperator',
  'ProjectByNamesOperator',
  'ProjectKeepOperator',
  'ProjectOperator',
  'ProjectRenameOperator',
  'ProjectReorderOperator',
  'RenderOperator',
  'ScanOperator',
  'TakeOperator',
]);

function named(node: Node, scope: Scope): Plan {
  const name = node.SimpleName ?? textOf(node);
  const bound = scope.env.names.get(name);
  if (bound?.kind === 'table') return { ...bound.plan, name };
  if (bound?.kind === 'function') return callTabular(node, name, bound, scope);
  const alias = scope.env.context.named.get(name);
  if (alias !== undefined) return alias;
  return databaseTable(name, scope.env.context.database, node);
}

/** A table of a database, by its name. */
export function databaseTable(name: string, database: KqlDatabase, node: Node): Plan {
  const table = database.tables.get(name);
  if (table === undefined) throw invalid(`there is no table ${name}`, node.TextStart);
  return planOf(parseTable(table), name);
}

/** workspace("name").Table and database("name").Table. */
function pathOf(node: Node, scope: Scope): Plan {
  const source = need(node, 'Expression');
  const table = need(node, 'Selector');
  return databaseTable(table.SimpleName ?? textOf(table), databaseOf(source, scope), node);
}

function databaseOf(node: Node, scope: Scope): KqlDatabase {
  if (kindOf(node) === 'FunctionCallExpression' && calledName(node) === 'database') {
    const [argument] = argumentsOf(node);
    const name = argument === undefined ? '' : String(argument.LiteralValue);
    const { database, options } = scope.env.context;
    if (name === 'sandbox' || name === '') return database;
    const other = options.workspaces?.get(name);
    if (other !== undefined) return other;
  }
  throw unsupported(textOf(node), node.TextStart);
}

function called(node: Node, scope: Scope): Plan {
  const name = calledName(node);
  const bound = scope.env.names.get(name);
  if (bound?.kind === 'function') return callTabular(node, name, bound, scope);
  if (bound?.kind === 'table') return bound.plan;
  const [argument] = argumentsOf(node);
  if (name === 'materialize' && argument !== undefined) return memo(compileTable(argument, scope));
  if (name === 'table' && argument !== undefined) {
    return databaseTable(compileText(argument, scope), scope.env.context.database, node);
  }
  throw unsupported(`the tabular function ${name}()`, node.TextStart);
}

function dataTable(node: Node, scope: Scope): Plan {
  const columns = columnsOf(node);
  const cells = items(node, 'Values').map((item) => compile(item, { ...scope, row: rowScope([]) }));
  if (columns.length === 0 || cells.length % columns.length !== 0) {
    throw invalid('the values of a datatable must fill its rows', node.TextStart);
  }
  const rows: Row[] = [];
  for (let start = 0; start < cells.length; start += columns.length) {
    rows.push(
      columns.map(({ type }, index): Value => {
        const cell = cells[start + index];
        return cell === undefined ? null : convert(cell.run([]), cell.type, type);
      }),
    );
  }
  return { columns, run: () => rows };
}
