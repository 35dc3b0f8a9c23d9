import { KqlFailure } from './failure.ts';

/** Kusto's regular expressions know Unicode: digits, blanks and word characters of every script. */
export const WORD = '[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]';
const PERL: Readonly<Record<string, string>> = {
  d: '\\p{Nd}',
  D: '\\P{Nd}',
  s: '\\p{White_Space}',
  S: '\\P{White_Space}',
  w: WORD,
  W: WORD.replace('[', '[^'),
};
const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };
const ASCII: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7F',
  blank: ' \\t',
  cntrl: '\\x00-\\x1F\\x7F',
  digit: '0-9',
  graph: '\\x21-\\x7E',
  lower: 'a-z',
  print: '\\x20-\\x7E',
  punct: '\\x21-\\x2F\\x3A-\\x40\\x5B-\\x60\\x7B-\\x7E',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: 'A-Za-z0-9_',
  xdigit: 'A-Fa-f0-9',
};

export function badRegex(pattern: string, what: string): KqlFailure {
  return new KqlFailure('SemanticError', `the regular expression ${pattern} ${what}`);
}

/** A part of a pattern that was read: what JavaScript writes for it, where it ends, and its one character if it is one. */
export interface Piece {
  readonly source: string;
  readonly end: number;
  readonly code?: number;
}

/** A character as it stands for itself anywhere in a JavaScript pattern. */
export function literal(code: number): string {
  const text = String.fromCodePoint(code);
  return /^[A-Za-z0-9]$/.test(text) || code > 127 ? text : `\\u{${code.toString(16)}}`;
}

const NUMBERED =
  /(?:x\{([0-9A-Fa-f]+)\}|x([0-9A-Fa-f]{2})|[uU]\{([0-9A-Fa-f]+)\}|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))/y;

/** An escape that means a character or a class of them; undefined for one that means a place. */
export function readEscape(pattern: string, at: number): Piece | undefined {
  const name = pattern.charAt(at + 1);
  const perl = Object.hasOwn(PERL, name) ? PERL[name] : undefined;
  if (perl !== undefined) return { source: perl, end: at + 2 };
  if (name === 'p' || name === 'P') return readProperty(pattern, at);
  const control = Object.hasOwn(CONTROLS, name) ? CONTROLS[name] : undefined;
  if (control !== undefined) return { source: literal(control), end: at + 2, code: control };
  NUMBERED.lastIndex = at + 1;
  const number = NUMBERED.exec(pattern);
  if (number !== null) {
    const code = Number.parseInt(number.slice(1).find((digits) => digits !== undefined) ?? '', 16);
    if (code > 0x10ffff) throw badRegex(pattern, 'names a character that there is not');
    return { source: literal(code), end: at + 1 + number[0].length, code };
  }
  const octal = /^[0-7]{3}/.exec(pattern.slice(at + 1));
  if (octal !== null) {
    const code = Number.parseInt(octal[0], 8);
    return { source: literal(code), end: at + 4, code };
  }
  const code = pattern.codePointAt(at + 1);
  if (code === undefined || /[0-9A-Za-z<>]/.test(name)) return undefined;
  return { source: literal(code), end: at + 1 + String.fromCodePoint(code).length, code };
}

function readProperty(pattern: string, at: number): Piece {
  const found = /^(?:\{(\^?)([A-Za-z_=]+)\}|([A-Z]))/.exec(pattern.slice(at + 2));
  if (found === null) throw badRegex(pattern, 'names no class of characters');
  const negated = (pattern.charAt(at + 1) === 'P') !== (found[1] === '^');
  const end = at + 2 + found[0].length;
  for (const name of [found[2] ?? found[3] ?? '', `Script=${found[2]}`]) {
    const source = `\\${negated ? 'P' : 'p'}{${name}}`;
    try {
      new RegExp(source, 'v');
      return { source, end };
    } catch (error) {
      // A script may be named without saying that it is one; every other unknown name is told below.
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  throw badRegex(pattern, `names the unknown class ${found[0]}`);
}

/** A class in brackets, from its `[`: unions, ranges, named and nested classes, `&&` and `--`. */
export function readClass(pattern: string, start: number): Piece {
  let at = start + 1;
  const negated = pattern.charAt(at) === '^';
  if (negated) at++;
  const first = at;
  let source = '';
  let operand = '';
  for (;;) {
    if (at >= pattern.length) throw badRegex(pattern, 'does not close a [');
    if (pattern.charAt(at) === ']' && at > first) break;
    const operator = /^(?:&&|--|~~)/.exec(pattern.slice(at))?.[0];
    if (operator !== undefined && at > first && pattern.charAt(at + 2) !== ']') {
      if (operator === '~~') throw badRegex(pattern, 'uses ~~, which is not supported here');
      source = `[${source}${operand === '' ? '' : `[${operand}]`}]${operator}`;
      operand = '';
      at += 2;
      continue;
    }
    const item = readItem(pattern, at);
    operand += item.source;
    at = item.end;
  }
  const content = source === '' ? operand : `${source}[${operand}]`;
  return { source: `[${negated ? '^' : ''}${content}]`, end: at + 1 };
}

function readItem(pattern: string, at: number): Piece {
  const named = /^\[:(\^?)([a-z]+):\]/.exec(pattern.slice(at));
  if (named !== null) {
    const characters = Object.hasOwn(ASCII, named[2] ?? '') ? ASCII[named[2] ?? ''] : undefined;
    if (characters === undefined) throw badRegex(pattern, `names the unknown class ${named[0]}`);
    return { source: `[${named[1] ?? ''}${characters}]`, end: at + named[0].length };
  }
  if (pattern.charAt(at) === '[') return readClass(pattern, at);
  const low = readCharacter(pattern, at);
  if (low.code === undefined || pattern.charAt(low.end) !== '-' || /^-(?:\]|-|$)/.test(pattern.slice(low.end)))
    return low;
  const high = readCharacter(pattern, low.end + 1);
  if (high.code === undefined || high.code < low.code) throw badRegex(pattern, 'has a range that is none');
  return { source: `${low.source}-${high.source}`, end: high.end };
}

function readCharacter(pattern: string, at: number): Piece {
  if (pattern.charAt(at) === '\\') {
    const escaped = readEscape(pattern, at);
    if (escaped === undefined) throw badRegex(pattern, `has the unknown escape ${pattern.slice(at, at + 2)}`);
    return escaped;
  }
  const code = pattern.codePointAt(at) ?? 0;
  return { source: literal(code), end: at + String.fromCodePoint(code).length, code };
}
