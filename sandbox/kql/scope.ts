import type { KqlColumn, KqlDatabase, KqlOptions, KqlType } from './engine.ts';
import type { Node, TypeSymbol } from './syntax.ts';
import type { Long, Row, Value } from './values.ts';

/** A compiled scalar expression. */
export interface Expr {
  readonly type: KqlType;
  readonly run: (row: Row) => Value;
  /** Gives the same value for every row: run it once, with no row. */
  readonly constant: boolean;
}

/** A compiled tabular expression. */
export interface Plan {
  readonly columns: readonly KqlColumn[];
  readonly run: () => readonly Row[];
  /** What `union withsource` calls it. */
  readonly name?: string;
  /** Its rows have an order that window functions may count on. */
  readonly serialized?: true;
}

/** Where an operator stands while it evaluates rows; read by prev(), next() and the row_…() functions. */
export interface Cursor {
  rows: readonly Row[];
  index: number;
}

export interface RowScope {
  readonly columns: readonly KqlColumn[];
  readonly positions: ReadonlyMap<string, number>;
  readonly cursor: Cursor;
}

export type Binding =
  | { readonly kind: 'scalar'; readonly expr: Expr; readonly row: RowScope | undefined }
  | { readonly kind: 'table'; readonly plan: Plan }
  | { readonly kind: 'function'; readonly declaration: Node; readonly env: Env };

/** What one query run shares. */
export interface Context {
  readonly database: KqlDatabase;
  readonly options: KqlOptions;
  readonly now: Long;
  /** What `set` has set so far. */
  readonly settings: Map<string, Node>;
  /** The tables that `as` has named so far. */
  readonly named: Map<string, Plan>;
}

/** Names in sight. */
export interface Env {
  readonly context: Context;
  readonly names: ReadonlyMap<string, Binding>;
  /** How many function bodies deep. */
  readonly depth: number;
  /** What positions in the tree at hand, a called function's own, are away from those in the query's text. */
  readonly offset: number;
}

/** Where a scalar expression stands: the names and, inside an operator, the columns. */
export interface Scope {
  readonly env: Env;
  readonly row: RowScope | undefined;
  /** The right side's columns follow the left side's, in a join's condition. */
  readonly sides?: { readonly left: RowScope; readonly right: RowScope };
  /** Inside a subquery that runs for each row or part: what it is given changes from run to run. */
  readonly repeated?: true;
  /** Inside an operator: whether the rows it reads have an order that window functions may count on. */
  readonly serialized?: boolean;
  /** Inside scan: the steps, whose remembered rows follow the row's own columns one after the other. */
  readonly steps?: readonly string[];
  /** Inside summarize: takes an aggregate's call and answers with its slot. */
  readonly aggregates?: (node: Node, name: string) => Expr | undefined;
}

export function rowScope(columns: readonly KqlColumn[]): RowScope {
  return {
    columns,
    positions: new Map(columns.map(({ name }, index) => [name, index])),
    cursor: { rows: [], index: 0 },
  };
}

export function bind(env: Env, name: string, binding: Binding): Env {
  return { ...env, names: new Map([...env.names, [name, binding]]) };
}

export const NO_ROW: Row = [];

export function constant(value: Value, type: KqlType): Expr {
  return { type, constant: true, run: () => value };
}

/** An expression over others: evaluated once and for all where they are all constant. */
export function derived(type: KqlType, inputs: readonly Expr[], run: (row: Row) => Value): Expr {
  if (!inputs.every((input) => input.constant)) return { type, constant: false, run };
  return constant(run(NO_ROW), type);
}

const TYPES: Readonly<Record<string, KqlType>> = {
  bool: 'bool',
  datetime: 'datetime',
  decimal: 'decimal',
  guid: 'guid',
  int: 'int',
  long: 'long',
  real: 'real',
  string: 'string',
  timespan: 'timespan',
};

/** The type by the analyser's symbol; what it does not know, and every kind of dynamic, is dynamic. */
export function typeOf(symbol: TypeSymbol | null | undefined): KqlType {
  return TYPES[symbol?.Name ?? ''] ?? 'dynamic';
}

/** Evaluates for each row with the cursor on it. */
export function eachRow<T>(row: RowScope, rows: readonly Row[], evaluate: (current: Row) => T): T[] {
  const { cursor } = row;
  const before = { ...cursor };
  cursor.rows = rows;
  const results = new Array<T>(rows.length);
  for (let index = 0; index < rows.length; index++) {
    cursor.index = index;
    results[index] = evaluate(rows[index] ?? NO_ROW);
  }
  Object.assign(cursor, before);
  return results;
}
