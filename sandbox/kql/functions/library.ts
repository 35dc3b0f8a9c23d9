import { arrayFunctions } from './arrays.ts';
import { bagFunctions } from './bags.ts';
import { binFunctions } from './bins.ts';
import { conditionals } from './conditionals.ts';
import { conversions } from './conversions.ts';
import { datetimeFunctions } from './datetimes.ts';
import type { Library, Maker } from './define.ts';
import { encodingFunctions } from './encodings.ts';
import { hashFunctions } from './hashes.ts';
import { mathFunctions } from './math.ts';
import { networkFunctions } from './network.ts';
import { parserFunctions } from './parsers.ts';
import { seriesFunctions } from './series.ts';
import { seriesSummaries } from './series-summaries.ts';
import { setFunctions } from './sets.ts';
import { specialFunctions } from './special.ts';
import { textFunctions } from './texts.ts';
import { timeZoneFunctions } from './time-zones.ts';
import { unitFunctions } from './units.ts';
import { windowFunctions } from './windows.ts';

const LIBRARY: Library = {
  ...binFunctions,
  ...conditionals,
  ...conversions,
  ...datetimeFunctions,
  ...arrayFunctions,
  ...bagFunctions,
  ...setFunctions,
  ...encodingFunctions,
  ...hashFunctions,
  ...mathFunctions,
  ...networkFunctions,
  ...parserFunctions,
  ...seriesFunctions,
  ...seriesSummaries,
  ...specialFunctions,
  ...textFunctions,
  ...timeZoneFunctions,
  ...unitFunctions,
  ...windowFunctions,
};

export function scalarFunction(name: string): Maker | undefined {
  return Object.hasOwn(LIBRARY, name) ? LIBRARY[name] : undefined;
}

/** The names of all scalar functions that are there. */
export function scalarFunctionNames(): readonly string[] {
  return Object.keys(LIBRARY);
}
