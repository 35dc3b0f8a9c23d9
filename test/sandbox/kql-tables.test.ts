import { describe, it } from 'vitest';
import { type Case, check } from './kql-cases.ts';

const GROUPS: Readonly<Record<string, readonly Case[]>> = {
  'join has every kind, and null keys match nothing': [
    [
      'datatable(k:string, a:int)["x",1,"x",2,"y",3] | join kind=inner (datatable(k:string, b:int)["x",9]) on k',
      'k:string a:int k1:string b:int',
      [
        ['x', 1, 'x', 9],
        ['x', 2, 'x', 9],
      ],
    ],
    [
      'datatable(k:string, a:int)["x",1,"x",2,"y",3] | join (datatable(k:string, b:int)["x",9]) on k',
      'k:string a:int k1:string b:int',
      [['x', 1, 'x', 9]],
    ],
    [
      'datatable(k:string, a:int)["x",1,"z",2] | join kind=fullouter (datatable(k:string, b:int)["x",9,"w",8]) on k',
      'k:string a:int k1:string b:int',
      [
        ['x', 1, 'x', 9],
        ['z', 2, '', null],
        ['', null, 'w', 8],
      ],
    ],
    [
      'datatable(k:string, a:int)["x",1,"z",2] | join kind=leftouter (datatable(j:string, b:int)["x",9]) on $left.k == $right.j',
      'k:string a:int j:string b:int',
      [
        ['x', 1, 'x', 9],
        ['z', 2, '', null],
      ],
    ],
    [
      'datatable(k:string, a:int)["x",1,"z",2] | join kind=leftanti (datatable(k:string)["x"]) on k',
      'k:string a:int',
      [['z', 2]],
    ],
    [
      'datatable(k:string, a:int)["x",1,"z",2] | join kind=rightsemi (datatable(k:string, b:int)["x",9,"w",8]) on k',
      'k:string b:int',
      [['x', 9]],
    ],
    [
      'datatable(k:int, a:int)[int(null),1] | join kind=inner (datatable(k:int, b:int)[int(null),2]) on k',
      'k:int a:int k1:int b:int',
      [],
    ],
    [
      'datatable(k:string, a:int)["x",1,"z",2] | lookup (datatable(k:string, b:string)["x","B"]) on k',
      'k:string a:int b:string',
      [
        ['x', 1, 'B'],
        ['z', 2, ''],
      ],
    ],
    [
      'datatable(k:string, a:int)["x",1,"z",2] | lookup kind=inner (datatable(k:string, b:string)["x","B"]) on k',
      'k:string a:int b:string',
      [['x', 1, 'B']],
    ],
  ],
  'union keeps columns of different types apart': [
    [
      'union (print a = 1), (print a = "x")',
      'a_long:long a_string:string',
      [
        [1, ''],
        [null, 'x'],
      ],
    ],
    ['union kind=inner (print a = 1, b = 2), (print a = 3, c = 4)', 'a:long', [[1], [3]]],
    [
      'let A = print x = 1; let B = print x = 2; union withsource=T A, B',
      'T:string x:long',
      [
        ['A', 1],
        ['B', 2],
      ],
    ],
    ['union isfuzzy=true (print x = 1), Nowhere', 'x:long', [[1]]],
    ['print x = 1 | union (print x = 2) | count', 'Count:long', [[2]]],
  ],
  'let declares scalars, tables and functions': [
    [
      'let f = (a:long, b:long = 10) { a + b }; print f(1), f(1, 2), f(b = 5, a = 1)',
      'print_0:long print_1:long print_2:long',
      [[11, 3, 6]],
    ],
    [
      'let T = datatable(x:long)[1,2,3]; let big = (t:(x:long), m:long) { t | where x > m }; big(T, 1) | count',
      'Count:long',
      [[2]],
    ],
    ['let t = toscalar(range x from 1 to 3 step 1 | summarize max(x)); print t * 2', 'print_0:long', [[6]]],
    [
      'let twice = (x:long) { let y = x * 2; y }; range x from 1 to 2 step 1 | extend z = twice(x)',
      'x:long z:long',
      [
        [1, 2],
        [2, 4],
      ],
    ],
    [
      'range x from 1 to 5 step 1 | as hint.materialized=true T | where x == toscalar(T | summarize max(x))',
      'x:long',
      [[5]],
    ],
  ],
  'conditionals take the first that holds': [
    [
      'range x from 1 to 3 step 1 | extend c = case(x == 1, "one", x == 2, "two", "many"), i = iff(x > 2, "big", "small")',
      'x:long c:string i:string',
      [
        [1, 'one', 'small'],
        [2, 'two', 'small'],
        [3, 'many', 'big'],
      ],
    ],
    [
      'print a = column_ifexists("nope", "default"), b = coalesce(int(null), 7), c = tostring(dynamic(null)), d = gettype(dynamic({"a": 1})), e = around(5, 6, 1)',
      'a:string b:long c:string d:string e:bool',
      [['default', 7, '', 'dictionary', true]],
    ],
  ],
};

for (const [claim, cases] of Object.entries(GROUPS)) {
  describe(claim, () => {
    it.each(cases)('%s', (...given) => check(given));
  });
}
