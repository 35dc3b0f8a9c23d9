import { convert, parseDynamic, toText } from '../convert.ts';
import type { KqlType } from '../engine.ts';
import { derived, type Expr } from '../scope.ts';
import { isBag, type Long, type Value } from '../values.ts';
import { alias, type Library, type Maker, simple } from './define.ts';

const to =
  (type: KqlType): Maker =>
  (args) => {
    const [arg] = args as [Expr];
    if (arg.type === type) return arg;
    return derived(type, [arg], (row) => convert(arg.run(row), arg.type, type));
  };

const toDynamicValue: Maker = (args, site) => {
  const [arg] = args as [Expr];
  // What is dynamic already is passed on as it is, even a text that holds JSON.
  if (arg.type === 'dynamic') return arg;
  return derived(site.type, [arg], (row) => parseDynamic(arg.run(row), arg.type));
};

/** The same value with the keys of every bag in order. */
function sortedKeys(value: Value): Value {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (!isBag(value)) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, sortedKeys(value[name])]));
}

/** Two's complement in as many bits as the type has. */
const toHex: Maker = (args, site) =>
  simple(args[0]?.type === 'int' ? 'il' : 'll', (value: Long, length = 0) =>
    BigInt.asUintN(args[0]?.type === 'int' ? 32 : 64, BigInt(value))
      .toString(16)
      .padStart(Number(length), '0'),
  )(args, site);

export const conversions: Library = {
  ...alias(['tobool', 'toboolean'], to('bool')),
  todatetime: to('datetime'),
  todecimal: to('decimal'),
  toguid: to('guid'),
  toint: to('int'),
  tolong: to('long'),
  ...alias(['toreal', 'todouble'], to('real')),
  tostring: to('string'),
  ...alias(['totimespan', 'totime'], to('timespan')),
  ...alias(['todynamic', 'toobject', 'parse_json', 'parsejson'], toDynamicValue),
  tohex: toHex,
  dynamic_to_json: simple('d', (value) => toText(sortedKeys(value), 'dynamic')),
};
