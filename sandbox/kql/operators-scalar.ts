import { compileArithmetic } from './arithmetic.ts';
import { compareStrings, compareValues, equalValues } from './compare.ts';
import { convert, toDecimal, toGuid, toReal, toText, unwrap } from './convert.ts';
import { validTicks } from './datetime.ts';
import type { KqlType } from './engine.ts';
import { invalid, unsupported } from './failure.ts';
import { compileRegex } from './regex.ts';
import { derived, type Expr } from './scope.ts';
import { type Node, textOf } from './syntax.ts';
import { textOperator } from './text-operators.ts';
import { add, type Long, type Row, type Value } from './values.ts';

/** A binary operator over compiled sides. */
export function compileBinary(node: Node, kind: string, left: Expr, right: Expr): Expr {
  switch (kind) {
    case 'AndExpression':
      return derived('bool', [left, right], (row) => {
        const a = left.run(row);
        if (a === false) return false;
        const b = right.run(row);
        return b === false ? false : a === null || b === null ? null : true;
      });
    case 'OrExpression':
      return derived('bool', [left, right], (row) => {
        const a = left.run(row);
        if (a === true) return true;
        const b = right.run(row);
        return b === true ? true : a === null || b === null ? null : false;
      });
    case 'EqualExpression':
      return compileEquality(node, left, right, false);
    case 'NotEqualExpression':
      return compileEquality(node, left, right, true);
    case 'LessThanExpression':
      return compileOrder(node, left, right, (order) => order < 0);
    case 'LessThanOrEqualExpression':
      return compileOrder(node, left, right, (order) => order <= 0);
    case 'GreaterThanExpression':
      return compileOrder(node, left, right, (order) => order > 0);
    case 'GreaterThanOrEqualExpression':
      return compileOrder(node, left, right, (order) => order >= 0);
    case 'AddExpression':
    case 'SubtractExpression':
    case 'MultiplyExpression':
    case 'DivideExpression':
    case 'ModuloExpression':
      return compileArithmetic(kind, left, right, node);
    case 'MatchesRegexExpression':
      return compileMatches(left, right);
    default:
      return compileTextOperator(node, kind, left, right);
  }
}

function compileMatches(left: Expr, right: Expr): Expr {
  if (right.constant) {
    const regex = compileRegex(toText(right.run([]), right.type), '');
    return derived('bool', [left], (row) => regex.test(toText(left.run(row), left.type)));
  }
  return derived('bool', [left, right], (row) =>
    compileRegex(toText(right.run(row), right.type), '').test(toText(left.run(row), left.type)),
  );
}

function compileTextOperator(node: Node, kind: string, left: Expr, right: Expr): Expr {
  const operator = textOperator(kind);
  if (operator === undefined) throw unsupported(`${kind} (${textOf(node).slice(0, 60)})`, node.TextStart);
  const text = textRunner(left);
  if (right.constant) {
    const test = operator(toText(right.run([]), right.type));
    return derived('bool', [left], (row) => test(text(row)));
  }
  const other = textRunner(right);
  return derived('bool', [left, right], (row) => operator(other(row))(text(row)));
}

export function textRunner(expr: Expr): (row: Row) => string {
  const { run, type } = expr;
  return type === 'string' ? (run as (row: Row) => string) : (row) => toText(run(row), type);
}

const isWhole = (type: KqlType) => type === 'int' || type === 'long';

/** Types of one family compare with each other; a text compares with a guid by the guid it says. */
const FAMILIES: Readonly<Partial<Record<KqlType, string>>> = {
  bool: 'number',
  decimal: 'number',
  guid: 'string',
  int: 'number',
  long: 'number',
  real: 'number',
};

/** Kusto compares values of different kinds only after a cast; the analyser lets some of them pass. */
export function checkComparable(a: KqlType, b: KqlType, node: Node): void {
  if (a === 'dynamic' || b === 'dynamic' || (FAMILIES[a] ?? a) === (FAMILIES[b] ?? b)) return;
  throw invalid(`values of types ${a} and ${b} cannot be compared: cast one of them`, node.TextStart);
}

/** Both sides of a comparison as values of one type. */
function comparable(left: Expr, right: Expr): readonly [(row: Row) => Value, (row: Row) => Value] {
  const { type: a } = left;
  const { type: b } = right;
  if (a === b || (isWhole(a) && isWhole(b))) return [left.run, right.run];
  if (a === 'dynamic') return [(row) => inside(left.run(row), b), right.run];
  if (b === 'dynamic') return [left.run, (row) => inside(right.run(row), a)];
  if (a === 'decimal' || b === 'decimal') {
    return [(row) => toDecimal(left.run(row), a), (row) => toDecimal(right.run(row), b)];
  }
  if ((isWhole(a) && b === 'real') || (a === 'real' && isWhole(b))) return [left.run, right.run];
  if (a === 'bool' || b === 'bool') return [(row) => toReal(left.run(row), a), (row) => toReal(right.run(row), b)];
  return [(row) => toGuid(left.run(row)), (row) => toGuid(right.run(row))];
}

/** The scalar inside a dynamic value as a value of the other side's type; null where it is of another kind. */
export function inside(value: Value, type: KqlType): Value {
  if (value === null) return null;
  const [inner, innerType] = unwrap(value);
  if (type === 'string') return toText(value, 'dynamic');
  if (innerType === 'dynamic') return null;
  if (type === 'bool' && innerType !== 'bool' && innerType !== 'string') return null;
  if (type === 'int' || type === 'long' || type === 'real') {
    return innerType === 'real' || isWhole(innerType)
      ? inner
      : innerType === 'string'
        ? convert(inner, 'string', 'real')
        : null;
  }
  return convert(inner, innerType, type);
}

function compileEquality(node: Node, left: Expr, right: Expr, negated: boolean): Expr {
  checkComparable(left.type, right.type, node);
  if (left.type === 'dynamic' && right.type === 'dynamic') {
    throw invalid('dynamic values cannot be compared with each other: cast them', node.TextStart);
  }
  const [a, b] = comparable(left, right);
  const deep = left.type === 'dynamic' || left.type === 'decimal' || right.type === 'decimal';
  const mixed = left.type !== right.type && (left.type === 'real' || right.type === 'real');
  const strict = !deep && !mixed;
  return derived('bool', [left, right], (row) => {
    const x = a(row);
    const y = b(row);
    if (x === null || y === null) return x === y ? null : negated;
    return (strict ? x === y : equal(x, y)) !== negated;
  });
}

function equal(a: Value, b: Value): boolean {
  if ((typeof a === 'bigint') !== (typeof b === 'bigint')) return Number(a) === Number(b);
  return equalValues(a, b);
}

function compileOrder(node: Node, left: Expr, right: Expr, holds: (order: number) => boolean): Expr {
  checkComparable(left.type, right.type, node);
  const [a, b] = comparable(left, right);
  return derived('bool', [left, right], (row) => {
    const x = a(row);
    const y = b(row);
    if (x === null || y === null) return null;
    if (typeof x === 'string' && typeof y === 'string') return holds(compareStrings(x, y));
    if (Number.isNaN(x) || Number.isNaN(y)) return false;
    if (typeof x === 'object') return holds(compareValues(x, y));
    return holds((x as Long) < (y as Long) ? -1 : (x as Long) > (y as Long) ? 1 : 0);
  });
}

export function compileBetween(node: Node, parts: readonly Expr[], negated: boolean): Expr {
  const [value, low, high] = parts as [Expr, Expr, Expr];
  // A timespan as the upper end of a range of times is a distance from the lower end.
  const end =
    value.type === 'datetime' && high.type === 'timespan'
      ? derived('datetime', [low, high], (row) => sumOf(low.run(row), high.run(row)))
      : high;
  const from = compileOrder(node, value, low, (order) => order >= 0);
  const to = compileOrder(node, value, end, (order) => order <= 0);
  return derived('bool', [from, to], (row) => {
    const a = from.run(row);
    const b = to.run(row);
    // Outside one end is outside, whatever the other end is.
    if (a === false || b === false) return negated;
    return a === null || b === null ? null : !negated;
  });
}

function sumOf(a: Value, b: Value): Long | null {
  return a === null || b === null ? null : validTicks(add(a as Long, b as Long));
}
