import { keyOf } from './compare.ts';
import { toGuid, toText } from './convert.ts';
import { compile } from './expressions.ts';
import { checkComparable, inside, textRunner } from './operators-scalar.ts';
import { derived, type Expr, type Scope } from './scope.ts';
import { isTabular, tableOf } from './subqueries.ts';
import { argumentsOf, type Node, need } from './syntax.ts';
import { has } from './text-operators.ts';
import { Typed, type Value } from './values.ts';

/** Everything that stands in the list: values, the elements of dynamic arrays, the first column of tables. */
function members(node: Node, scope: Scope): readonly Expr[] {
  return argumentsOf(node, 'Right').flatMap((item): Expr[] => {
    if (!isTabular(item, scope)) return [compile(item, scope)];
    const plan = tableOf(item, scope);
    const type = plan.columns[0]?.type ?? 'dynamic';
    const values = plan.run().map((row) => row[0]);
    return values.map((value) => ({ type, constant: true, run: () => value }));
  });
}

function flatten(value: Value, type: Expr['type']): readonly (readonly [Value, Expr['type']])[] {
  if (type === 'dynamic' && Array.isArray(value)) return value.map((item) => [item, 'dynamic'] as const);
  return [[value, type]];
}

/** What stands for a value in the set: numbers by value, whatever their type. */
function memberKey(value: Value, type: Expr['type'], text: boolean, folded: boolean): Value {
  if (text) return folded ? toText(value, type).toLowerCase() : toText(value, type);
  if (value instanceof Typed) return value.type === 'decimal' ? keyOf(value.value) : value.value;
  return keyOf(value);
}

/** `in`, `!in`, `in~` and `!in~`. */
export function compileIn(node: Node, kind: string, scope: Scope): Expr {
  const left = compile(need(node, 'Left'), scope);
  const list = members(node, scope);
  const folded = kind.includes('InCs');
  const negated = kind.startsWith('Not');
  for (const { type } of list) checkComparable(left.type, type, node);
  const isGuid = left.type === 'guid' || list.some(({ type }) => type === 'guid');
  const text = left.type === 'string' || folded || list.some(({ type }) => type === 'string');
  const key = (value: Value, type: Expr['type']) => (isGuid ? toGuid(value) : memberKey(value, type, text, folded));
  // What is inside a dynamic value is compared as == compares it.
  const asLeft = (value: Value, type: Expr['type']): readonly [Value, Expr['type']] =>
    type === 'dynamic' && left.type !== 'dynamic' ? [inside(value, left.type), left.type] : [value, type];
  const keysOf = (row: readonly Value[]) =>
    new Set(
      list.flatMap(({ run, type }) =>
        flatten(run(row), type)
          .map(([value, itemType]) => asLeft(value, itemType))
          .filter(([value]) => value !== null)
          .map(([value, itemType]) => key(value, itemType)),
      ),
    );
  const fixed = list.every((item) => item.constant) ? keysOf([]) : undefined;
  const [first] = list;
  const wanted = first !== undefined && list.every(({ type }) => type === first.type) ? first.type : 'dynamic';
  const unwraps = left.type === 'dynamic' && wanted !== 'dynamic';
  return derived('bool', fixed === undefined ? [left, ...list] : [left], (row) => {
    const value = unwraps ? inside(left.run(row), wanted) : left.run(row);
    if (value === null) return negated;
    return (fixed ?? keysOf(row)).has(key(value, unwraps ? wanted : left.type)) !== negated;
  });
}

/** `has_any` and `has_all`. */
export function compileHasList(node: Node, kind: string, scope: Scope): Expr {
  const left = compile(need(node, 'Left'), scope);
  const list = members(node, scope);
  const testsOf = (row: readonly Value[]) =>
    list.flatMap(({ run, type }) => flatten(run(row), type).map(([value, itemType]) => has(toText(value, itemType))));
  const fixed = list.every((item) => item.constant) ? testsOf([]) : undefined;
  const text = textRunner(left);
  return derived('bool', [left, ...list], (row) => {
    const subject = text(row);
    const tests = fixed ?? testsOf(row);
    return kind === 'HasAnyExpression' ? tests.some((test) => test(subject)) : tests.every((test) => test(subject));
  });
}
