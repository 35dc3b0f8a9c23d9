import { describe, it } from 'vitest';
import { type Case, check } from './kql-cases.ts';

const GROUPS: Readonly<Record<string, readonly Case[]>> = {
  'where keeps the rows for which the predicate is true': [
    ['datatable(a:int, s:string)[1,"x", 2,"y", int(null),""] | where a > 1', 'a:int s:string', [[2, 'y']]],
    ['datatable(a:int)[1,2,int(null)] | where a != 1', 'a:int', [[2], [null]]],
    ['datatable(a:int)[1,2,int(null)] | where isnull(a) or a == 2', 'a:int', [[2], [null]]],
    ['datatable(s:string)["Failed","failed","other"] | where s =~ "FAILED"', 's:string', [['Failed'], ['failed']]],
    ['datatable(s:string)["a","b","c"] | where s in ("a", "c") and s !in ("c")', 's:string', [['a']]],
    ['datatable(s:string)["A","b"] | where s in~ ("a")', 's:string', [['A']]],
    [
      'datatable(t:datetime)[datetime(2026-03-01), datetime(2026-03-02 00:00:00.0000001)] | where t between (datetime(2026-03-01) .. 1d)',
      't:datetime',
      [['2026-03-01T00:00:00.0000000Z']],
    ],
    ['datatable(s:string)["a"] | where s in ((datatable(x:string)["a","z"] | project x))', 's:string', [['a']]],
  ],
  'null is sticky but for and, or, == and !=': [
    [
      'datatable(v:int)[5, int(null)] | project v, gt = v > 3, eq = v == int(null), ne = v != int(null), or_ = v > 3 or isnull(v)',
      'v:int gt:bool eq:bool ne:bool or_:bool',
      [
        [5, true, false, true, true],
        [null, null, null, null, true],
      ],
    ],
    [
      'datatable(v:int)[5, int(null)] | extend Add = v + 10, Mul = v * 10',
      'v:int Add:long Mul:long',
      [
        [5, 15, 50],
        [null, null, null],
      ],
    ],
    [
      'print a = bool(null) and false, b = bool(null) or true, c = not(bool(null)), d = iff(bool(null), 1, 2)',
      'a:bool b:bool c:bool d:long',
      [[false, true, null, 2]],
    ],
    [
      'print a = isnull(""), b = isempty(""), c = isnull(int(null)), d = isnotempty(" "), e = isnull(parse_json("")), f = coalesce("", "x")',
      'a:bool b:bool c:bool d:bool e:bool f:string',
      [[false, true, true, true, true, 'x']],
    ],
  ],
  'has looks for whole terms, the others for parts': [
    [
      'print a = "North America" has "america", b = "North America" has "amer", c = "a-b_c" has "b", d = "10.0.0.1" has "10.0", e = "x" has_cs "X"',
      'a:bool b:bool c:bool d:bool e:bool',
      [[true, false, true, true, false]],
    ],
    [
      'print a = "abc def" hasprefix "de", b = "abc def" hassuffix "bc", c = "abc" contains_cs "B", d = "abc" !contains "z", e = "Abc" startswith_cs "a", f = "abC" endswith "BC"',
      'a:bool b:bool c:bool d:bool e:bool f:bool',
      [[true, true, false, true, false, true]],
    ],
    [
      String.raw`print a = "one two" has_any ("three", "TWO"), b = "one two" has_all ("one", "three"), c = "a.b" matches regex @"^a\.b$"`,
      'a:bool b:bool c:bool',
      [[true, false, true]],
    ],
    ['print a = "" contains "", b = "x" startswith "", c = "ß" =~ "SS"', 'a:bool b:bool c:bool', [[true, true, false]]],
  ],
  'extend and project name columns as Kusto does': [
    ['print a = 1 | extend b = a + 1, a = 10', 'a:long b:long', [[10, 2]]],
    ['datatable(a:int, b:int, c:int)[1,2,3] | project-away b', 'a:int c:int', [[1, 3]]],
    ['datatable(a:int, b:int, c:int)[1,2,3] | project-keep c, a', 'a:int c:int', [[1, 3]]],
    [
      'datatable(a:int, b:int, c:int)[1,2,3] | project-rename z = a | project-reorder c',
      'c:int z:int b:int',
      [[3, 1, 2]],
    ],
    [
      'datatable(a:int, b:int)[1,2] | project b, a + b, strcat(a, "-"), x = a',
      'b:int Column1:long Column2:string x:int',
      [[2, 3, '1-', 1]],
    ],
    [
      'print d = dynamic({"k": {"x y": [1, 2]}}) | extend d.k["x y"][1], d.k, d["k"]',
      'd:dynamic d_k_x y_1:dynamic d_k:dynamic',
      [[{ k: { 'x y': [1, 2] } }, 2, { 'x y': [1, 2] }]],
    ],
  ],
  'sort puts null and NaN together at the end that fits': [
    [
      'datatable(r:real)[1.0, real(nan), real(null), real(-inf)] | sort by r asc',
      'r:real',
      [[null], ['NaN'], ['-Infinity'], [1]],
    ],
    [
      'datatable(r:real)[1.0, real(nan), real(null), real(-inf)] | sort by r desc',
      'r:real',
      [[1], ['-Infinity'], ['NaN'], [null]],
    ],
    [
      'datatable(s:string, n:int)["b",1,"a",2,"b",3] | order by s asc, n desc | project s, n',
      's:string n:int',
      [
        ['a', 2],
        ['b', 3],
        ['b', 1],
      ],
    ],
    ['datatable(n:int)[2, int(null), 1] | sort by n asc nulls last', 'n:int', [[1], [2], [null]]],
    ['datatable(n:int)[2, 3, 1] | top 2 by n', 'n:int', [[3], [2]]],
    ['datatable(n:int)[2, int(null), 1] | top 1 by n asc', 'n:int', [[null]]],
  ],
  'tables can be made from nothing, and turned': [
    [
      'range x from datetime(2026-03-01) to datetime(2026-03-02) step 12h',
      'x:datetime',
      [['2026-03-01T00:00:00.0000000Z'], ['2026-03-01T12:00:00.0000000Z'], ['2026-03-02T00:00:00.0000000Z']],
    ],
    ['print 1 + 2, x = "a", now() - ago(1h)', 'print_0:long x:string print_2:timespan', [[3, 'a', '01:00:00']]],
    [
      'datatable(a:int, b:string)[] | getschema',
      'ColumnName:string ColumnOrdinal:long DataType:string ColumnType:string',
      [
        ['a', 0, 'System.Int32', 'int'],
        ['b', 1, 'System.String', 'string'],
      ],
    ],
    ['range x from 1 to 10 step 1 | sample-distinct 2 of x | count', 'Count:long', [[2]]],
    [
      'range x from 1 to 3 step 1 | partition by x (extend y = x * 2)',
      'x:long y:long',
      [
        [1, 2],
        [2, 4],
        [3, 6],
      ],
    ],
    [
      'datatable(s:string, v:int)["a",1,"a",2,"b",9] | top-nested 1 of s by sum(v)',
      's:string aggregated_s:long',
      [['b', 9]],
    ],
    [
      'datatable(d:dynamic)[dynamic({"a": 1, "b": "x"}), dynamic({"a": 2})] | evaluate bag_unpack(d) | summarize sum(a) by b',
      'b:string sum_a:long',
      [
        ['x', 1],
        ['', 2],
      ],
    ],
    [
      'datatable(k:string, c:string)["x","p","x","q","y","p"] | evaluate pivot(c)',
      'k:string p:long q:long',
      [
        ['x', 1, 1],
        ['y', 1, 0],
      ],
    ],
    [
      'range x from 1 to 3 step 1 | scan declare (t:long = 0) with (step s: true => t = x + s.t;) | project x, t',
      'x:long t:long',
      [
        [1, 1],
        [2, 3],
        [3, 6],
      ],
    ],
    ['datatable(s:string)["Alpha one", "beta"] | search "alpha" | project s', 's:string', [['Alpha one']]],
  ],
  'literals and names may be written in every way': [
    ['print x = 1 | as A | union A | count', 'Count:long', [[2]]],
    [
      String.raw`datatable(a:string)["x\ty", 'it''s', @"raw\n"] | project a, strlen(a)`,
      'a:string strlen_a:long',
      [
        ['x\ty', 3],
        ['its', 3],
        ['raw\\n', 5],
      ],
    ],
    [`datatable(['a b']:int)[1] | extend ['c d'] = ['a b'] + 1`, 'a b:int c d:long', [[1, 2]]],
    [
      'print a = 0x1F, b = 1e3, c = 1h, d = 5m + 30s, e = true and not(false)',
      'a:long b:real c:timespan d:timespan e:bool',
      [[31, 1000, '01:00:00', '00:05:30', true]],
    ],
    ['print x = 1 | where x == 1.0 and x < 1.5 and x in (1, 2)', 'x:long', [[1]]],
    [
      'range x from 1 to 3 step 1 | summarize c = count() by odd = x % 2 == 1 | sort by c asc',
      'odd:bool c:long',
      [
        [false, 1],
        [true, 2],
      ],
    ],
    [
      'datatable(x:dynamic)[dynamic(["a", "b"]), dynamic(["b"])] | summarize make_set(x)',
      'set_x:dynamic',
      [[['a', 'b']]],
    ],
    [
      'datatable(d:dynamic)[dynamic(1), dynamic(2), dynamic("z")] | where d == 2 or d == "z"',
      'd:dynamic',
      [[2], ['z']],
    ],
    [
      'print t = datetime(2026-03-01) | where t >= todatetime("2026-03-01") and t < now()',
      't:datetime',
      [['2026-03-01T00:00:00.0000000Z']],
    ],
    ['declare query_parameters(n:long = 3); range x from 1 to n step 1 | count', 'Count:long', [[3]]],
  ],
};

for (const [claim, cases] of Object.entries(GROUPS)) {
  describe(claim, () => {
    it.each(cases)('%s', (...given) => check(given));
  });
}
