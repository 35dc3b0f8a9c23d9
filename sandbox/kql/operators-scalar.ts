import { compareStrings, compareValues, equalValues } from './compare.ts';
import { convert, toDecimal, toReal, toText, unwrap } from './convert.ts';
import { validTicks } from './datetime.ts';
import { addDecimals, Decimal, divideDecimals, moduloDecimals, multiplyDecimals, subtractDecimals } from './decimal.ts';
import type { KqlType } from './engine.ts';
import { unsupported } from './failure.ts';
import { compileRegex } from './regex.ts';
import { derived, type Expr } from './scope.ts';
import { type Node, textOf } from './syntax.ts';
import { textOperator } from './text-operators.ts';
import {
  add,
  divide,
  type Long,
  longOfReal,
  modulo,
  multiply,
  negate,
  type Row,
  subtract,
  Typed,
  type Value,
} from './values.ts';

type Binary = (a: Value, b: Value) => Value;

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
      return compileEquality(left, right, false);
    case 'NotEqualExpression':
      return compileEquality(left, right, true);
    case 'LessThanExpression':
      return compileOrder(left, right, (order) => order < 0);
    case 'LessThanOrEqualExpression':
      return compileOrder(left, right, (order) => order <= 0);
    case 'GreaterThanExpression':
      return compileOrder(left, right, (order) => order > 0);
    case 'GreaterThanOrEqualExpression':
      return compileOrder(left, right, (order) => order >= 0);
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
  if (a === 'string' || b === 'string') return [(row) => toText(left.run(row), a), (row) => toText(right.run(row), b)];
  return [left.run, right.run];
}

/** The scalar inside a dynamic value as a value of the other side's type; null where it is of another kind. */
function inside(value: Value, type: KqlType): Value {
  if (value === null) return null;
  const [inner, innerType] = unwrap(value);
  if (type === 'string') return toText(value, 'dynamic');
  if (innerType === 'dynamic') return null;
  if (type === 'int' || type === 'long' || type === 'real') {
    return innerType === 'real' || isWhole(innerType)
      ? inner
      : innerType === 'string'
        ? convert(inner, 'string', 'real')
        : null;
  }
  return convert(inner, innerType, type);
}

function compileEquality(left: Expr, right: Expr, negated: boolean): Expr {
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

function compileOrder(left: Expr, right: Expr, holds: (order: number) => boolean): Expr {
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

export function compileBetween(parts: readonly Expr[], negated: boolean): Expr {
  const [value, low, high] = parts as [Expr, Expr, Expr];
  // A timespan as the upper end of a range of times is a distance from the lower end.
  const end =
    value.type === 'datetime' && high.type === 'timespan'
      ? derived('datetime', [low, high], (row) => sumOf(low.run(row), high.run(row)))
      : high;
  const from = compileOrder(value, low, (order) => order >= 0);
  const to = compileOrder(value, end, (order) => order <= 0);
  return derived('bool', [from, to], (row) => {
    const a = from.run(row);
    const b = to.run(row);
    if (a === null || b === null) return null;
    return (a === true && b === true) !== negated;
  });
}

function sumOf(a: Value, b: Value): Long | null {
  return a === null || b === null ? null : validTicks(add(a as Long, b as Long));
}

export function compileMinus(node: Node, expr: Expr): Expr {
  const { run, type } = expr;
  if (type === 'decimal') {
    return derived(type, [expr], (row) => {
      const value = run(row) as Decimal | null;
      return value === null ? null : new Decimal(-value.digits, value.scale);
    });
  }
  const result = type === 'int' ? (typeOfResult(node) ?? 'int') : type;
  if (type === 'dynamic') {
    return derived('real', [expr], (row) => {
      const value = toReal(run(row), type);
      return value === null ? null : -value;
    });
  }
  return derived(result, [expr], (row) => {
    const value = run(row);
    if (value === null) return null;
    return type === 'real' ? -(value as number) : negate(value as Long);
  });
}

function typeOfResult(node: Node): KqlType | undefined {
  const name = node.ResultType?.Name;
  return name === 'long' || name === 'int' ? name : undefined;
}

const LONGS: Readonly<Record<string, (a: Long, b: Long) => Long | null>> = {
  AddExpression: add,
  SubtractExpression: subtract,
  MultiplyExpression: multiply,
  DivideExpression: divide,
  ModuloExpression: modulo,
};

const REALS: Readonly<Record<string, (a: number, b: number) => number>> = {
  AddExpression: (a, b) => a + b,
  SubtractExpression: (a, b) => a - b,
  MultiplyExpression: (a, b) => a * b,
  DivideExpression: (a, b) => a / b,
  ModuloExpression: (a, b) => {
    const rest = a % b;
    return rest < 0 ? rest + Math.abs(b) : rest;
  },
};

const DECIMALS: Readonly<Record<string, (a: Decimal, b: Decimal) => Decimal | null>> = {
  AddExpression: addDecimals,
  SubtractExpression: subtractDecimals,
  MultiplyExpression: multiplyDecimals,
  DivideExpression: divideDecimals,
  ModuloExpression: moduloDecimals,
};

function compileArithmetic(kind: string, left: Expr, right: Expr, node: Node): Expr {
  const [type, operate] = arithmetic(kind, left.type, right.type, node);
  return derived(type, [left, right], (row) => {
    const a = left.run(row);
    const b = right.run(row);
    return a === null || b === null ? null : operate(a, b);
  });
}

function arithmetic(kind: string, a: KqlType, b: KqlType, node: Node): readonly [KqlType, Binary] {
  const longs = LONGS[kind] as Binary;
  const reals = REALS[kind] as Binary;
  if (a === 'dynamic' || b === 'dynamic') return [resultOf(node), dynamicArithmetic(kind, a, b, resultOf(node), node)];
  if (a === 'decimal' || b === 'decimal') {
    const decimals = DECIMALS[kind] as Binary;
    return ['decimal', (x, y) => decimals(toDecimal(x, a), toDecimal(y, b))];
  }
  if (isNumber(a) && isNumber(b)) {
    if (a === 'real' || b === 'real') {
      if (a !== 'real') return ['real', (x, y) => reals(Number(x), y)];
      return b === 'real' ? ['real', reals] : ['real', (x, y) => reals(x, Number(y))];
    }
    return [resultOf(node) === 'int' ? 'int' : 'long', longs];
  }
  const isTime = (type: KqlType) => type === 'datetime' || type === 'timespan';
  if (isTime(a) && isTime(b)) {
    if (kind === 'DivideExpression') {
      return resultOf(node) === 'real' ? ['real', (x, y) => Number(x) / Number(y)] : ['long', longs];
    }
    if (kind === 'SubtractExpression' && a === 'datetime' && b === 'datetime') return ['timespan', longs];
    if (a === 'timespan' && b === 'timespan') return ['timespan', longs];
    return ['datetime', (x, y) => validTicks(longs(x, y) as Long)];
  }
  if (a === 'timespan' || b === 'timespan') {
    if (b === 'real') return ['timespan', (x, y) => longOfReal(Math.round(reals(Number(x), y) as number))];
    if (a === 'real') return ['timespan', (x, y) => longOfReal(Math.round(reals(x, Number(y)) as number))];
    return ['timespan', longs];
  }
  if (a === 'datetime' && isWhole(b)) return ['datetime', (x, y) => validTicks(longs(x, y) as Long)];
  if (a === 'bool' || b === 'bool') return ['long', (x, y) => longs(Number(x), Number(y))];
  throw unsupported(`${textOf(node)} (${a} with ${b})`, node.TextStart);
}

const isNumber = (type: KqlType) => isWhole(type) || type === 'real';

function resultOf(node: Node): KqlType {
  const name = node.ResultType?.Name;
  const known: readonly string[] = ['int', 'long', 'real', 'decimal', 'datetime', 'timespan', 'string', 'bool'];
  return name !== undefined && known.includes(name) ? (name as KqlType) : 'dynamic';
}

/** Arithmetic with the scalar inside a dynamic value, by the type it turns out to have. */
function dynamicArithmetic(kind: string, a: KqlType, b: KqlType, result: KqlType, node: Node): Binary {
  return (x, y) => {
    const [left, leftType] = a === 'dynamic' ? unwrap(x) : [x, a];
    const [right, rightType] = b === 'dynamic' ? unwrap(y) : [y, b];
    if (leftType === 'dynamic' || rightType === 'dynamic') return null;
    if (!isArithmetic(leftType) || !isArithmetic(rightType)) return null;
    const [type, operate] = arithmetic(kind, leftType, rightType, node);
    const value = operate(left, right);
    if (result !== 'dynamic') return convert(value, type, result);
    return value === null
      ? null
      : type === 'real' && Number.isInteger(value)
        ? new Typed('real', value)
        : convert(value, type, 'dynamic');
  };
}

function isArithmetic(type: KqlType): boolean {
  return type !== 'string' && type !== 'guid';
}
