import { toText } from '../convert.ts';
import { compile } from '../expressions.ts';
import { compileRegex } from '../regex.ts';
import { derived, type Expr, type Plan, type RowScope, rowScope, type Scope } from '../scope.ts';
import { child, items, kindOf, type Node, need } from '../syntax.ts';
import { columnsOf, databaseTable } from '../tabular.ts';
import { type TextOperator, textOperator } from '../text-operators.ts';
import { viewsOf } from '../user-functions.ts';
import type { Row } from '../values.ts';
import { parameterOf } from './parameters.ts';
import { combine, sourcesOf } from './union.ts';

const OPERATORS: Readonly<Record<string, string>> = {
  SearchExpression: 'HasExpression',
  EqualExpression: 'EqualTildeExpression',
};

/** A term with parts left open inside, between the boundaries of words. */
function wildcard(needle: string, cased: boolean): (text: string) => boolean {
  const pattern = needle
    .split('*')
    .map((part) => part.replace(/[^\p{L}\p{N}_]/gu, '\\$&'))
    .join('.*');
  const regex = compileRegex(`\\b${pattern}\\b`, cased ? '' : 'i');
  return (text) => regex.test(text);
}

/** A term, of which `*` at its ends leaves the rest open. */
function termOperator(cased: boolean): TextOperator {
  const kind = (name: string) => textOperator(`${name}${cased ? 'Cs' : ''}Expression`);
  return (needle) => {
    if (needle === '*') return () => true;
    const bare = needle.replace(/^\*|\*$/g, '');
    if (bare.includes('*')) return wildcard(needle, cased);
    const open = [needle.startsWith('*'), needle.length > 1 && needle.endsWith('*')];
    const name = open[0] && open[1] ? 'Contains' : open[0] ? 'HasSuffix' : open[1] ? 'HasPrefix' : 'Has';
    const operator = kind(name);
    return operator === undefined || bare === '' ? () => true : operator(bare);
  };
}

function anyColumn(row: RowScope, test: (text: string) => boolean): Expr {
  const { columns } = row;
  const run = (cells: Row) =>
    columns.some(({ name, type }, index) => name !== '$table' && test(toText(cells[index], type)));
  return { type: 'bool', constant: false, run };
}

/** A predicate of search: a bare text is looked for in every column, and so is what stands beside `*`. */
function predicate(node: Node, scope: Scope, row: RowScope, cased: boolean): Expr {
  const kind = kindOf(node);
  if (kind === 'ParenthesizedExpression') return predicate(need(node, 'Expression'), scope, row, cased);
  if (kind === 'StarExpression') return { type: 'bool', constant: true, run: () => true };
  if (kind === 'StringLiteralExpression') return anyColumn(row, termOperator(cased)(String(node.LiteralValue)));
  if (kind === 'AndExpression' || kind === 'OrExpression') {
    const sides = [need(node, 'Left'), need(node, 'Right')].map((part) => predicate(part, scope, row, cased));
    const holds = (cells: Row) => (side: Expr) => side.run(cells) === true;
    return derived('bool', sides, (cells) =>
      kind === 'AndExpression' ? sides.every(holds(cells)) : sides.some(holds(cells)),
    );
  }
  const left = child(node, 'Left');
  const right = child(node, 'Right');
  if (left !== undefined && right !== undefined && kindOf(left) === 'StarExpression') {
    const operator = kind === 'SearchExpression' ? termOperator(cased) : textOperator(OPERATORS[kind] ?? kind);
    if (operator !== undefined) {
      const needle = compile(right, scope);
      return anyColumn(row, operator(toText(needle.run([]), needle.type)));
    }
  }
  if (left !== undefined && right !== undefined && kind === 'SearchExpression') {
    const value = compile(left, scope);
    const needle = compile(right, scope);
    const test = termOperator(cased)(toText(needle.run([]), needle.type));
    return derived('bool', [value], (cells) => test(toText(value.run(cells), value.type)));
  }
  return compile(node, scope);
}

/** Looks for texts in all columns of the given tables, or of all. */
export function search(node: Node, input: Plan | undefined, scope: Scope): Plan {
  const columns = columnsOf(node);
  const clause = child(node, 'InClause');
  const { database } = scope.env.context;
  const plans =
    input !== undefined
      ? [input]
      : clause === undefined
        ? [
            ...[...database.tables.keys()].map((name) => databaseTable(name, database, node)),
            ...[...viewsOf(scope).values()],
          ]
        : sourcesOf(items(clause, 'Expressions'), scope);
  const all = combine(plans, columns, '$table');
  const row = rowScope(columns);
  const cased = parameterOf(node, 'kind') === 'case_sensitive';
  const test = predicate(need(node, 'Condition'), { ...scope, row }, row, cased);
  return { columns, run: () => all.run().filter((cells) => test.run(cells) === true) };
}
