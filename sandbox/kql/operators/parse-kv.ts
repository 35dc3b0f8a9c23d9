import { convert } from '../convert.ts';
import { compile } from '../expressions.ts';
import { unsupported } from '../failure.ts';
import { textRunner } from '../operators-scalar.ts';
import { compileRegex } from '../regex.ts';
import { type Plan, rowScope, type Scope } from '../scope.ts';
import { child, items, type Node, need, textOf } from '../syntax.ts';
import { columnsOf } from '../tabular.ts';
import { missing } from '../values.ts';

interface Format {
  readonly pair: string;
  readonly keyValue: string;
  readonly quotes: readonly (readonly [string, string])[];
  readonly escapes: readonly string[];
  readonly greedy: boolean;
}

type Pairs = Map<string, string>;

/** Adds a pair unless its key is there: the first one counts. */
function put(pairs: Pairs, key: string, value: string): void {
  if (!pairs.has(key.trim())) pairs.set(key.trim(), value.trim());
}

/** Keys and values as runs of word characters, or quoted, whatever stands between them. */
function withoutDelimiters(text: string, keys: readonly string[], format: Format): Pairs {
  const pairs: Pairs = new Map();
  const marks = format.quotes.map(([open]) => open.replace(/[\\\]^-]/g, '\\$&')).join('');
  for (const key of keys) {
    const name = key.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    const found = new RegExp(`(?<![\\p{L}\\p{N}_])${name}[^\\p{L}\\p{N}_${marks}]+`, 'u').exec(text);
    if (found === null) continue;
    const start = found.index + found[0].length;
    const value = quoted(text, start, format)?.[0] ?? /^[\p{L}\p{N}_]+/u.exec(text.slice(start))?.[0];
    if (value !== undefined) put(pairs, key, value);
  }
  return pairs;
}

function byRegex(text: string, pattern: string): Pairs {
  const pairs: Pairs = new Map();
  for (const found of text.matchAll(compileRegex(pattern, 'g'))) put(pairs, found[1] ?? '', found[2] ?? '');
  return pairs;
}

/** The quoted text that begins at `start`, and where it ends; undefined where none does. */
function quoted(text: string, start: number, { quotes, escapes }: Format): readonly [string, number] | undefined {
  const pair = quotes.find(([open]) => text.startsWith(open, start));
  if (pair === undefined) return undefined;
  let content = '';
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charAt(at);
    if (escapes.includes(character) && at + 1 < text.length) content += text.charAt(++at);
    else if (character === pair[1]) return [content, at + 1];
    else content += character;
  }
  return undefined;
}

const skipBlanks = (text: string, start: number) => start + (/^\s*/.exec(text.slice(start))?.[0].length ?? 0);

function byDelimiters(text: string, format: Format): Pairs {
  const pairs: Pairs = new Map();
  let at = 0;
  while (at < text.length) {
    at = skipBlanks(text, at);
    const quotedKey = quoted(text, at, format);
    const end = text.indexOf(format.keyValue, quotedKey?.[1] ?? at);
    if (end < 0) break;
    // What stands before the last pair delimiter has no value and is passed over.
    const key = quotedKey?.[0] ?? text.slice(at, end).split(format.pair).at(-1) ?? '';
    const after = end + format.keyValue.length;
    const start = text.startsWith(format.pair, after) ? after : skipBlanks(text, after);
    const quotedValue = quoted(text, start, format);
    if (quotedValue !== undefined) {
      put(pairs, key, quotedValue[0]);
      at = quotedValue[1] + (text.startsWith(format.pair, quotedValue[1]) ? format.pair.length : 0);
      continue;
    }
    const stop = endOfValue(text, start, format);
    put(pairs, key, text.slice(start, stop));
    at = stop + format.pair.length;
  }
  return pairs;
}

/** A value ends at the next pair delimiter; a greedy one at the last before the next key. */
function endOfValue(text: string, start: number, { pair, keyValue, greedy }: Format): number {
  const first = text.indexOf(pair, start);
  if (!greedy) return first < 0 ? text.length : first;
  const next = text.indexOf(keyValue, start);
  if (next < 0) return text.length;
  const last = text.lastIndexOf(pair, next);
  return last < start ? text.length : last;
}

export function parseKv(node: Node, input: Plan, scope: Scope): Plan {
  const row = rowScope(input.columns);
  const text = textRunner(compile(need(node, 'Expression'), { ...scope, row }));
  const keys = items(need(node, 'Keys'), 'Columns').map((column) => need(column, 'Name').SimpleName ?? '');
  const extract = extractor(node, keys);
  const columns = columnsOf(node);
  const wanted = new Set(keys);
  return {
    columns,
    run: () =>
      input.run().map((source) => {
        const pairs = extract(text(source));
        return columns.map(({ name, type }) => {
          const value = pairs.get(name);
          if (wanted.has(name)) return value === undefined ? missing(type) : convert(value, 'string', type);
          return source[row.positions.get(name) ?? -1];
        });
      }),
  };
}

function propertyText(node: Node): string {
  return typeof node.LiteralValue === 'string' ? node.LiteralValue : textOf(node);
}

function extractor(node: Node, keys: readonly string[]): (text: string) => Pairs {
  const clause = child(node, 'WithClause');
  const properties = (clause === undefined ? [] : items(clause, 'Properties')).map(
    (property) => [need(property, 'Name').SimpleName ?? '', propertyText(need(property, 'Expression'))] as const,
  );
  const all = (name: string) => properties.flatMap(([key, value]) => (key === name ? [value] : []));
  const [regex] = all('regex');
  if (regex !== undefined) return (text) => byRegex(text, regex);
  const [pair] = all('pair_delimiter');
  const [keyValue] = all('kv_delimiter');
  if ((pair === undefined) !== (keyValue === undefined))
    throw unsupported('parse-kv with one delimiter', node.TextStart);
  const format: Format = {
    pair: pair ?? '',
    keyValue: keyValue ?? '',
    quotes: all('quote').map((marks) => [marks.charAt(0), marks.charAt(1) || marks.charAt(0)]),
    escapes: all('escape'),
    greedy: all('greedy')[0] === 'true',
  };
  return pair === undefined ? (text) => withoutDelimiters(text, keys, format) : (text) => byDelimiters(text, format);
}
