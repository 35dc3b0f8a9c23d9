import { compareValues, equalValues } from '../compare.ts';
import { toReal, unwrap } from '../convert.ts';
import { toDynamic } from '../json.ts';
import { series } from '../operators/sources.ts';
import { derived, type Expr } from '../scope.ts';
import { Typed, type Value } from '../values.ts';
import { alias, type Library, type Maker, runAs, simple } from './define.ts';

type List = readonly Value[];

const onArray =
  (apply: (array: List, ...rest: Value[]) => Value) =>
  (value: Value, ...rest: Value[]): Value =>
    Array.isArray(value) ? apply(value, ...rest) : null;

/** The arguments as dynamic values. */
export function dynamicRuns(args: readonly Expr[]): ((row: readonly Value[]) => Value)[] {
  return args.map((arg) => runAs(arg, 'dynamic'));
}

const packArray: Maker = (args, site) => {
  const star =
    site.nodes.length === 1 &&
    args[0]?.constant === true &&
    site.scope.row !== undefined &&
    site.nodes[0]?.ToString().trim() === '*';
  const inputs = star ? rowExprs(site.scope.row?.columns ?? []) : args;
  const runs = dynamicRuns(inputs);
  return derived(site.type, inputs, (row) => runs.map((run) => run(row)));
};

export function rowExprs(columns: readonly { readonly type: Expr['type'] }[]): Expr[] {
  return columns.map(({ type }, position) => ({ type, constant: false, run: (row) => row[position] }));
}

function slice(array: List, start: Value, end: Value): Value {
  const size = array.length;
  const from = Number(start) < 0 ? Math.max(0, size + Number(start)) : Number(start);
  const to = Number(end) < 0 ? size + Number(end) : Math.min(size - 1, Number(end));
  return array.slice(from, to + 1);
}

const indexOf: Maker = (args, site) => {
  const [array, lookup, ...rest] = args as [Expr, Expr, ...Expr[]];
  const run = runAs(lookup, 'dynamic');
  const numbers = rest.map((arg) => runAs(arg, 'long'));
  return derived(site.type, args, (row) => {
    const list = array.run(row);
    if (!Array.isArray(list)) return null;
    const [start = 0, length = -1, occurrence = 1] = numbers.map((number) => Number(number(row)));
    if (length < -1 || occurrence < 0) return null;
    const from = start < 0 ? Math.max(0, list.length + start) : start;
    const to = length < 0 ? list.length : Math.min(list.length, from + length);
    const wanted = run(row);
    let found = 0;
    for (let index = from; index < to; index++) {
      if (equalDynamic(list[index], wanted) && ++found === occurrence) return index;
    }
    return -1;
  });
};

export function equalDynamic(a: Value, b: Value): boolean {
  const x = a instanceof Typed ? a.value : a;
  const y = b instanceof Typed ? b.value : b;
  return equalValues(x, y);
}

function rotate(array: List, count: number): Value {
  const size = array.length;
  if (size === 0) return array;
  const by = ((count % size) + size) % size;
  return [...array.slice(by), ...array.slice(0, by)];
}

/** Shifted to the left by `count` (to the right where negative); what is free is filled. */
function shift(array: List, count: number, fill: Value): Value {
  const size = array.length;
  return array.map((_, index) => (index + count >= 0 && index + count < size ? array[index + count] : fill) ?? null);
}

const shiftMaker =
  (sign: 1 | -1): Maker =>
  (args, site) => {
    const fill = args[2] === undefined ? undefined : runAs(args[2], 'dynamic');
    const [array, count] = args as [Expr, Expr];
    return derived(site.type, args, (row) => {
      const list = array.run(row);
      return Array.isArray(list) ? shift(list, sign * Number(count.run(row)), fill?.(row) ?? null) : null;
    });
  };

function splitArray(array: List, indices: Value): Value {
  const cuts = (Array.isArray(indices) ? indices : [indices]).map((index) => {
    const at = Number(index);
    return Math.min(array.length, at < 0 ? Math.max(0, array.length + at) : at);
  });
  const bounds = [0, ...cuts, array.length];
  return bounds.slice(1).map((end, index) => array.slice(bounds[index], end));
}

function iff(conditions: List, whenTrue: Value, whenFalse: Value): Value {
  const at = (source: Value, index: number) => (Array.isArray(source) ? (source[index] ?? null) : source);
  return conditions.map((condition, index) => {
    const number = isText(condition) ? null : toReal(condition, 'dynamic');
    const truth = number === null ? null : number !== 0;
    return truth === null ? null : at(truth ? whenTrue : whenFalse, index);
  });
}

const isText = (value: Value) => typeof value === 'string' || (value instanceof Typed && value.type !== 'real');

export const arrays = (values: readonly Value[]) => values.filter((value): value is List => Array.isArray(value));

function zip(...lists: Value[]): Value {
  const all = lists.map((list) => (Array.isArray(list) ? list : [list]));
  const longest = Math.max(...all.map((list) => list.length));
  return Array.from({ length: longest }, (_, index) => all.map((list) => list[index] ?? null));
}

function isNumber(value: Value): boolean {
  const type = unwrap(value)[1];
  return type === 'long' || type === 'real' || type === 'decimal';
}

/** What range() and repeat() give at most. */
const MOST_ELEMENTS = 1_048_576;

const range: Maker = (args, site) => {
  const [start, stop, step] = args as [Expr, Expr, Expr | undefined];
  const type =
    start.type === 'real' || stop.type === 'real' || step?.type === 'real'
      ? 'real'
      : start.type === 'int'
        ? 'long'
        : start.type;
  const own = type === 'dynamic' ? 'real' : type;
  const stepType = own === 'datetime' ? 'timespan' : own;
  const runs = [runAs(start, own), runAs(stop, own)] as const;
  const stepRun = step === undefined ? () => (stepType === 'timespan' ? 36_000_000_000 : 1) : runAs(step, stepType);
  return derived(site.type, args, (row) =>
    series(runs[0](row), runs[1](row), stepRun(row), own === 'real', MOST_ELEMENTS).map((value) =>
      toDynamic(value, own),
    ),
  );
};

/** Where in the order of one array the elements of another come; nulls at the end, or at the start if so asked. */
function sortOrder(array: List, descending: boolean, nullsLast: boolean): number[] {
  return Array.from(array.keys()).sort((a, b) => {
    const x = array[a] ?? null;
    const y = array[b] ?? null;
    if (x === null || y === null) return x === y ? a - b : (x === null) === nullsLast ? 1 : -1;
    const kinds = kindRank(x) - kindRank(y);
    if (kinds !== 0) return kinds;
    return (descending ? compareValues(y, x) : compareValues(x, y)) || a - b;
  });
}

/** Numbers and times come before texts, these before guids, and all else comes last, in either direction. */
function kindRank(value: Value): number {
  const type = unwrap(value)[1];
  return type === 'string' ? 1 : type === 'guid' ? 2 : type === 'dynamic' || type === 'bool' ? 3 : 0;
}

/** The arrays of array_sort_asc() and array_sort_desc(): all in the order of the first. */
export function sortArrays(descending: boolean, args: readonly Expr[]): readonly Expr[] {
  const last = args.at(-1);
  const flag = args.length > 1 && last?.type === 'bool' ? last : undefined;
  const all = flag === undefined ? args : args.slice(0, -1);
  return all.map((arg) =>
    derived('dynamic', args, (row) => {
      const first = all[0]?.run(row);
      const own = arg.run(row);
      if (!Array.isArray(first) || !Array.isArray(own)) return null;
      const order = sortOrder(first, descending, flag?.run(row) !== false);
      return own.length === first.length ? order.map((index) => own[index]) : null;
    }),
  );
}

const sortMaker =
  (descending: boolean): Maker =>
  (args) =>
    sortArrays(descending, args)[0] as Expr;

export const arrayFunctions: Library = {
  pack_array: packArray,
  ...alias(
    ['array_length', 'arraylength'],
    simple(
      'd',
      onArray((array) => array.length),
    ),
  ),
  array_concat: simple('D*', (...lists: Value[]) => arrays(lists).flat()),
  array_slice: simple('dll', onArray(slice)),
  array_split: simple('dd', onArray(splitArray)),
  array_reverse: simple(
    'd',
    onArray((array) => array.toReversed()),
  ),
  array_rotate_left: simple(
    'dl',
    onArray((array, count) => rotate(array, Number(count))),
  ),
  array_rotate_right: simple(
    'dl',
    onArray((array, count) => rotate(array, -Number(count))),
  ),
  array_shift_left: shiftMaker(1),
  array_shift_right: shiftMaker(-1),
  ...alias(
    ['array_iff', 'array_iif'],
    simple(
      'dDD',
      onArray((array, yes, no) => iff(array, yes, no)),
    ),
  ),
  array_index_of: indexOf,
  array_sum: simple(
    'd',
    onArray((array) => {
      const numbers = array.filter((item) => item !== null);
      if (!numbers.every(isNumber)) return null;
      return numbers.reduce<number>((sum, item) => sum + (toReal(item, 'dynamic') ?? 0), 0);
    }),
  ),
  array_sort_asc: sortMaker(false),
  array_sort_desc: sortMaker(true),
  zip: simple('D*', zip),
  range,
  repeat: simple('Dl', (value: Value, count: number) =>
    count < 0 ? null : Array.from({ length: Math.min(count, MOST_ELEMENTS) }, () => value),
  ),
};
