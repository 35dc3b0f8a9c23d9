/** A text operator: given the right side, a test of the left side. */
export type TextOperator = (needle: string) => (text: string) => boolean;

const isTermCharacter = (text: string, index: number) => /[\p{L}\p{N}]/u.test(text.charAt(index));

/** Whether the ends of text[start, end) are ends of terms; a term is a run of letters and digits. */
function bounded(text: string, start: number, end: number, checkStart: boolean, checkEnd: boolean): boolean {
  if (checkStart && start > 0 && isTermCharacter(text, start - 1) && isTermCharacter(text, start)) return false;
  return !(checkEnd && end < text.length && isTermCharacter(text, end) && isTermCharacter(text, end - 1));
}

function containsTerm(text: string, needle: string, checkStart: boolean, checkEnd: boolean): boolean {
  for (let start = text.indexOf(needle); start >= 0; start = text.indexOf(needle, start + 1)) {
    if (bounded(text, start, start + needle.length, checkStart, checkEnd)) return true;
    if (needle === '') return true;
  }
  return false;
}

const whole: TextOperator = (needle) => (text) => containsTerm(text, needle, true, true);

const CASED: Readonly<Record<string, TextOperator>> = {
  Has: whole,
  HasPrefix: (needle) => (text) => containsTerm(text, needle, true, false),
  HasSuffix: (needle) => (text) => containsTerm(text, needle, false, true),
  Contains: (needle) => (text) => text.includes(needle),
  StartsWith: (needle) => (text) => text.startsWith(needle),
  EndsWith: (needle) => (text) => text.endsWith(needle),
};

const folded =
  (operator: TextOperator): TextOperator =>
  (needle) => {
    const test = operator(needle.toLowerCase());
    return (text) => test(text.toLowerCase());
  };

const negated =
  (operator: TextOperator): TextOperator =>
  (needle) => {
    const test = operator(needle);
    return (text) => !test(text);
  };

const OPERATORS = new Map<string, TextOperator>();
for (const [name, operator] of Object.entries(CASED)) {
  OPERATORS.set(`${name}CsExpression`, operator);
  OPERATORS.set(`Not${name}CsExpression`, negated(operator));
  OPERATORS.set(`${name}Expression`, folded(operator));
  OPERATORS.set(`Not${name}Expression`, negated(folded(operator)));
}
const same: TextOperator = (needle) => (text) => text === needle;
OPERATORS.set('EqualTildeExpression', folded(same));
OPERATORS.set('BangTildeExpression', negated(folded(same)));

/** The text operator of a binary expression's kind. */
export function textOperator(kind: string): TextOperator | undefined {
  return OPERATORS.get(kind);
}

/** The `has` operator. */
export const has: TextOperator = folded(whole);
export const hasCased: TextOperator = whole;
