import { describe, it } from 'vitest';
import { type Case, check } from './kql-cases.ts';

const GROUPS: Readonly<Record<string, readonly Case[]>> = {
  'integers are exact, cut and wrapped; reals are IEEE': [
    [
      'print a = 7 / 2, b = -7 / 2, c = 7.0 / 2, d = 1 / 0, e = 1.0 / 0, f = -7 % 3, g = 5.5 % 2',
      'a:long b:long c:real d:long e:real f:long g:real',
      [[3, -3, 3.5, null, 'Infinity', 2, 1.5]],
    ],
    [
      'print a = 9007199254740993 + 1, b = 9223372036854775807 + 1, c = 3000000000 * 3000000000, d = 9007199254740993 == 9007199254740992',
      'a:long b:long c:long d:bool',
      [[9007199254740994n, -9223372036854775808n, 9000000000000000000n, false]],
    ],
    [
      'print a = bin(-7, 5), b = bin(-7.5, 2), c = bin(7d, 2d), d = floor(9.9, 1), e = bin(datetime(2026-03-04 10:20), 7d), f = bin_at(6.5, 2.5, 7)',
      'a:long b:real c:timespan d:real e:datetime f:real',
      [[-10, -8, '6.00:00:00', 9, '2026-03-02T00:00:00.0000000Z', 4.5]],
    ],
    [
      'print a = round(2.5), b = round(-2.5), c = round(2.345, 2), d = round(1234, -2), e = abs(-3), f = sign(-2), g = ceiling(1.2), h = pow(2, 10), i = sqrt(16)',
      'a:real b:real c:real d:long e:long f:real g:real h:real i:real',
      [[3, -3, 2.35, 1200, 3, -1, 2, 1024, 4]],
    ],
    [
      'print a = binary_and(12, 10), b = binary_xor(12, 10), c = binary_shift_left(1, 40), d = binary_not(0), e = bitset_count_ones(255)',
      'a:long b:long c:long d:long e:long',
      [[8, 6, 1099511627776, -1, 8]],
    ],
    [
      'print a = toint("12"), b = toint("x"), c = toint(2147483648), d = tolong(1.9), e = todouble("1e3"), f = tobool("true"), g = tobool(0), h = tolong("0x1F"), i = todecimal("1.10") == decimal(1.1)',
      'a:int b:int c:int d:long e:real f:bool g:bool h:long i:bool',
      [[12, null, null, 1, 1000, true, false, 31, true]],
    ],
    [
      'print a = decimal(1) / 3 > decimal(0.333), b = decimal(0.1) + decimal(0.2) == decimal(0.3), c = 0.1 + 0.2 == 0.3',
      'a:bool b:bool c:bool',
      [[true, true, false]],
    ],
    [
      'print a = max_of(1, 5, 3), b = min_of(2, int(null)), c = isnan(0.0 / 0), d = isinf(1.0 / 0), e = tohex(255), f = gettype(1.5)',
      'a:long b:long c:bool d:bool e:string f:string',
      [[5, 2, true, true, 'ff', 'real']],
    ],
  ],
  'text functions count characters, not bytes': [
    [
      'print a = strlen("naïve 日本"), b = substring("abcdef", 1, 3), c = substring("abcdef", -2), d = toupper("é"), e = reverse("abc"), f = indexof("abcabc", "c", 3)',
      'a:long b:string c:string d:string e:string f:long',
      [[8, 'bcd', 'ef', 'É', 'cba', 5]],
    ],
    [
      'print a = split("a,b,,c", ","), b = split("a,b", ",", 1), c = strcat_array(dynamic(["a", 1]), "-"), d = strcat("a", 1, true, 1h), e = strrep("ab", 2, "-")',
      'a:dynamic b:dynamic c:string d:string e:string',
      [[['a', 'b', '', 'c'], ['b'], 'a-1', 'a1true01:00:00', 'ab-ab']],
    ],
    [
      String.raw`print a = trim(@"\s+", "  x "), b = trim_start("a+", "aab"), c = replace_string("aXa", "a", "b"), d = replace_regex("a1b22", @"(\d+)", @"<\1>"), e = countof("aaa", "aa"), f = translate("abc", "x", "aabd")`,
      'a:string b:string c:string d:string e:long f:string',
      [['x', 'b', 'bXb', 'a<1>b<22>', 2, 'xxxd']],
    ],
    [
      String.raw`print a = extract(@"(\d+)-(\d+)", 2, "10-20"), b = extract(@"x(\d+)", 1, "y"), c = extract(@"(\d+)", 1, "a7", typeof(long)), d = extract_all(@"(\w)(\d)", "a1 b2"), e = extract_json("$.a[1]", '{"a":[1,"x"]}')`,
      'a:string b:string c:long d:dynamic e:string',
      [
        [
          '20',
          '',
          7,
          [
            ['a', '1'],
            ['b', '2'],
          ],
          'x',
        ],
      ],
    ],
    [
      'print a = url_encode("a b/c"), b = url_decode("a%20b"), c = base64_encode_tostring("Kusto"), d = base64_decode_tostring("S3VzdG8="), e = parse_url("https://h:8/p?q=1#f").Host, f = parse_urlquery("a=1&b=2")["Query Parameters"].b',
      'a:string b:string c:string d:string e:dynamic f:dynamic',
      [['a+b%2fc', 'a b', 'S3VzdG8=', 'Kusto', 'h', '2']],
    ],
    [
      'print a = hash_sha256("World"), b = hash_md5("World"), c = hash("World"), d = hash("World", 100)',
      'a:string b:string c:long d:long',
      [
        [
          '78ae647dc5544d227130a0682a51e30bc7777fbb6d8a8f17007463a3ecd1d524',
          'f5a7924e621e84c9280a9a27e1bcb7f6',
          1846988464401551951n,
          51,
        ],
      ],
    ],
    [
      `print a = parse_csv('a,"b,c"'), b = parse_version("1.2") > parse_version("1.1.9"), c = format_bytes(1536, 1), d = parse_path("/a/b.txt").Filename, e = strcmp("a", "b")`,
      'a:dynamic b:bool c:string d:dynamic e:long',
      [[['a', 'b,c'], true, '1.5 KB', 'b.txt', -1]],
    ],
  ],
  'times have ticks of 100 ns': [
    [
      'print a = datetime(2026-03-01) + 36h, b = datetime(2026-03-01) - datetime(2026-02-27), c = 90m / 1h, d = 3 * 1s, e = 1h * 1.5, f = totimespan("1.02:03:04.5"), g = -1h',
      'a:datetime b:timespan c:real d:timespan e:timespan f:timespan g:timespan',
      [['2026-03-02T12:00:00.0000000Z', '2.00:00:00', 1.5, '00:00:03', '01:30:00', '1.02:03:04.5000000', '-01:00:00']],
    ],
    [
      'print a = startofweek(datetime(2026-03-04)), b = endofmonth(datetime(2024-02-10)), c = dayofweek(datetime(2026-03-04)), d = week_of_year(datetime(2026-01-01)), e = dayofyear(datetime(2024-12-31)), f = getmonth(datetime(2026-03-04))',
      'a:datetime b:datetime c:timespan d:int e:int f:int',
      [['2026-03-01T00:00:00.0000000Z', '2024-02-29T23:59:59.9999999Z', '3.00:00:00', 1, 366, 3]],
    ],
    [
      'print a = datetime_diff("day", datetime(2026-03-02), datetime(2026-03-01 23:59)), b = datetime_add("month", 1, datetime(2026-01-31)), c = datetime_part("hour", datetime(2026-03-01 05:06)), d = make_datetime(2026, 2, 29), e = todatetime("2026-03-01T10:00:00+02:00"), f = todatetime("no")',
      'a:long b:datetime c:int d:datetime e:datetime f:datetime',
      [[1, '2026-02-28T00:00:00.0000000Z', 5, null, '2026-03-01T08:00:00.0000000Z', null]],
    ],
    [
      'print a = format_datetime(datetime(2026-03-01 14:05:09.1234567), "yyyy-MM-dd hh:mm:ss.fff tt"), b = format_timespan(time(1.02:03:04), "d.hh:mm"), c = unixtime_seconds_todatetime(1546300800), d = tostring(datetime(2026-03-01)), e = tostring(1d + 1ms)',
      'a:string b:string c:datetime d:string e:string',
      [
        [
          '2026-03-01 02:05:09.123 PM',
          '1.02:03',
          '2019-01-01T00:00:00.0000000Z',
          '2026-03-01T00:00:00.0000000Z',
          '1.00:00:00.0010000',
        ],
      ],
    ],
    [
      'print a = datetime(0001-01-01), b = datetime(9999-12-31 23:59:59.9999999), c = datetime(1970-01-01) < datetime(2060-01-01), d = datetime(9999-12-31) + 10d',
      'a:datetime b:datetime c:bool d:datetime',
      [['0001-01-01T00:00:00.0000000Z', '9999-12-31T23:59:59.9999999Z', true, null]],
    ],
  ],
  'dynamic values are JSON with types inside': [
    [
      'print d = dynamic({"a": {"b": [1, 2, {"c": "x"}]}}) | project x = d.a.b[2].c, y = d.a.nope, z = array_length(d.a.b), w = d.a.b[-1].c',
      'x:dynamic y:dynamic z:long w:dynamic',
      [['x', null, 3, 'x']],
    ],
    [
      `print a = parse_json('{"a":1.0,"b":9007199254740993}'), b = tostring(parse_json('{"a":1.0}')), c = parse_json("oops"), d = parse_json("[1,2]")[1]`,
      'a:dynamic b:string c:dynamic d:dynamic',
      [[{ a: 1, b: 9007199254740993n }, '{"a":1.0}', 'oops', 2]],
    ],
    [
      'print a = dynamic({"n": 5}).n + 1, b = dynamic({"s": "x"}).s == "x", c = dynamic({"n": 5}).n > 4, d = tostring(dynamic([1, "a", null]))',
      'a:long b:bool c:bool d:string',
      [[6, true, true, '[1,"a",null]']],
    ],
    [
      'print a = array_concat(dynamic([1]), dynamic([2])), b = array_slice(dynamic([1, 2, 3]), -2, -1), c = array_index_of(dynamic(["a", "b"]), "b"), d = array_reverse(dynamic([1, 2])), e = set_union(dynamic([1, 2]), dynamic([2, 3])), f = set_difference(dynamic([1, 2]), dynamic([2]))',
      'a:dynamic b:dynamic c:long d:dynamic e:dynamic f:dynamic',
      [[[1, 2], [2, 3], 1, [2, 1], [1, 2, 3], [1]]],
    ],
    [
      'print a = bag_keys(dynamic({"a": 1})), b = bag_merge(dynamic({"a": 1}), dynamic({"a": 2, "b": 3})), c = bag_remove_keys(dynamic({"a": 1, "b": 2}), dynamic(["a"])), d = bag_has_key(dynamic({"a": 1}), "a"), e = pack_array(1, "x"), f = zip(dynamic([1, 2]), dynamic(["a", "b"]))',
      'a:dynamic b:dynamic c:dynamic d:bool e:dynamic f:dynamic',
      [
        [
          ['a'],
          { a: 1, b: 3 },
          { b: 2 },
          true,
          [1, 'x'],
          [
            [1, 'a'],
            [2, 'b'],
          ],
        ],
      ],
    ],
    [
      'print a = array_sort_desc(dynamic([2, 3, 1])), b = array_sum(dynamic([1, 2.5])), c = array_iff(dynamic([true, false]), 1, 0), d = range(1, 5, 2), e = repeat("x", 2), f = array_rotate_left(dynamic([1, 2, 3]), 1), g = array_split(dynamic([1, 2, 3]), 1)',
      'a:dynamic b:real c:dynamic d:dynamic e:dynamic f:dynamic g:dynamic',
      [[[3, 2, 1], 3.5, [1, 0], [1, 3, 5], ['x', 'x'], [2, 3, 1], [[1], [2, 3]]]],
    ],
    [
      'print a = series_add(dynamic([1, 2]), dynamic([3, 4])), b = series_fill_forward(dynamic([1, null, 2])), c = series_greater(dynamic([1, 3]), dynamic([2, 2]))',
      'a:dynamic b:dynamic c:dynamic',
      [
        [
          [4, 6],
          [1, 1, 2],
          [false, true],
        ],
      ],
    ],
  ],
  'addresses compare by their prefixes': [
    [
      'print a = ipv4_is_private("10.1.2.3"), b = ipv4_is_in_range("192.168.1.7", "192.168.1.0/24"), c = ipv4_is_match("1.2.3.4", "1.2.3.5", 24), d = parse_ipv4("1.2.3.4"), e = ipv4_compare("1.2.3.4", "nope"), f = has_ipv4("from 1.2.3.4:80", "1.2.3.4")',
      'a:bool b:bool c:bool d:long e:long f:bool',
      [[true, true, true, 16909060, null, true]],
    ],
    [
      'print a = parse_ipv6("fe80::1"), b = ipv6_is_match("fe80::1", "fe80::2", 64), c = format_ipv4("10.1.2.3", 8), d = ipv4_netmask_suffix("10.0.0.0/8"), e = ipv6_is_in_range("fd00::5", "fd00::/8")',
      'a:string b:bool c:string d:long e:bool',
      [['fe80:0000:0000:0000:0000:0000:0000:0001', true, '10.0.0.0', 8, true]],
    ],
  ],
};

for (const [claim, cases] of Object.entries(GROUPS)) {
  describe(claim, () => {
    it.each(cases)('%s', (...given) => check(given));
  });
}
