import type { Analysed } from './analyser.ts';
import type { Table } from './cells.ts';
import { ticksOfDate } from './datetime.ts';
import { compile } from './expressions.ts';
import { invalid, unsupported } from './failure.ts';
import { memo } from './plans.ts';
import { checkDialect } from './resource-graph-dialect.ts';
import { bind, type Context, type Env, type Scope } from './scope.ts';
import { isTabular, tableOf } from './subqueries.ts';
import { child, elements, items, kindOf, type Node, need } from './syntax.ts';

/** Runs the statements of a query; the result is that of its last tabular expression. */
export function runBlock(analysed: Analysed): Table {
  const { block, database, options } = analysed;
  if (database.dialect === 'resource-graph') checkDialect(block);
  const context: Context = { database, options, now: ticksOfDate(options.now), settings: new Map(), named: new Map() };
  let scope: Scope = { env: { context, names: new Map(), depth: 0, offset: 0 }, row: undefined };
  let result: Table | undefined;
  for (const statement of elements(need(block, 'Statements'))) {
    if (kindOf(statement) === 'ExpressionStatement') {
      const plan = tableOf(need(statement, 'Expression'), scope);
      result = { columns: plan.columns, rows: plan.run() };
    } else {
      scope = { ...scope, env: declare(statement, scope) };
    }
  }
  if (result === undefined) throw invalid('the query has no tabular expression');
  return result;
}

/** The names in sight after a statement. */
export function declare(statement: Node, scope: Scope): Env {
  const kind = kindOf(statement);
  switch (kind) {
    case 'LetStatement':
      return declareLet(statement, scope);
    case 'SetOptionStatement': {
      const clause = child(statement, 'ValueClause');
      if (clause !== undefined)
        scope.env.context.settings.set(need(statement, 'Name').SimpleName ?? '', need(clause, 'Expression'));
      return scope.env;
    }
    case 'EmptyStatement':
      return scope.env;
    case 'QueryParametersStatement':
      return declareParameters(statement, scope);
    default:
      throw unsupported(`the statement ${kind}`, statement.TextStart);
  }
}

function declareLet(statement: Node, scope: Scope): Env {
  const name = need(statement, 'Name').SimpleName ?? '';
  const expression = need(statement, 'Expression');
  const { env } = scope;
  if (kindOf(expression) === 'FunctionDeclaration') {
    return bind(env, name, { kind: 'function', declaration: expression, env });
  }
  if (isTabular(expression, scope))
    return bind(env, name, { kind: 'table', plan: { ...memo(tableOf(expression, scope)), name } });
  const expr = compile(expression, scope);
  return bind(env, name, { kind: 'scalar', expr, row: expr.constant ? undefined : scope.row });
}

function declareParameters(statement: Node, scope: Scope): Env {
  let env = scope.env;
  for (const parameter of items(statement, 'Parameters')) {
    const name = need(need(parameter, 'NameAndType'), 'Name').SimpleName ?? '';
    const value = child(parameter, 'DefaultValue');
    if (value === undefined) throw unsupported(`the query parameter ${name} without a default`, parameter.TextStart);
    env = bind(env, name, { kind: 'scalar', expr: compile(need(value, 'Value'), scope), row: undefined });
  }
  return env;
}
