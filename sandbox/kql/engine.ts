import { analyse } from './analyser.ts';
import { printTable, type Table } from './cells.ts';
import { asError, KqlFailure } from './failure.ts';
import { SchemaFound, withSchema } from './plugins/signal.ts';
import { runBlock } from './statements.ts';

export type KqlType =
  | 'bool'
  | 'datetime'
  | 'decimal'
  | 'dynamic'
  | 'guid'
  | 'int'
  | 'long'
  | 'real'
  | 'string'
  | 'timespan';

export interface KqlColumn {
  readonly name: string;
  readonly type: KqlType;
}

/**
 * Cells are JSON as the Log Analytics query API prints it: datetime "2026-03-01T00:00:00.1234567Z", timespan
 * "1.02:03:04.5000000", dynamic as a JSON value, long as a number (bigint beyond 2^53).
 */
export interface KqlTable {
  readonly columns: readonly KqlColumn[];
  readonly rows: readonly (readonly unknown[])[];
}

export interface KqlDatabase {
  readonly tables: ReadonlyMap<string, KqlTable>;
  readonly dialect: 'log-analytics' | 'resource-graph';
}

export interface KqlOptions {
  /** What `now()` answers. */
  readonly now: Date;
  /** More result rows than this are refused with LimitExceeded. */
  readonly maxRows?: number;
  /** What `workspace("name").Table` and `app("name").Table` read. */
  readonly workspaces?: ReadonlyMap<string, KqlDatabase>;
}

export interface KqlError {
  readonly code: 'SyntaxError' | 'SemanticError' | 'Unsupported' | 'LimitExceeded' | 'RuntimeError';
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
}

export type KqlResult = KqlTable | { readonly error: KqlError };

/** Runs one query. Whatever is wrong with it, or not supported, comes back as `error`: nothing is thrown. */
export function runQuery(query: string, database: KqlDatabase, options: KqlOptions): KqlResult {
  try {
    return printTable(runWithSchemas(query, database, options), options.maxRows);
  } catch (error) {
    return { error: asError(error, query) };
  }
}

/** So many schemas may have to be found for one query. */
const MOST_SCHEMAS = 100;

/** Results whose columns the analyser cannot tell are told one after the other; each makes the query be analysed again. */
function runWithSchemas(query: string, database: KqlDatabase, options: KqlOptions): Table {
  let text = query;
  for (let count = 0; count < MOST_SCHEMAS; count++) {
    try {
      return runBlock(analyse(text, database, options));
    } catch (found) {
      if (!(found instanceof SchemaFound)) throw found;
      text = withSchema(text, found);
    }
  }
  throw new KqlFailure('LimitExceeded', `more than ${MOST_SCHEMAS} plugins and scans`);
}

export { tableFromRecords } from './records.ts';
