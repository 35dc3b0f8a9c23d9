import { convert } from '../convert.ts';
import type { KqlType } from '../engine.ts';
import { compile } from '../expressions.ts';
import { invalid, unsupported } from '../failure.ts';
import { textRunner } from '../operators-scalar.ts';
import { compileRegex } from '../regex.ts';
import { eachRow, type Plan, rowScope, type Scope } from '../scope.ts';
import { items, kindOf, type Node, need } from '../syntax.ts';
import { columnsOf } from '../tabular.ts';
import { missing, type Row, type Value } from '../values.ts';
import { parameterOf } from './parameters.ts';

type Kind = 'simple' | 'regex' | 'relaxed';

interface Field {
  readonly name: string;
  readonly type: KqlType;
}

interface Pattern {
  readonly regex: RegExp;
  readonly fields: readonly Field[];
}

const NUMBER: Partial<Readonly<Record<KqlType, string>>> = {
  int: '-?\\d+',
  long: '-?\\d+',
  real: '[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?',
};

const quote = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/** The whole pattern as one regular expression with a group a column. In simple and relaxed mode all of the text must match. */
function patternOf(node: Node, kind: Kind, types: ReadonlyMap<string, KqlType>): Pattern {
  const flags = (parameterOf(node, 'flags') ?? '').replace(/[^imsU]/g, '');
  const any = kind === 'regex' ? '.*' : '.*?';
  const fields: Field[] = [];
  const parts = items(node, 'Patterns');
  const sources = parts.map((part) => {
    const partKind = kindOf(part);
    if (partKind === 'StarExpression') return any;
    if (typeof part.LiteralValue === 'string') return kind === 'regex' ? part.LiteralValue : quote(part.LiteralValue);
    const declaration = partKind === 'NameAndTypeDeclaration' ? need(part, 'Name') : part;
    const name = declaration.SimpleName;
    if (name === undefined) throw unsupported(`${partKind} in parse`, part.TextStart);
    const type = types.get(name) ?? 'string';
    fields.push({ name, type });
    const own = NUMBER[type];
    const content = own === undefined ? any : kind === 'relaxed' ? `${own}|${any}` : own;
    return `(?<kql${fields.length - 1}>${content})`;
  });
  const last = parts.at(-1);
  const open = last !== undefined && typeof last.LiteralValue !== 'string';
  const source = sources.join('');
  if (kind === 'regex') {
    return { regex: compileRegex(open ? `${source}$` : source, flags), fields };
  }
  return { regex: compileRegex(`^${source}$`, 's'), fields };
}

/** The values of the columns; undefined where the text does not match, or strictly not in every type. */
function match(text: string, { regex, fields }: Pattern, kind: Kind): Value[] | undefined {
  const found = regex.exec(text);
  if (found === null) return undefined;
  const values: Value[] = [];
  for (const [index, { type }] of fields.entries()) {
    const raw = found.groups?.[`kql${index}`] ?? '';
    const part = kind === 'regex' ? raw.trim() : raw;
    const value = convert(part, 'string', type);
    if (value === null && kind !== 'relaxed') return undefined;
    values.push(value);
  }
  return values;
}

function parseWith(node: Node, input: Plan, scope: Scope, dropUnmatched: boolean): Plan {
  const kind = parameterOf(node, 'kind') ?? 'simple';
  if (kind !== 'simple' && kind !== 'regex' && kind !== 'relaxed')
    throw unsupported(`parse kind=${kind}`, node.TextStart);
  const row = rowScope(input.columns);
  const columns = columnsOf(node);
  const text = textRunner(compile(need(node, 'Expression'), { ...scope, row }));
  const pattern = patternOf(node, kind, new Map(columns.map(({ name, type }) => [name, type])));
  const cells = columns.map(({ name, type }): ((source: Row, values: readonly Value[] | undefined) => Value) => {
    const at = pattern.fields.findLastIndex((field) => field.name === name);
    const empty = missing(type);
    // The analyser leaves a column that is there already its type.
    if (at >= 0 && pattern.fields[at]?.type !== type) {
      throw unsupported(`parse to ${name} with another type than its column has`, node.TextStart);
    }
    if (at >= 0) return (_, values) => values?.[at] ?? empty;
    const position = row.positions.get(name);
    if (position === undefined) throw invalid(`parse has no value for ${name}`, node.TextStart);
    return (source) => source[position];
  });
  return {
    columns,
    run: () => {
      const rows = eachRow(row, input.run(), (source) => {
        const values = match(text(source), pattern, kind);
        return values === undefined && dropUnmatched ? undefined : cells.map((cell) => cell(source, values));
      });
      return rows.filter((cellsOfRow) => cellsOfRow !== undefined);
    },
  };
}

export function parse(node: Node, input: Plan, scope: Scope): Plan {
  return parseWith(node, input, scope, false);
}

export function parseWhere(node: Node, input: Plan, scope: Scope): Plan {
  return parseWith(node, input, scope, true);
}
