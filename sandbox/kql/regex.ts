import { badRegex, literal, readClass, readEscape, WORD } from './regex-classes.ts';

const cache = new Map<string, RegExp>();

/** A pattern of Kusto's as a JavaScript one. Of the flags `g` is JavaScript's, and i, m, s, U and x are Kusto's. */
export function compileRegex(pattern: string, flags: string): RegExp {
  const key = `${flags}/${pattern}`;
  const known = cache.get(key);
  if (known !== undefined) {
    known.lastIndex = 0;
    return known;
  }
  const regex = translate(pattern, flags);
  if (cache.size > 1000) cache.clear();
  cache.set(key, regex);
  return regex;
}

/** All matches, as Kusto counts them: an empty one right behind another match is none. */
export function matchesOf(regex: RegExp, text: string): RegExpExecArray[] {
  let end = -1;
  return [...text.matchAll(regex)].filter((match) => {
    if (match[0] === '' && match.index === end) return false;
    end = match.index + match[0].length;
    return true;
  });
}

const PLACES: Readonly<Record<string, string>> = {
  A: '(?<![^])',
  z: '(?![^])',
  B: `(?:(?<=${WORD})(?=${WORD})|(?<!${WORD})(?!${WORD}))`,
  b: `(?:(?<=${WORD})(?!${WORD})|(?<!${WORD})(?=${WORD}))`,
  '<': `(?<!${WORD})(?=${WORD})`,
  '>': `(?<=${WORD})(?!${WORD})`,
  'b{start}': `(?<!${WORD})(?=${WORD})`,
  'b{end}': `(?<=${WORD})(?!${WORD})`,
  'b{start-half}': `(?<!${WORD})`,
  'b{end-half}': `(?!${WORD})`,
};

/** The flags that hold inside one group, and whether JavaScript's group for case is open. */
interface Group {
  flags: string;
  open: boolean;
}

function translate(pattern: string, flags: string): RegExp {
  let leading = flags.replace('g', '');
  let at = 0;
  const global = /^\(\?([imsUux]+)\)/.exec(pattern);
  if (global !== null) {
    leading += global[1] ?? '';
    at = global[0].length;
  }
  const folded = leading.includes('i');
  const groups: Group[] = [];
  let group: Group = { flags: leading.replace('i', ''), open: false };
  let source = '';
  const close = () => {
    if (group.open) source += ')';
    group.open = false;
  };
  const reopen = () => {
    if (group.flags.includes('i')) source += '(?i:';
    else if (folded && group.flags.includes('I')) source += '(?-i:';
    else return;
    group.open = true;
  };
  while (at < pattern.length) {
    const character = pattern.charAt(at);
    const rest = pattern.slice(at);
    if (character === '\\') {
      const quoted = /^\\Q([\s\S]*?)(?:\\E|$)/.exec(rest);
      const place = /^\\(b\{[a-z-]+\}|[AzbB<>])/.exec(rest);
      const escaped = quoted === null && place === null ? readEscape(pattern, at) : undefined;
      if (quoted !== null) source += [...(quoted[1] ?? '')].map((item) => literal(item.codePointAt(0) ?? 0)).join('');
      else source += PLACES[place?.[1] ?? ''] ?? escaped?.source ?? unknown(pattern, at);
      at = escaped?.end ?? at + (quoted ?? place ?? [''])[0].length;
    } else if (character === '[') {
      const piece = readClass(pattern, at);
      source += piece.source;
      at = piece.end;
    } else if (character === '(') {
      const set = /^\(\?([imsUuxR-]+)\)/.exec(rest);
      if (set !== null) {
        close();
        group.flags = changed(group.flags, set[1] ?? '', pattern);
        reopen();
        at += set[0].length;
        continue;
      }
      const opening = /^\((?:\?(?:P?<([A-Za-z_][\w.[\]]*)>|([imsUuxR-]*):))?(?!\?)/.exec(rest);
      if (opening === null) throw badRegex(pattern, 'uses what Kusto does not have: looking ahead or behind');
      groups.push(group);
      group = { flags: changed(group.flags, opening[2] ?? '', pattern), open: false };
      source += opening[1] !== undefined ? `(?<${opening[1]}>` : opening[2] !== undefined ? '(?:' : '(';
      if (opening[2] !== undefined && /i/.test(opening[2])) reopen();
      at += opening[0].length;
    } else if (character === ')') {
      const outer = groups.pop();
      if (outer === undefined) throw badRegex(pattern, 'closes a group that is not open');
      close();
      source += ')';
      group = outer;
      at++;
    } else if (character === '|') {
      const wasOpen = group.open;
      close();
      source += '|';
      if (wasOpen) reopen();
      at++;
    } else {
      const piece = readPlain(rest, group.flags);
      source += piece.source;
      at += piece.length;
    }
  }
  if (groups.length > 0) throw badRegex(pattern, 'does not close a group');
  close();
  try {
    return new RegExp(source, `${flags.includes('g') ? 'g' : ''}${folded ? 'i' : ''}v`);
  } catch (error) {
    throw badRegex(pattern, `is not valid: ${String(error)}`);
  }
}

function unknown(pattern: string, at: number): never {
  throw badRegex(pattern, `has the unknown escape ${pattern.slice(at, at + 2)}`);
}

/** The flags after `im-s` and the like; a cleared `i` is kept as `I`. */
function changed(flags: string, change: string, pattern: string): string {
  if (change.includes('R')) throw badRegex(pattern, 'uses the flag R, which is not supported here');
  const [on = '', off = ''] = change.split('-');
  let result = flags;
  for (const flag of on) result = result.replace('I', flag === 'i' ? '' : 'I').replace(flag, '') + flag;
  for (const flag of off) result = result.replace(flag, '') + (flag === 'i' ? 'I' : '');
  return result;
}

/** A character without a backslash, a bracket or a parenthesis: a place, a quantifier or itself. */
function readPlain(rest: string, flags: string): { readonly source: string; readonly length: number } {
  const character = rest.charAt(0);
  const many = flags.includes('m');
  if (character === '.') return { source: flags.includes('s') ? '[^]' : '[^\\n]', length: 1 };
  if (character === '^') return { source: many ? '(?<![^\\n])' : '^', length: 1 };
  if (character === '$') return { source: many ? '(?![^\\n])' : '$', length: 1 };
  if (flags.includes('x')) {
    const blank = /^(?:\s+|#[^\n]*)/.exec(rest);
    if (blank !== null) return { source: '', length: blank[0].length };
  }
  const quantifier = /^([*+?]|\{\d+(?:,\d*)?\})(\??)/.exec(rest);
  if (quantifier !== null) {
    const [all, times = '', lazy = ''] = quantifier;
    const isLazy = (lazy === '?') !== flags.includes('U');
    return { source: `${times}${isLazy ? '?' : ''}`, length: all.length };
  }
  const code = rest.codePointAt(0) ?? 0;
  return { source: literal(code), length: String.fromCodePoint(code).length };
}
