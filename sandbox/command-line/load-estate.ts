import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ParsedEstate, parseEstate, readEstate } from '../estate.ts';
import { namedEstates } from '../estates/index.ts';

/** Where the person who called npm stands: paths on the command line are relative to it. */
export function callersDirectory(): string {
  return process.env.INIT_CWD ?? process.cwd();
}

/** The estate of a name, or of a file. */
export function loadEstate(source: string): ParsedEstate {
  const named = Object.hasOwn(namedEstates, source) ? namedEstates[source] : undefined;
  if (named) return parseEstate(named(), new Date());
  const file = resolve(callersDirectory(), source);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return { ok: false, problems: [`${source} cannot be read: ${error instanceof Error ? error.message : error}`] };
  }
  const parsed = readEstate(text, new Date());
  return parsed.ok ? parsed : { ok: false, problems: parsed.problems.map((problem) => `${source}: ${problem}`) };
}
