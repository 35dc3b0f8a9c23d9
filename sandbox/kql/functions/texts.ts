import { compareStrings } from '../compare.ts';
import { convert, parseDynamic, toText } from '../convert.ts';
import type { KqlType } from '../engine.ts';
import { invalid } from '../failure.ts';
import { compileRegex, matchesOf } from '../regex.ts';
import { derived, type Expr, typeOf } from '../scope.ts';
import { items, kindOf } from '../syntax.ts';
import { missing, type Value } from '../values.ts';
import { alias, type Library, type Maker, runAs, type Site, simple } from './define.ts';

/** Code points, as Kusto counts the characters of a text. */
const points = (text: string): readonly string[] => Array.from(text);
const isSimple = (text: string) => !/[\ud800-\udfff]/.test(text);

function substring(text: string, start: number, length = Infinity): string {
  const size = isSimple(text) ? text.length : points(text).length;
  const from = start < 0 ? Math.max(0, size + start) : start;
  if (!(length > 0)) return '';
  return isSimple(text)
    ? text.substring(from, from + length)
    : points(text)
        .slice(from, from + length)
        .join('');
}

/**
 * The position of the occurrence-th match; -1 where there is none, null where the range is not valid. The length counts
 * anew after every match, as in Kusto.
 */
function indexOf(text: string, lookup: string, start = 0, length = -1, occurrence = 1): number | null {
  if (occurrence < 1 || length < -1) return null;
  let from = start < 0 ? text.length + start : start;
  if (from < 0 || from > text.length) return -1;
  let at = -1;
  for (let found = 0; found < occurrence; found++) {
    at = text.indexOf(lookup, from);
    const end = length < 0 ? text.length : Math.min(text.length, from + length);
    if (at < 0 || at + lookup.length > end) return -1;
    from = at + 1;
  }
  return at;
}

function indexOfRegex(text: string, pattern: string, start = 0, length = -1, occurrence = 1): number | null {
  if (start < 0 || occurrence < 1 || length < -1) return null;
  const end = length < 0 ? text.length : Math.min(text.length, start + length);
  const matches = matchesOf(compileRegex(pattern, 'g'), text.slice(start, end));
  let found = 0;
  for (const match of matches) if (++found === occurrence) return start + match.index;
  return -1;
}

function split(text: string, delimiter: string, index?: number): Value {
  const parts = delimiter === '' ? [text] : text.split(delimiter);
  if (index === undefined || index === null) return parts;
  const part = parts[index];
  return part === undefined ? [''] : [part];
}

function countOf(text: string, search: string, kind = 'normal'): number {
  if (kind === 'regex') return matchesOf(compileRegex(search, 'g'), text).length;
  if (search === '') return 0;
  let count = 0;
  for (let at = text.indexOf(search); at >= 0; at = text.indexOf(search, at + 1)) count++;
  return count;
}

/** In the rewrite \0 stands for the match, \1 for its first group, and \\ for a backslash. */
function replaceRegex(text: string, pattern: string, rewrite: string): string {
  let result = '';
  let end = 0;
  for (const match of matchesOf(compileRegex(pattern, 'g'), text)) {
    const piece = rewrite.replace(/\\([\d\\])/g, (_, sign: string) =>
      sign === '\\' ? sign : (match[Number(sign)] ?? ''),
    );
    result += text.slice(end, match.index) + piece;
    end = match.index + match[0].length;
  }
  return result + text.slice(end);
}

/** Earlier lookups take their matches first; what was once replaced is not searched again. */
function replaceStrings(text: string, lookups: Value, rewrites: Value): string {
  if (!Array.isArray(lookups)) return text;
  let open: (string | { readonly done: string })[] = [text];
  for (const [index, lookup] of lookups.entries()) {
    const rewrite = Array.isArray(rewrites) ? rewrites[index] : rewrites;
    if (typeof lookup !== 'string' || lookup === '') continue;
    const done = typeof rewrite === 'string' ? rewrite : lookup;
    open = open.flatMap((piece) => {
      if (typeof piece !== 'string') return [piece];
      return piece.split(lookup).flatMap((part, at) => (at === 0 ? [part] : [{ done }, part]));
    });
  }
  return open.map((piece) => (typeof piece === 'string' ? piece : piece.done)).join('');
}

const trim =
  (start: boolean, end: boolean) =>
  (pattern: string, text: string): string => {
    let result = text;
    if (start) result = result.replace(compileRegex(`^(?:${pattern})`, ''), '');
    if (end) result = result.replace(compileRegex(`(?:${pattern})$`, ''), '');
    return result;
  };

/** The type a typeof(…) argument names; undefined where there is none. */
export function typeArgument(site: Site): KqlType | undefined {
  const node = site.nodes.find((item) => kindOf(item) === 'TypeOfLiteralExpression');
  const type = node === undefined ? undefined : items(node, 'Types')[0];
  return type === undefined ? undefined : typeOf(type.ReferencedSymbol);
}

const extract: Maker = (args, site) => {
  const [pattern, group, source] = args as [Expr, Expr, Expr];
  const type = typeArgument(site) ?? 'string';
  const text = runAs(source, 'string');
  const regexOf = runAs(pattern, 'string');
  const fixed = pattern.constant ? compileRegex(String(regexOf([])), '') : undefined;
  return derived(type, args, (row) => {
    const match = (fixed ?? compileRegex(String(regexOf(row)), '')).exec(String(text(row)));
    const found = match?.[Number(group.run(row))];
    if (found === undefined) return missing(type);
    return type === 'string' ? found : convert(found, 'string', type);
  });
};

function extractAll(pattern: string, text: string, wanted?: Value): Value {
  const regex = compileRegex(pattern, 'g');
  // With an empty alternative every text matches: the match tells how many groups there are.
  if (compileRegex(`${pattern}|`, '').exec('')?.length === 1)
    throw invalid(`extract_all() needs a capturing group in ${pattern}`);
  const matches = matchesOf(regex, text);
  if (matches.length === 0) return null;
  return matches.map((match) => {
    const groups = Array.isArray(wanted)
      ? wanted.map((group) => (typeof group === 'string' ? match.groups?.[group] : match[Number(group)]) ?? '')
      : match.slice(1).map((group) => group ?? '');
    return groups.length === 1 ? groups[0] : groups;
  });
}

const extractAllMaker: Maker = (args, site) => {
  const source = simple('sds', (pattern: string, wanted: Value, text: string) => extractAll(pattern, text, wanted));
  const plain = simple('ss', (pattern: string, text: string) => extractAll(pattern, text));
  return (args.length === 3 ? source : plain)(args, site);
};

/** A value at a JSON path such as $.a.b[0]['c d']. */
export function atPath(value: Value, path: string): Value | undefined {
  const steps = path.match(/\.[^.[\]]+|\[\s*'[^']*'\s*\]|\[\s*"[^"]*"\s*\]|\[\s*-?\d+\s*\]/g) ?? [];
  if (!path.startsWith('$') || `$${steps.join('')}` !== path.trim()) return undefined;
  let current: Value = value;
  for (const step of steps) {
    const key = step.startsWith('.')
      ? step.slice(1)
      : step
          .slice(1, -1)
          .trim()
          .replace(/^(['"])(.*)\1$/, '$2');
    if (Array.isArray(current)) current = current[Number(key)];
    else if (typeof current === 'object' && current !== null && Object.hasOwn(current, key))
      current = (current as Record<string, Value>)[key];
    else return undefined;
  }
  return current;
}

const extractJson: Maker = (args, site) => {
  const [path, source] = args as [Expr, Expr];
  const type = typeArgument(site) ?? 'string';
  const text = runAs(source, 'string');
  return derived(type, args, (row) => {
    const found = atPath(parseDynamic(text(row), 'string'), toText(path.run(row), path.type));
    return found === undefined || found === null ? missing(type) : convert(found, 'dynamic', type);
  });
};

function translate(from: string, to: string, text: string): string {
  const targets = points(to);
  const table = new Map(points(from).map((character, index) => [character, targets[index] ?? targets.at(-1) ?? '']));
  return points(text)
    .map((character) => table.get(character) ?? character)
    .join('');
}

const strcat: Maker = (args, site) => {
  const runs = args.map((arg) => runAs(arg, 'string'));
  return derived(site.type, args, (row) => {
    let text = '';
    for (const run of runs) text += String(run(row));
    return text;
  });
};

const strcatDelimited: Maker = (args, site) => {
  const [delimiter, ...parts] = args.map((arg) => runAs(arg, 'string'));
  if (delimiter === undefined) throw invalid('strcat_delim() needs a delimiter', site.node.TextStart);
  return derived(site.type, args, (row) => parts.map((part) => part(row)).join(String(delimiter(row))));
};

const strcatArray = simple('ds', (array: Value, delimiter: string) =>
  Array.isArray(array) ? array.map((item) => toText(item, 'dynamic')).join(delimiter) : '',
);

export const textFunctions: Library = {
  strcat,
  strcat_delim: strcatDelimited,
  ...alias(['strcat_array', 'array_strcat'], strcatArray),
  strcmp: simple('ss', (a: string, b: string) => Math.sign(compareStrings(a, b))),
  strlen: simple('s', (text: string) => (isSimple(text) ? text.length : points(text).length)),
  string_size: simple('s', (text: string) => Buffer.byteLength(text)),
  strrep: simple('sls', (text: string, times: number, delimiter = '') =>
    Array.from({ length: Math.max(0, Math.min(1024, times)) }, () => text).join(delimiter),
  ),
  toupper: simple('s', (text: string) => text.toUpperCase()),
  tolower: simple('s', (text: string) => text.toLowerCase()),
  reverse: simple('s', (text: string) => [...points(text)].reverse().join('')),
  substring: simple('sll', substring),
  indexof: simple('sslll', indexOf),
  indexof_regex: simple('sslll', indexOfRegex),
  split: simple('ssl', split),
  countof: simple('sss', countOf),
  replace_string: simple('sss', (text: string, lookup: string, rewrite: string) =>
    lookup === '' ? text : text.replaceAll(lookup, () => rewrite),
  ),
  replace_strings: simple('sdd', replaceStrings),
  replace_regex: simple('sss', replaceRegex),
  replace: simple('sss', (pattern: string, rewrite: string, text: string) => replaceRegex(text, pattern, rewrite)),
  regex_quote: simple('s', (text: string) => text.replace(/[^\w\s]/g, '\\$&')),
  trim: simple('ss', trim(true, true)),
  trim_start: simple('ss', trim(true, false)),
  trim_end: simple('ss', trim(false, true)),
  extract,
  ...alias(['extract_all', 'extractall'], extractAllMaker),
  ...alias(['extract_json', 'extractjson'], extractJson),
  translate: simple('sss', translate),
  isascii: simple('s', (text: string) => [...text].every((character) => (character.codePointAt(0) ?? 0) < 128)),
  isutf8: simple('s', (text: string) => text.isWellFormed()),
  ...alias(
    ['unicode_codepoints_from_string', 'to_utf8'],
    simple('s', (text: string) => points(text).map((character) => character.codePointAt(0) ?? 0)),
  ),
};
