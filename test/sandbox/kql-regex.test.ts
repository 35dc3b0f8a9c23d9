import { describe, expect, it } from 'vitest';
import { runQuery } from '../../sandbox/kql/engine.ts';
import { type Case, check, EMPTY, NOW } from './kql-cases.ts';

const CASES: readonly (readonly [claim: string, ...Case])[] = [
  [
    'digits, word characters and their boundaries are those of every script',
    String.raw`print a=extract(@"\w+", 0, "-né_1-"), b="٣" matches regex @"^\d$", c="xé" matches regex @"\bé", d="é" matches regex "[[:alpha:]]"`,
    'a:string b:bool c:bool d:bool',
    [['né_1', true, false, false]],
  ],
  [
    'a dot stops at a new line only, and both ends are those of the text unless the flags say otherwise',
    String.raw`print a="a\rb" matches regex "^a.b$", b="a\nb" matches regex "a.b", c="a\nb" matches regex "(?s)a.b", d="a\nb" matches regex "^b$", e="a\nb" matches regex "(?m)^b$"`,
    'a:bool b:bool c:bool d:bool e:bool',
    [[true, false, true, false, true]],
  ],
  [
    'flags hold from where they stand to the end of their group, on both sides of a bar',
    'print a="xC" matches regex "a(?i)b|c", b="Ab" matches regex "(?i:a)b", c="AB" matches regex "(?i:a)b", d="Ab" matches regex "(?i)a(?-i)b", e=extract("(?U)(a+)", 1, "aaa")',
    'a:bool b:bool c:bool d:bool e:string',
    [[true, true, false, true, 'a']],
  ],
  [
    'classes nest, intersect and subtract, and scripts are classes',
    String.raw`print a=extract("[a-z&&[^aeiou]]+", 0, "aebc"), b=extract("[0-9--4]+", 0, "4123"), c=extract(@"\p{Greek}+", 0, "aαβ"), d=extract("[]x]+", 0, "a]x")`,
    'a:string b:string c:string d:string',
    [['bc', '123', 'αβ', ']x']],
  ],
  [
    'an empty match right behind another one is none',
    'print a=replace_regex("abc", "b*", "-"), b=countof("abc", "b*", "regex"), c=replace_regex("a1b2", @"(\\w)(\\d)", @"\\2\\1$1\\\\")'.replaceAll(
      '\\\\',
      '\\',
    ),
    'a:string b:long c:string',
    [['-a-c-', 3, '1a$1\\2b$1\\']],
  ],
];

describe('regular expressions', () => {
  it.each(CASES)('%s', (_claim, ...query) => {
    check(query);
  });

  it.each(['(?=a)', '(?<!a)b', '(a)\\\\1', '(a', 'a)', '[a', '*a', '[z-a]', '\\\\k', '\\\\p{Nowhere}'])(
    'what there is not is refused before any row: %s',
    (pattern) => {
      const result = runQuery(`print "a" matches regex "${pattern}"`, EMPTY, { now: NOW });
      expect('error' in result && result.error.code).toBe('SemanticError');
    },
  );
});
