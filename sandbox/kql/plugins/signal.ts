import type { KqlColumn } from '../engine.ts';

/**
 * Thrown while compiling: the columns of a plugin's result follow from the data, and are known now. The query is analysed
 * again with them written after the plugin's call, so that all that follows has exact names and types.
 */
export class SchemaFound extends Error {
  readonly position: number;
  readonly columns: readonly KqlColumn[];

  constructor(position: number, columns: readonly KqlColumn[]) {
    super('the schema of a plugin was found');
    this.position = position;
    this.columns = columns;
  }
}

/** The query with the schema after the plugin's call. */
export function withSchema(query: string, { position, columns }: SchemaFound): string {
  const list = columns.map(({ name, type }) => `['${name.replace(/[\\']/g, '\\$&')}']:${type}`).join(', ');
  return `${query.slice(0, position)} : (${list})${query.slice(position)}`;
}
