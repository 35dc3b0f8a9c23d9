import { convert, toDecimal, toLong, toReal, unwrap } from './convert.ts';
import { validTicks } from './datetime.ts';
import { addDecimals, Decimal, divideDecimals, moduloDecimals, multiplyDecimals, subtractDecimals } from './decimal.ts';
import type { KqlType } from './engine.ts';
import { unsupported } from './failure.ts';
import { derived, type Expr } from './scope.ts';
import { type Node, textOf } from './syntax.ts';
import { add, divide, type Long, longOfReal, modulo, multiply, negate, subtract, Typed, type Value } from './values.ts';

type Binary = (a: Value, b: Value) => Value;

const isWhole = (type: KqlType) => type === 'int' || type === 'long';

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

/** +, -, *, / and % of numbers, times and what is inside dynamic values. */
export function compileArithmetic(kind: string, left: Expr, right: Expr, node: Node): Expr {
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
  const isTime = (type: KqlType) => type === 'datetime' || type === 'timespan';
  if ((a === 'decimal' || b === 'decimal') && !isTime(a) && !isTime(b)) {
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
  if (isTime(a) && isTime(b)) {
    if (kind === 'SubtractExpression' && a === 'datetime' && b === 'datetime') return ['timespan', longs];
    if (a === 'timespan' && b === 'timespan') {
      if (kind === 'MultiplyExpression') throw unsupported(`${textOf(node)} (${a} with ${b})`, node.TextStart);
      if (kind !== 'DivideExpression') return ['timespan', longs];
      return resultOf(node) === 'real' ? ['real', (x, y) => Number(x) / Number(y)] : ['long', longs];
    }
    // The time of day of a time: counted from 0001-01-01, as bin() counts.
    if (kind === 'ModuloExpression' && a === 'datetime' && b === 'timespan')
      return ['timespan', (x, y) => longs(toLong(x, a), y)];
    const isShift = a !== b && (kind === 'AddExpression' || (kind === 'SubtractExpression' && a === 'datetime'));
    if (!isShift) throw unsupported(`${textOf(node)} (${a} with ${b})`, node.TextStart);
    return ['datetime', (x, y) => validTicks(longs(x, y) as Long)];
  }
  if (a === 'timespan' ? isNumber(b) : isNumber(a) && b === 'timespan' && kind === 'MultiplyExpression') {
    if (b === 'real') return ['timespan', (x, y) => longOfReal(Math.round(reals(Number(x), y) as number))];
    if (a === 'real') return ['timespan', (x, y) => longOfReal(Math.round(reals(x, Number(y)) as number))];
    return ['timespan', longs];
  }
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
