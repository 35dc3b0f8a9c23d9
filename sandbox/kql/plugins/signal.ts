import type { KqlColumn } from '../engine.ts';

/**
 * Thrown while compiling: what the analyser could not know of a result's columns is known now. The query is analysed again
 * with a text that says it put in, so that all that follows has exact names and types.
 */
export class SchemaFound extends Error {
  readonly position: number;
  readonly insertion: string;

  constructor(position: number, insertion: string) {
    super('the schema of a result was found');
    this.position = position;
    this.insertion = insertion;
  }
}

/** The columns of a plugin's result as they are written after its call. */
export function schemaText(columns: readonly KqlColumn[]): string {
  return ` : (${columns.map(({ name, type }) => `['${name.replace(/[\\']/g, '\\$&')}']:${type}`).join(', ')})`;
}

export function withSchema(query: string, { position, insertion }: SchemaFound): string {
  return query.slice(0, position) + insertion + query.slice(position);
}
