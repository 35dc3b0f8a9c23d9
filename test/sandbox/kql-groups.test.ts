import { describe, it } from 'vitest';
import { type Case, check } from './kql-cases.ts';

const GROUPS: Readonly<Record<string, readonly Case[]>> = {
  'summarize groups, and has defaults for no rows': [
    [
      'datatable(g:string, v:long)["a",1,"b",2,"a",3] | summarize count(), sum(v), avg(v), min(v), max(v) by g',
      'g:string count_:long sum_v:long avg_v:real min_v:long max_v:long',
      [
        ['a', 2, 4, 2, 1, 3],
        ['b', 1, 2, 2, 2, 2],
      ],
    ],
    [
      'datatable(v:long)[] | summarize count(), sum(v), avg(v), max(v), make_list(v), dcount(v)',
      'count_:long sum_v:long avg_v:real max_v:long list_v:dynamic dcount_v:long',
      [[0, 0, 'NaN', null, [], 0]],
    ],
    ['datatable(g:string, v:long)[] | summarize count() by g', 'g:string count_:long', []],
    [
      'datatable(g:string, t:datetime, v:int)["a",datetime(2026-01-01),1,"a",datetime(2026-01-02),2,"b",datetime(2026-01-01),3] | summarize arg_max(t, *) by g',
      'g:string t:datetime v:int',
      [
        ['a', '2026-01-02T00:00:00.0000000Z', 2],
        ['b', '2026-01-01T00:00:00.0000000Z', 3],
      ],
    ],
    [
      'datatable(g:string, v:int)["a",1,"a",int(null),"b",int(null)] | summarize arg_min(v, g), countif(v > 0), take_any(g) by g',
      'g:string v:int g1:string countif_:long g2:string',
      [
        ['a', 1, 'a', 1, 'a'],
        ['b', null, 'b', 0, 'b'],
      ],
    ],
    [
      'range x from 1 to 100 step 1 | summarize percentile(x, 95), percentiles(x, 5, 50)',
      'percentile_x_95:long percentile_x_5:long percentile_x_50:long',
      [[95, 5, 50]],
    ],
    [
      'range x from 1 to 10 step 1 | summarize round(sum(x) * 1.0 / count(), 2), m = max(x) - min(x)',
      'Column1:real m:long',
      [[5.5, 9]],
    ],
    [
      'datatable(v:int)[3,1,3,int(null)] | summarize make_list(v), make_set(v), make_list_with_nulls(v)',
      'list_v:dynamic set_v:dynamic list_v1:dynamic',
      [
        [
          [3, 1, 3],
          [3, 1],
          [3, 1, 3, null],
        ],
      ],
    ],
    [
      'datatable(v:int, p:bool)[1,true,2,false,4,true] | summarize sumif(v, p), avgif(v, p), countif(p), dcountif(v, p), maxif(v, not(p)), make_list_if(v, p)',
      'sumif_v:long avgif_v:real countif_p:long dcountif_v:long maxif_v:int list_v:dynamic',
      [[5, 2.5, 2, 2, 2, [1, 4]]],
    ],
    [
      'datatable(t:datetime)[datetime(2026-03-01 10:04:59), datetime(2026-03-01 10:05)] | summarize n = count() by bin(t, 5m)',
      't:datetime n:long',
      [
        ['2026-03-01T10:00:00.0000000Z', 1],
        ['2026-03-01T10:05:00.0000000Z', 1],
      ],
    ],
    [
      'datatable(v:real)[1.0, 2.0, 4.0] | summarize variance(v), stdevp(v)',
      'variance_v:real stdevp_v:real',
      [[2.333333333333333, 1.247219128924647]],
    ],
    [
      'datatable(a:string, b:int)["x",1,"y",2] | summarize make_bag(bag_pack(a, b)), binary_all_or(b)',
      'bag_:dynamic b:int',
      [[{ x: 1, y: 2 }, 3]],
    ],
    [
      'datatable(a:string, b:string)["x","1","x","1","y","2"] | summarize by a, b',
      'a:string b:string',
      [
        ['x', '1'],
        ['y', '2'],
      ],
    ],
    [
      'datatable(x:long, w:long)[1,1,2,1,3,8] | summarize percentilew(x, w, 50), percentilesw_array(x, w, 10, 90)',
      'percentile_x_50:long percentiles_x:dynamic',
      [[3, [1, 3]]],
    ],
  ],
  'mv-expand and mv-apply unroll arrays and bags': [
    [
      'datatable(a:int, b:dynamic)[1, dynamic([10, 20]), 2, dynamic([]), 3, dynamic(null)] | mv-expand b',
      'a:int b:dynamic',
      [
        [1, 10],
        [1, 20],
        [3, null],
      ],
    ],
    [
      'datatable(a:int, b:dynamic)[1, dynamic({"x": 1, "y": 2})] | mv-expand kind=array b | project b[0], b[1]',
      'b_0:dynamic b_1:dynamic',
      [
        ['x', 1],
        ['y', 2],
      ],
    ],
    [
      'datatable(b:dynamic, c:dynamic)[dynamic([1, 2]), dynamic(["x"])] | mv-expand b to typeof(long), c to typeof(string)',
      'b:long c:string',
      [
        [1, 'x'],
        [2, ''],
      ],
    ],
    [
      'datatable(b:dynamic)[dynamic(["x", "y"])] | mv-expand with_itemindex=i b | project i, s = tostring(b)',
      'i:long s:string',
      [
        [0, 'x'],
        [1, 'y'],
      ],
    ],
    [
      'datatable(b:dynamic)[dynamic([3, 1, 2])] | mv-apply e = b to typeof(long) on (top 1 by e | project e)',
      'b:dynamic e:long',
      [[[3, 1, 2], 3]],
    ],
    [
      'datatable(id:int, b:dynamic)[1, dynamic([3, 1, 2])] | mv-apply e = b to typeof(long) on (summarize s = sum(e))',
      'id:int b:dynamic s:long',
      [[1, [3, 1, 2], 6]],
    ],
  ],
  'parse takes texts apart': [
    [
      'print s = "level=INFO dur=12ms" | parse s with "level=" level " dur=" dur:long "ms"',
      's:string level:string dur:long',
      [['level=INFO dur=12ms', 'INFO', 12]],
    ],
    [
      'print s = "level=INFO dur=xms" | parse s with "level=" level " dur=" dur:long "ms"',
      's:string level:string dur:long',
      [['level=INFO dur=xms', '', null]],
    ],
    ['datatable(s:string)["a=1;", "b"] | parse-where s with "a=" n:int ";"', 's:string n:int', [['a=1;', 1]]],
    [
      String.raw`print s = "x: 1, y: 2" | parse kind=regex s with "x: " x:int @",\s*y: " y:int`,
      's:string x:int y:int',
      [['x: 1, y: 2', 1, 2]],
    ],
    [
      `print s = "k1=v1 k2='a b'" | parse-kv s as (k1:string, k2:string, k3:int) with (pair_delimiter=" ", kv_delimiter="=", quote="'")`,
      's:string k1:string k2:string k3:int',
      [["k1=v1 k2='a b'", 'v1', 'a b', null]],
    ],
  ],
  'make-series fills the gaps': [
    [
      'datatable(t:datetime, v:long)[datetime(2026-03-01 00:10), 2, datetime(2026-03-01 02:50), 4] | make-series s = sum(v) default=-1 on t from datetime(2026-03-01) to datetime(2026-03-01 03:00) step 1h | project s',
      's:dynamic',
      [[[2, -1, 4]]],
    ],
  ],
  'window functions look at the rows around': [
    [
      'range x from 1 to 4 step 1 | extend p = prev(x), n = next(x, 1, 0), r = row_number(), c = row_cumsum(x)',
      'x:long p:long n:long r:long c:long',
      [
        [1, null, 2, 1, 1],
        [2, 1, 3, 2, 3],
        [3, 2, 4, 3, 6],
        [4, 3, 0, 4, 10],
      ],
    ],
    [
      'datatable(g:string, v:int)["a",1,"a",2,"b",3] | sort by g asc, v asc | extend c = row_cumsum(v, g != prev(g)), d = row_rank_dense(g)',
      'g:string v:int c:int d:long',
      [
        ['a', 1, 1, 1],
        ['a', 2, 3, 1],
        ['b', 3, 3, 2],
      ],
    ],
  ],
};

for (const [claim, cases] of Object.entries(GROUPS)) {
  describe(claim, () => {
    it.each(cases)('%s', (...given) => check(given));
  });
}
