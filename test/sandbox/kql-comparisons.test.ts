import { describe, expect, it } from 'vitest';
import { runQuery } from '../../sandbox/kql/engine.ts';
import { type Case, check, EMPTY, NOW } from './kql-cases.ts';

/** What compares with what, and what types an operation may have. */
const CASES: readonly (readonly [claim: string, ...Case])[] = [
  [
    'a text and a guid are equal where the text says the guid',
    'print g=guid(01234567-89ab-cdef-0123-456789abcdef) | project a = g == "01234567-89AB-CDEF-0123-456789ABCDEF", b = g != "nope", c = g in ("0123456789ABCDEF0123456789ABCDEF")',
    'a:bool b:bool c:bool',
    [[true, true, true]],
  ],
  [
    'a value outside one end of a range is outside it, even if the other end is null',
    'print a = 10 between (int(null) .. 9), b = 10 !between (int(null) .. 9), c = 5 between (int(null) .. 9), d = int(null) !between (1 .. 2)',
    'a:bool b:bool c:bool d:bool',
    [[false, true, null, null]],
  ],
  [
    'in compares what is inside a dynamic value as == does, and a number is no bool',
    'datatable(d:dynamic)[dynamic(1), dynamic("1"), dynamic(true), dynamic("true"), dynamic([1])] | project a = d == 1, b = d in (1), c = d !in (1, 2), d = d == true, e = d in (true), f = d in (dynamic([1]))',
    'a:bool b:bool c:bool d:bool e:bool f:bool',
    [
      [true, true, false, false, false, true],
      [true, true, false, true, true, false],
      [false, false, true, true, true, false],
      [false, false, true, true, true, false],
      [false, false, true, false, false, false],
    ],
  ],
  [
    'in reads the elements of a dynamic array as values of the type on its left',
    'print a = datetime(2026-01-01) in (dynamic(["2026-01-01"])), b = 5 in (dynamic(["5", 6])), c = 1.0 in (dynamic([1])), d = "5" in (dynamic([5])), e = 1h !in (dynamic(["01:00:00"])), f = 7 in (dynamic([null, "x"]))',
    'a:bool b:bool c:bool d:bool e:bool f:bool',
    [[true, true, true, true, false, false]],
  ],
  [
    'shifting right keeps the sign',
    'print a = binary_shift_right(-8, 1), b = binary_shift_right(8, 65)',
    'a:long b:long',
    [[-4, 4]],
  ],
];

/** Queries that Kusto refuses though the analyser lets them pass, with a word of the refusal. */
const REFUSED: readonly (readonly [query: string, word: string])[] = [
  ['print 1 == "1"', 'types long and string'],
  ['datatable(t:datetime)[] | where t == "2026-03-01"', 'types datetime and string'],
  ['print datetime(2020-01-01) == 0', 'types datetime and long'],
  ['print 1h in (36000000000)', 'types timespan and long'],
  ['print dynamic([1]) == dynamic([1])', 'dynamic values'],
  ['print d = dynamic(1) | top 1 by d', 'cannot be a key'],
  ['print d = dynamic(1) | join (print d = dynamic(1)) on d', 'cannot be a key'],
  ['print d = dynamic(1) | lookup (print d = dynamic(1)) on d', 'cannot be a key'],
  ['print x = 1, d = dynamic(1) | make-series count() on x step 1 by d', 'cannot be a key'],
  ['print d = dynamic(1) | top-nested 1 of d by count()', 'cannot be a key'],
  ['print d = dynamic(1) | top-hitters 1 of d', 'cannot be a key'],
  ['print d = dynamic(1) | summarize percentile(d, 50)', 'percentile'],
  ['print 1h * 1h', 'timespan with timespan'],
  ['print s = "x=a", n = 1 | parse s with "x=" n:string', 'another type'],
];

describe('comparisons', () => {
  it.each(CASES)('%s', (_claim, ...query) => {
    check(query);
  });

  it.each(REFUSED)('%s is refused', (query, word) => {
    const result = runQuery(query, EMPTY, { now: NOW });
    expect('error' in result && result.error.message).toContain(word);
  });
});
