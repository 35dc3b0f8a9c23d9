import { convert } from './convert.ts';
import { compile } from './expressions.ts';
import { invalid, KqlFailure } from './failure.ts';
import { memo } from './plans.ts';
import { type Binding, bind, type Env, type Expr, type Plan, type Scope, typeOf } from './scope.ts';
import { declare } from './statements.ts';
import { isTabular, tableOf } from './subqueries.ts';
import { argumentsOf, child, elements, items, kindOf, type Node, need, textOf } from './syntax.ts';

type UserFunction = Extract<Binding, { readonly kind: 'function' }>;

const DEEPEST = 64;

interface CalledNode {
  GetCalledFunctionBody(): Node | null;
}

/** The body of a called function with the types of this very call. */
function bodyOf(node: Node, name: string): Node {
  const body = (node as unknown as CalledNode).GetCalledFunctionBody();
  if (body === null) throw invalid(`the function ${name} has no body here`, node.TextStart);
  return body;
}

/** The names in sight inside the body: those at the declaration, the arguments, and the body's own. */
function enter(
  node: Node,
  name: string,
  called: UserFunction,
  scope: Scope,
  input: Plan | undefined,
  body: Node,
): Scope {
  if (scope.env.depth > DEEPEST)
    throw new KqlFailure('LimitExceeded', `${name} calls functions more than ${DEEPEST} deep`);
  const given = kindOf(node) === 'FunctionCallExpression' ? argumentsOf(node) : [];
  const positional = given.filter((argument) => kindOf(argument) !== 'SimpleNamedExpression');
  const named = new Map(
    given
      .filter((argument) => kindOf(argument) === 'SimpleNamedExpression')
      .map((argument) => [need(argument, 'Name').SimpleName ?? '', need(argument, 'Expression')]),
  );
  const offset = called.env.offset + need(called.declaration, 'Body').TextStart - body.TextStart;
  let env: Env = { ...called.env, depth: scope.env.depth + 1, offset };
  let next = 0;
  for (const [index, parameter] of items(need(called.declaration, 'Parameters'), 'Parameters').entries()) {
    const declaration = need(parameter, 'NameAndType');
    const parameterName = need(declaration, 'Name').SimpleName ?? '';
    if (index === 0 && input !== undefined) {
      env = bind(env, parameterName, { kind: 'table', plan: input });
      continue;
    }
    const argument = named.get(parameterName) ?? positional[next++];
    const value = argument ?? child(need(parameter, 'DefaultValue'), 'Value');
    if (value === undefined) throw invalid(`${name} needs ${parameterName}`, node.TextStart);
    env = bind(env, parameterName, bindArgument(value, declaration, scope));
  }
  return { ...scope, env };
}

function bindArgument(value: Node, declaration: Node, scope: Scope): Binding {
  const type = need(declaration, 'Type');
  if (kindOf(type) === 'SchemaTypeExpression') return { kind: 'table', plan: memo(tableOf(value, scope)) };
  if (isTabular(value, scope)) return { kind: 'table', plan: memo(tableOf(value, scope)) };
  const expr = compile(value, scope);
  const wanted = typeOf({ Name: aliasOf(textOf(type)) });
  // The analyser lets a text pass for anything; Kusto reads none silently.
  if (expr.type === 'string' && wanted !== 'string' && wanted !== 'dynamic')
    throw invalid(`${textOf(value)} is a text, not a ${wanted}`, value.TextStart);
  return {
    kind: 'scalar',
    expr: expr.type === wanted ? expr : converted(expr, wanted),
    row: expr.constant ? undefined : scope.row,
  };
}

function aliasOf(name: string): string {
  const aliases: Readonly<Record<string, string>> = {
    double: 'real',
    boolean: 'bool',
    date: 'datetime',
    time: 'timespan',
    uuid: 'guid',
    uniqueid: 'guid',
  };
  return aliases[name] ?? name;
}

function converted(expr: Expr, type: Expr['type']): Expr {
  return { type, constant: expr.constant, run: (row) => convert(expr.run(row), expr.type, type) };
}

function insideBody(
  node: Node,
  name: string,
  called: UserFunction,
  scope: Scope,
  input?: Plan,
): readonly [Node, Scope] {
  const body = bodyOf(node, name);
  return run(body, enter(node, name, called, scope, input, body));
}

/** The expression that a body ends with, and the names in sight there. */
function run(body: Node, scope: Scope): readonly [Node, Scope] {
  const statements = child(body, 'Statements');
  let inner = scope;
  for (const statement of statements === undefined ? [] : elements(statements)) {
    inner = { ...inner, env: declare(statement, inner) };
  }
  return [need(body, 'Expression'), inner];
}

/** The functions without parameters that the query declares as views, by name: search looks into them as into tables. */
export function viewsOf(scope: Scope): ReadonlyMap<string, Plan> {
  const views = new Map<string, Plan>();
  for (const [name, bound] of scope.env.names) {
    if (bound.kind !== 'function' || child(bound.declaration, 'ViewKeyword') === undefined) continue;
    if (items(need(bound.declaration, 'Parameters'), 'Parameters').length > 0) continue;
    const [expression, inner] = run(need(bound.declaration, 'Body'), { ...scope, env: bound.env });
    views.set(name, { ...memo(tableOf(expression, inner)), name });
  }
  return views;
}

export function callScalar(node: Node, name: string, called: UserFunction, scope: Scope): Expr {
  const [expression, inner] = insideBody(node, name, called, scope);
  return compile(expression, inner);
}

export function callTabular(node: Node, name: string, called: UserFunction, scope: Scope, input?: Plan): Plan {
  const [expression, inner] = insideBody(node, name, called, scope, input);
  return { ...tableOf(expression, inner), name };
}
