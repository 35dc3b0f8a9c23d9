/** NCRONTAB as Azure Functions reads it: six fields, seconds first, UTC; stricter than what cron libraries accept. */

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly words?: readonly string[];
}

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const DAYS = 'sun mon tue wed thu fri sat'.split(' ');
const FIELDS: readonly Field[] = [
  { name: 'second', least: 0, most: 59 },
  { name: 'minute', least: 0, most: 59 },
  { name: 'hour', least: 0, most: 23 },
  { name: 'day', least: 1, most: 31 },
  { name: 'month', least: 1, most: 12, words: MONTHS },
  { name: 'day of week', least: 0, most: 6, words: DAYS },
];

/** The schedule in numbers alone, so that a cron library cannot read anything else into it; throws what is wrong. */
export function readSchedule(expression: string): string {
  const parts = expression.trim().split(/\s+/);
  if (parts.length !== FIELDS.length) {
    throw new Error(
      `The schedule expression '${expression}' was not recognized as a valid cron expression: six fields are needed.`,
    );
  }
  return FIELDS.map((field, index) => readField(field, parts[index] ?? '', expression)).join(' ');
}

function readField(field: Field, text: string, expression: string): string {
  const fail = (): never => {
    throw new Error(
      `The schedule expression '${expression}' was not recognized as a valid cron expression: '${text}' is no ${field.name}.`,
    );
  };
  const numberOf = (word: string): number => {
    const named = field.words?.indexOf(word.toLowerCase()) ?? -1;
    const value = named >= 0 ? named + field.least : /^\d{1,2}$/.test(word) ? Number(word) : Number.NaN;
    return value >= field.least && value <= field.most ? value : fail();
  };
  const item = (part: string): string => {
    const match = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d{1,2}))?$/.exec(part);
    if (match === null) return fail();
    const [, all, first, last, step] = match;
    if (step !== undefined && Number(step) < 1) return fail();
    const suffix = step === undefined ? '' : `/${Number(step)}`;
    if (all !== undefined || first === undefined) return `*${suffix}`;
    const from = numberOf(first);
    // "5/15" means from 5 on in steps of 15.
    const to = last !== undefined ? numberOf(last) : step !== undefined ? field.most : from;
    if (to < from) return fail();
    return to === from && step === undefined ? String(from) : `${from}-${to}${suffix}`;
  };
  return text.split(',').map(item).join(',');
}
