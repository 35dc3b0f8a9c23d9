import type { KqlError } from './engine.ts';

/** A refusal: thrown inside the engine, answered as `error` at its edge. */
export class KqlFailure extends Error {
  readonly code: KqlError['code'];
  readonly start: number | undefined;

  constructor(code: KqlError['code'], message: string, start?: number) {
    super(message);
    this.name = 'KqlFailure';
    this.code = code;
    this.start = start;
  }
}

/** The refusal of what this engine does not do, by name. */
export function unsupported(what: string, start?: number): KqlFailure {
  return new KqlFailure('Unsupported', `${what} is not supported here`, start);
}

export function invalid(message: string, start?: number): KqlFailure {
  return new KqlFailure('SemanticError', message, start);
}

/** Any thrown value as the error of a query, with line and column where it is known. */
export function asError(thrown: unknown, query: string): KqlError {
  if (!(thrown instanceof KqlFailure)) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return { code: 'RuntimeError', message };
  }
  const { code, message, start } = thrown;
  if (start === undefined) return { code, message };
  const before = query.slice(0, start).split('\n');
  return { code, message, line: before.length, column: (before.at(-1) ?? '').length + 1 };
}
