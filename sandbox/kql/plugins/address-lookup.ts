import { keyOf } from '../compare.ts';
import { toText } from '../convert.ts';
import { compile } from '../expressions.ts';
import { invalid } from '../failure.ts';
import { masked, parseAddress } from '../functions/addresses.ts';
import { NO_ROW, type Plan, rowScope, type Scope } from '../scope.ts';
import type { Node } from '../syntax.ts';
import { compileTable } from '../tabular.ts';
import { missing, type Row } from '../values.ts';
import type { PluginArguments } from './evaluate.ts';

/** ipv4_lookup() and ipv6_lookup(): each address with the rows of a table whose network holds it, and equal further keys. */
export function addressLookup({ placed, named }: PluginArguments, input: Plan, scope: Scope, node: Node): Plan {
  const [table, address, network, ...extra] = placed;
  if (table === undefined) throw invalid('the lookup needs a table', node.TextStart);
  const lookup = compileTable(table, { ...scope, row: undefined });
  const left = rowScope(input.columns);
  const right = rowScope(lookup.columns);
  const position = (columns: typeof left, argument: Node | undefined): number => {
    const found = columns.positions.get(argument?.SimpleName ?? '');
    if (found === undefined) throw invalid(`there is no column ${argument?.SimpleName ?? ''}`, node.TextStart);
    return found;
  };
  const at = position(left, address);
  const range = position(right, network);
  const unmatched =
    named.get('return_unmatched') ?? extra.find((argument) => typeof argument.LiteralValue === 'boolean');
  const keepAll = unmatched !== undefined && compile(unmatched, { ...scope, row: rowScope([]) }).run(NO_ROW) === true;
  const keys = extra.filter((argument) => argument.SimpleName !== undefined);
  const pairs = keys.map((argument) => [position(left, argument), position(right, argument)] as const);
  const shared = new Set(pairs.map(([, index]) => index));
  const kept = lookup.columns.map((column, index) => ({ column, index })).filter(({ index }) => !shared.has(index));
  return {
    columns: [...input.columns, ...kept.map(({ column }) => column)],
    run: () => {
      const ranges = lookup.run().map((row) => ({ row, range: parseAddress(toText(row[range], 'string')) }));
      return input.run().flatMap((row): Row[] => {
        const wanted = parseAddress(toText(row[at], 'string'));
        const matches = ranges.filter(
          ({ row: other, range: own }) =>
            wanted !== null &&
            own !== null &&
            masked(wanted.bits, own.prefix) === masked(own.bits, own.prefix) &&
            pairs.every(([a, b]) => keyOf(row[a]) === keyOf(other[b])),
        );
        if (matches.length === 0) return keepAll ? [[...row, ...kept.map(({ column }) => missing(column.type))]] : [];
        return matches.map(({ row: other }) => [...row, ...kept.map(({ index }) => other[index])]);
      });
    },
  };
}
