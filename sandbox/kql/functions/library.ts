import { binFunctions } from './bins.ts';
import { conditionals } from './conditionals.ts';
import { conversions } from './conversions.ts';
import { datetimeFunctions } from './datetimes.ts';
import type { Library, Maker } from './define.ts';
import { dynamicFunctions } from './dynamics.ts';
import { encodingFunctions } from './encodings.ts';
import { hashFunctions } from './hashes.ts';
import { mathFunctions } from './math.ts';
import { networkFunctions } from './network.ts';
import { parserFunctions } from './parsers.ts';
import { seriesFunctions } from './series.ts';
import { textFunctions } from './texts.ts';
import { windowFunctions } from './windows.ts';

const LIBRARY: Library = {
  ...binFunctions,
  ...conditionals,
  ...conversions,
  ...datetimeFunctions,
  ...dynamicFunctions,
  ...encodingFunctions,
  ...hashFunctions,
  ...mathFunctions,
  ...networkFunctions,
  ...parserFunctions,
  ...seriesFunctions,
  ...textFunctions,
  ...windowFunctions,
};

export function scalarFunction(name: string): Maker | undefined {
  return Object.hasOwn(LIBRARY, name) ? LIBRARY[name] : undefined;
}

/** The names of all scalar functions that are there. */
export function scalarFunctionNames(): readonly string[] {
  return Object.keys(LIBRARY);
}
