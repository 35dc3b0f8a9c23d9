import { describe, expect, it } from 'vitest';
import { runQuery } from '../../sandbox/kql/engine.ts';
import { type Case, check, EMPTY, NOW } from './kql-cases.ts';

/** Rules that the reference states in words, each with a query of our own. */
const CASES: readonly (readonly [claim: string, ...Case])[] = [
  [
    'parse_json() passes on what is dynamic already, even a text that holds JSON',
    'print d=dynamic({"inner":"{\\"a\\":5}"}) | project a=parse_json(d.inner).a, b=parse_json(tostring(d.inner)).a',
    'a:dynamic b:dynamic',
    [[null, 5]],
  ],
  [
    'tohex() writes as many bits as the type has',
    'print a=tohex(toint(-16)), b=tohex(-16), c=tohex(toint(10), 4)',
    'a:string b:string c:string',
    [['fffffff0', 'fffffffffffffff0', '000a']],
  ],
  [
    'array_sum() of anything but numbers is null',
    'print a=array_sum(dynamic([1, "x"])), b=array_sum(dynamic([1, 2.5]))',
    'a:real b:real',
    [[null, 3.5]],
  ],
  [
    'range() stops at 2^20 values',
    'print a=array_length(range(1, 2000000)), b=array_length(range(1, 9, 4))',
    'a:long b:long',
    [[1048576, 3]],
  ],
  [
    'the last year has an end, and whole Unix times are exact',
    'print a=endofyear(datetime(9999-05-05)), b=unixtime_nanoseconds_todatetime(1700000000123456700), c=unixtime_microseconds_todatetime(-1)',
    'a:datetime b:datetime c:datetime',
    [['9999-12-31T23:59:59.9999999Z', '2023-11-14T22:13:20.1234567Z', '1969-12-31T23:59:59.9999990Z']],
  ],
  [
    'make-series without a start has the bins that bin() has',
    'datatable(t:datetime)[datetime(2026-03-04), datetime(2026-03-12)] | make-series n=count() on t step 7d',
    'n:dynamic t:dynamic',
    [
      [
        [1, 1],
        ['2026-03-02T00:00:00.0000000Z', '2026-03-09T00:00:00.0000000Z'],
      ],
    ],
  ],
  [
    'mv-apply has a table for a null, with one row, and none for what is empty',
    'datatable(k:int, v:dynamic)[1,dynamic([4,5]), 2,dynamic([]), 3,dynamic(null)] | mv-apply v to typeof(long) on (summarize n=count(), s=sum(v))',
    'k:int n:long s:long',
    [
      [1, 2, 9],
      [3, 1, 0],
    ],
  ],
  [
    'toscalar() of an expression is evaluated once',
    'let id = toscalar(new_guid()); range x from 1 to 3 step 1 | extend id | summarize n=dcount(id)',
    'n:long',
    [[1]],
  ],
  [
    'scan adds the number of the match only where it is asked for',
    'range x from 1 to 3 step 1 | scan declare (total:long=0) with (step s: true => total = x + s.total;) | extend twice=total*2',
    'x:long total:long twice:long',
    [
      [1, 1, 2],
      [2, 3, 6],
      [3, 6, 12],
    ],
  ],
  [
    'search looks into the views that the query declares',
    'let Odd = view () { range n from 1 to 9 step 2 }; let Even = view () { let top = 9; range n from 2 to top step 2 }; search n > 6 | project $table, n',
    '$table:string n:long',
    [
      ['Odd', 7],
      ['Odd', 9],
      ['Even', 8],
    ],
  ],
  [
    'toguid() reads 32 digits and ignores what follows',
    'print a=toguid("0123456789abcdef0123456789abcdef and more"), b=toguid("01234567-89ab-cdef-0123-456789abcde")',
    'a:guid b:guid',
    [['01234567-89ab-cdef-0123-456789abcdef', null]],
  ],
  [
    'arrays of several kinds sort numbers and times first, then texts, then all else',
    'print a=array_sort_asc(dynamic(["b", 3, true, "a", 1])), b=array_sort_desc(dynamic(["b", 3, true, "a", 1]))',
    'a:dynamic b:dynamic',
    [
      [
        [1, 3, 'a', 'b', true],
        [3, 1, 'b', 'a', true],
      ],
    ],
  ],
  [
    'every series of make-series without ends has its own',
    'datatable(x:long, k:string)[1,"p", 4,"p", 3,"q"] | make-series n=count() on x step 1 by k',
    'k:string n:dynamic x:dynamic',
    [
      ['p', [1, 0, 0, 1], [1, 2, 3, 4]],
      ['q', [1], [3]],
    ],
  ],
  [
    'search takes a star anywhere, and alone for everything',
    'datatable(s:string)["alphabet", "beta", "a soup"] | search "al*bet" or "s*p" | union (datatable(s:string)["x"] | search *) | project s',
    's:string',
    [['alphabet'], ['a soup'], ['x']],
  ],
  [
    'the deprecated makelist() and makeset() keep 128 values',
    'range x from 1 to 200 step 1 | summarize a=array_length(makelist(x)), b=array_length(make_list(x)), c=array_length(makeset(x)), d=array_length(makelist(x, 150))',
    'a:long b:long c:long d:long',
    [[128, 200, 128, 150]],
  ],
  [
    'the obsolete mvexpand gives 128 rows a row where no limit is given',
    'print x = range(1, 200, 1) | mvexpand x | union (print x = range(1, 200, 1) | mvexpand x limit 150) | count',
    'Count:long',
    [[278]],
  ],
  [
    'bin_auto() takes its size and origin from set',
    'set query_bin_auto_size=2h; set query_bin_auto_at=datetime(2026-03-01 00:30); print a=bin_auto(datetime(2026-03-01 03:00))',
    'a:datetime',
    [['2026-03-01T02:30:00.0000000Z']],
  ],
  [
    'treepath() counts the elements of an array as one, and bag_set_key() needs a bag',
    'datatable(d:dynamic)[dynamic({"p":[1,{"q":2}]}), dynamic(null)] | project a=treepath(d), b=bag_set_key(d, "z", 1)',
    'a:dynamic b:dynamic',
    [
      [["['p']", "['p'][0]", "['p'][0]['q']"], { p: [1, { q: 2 }], z: 1 }],
      [null, null],
    ],
  ],
  [
    'roots, logarithms and arcs of what they are not defined for are null',
    'print a=sqrt(-4), b=log(-1), c=log2(-1), d=log10(-1), e=asin(1.5), f=acos(-1.5), g=log(0), h=sqrt(4)',
    'a:real b:real c:real d:real e:real f:real g:real h:real',
    [[null, null, null, null, null, null, '-Infinity', 2]],
  ],
  [
    'the beta functions say null and NaN where the reference does',
    'print a=beta_inv(0.5, 0, 1), b=beta_inv(2, 1, 1), c=beta_pdf(0, 1, 1), d=beta_cdf(0.5, 20000, 1)',
    'a:real b:real c:real d:real',
    [[null, 'NaN', 'NaN', 'NaN']],
  ],
  [
    'a time modulo a day is the time of day',
    'print a=datetime(2026-03-04 10:20) % 1d, b=floor(datetime(2026-03-04 10:20) % 1d, 1h)',
    'a:timespan b:timespan',
    [['10:20:00', '10:00:00']],
  ],
  [
    'searching an array in a range that is none is null, and so is a text of code points that are none',
    'print a=array_index_of(dynamic([1]), 1, 0, -2), b=array_index_of(dynamic([1]), 1, 0, -1, -1), c=unicode_codepoints_to_string(1114112), d=unicode_codepoints_to_string(75)',
    'a:long b:long c:string d:string',
    [[null, null, '', 'K']],
  ],
  [
    'scan works inside functions, each call on its own rows',
    'let total = (T:(x:long)) { T | sort by x asc | scan declare (sum:long=0) with (step s: true => sum = x + s.sum;) }; let t = range x from 1 to 2 step 1; total(t) | union (t | invoke total())',
    'x:long sum:long',
    [
      [1, 1],
      [2, 3],
      [1, 1],
      [2, 3],
    ],
  ],
];

/** Queries that Kusto refuses, with a word of the refusal. */
const REFUSED: readonly (readonly [query: string, word: string])[] = [
  ['datatable(x:int)[2, 1] | extend n = row_number()', 'serialized'],
  ['datatable(x:int)[2, 1] | sort by x asc | summarize count() by x | extend p = prev(x)', 'serialized'],
  ['print x = 1 | where next(x) == 1', 'serialized'],
  ['union isfuzzy=true NotThere, (NotThereEither | where x == 1) | count', 'none of the tables'],
  ['print real(abc)', 'not a number'],
  ['print bool(abc)', 'not a bool'],
  ['print guid(12345)', 'not a guid'],
  ['print decimal(abc)', 'not a decimal'],
  ['print format_datetime(now(), "dd MMM yyyy")', 'MMM'],
  ['print format_datetime(now(), "yyyy K")', 'K'],
  ['print format_timespan(1h, "MM")', 'MM'],
  ['print extract_all("a", "banana")', 'capturing group'],
  ['range x from 1 to 70 step 1 | partition by x (take 1) | count', 'more than 64 parts'],
  [
    'datatable(t:datetime)[] | make-series count() on t in range(datetime(2026-03-01 00:10), datetime(2026-03-02), 1h)',
    'in range()',
  ],
  ['print datetime(2026-01-01) + datetime(2026-01-02)', 'datetime with datetime'],
  ['print 1h - datetime(2026-01-02)', 'timespan with datetime'],
  ['print 9223372036854775808', 'does not fit'],
  ['print int(2147483648)', 'does not fit'],
  [`print ${'('.repeat(600)}1${')'.repeat(600)}`, '500 deep'],
  ['let V = view () { print x = 1 }; union V*', 'the view V'],
];

describe('rules of the reference', () => {
  it.each(CASES)('%s', (_claim, ...query) => {
    check(query);
  });

  it.each(REFUSED)('%s is refused', (query, word) => {
    const result = runQuery(query, EMPTY, { now: NOW });
    expect('error' in result && result.error.message).toContain(word);
  });

  it.each([
    'datatable(x:int)[2, 1] | serialize n = row_number()',
    'datatable(x:int)[2, 1] | sort by x asc | where x > 0 | extend y = x | project x | extend p = prev(x)',
    'range x from 1 to 2 step 1 | extend p = next(x)',
    'datatable(x:int)[2, 1] | top 1 by x | extend n = row_number()',
    'print x = dynamic([1, 2]) | mv-apply x to typeof(long) on (extend n = row_number())',
    'let T = datatable(x:int)[2, 1] | sort by x; T | extend n = row_number()',
  ])('%s has serialized rows', (query) => {
    expect(runQuery(query, EMPTY, { now: NOW })).not.toHaveProperty('error');
  });
});
