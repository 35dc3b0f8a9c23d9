import { compareStrings } from '../compare.ts';
import { toText, unwrap } from '../convert.ts';
import type { KqlColumn, KqlType } from '../engine.ts';
import { compile } from '../expressions.ts';
import { invalid } from '../failure.ts';
import { NO_ROW, type Plan, rowScope, type Scope } from '../scope.ts';
import type { Node } from '../syntax.ts';
import { isBag, missing, type Row, type Value } from '../values.ts';
import type { PluginArguments } from './evaluate.ts';

/** One column a property of the bags, in the order of their names. */
export function bagUnpack({ placed, named }: PluginArguments, input: Plan, scope: Scope, node: Node): Plan {
  const row = rowScope(input.columns);
  const source = placed[0] ?? named.get('column');
  const position = row.positions.get(source?.SimpleName ?? '');
  if (position === undefined) throw invalid('bag_unpack needs a column', node.TextStart);
  const constant = (argument: Node | undefined): Value => {
    if (argument === undefined) return null;
    return compile(argument, { ...scope, row: rowScope([]) }).run(NO_ROW);
  };
  const prefix = toText(constant(placed[1] ?? named.get('OutputColumnPrefix')), 'string');
  const conflict = toText(constant(placed[2] ?? named.get('columnsConflict')), 'string') || 'error';
  const ignored = constant(placed[3] ?? named.get('ignoredProperties'));
  const left = new Set(Array.isArray(ignored) ? ignored.map((name) => toText(name, 'dynamic')) : []);
  const rows = input.run();
  const types = propertyTypes(rows, position);
  const properties = [...types].filter(([name]) => !left.has(name)).sort(([a], [b]) => compareStrings(a, b));
  const sources = input.columns.map((column, index) => ({ column, index })).filter(({ index }) => index !== position);
  const clash = (name: string) => sources.some(({ column }) => column.name === name);
  const unpacked = properties
    .map(([key, type]) => ({ key, column: { name: prefix + key, type } }))
    .filter(({ column }) => {
      if (!clash(column.name)) return true;
      if (conflict === 'error') throw invalid(`bag_unpack: there is a column ${column.name} already`, node.TextStart);
      return conflict === 'replace_source';
    });
  const replaced = new Map(unpacked.map((field) => [field.column.name, field]));
  const fields: (readonly [KqlColumn, (cells: Row) => Value])[] = [];
  for (const { column, index } of sources) {
    const field = replaced.get(column.name);
    fields.push(
      field === undefined
        ? [column, (cells) => cells[index]]
        : [field.column, reader(field.key, field.column.type, position)],
    );
  }
  for (const { key, column } of unpacked) {
    if (!clash(column.name)) fields.push([column, reader(key, column.type, position)]);
  }
  return {
    columns: fields.map(([column]) => column),
    run: () => rows.map((cells) => fields.map(([, read]) => read(cells))),
  };
}

function reader(key: string, type: KqlType, position: number): (cells: Row) => Value {
  return (cells) => {
    const bag = cells[position];
    const value = isBag(bag) && Object.hasOwn(bag, key) ? bag[key] : null;
    if (value === null || value === undefined) return missing(type);
    return type === 'dynamic' ? value : type === 'real' ? Number(unwrap(value)[0]) : unwrap(value)[0];
  };
}

/** The one type that all values of a property have, or dynamic. */
function propertyTypes(rows: readonly Row[], position: number): Map<string, KqlType> {
  const types = new Map<string, KqlType | undefined>();
  for (const cells of rows) {
    const bag = cells[position];
    if (!isBag(bag)) continue;
    for (const [name, value] of Object.entries(bag)) {
      const known = types.get(name);
      const type = value === null ? undefined : unwrap(value)[1];
      types.set(name, type === undefined ? known : known === undefined || known === type ? type : 'dynamic');
    }
  }
  return new Map([...types].map(([name, type]) => [name, type ?? 'dynamic']));
}
