import { KqlFailure } from './failure.ts';

const cache = new Map<string, RegExp>();

/** An RE2 pattern as a JavaScript one; `flags` are JavaScript's, besides the `u` that is always set. */
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

const CLASSES: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7F',
  blank: ' \\t',
  cntrl: '\\x00-\\x1F\\x7F',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\s',
  upper: 'A-Z',
  word: 'A-Za-z0-9_',
  xdigit: 'A-Fa-f0-9',
};

function translate(pattern: string, flags: string): RegExp {
  if (/\\[1-9]|\(\?<?[=!]/.test(pattern.replace(/\\\\/g, ''))) {
    throw new KqlFailure('SemanticError', `the regular expression ${pattern} uses what RE2 does not have`);
  }
  let all = flags;
  let source = pattern;
  const global = /^\(\?([imsU]+)\)/.exec(source);
  if (global !== null) {
    source = source.slice(global[0].length);
    for (const flag of global[1] ?? '') if ('ims'.includes(flag) && !all.includes(flag)) all += flag;
    if (global[1]?.includes('U') === true) source = swapGreed(source);
  }
  source = source
    .replace(/\(\?P</g, '(?<')
    .replace(/\\A/g, '^')
    .replace(/\\z/g, '$')
    .replace(/\\Q([\s\S]*?)(?:\\E|$)/g, (_, literal: string) => literal.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'))
    .replace(/\[:(\^?)([a-z]+):\]/g, (text, _not, name: string) => CLASSES[name] ?? text)
    .replace(/\\x\{([0-9a-fA-F]+)\}/g, '\\u{$1}')
    .replace(/\\a/g, '\\x07')
    .replace(/\\pL/g, '\\p{L}')
    .replace(/\\pN/g, '\\p{N}');
  return build(pattern, source, all);
}

function build(pattern: string, source: string, flags: string): RegExp {
  try {
    return new RegExp(source, `${flags}u`);
  } catch {
    // RE2 allows an escape of any punctuation, JavaScript's `u` mode does not.
    try {
      return new RegExp(source.replace(/\\([^\w\\^$.*+?()[\]{}|/-])/gu, '$1'), `${flags}u`);
    } catch {
      try {
        return new RegExp(source, flags);
      } catch (error) {
        throw new KqlFailure('SemanticError', `the regular expression ${pattern} is not valid: ${String(error)}`);
      }
    }
  }
}

/** Greedy quantifiers become lazy and lazy ones greedy, as RE2's flag U asks. */
export function swapGreed(source: string): string {
  return source.replace(
    /\\.|\(\?|\[(?:\\.|[^\]])*\]|([*+?]|\{\d+(?:,\d*)?\})(\??)/g,
    (text, quantifier?: string, lazy?: string) => {
      if (quantifier === undefined) return text;
      return lazy === '?' ? quantifier : `${quantifier}?`;
    },
  );
}
