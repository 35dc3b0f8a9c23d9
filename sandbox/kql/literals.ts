import { toDecimal, toGuid, toReal } from './convert.ts';
import { parseDatetime, parseTimespan, ticksOf, ticksOfDate } from './datetime.ts';
import type { KqlType } from './engine.ts';
import { invalid } from './failure.ts';
import { parseJson, set, toDynamic } from './json.ts';
import { type Context, constant, type Expr } from './scope.ts';
import { child, items, kindOf, type Node, need, type Token, textOf } from './syntax.ts';
import { type Long, long, type Value } from './values.ts';

const KINDS: Readonly<Record<string, KqlType>> = {
  BooleanLiteralExpression: 'bool',
  IntLiteralExpression: 'int',
  LongLiteralExpression: 'long',
  RealLiteralExpression: 'real',
  DecimalLiteralExpression: 'decimal',
  DateTimeLiteralExpression: 'datetime',
  TimespanLiteralExpression: 'timespan',
  GuidLiteralExpression: 'guid',
  StringLiteralExpression: 'string',
  CompoundStringLiteralExpression: 'string',
  NullLiteralExpression: 'dynamic',
  DynamicLiteralExpression: 'dynamic',
};

export function isLiteral(node: Node): boolean {
  return KINDS[kindOf(node)] !== undefined || kindOf(node) === 'DynamicExpression';
}

/** A literal. `int(x)`, `datetime(x)` and the like are one token each: what is inside is read here, not by the analyser. */
export function compileLiteral(node: Node, context: Context): Expr {
  const kind = kindOf(node);
  if (kind === 'DynamicExpression') return constant(jsonValue(need(node, 'Expression'), context), 'dynamic');
  const type = KINDS[kind] ?? 'dynamic';
  if (type === 'dynamic') return constant(null, type);
  if (type === 'string') return constant(String(node.LiteralValue), type);
  const text = (node.Token as Token | undefined)?.Text.trim() ?? textOf(node);
  return constant(scalar(text, type, node, context), type);
}

function scalar(text: string, type: KqlType, node: Node, context: Context): Value {
  const inside = /^[a-z]+\s*\(([\s\S]*)\)$/i.exec(text)?.[1]?.trim();
  const content = (inside ?? text).replace(/^(["'])(.*)\1$/, '$2');
  if (content === 'null') return null;
  switch (type) {
    case 'bool':
      if (!/^(true|false|\d+)$/i.test(content)) throw invalid(`${textOf(node)} is not a bool`, node.TextStart);
      return !/^(false|0+)$/i.test(content);
    case 'int':
    case 'long':
      return integer(content, type === 'int' ? 32 : 64, node);
    case 'real':
      return real(content, node);
    case 'decimal':
      return read(toDecimal(content, 'string'), node, 'a decimal');
    case 'guid':
      return read(toGuid(content), node, 'a guid');
    case 'timespan':
      return timespan(content, node);
    default:
      return datetime(content, inside !== undefined, node, context);
  }
}

function integer(text: string, bits: 32 | 64, node: Node): Long {
  const bare = text.replace(/[lL]$/, '');
  if (!/^[+-]?\s*(\d+|0x[0-9a-f]+)$/i.test(bare))
    throw invalid(`${textOf(node)} is not a whole number`, node.TextStart);
  const size = BigInt(bare.replace(/^[+-]\s*/, ''));
  const value = bare.startsWith('-') ? -size : size;
  const parent = child(node, 'Parent');
  // A minus stands outside the literal, also before the least number of all; hexadecimal digits may write the sign's bit.
  const isNegated = parent !== undefined && kindOf(parent) === 'UnaryMinusExpression';
  const limit = 1n << BigInt(/x/i.test(bare) ? bits : bits - 1);
  if (value >= limit + (isNegated ? 1n : 0n) || value < -limit)
    throw invalid(`${textOf(node)} does not fit into ${bits} bits`, node.TextStart);
  return long(BigInt.asIntN(bits, value));
}

function timespan(text: string, node: Node): Long {
  const ticks = parseTimespan(text);
  if (ticks === null) throw invalid(`${textOf(node)} is not a timespan`, node.TextStart);
  return ticks;
}

/** What was read from a literal; a literal that holds nothing of its type is refused. */
function read<T>(value: T | null, node: Node, what: string): T {
  if (value === null) throw invalid(`${textOf(node)} is not ${what}`, node.TextStart);
  return value;
}

function real(text: string, node: Node): number {
  const infinite = /^([+-]?)inf(inity)?$/i.exec(text);
  if (infinite !== null) return infinite[1] === '-' ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return Number.NaN;
  return read(toReal(text, 'string'), node, 'a number');
}

function datetime(text: string, wrapped: boolean, node: Node, context: Context): Long | null {
  if (wrapped && text === '') return ticksOfDate(context.options.now);
  const parts = text.split(',').map((part) => Number(part));
  if (parts.length >= 3 && parts.every((part) => Number.isInteger(part))) {
    const [year = 0, month = 0, day = 0, hour, minute, second] = parts;
    return ticksOf(year, month, day, hour, minute, second);
  }
  const ticks = parseDatetime(text) ?? parseDatetime(text.replace(/\s*-\s*/g, '-'));
  if (ticks === null) throw invalid(`${textOf(node)} is not a datetime`, node.TextStart);
  return ticks;
}

/** The value of what stands inside dynamic(…). */
function jsonValue(node: Node, context: Context): Value {
  const kind = kindOf(node);
  if (kind === 'JsonArrayExpression') return items(node, 'Values').map((item) => jsonValue(item, context));
  if (kind === 'JsonObjectExpression') {
    const bag: Record<string, Value> = {};
    for (const pair of items(node, 'Pairs')) {
      set(bag, (pair.Name as Token).ValueText, jsonValue(need(pair, 'Value'), context));
    }
    return bag;
  }
  if (kind === 'UnaryMinusExpression' || kind === 'UnaryPlusExpression') {
    const sign = kind === 'UnaryMinusExpression' ? '-' : '';
    return parseJson(`${sign}${textOf(need(node, 'Expression'))}`) ?? null;
  }
  if (kind === 'NullLiteralExpression') return null;
  if (kind === 'RealLiteralExpression' || kind === 'LongLiteralExpression') {
    const parsed = parseJson(textOf(node));
    if (parsed !== undefined) return parsed;
  }
  if (!isLiteral(node)) throw invalid(`${textOf(node)} is not allowed inside dynamic()`, node.TextStart);
  const { run, type } = compileLiteral(node, context);
  return toDynamic(run([]), type);
}
