import { toDecimal, toText } from '../convert.ts';
import { derived, type Expr } from '../scope.ts';
import { has } from '../text-operators.ts';
import type { Value } from '../values.ts';
import { alias, type Library, type Maker, runAs, simple } from './define.ts';

/** The query parameters of a URL, decoded; the last of one name counts. */
function queryParameters(query: string): Value {
  const pairs = query
    .replace(/^\?/, '')
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair): [string, string] => {
      const at = pair.indexOf('=');
      return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
    });
  return Object.fromEntries(pairs);
}

const URL_PARTS =
  /^([a-z][a-z0-9+.-]*):\/\/(?:([^:@/?#]*)(?::([^@/?#]*))?@)?(\[[^\]]*\]|[^:/?#]*)(?::(\d+))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/i;

function parseUrl(url: string): Value {
  const match = URL_PARTS.exec(url);
  const [, scheme = '', username = '', password = '', host = '', port = '', path = '', query = '', fragment = ''] =
    match ?? [];
  return {
    Scheme: scheme,
    Host: host,
    Port: port,
    Path: path,
    Username: username,
    Password: password,
    'Query Parameters': queryParameters(query),
    Fragment: fragment,
  };
}

/** The fields of the first record of a CSV text. */
function parseCsv(text: string): Value {
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (quoted) {
      if (character !== '"') field += character;
      else if (text.charAt(at + 1) === '"') field += text.charAt(at++);
      else quoted = false;
    } else if (character === '"' && field === '') quoted = true;
    else if (character === ',') {
      fields.push(field);
      field = '';
    } else if (character === '\n' || character === '\r') break;
    else field += character;
  }
  return [...fields, field];
}

function parsePath(path: string): Value {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(path)?.[1] ?? '';
  const rest = scheme === '' ? path : path.slice(scheme.length + 3);
  const root = /^[a-z]:/i.exec(rest)?.[0] ?? '';
  const separator = Math.max(rest.lastIndexOf('/'), rest.lastIndexOf('\\'));
  const directory = separator < 0 ? '' : rest.slice(0, separator);
  const [file = '', stream = ''] = rest.slice(separator + 1).split(':');
  const parts = directory.split(/[\\/]/);
  const dot = file.lastIndexOf('.');
  return {
    Scheme: scheme,
    RootPath: root,
    DirectoryPath: directory,
    DirectoryName: parts.at(-1) === root ? '' : (parts.at(-1) ?? ''),
    Filename: file,
    Extension: dot < 0 ? '' : file.slice(dot + 1),
    AlternateDataStreamName: stream,
  };
}

/** Up to four parts of up to eight digits each, as one comparable number. */
function parseVersion(text: string): Value {
  if (!/^\d{1,8}(\.\d{1,8}){0,3}$/.test(text.trim())) return null;
  const parts = [...text.trim().split('.'), '0', '0', '0'].slice(0, 4);
  return toDecimal(parts.map((part) => part.padStart(8, '0')).join(''), 'string');
}

const UNITS = ['Bytes', 'KB', 'MB', 'GB', 'TB', 'PB', 'EB'];

function formatBytes(size: number, precision = 0, unit = ''): string {
  const wanted = UNITS.findIndex((name) => name.toLowerCase() === unit.toLowerCase());
  const natural = size === 0 ? 0 : Math.floor(Math.log(Math.abs(size)) / Math.log(1024));
  const power = wanted >= 0 ? wanted : Math.max(0, Math.min(UNITS.length - 1, natural));
  const value = size / 1024 ** power;
  const rounded = Math.round(value * 10 ** precision) / 10 ** precision;
  return `${Number(rounded.toFixed(precision))} ${UNITS[power]}`;
}

/** The words of a Windows command line. */
function parseCommandLine(line: string): Value {
  const words: string[] = [];
  let word: string | undefined;
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const slashes = /^\\*/.exec(line.slice(at))?.[0].length ?? 0;
    if (slashes > 0) {
      const beforeQuote = line.charAt(at + slashes) === '"';
      word = (word ?? '') + '\\'.repeat(beforeQuote ? Math.floor(slashes / 2) : slashes);
      at += slashes - 1;
      if (beforeQuote && slashes % 2 === 1) {
        word += '"';
        at++;
      }
    } else if (line.charAt(at) === '"') {
      quoted = !quoted;
      word ??= '';
    } else if (/\s/.test(line.charAt(at)) && !quoted) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + line.charAt(at);
  }
  return word === undefined ? words : [...words, word];
}

/** The position of the first word of the list that the text has. */
const hasAnyIndex: Maker = (args, site) => {
  const [source, words] = args as [Expr, Expr];
  const text = runAs(source, 'string');
  return derived(site.type, args, (row) => {
    const list = words.run(row);
    const subject = String(text(row));
    return Array.isArray(list) ? list.findIndex((word) => has(toText(word, 'dynamic'))(subject)) : -1;
  });
};

export const parserFunctions: Library = {
  ...alias(['parse_url', 'parseurl'], simple('s', parseUrl)),
  ...alias(
    ['parse_urlquery', 'parseurlquery'],
    simple('s', (query: string) => ({ 'Query Parameters': queryParameters(query) })),
  ),
  parse_csv: simple('s', parseCsv),
  parse_path: simple('s', parsePath),
  parse_version: simple('s', (text: string) => parseVersion(text)),
  parse_command_line: simple('ss', parseCommandLine),
  format_bytes: simple('rls', formatBytes),
  has_any_index: hasAnyIndex,
};
