/** Adaptive Cards for a terminal. */
import { listAt, textAt } from '../documents.ts';
import type { Json } from '../types.ts';
import type { ReceivedCard } from './workflows.ts';

const width = 96;

/** The card as lines of text, its buttons with their addresses last. */
export function renderCard({ summary, card }: Pick<ReceivedCard, 'summary' | 'card'>): string {
  const body = listAt(card, 'body');
  const lines = [
    ...body.flatMap((element, index) => [...gapBefore(element, body[index - 1]), ...elementLines(element, width - 4)]),
    '',
  ];
  const actions = listAt(card, 'actions').map((one) => `[${textAt(one, 'title') ?? ''}] ${textAt(one, 'url') ?? ''}`);
  const framed = [...lines, ...actions].map((line) => `│ ${line}`.trimEnd());
  return [`┌ ${summary}`, '│', ...framed, '└'].join('\n').replaceAll(unseen, '');
}

/** An empty line between parts; facts stand close, and so does what says that it does. */
function gapBefore(element: Json, previous: Json | undefined): readonly string[] {
  const isFact = (one: Json): boolean => textAt(one, 'type') === 'ColumnSet';
  if (previous === undefined || textAt(element, 'spacing') === 'None') return [];
  return isFact(element) && isFact(previous) ? [] : [''];
}

function elementLines(element: Json, columns: number): readonly string[] {
  switch (textAt(element, 'type')) {
    case 'TextBlock':
      return wrap(textAt(element, 'text') ?? '', columns);
    case 'RichTextBlock':
      return wrap(runs(element), columns);
    case 'Container':
      return listAt(element, 'items').flatMap((item) => elementLines(item, columns));
    case 'ColumnSet':
      return columnLines(listAt(element, 'columns'), columns);
    case 'FactSet':
      return listAt(element, 'facts').flatMap((fact) =>
        beside([textAt(fact, 'title') ?? ''], wrap(textAt(fact, 'value') ?? '', columns - labelWidth)),
      );
    default:
      return [`(${textAt(element, 'type') ?? 'nothing'})`];
  }
}

const labelWidth = 16;

/** A label column and a value column, as facts are laid out; other layouts stand below each other. */
function columnLines(columns: readonly Json[], width: number): readonly string[] {
  const [left, right, ...others] = columns;
  if (left === undefined || right === undefined || others.length > 0) {
    return columns.flatMap((column) => listAt(column, 'items').flatMap((item) => elementLines(item, width)));
  }
  const linesOf = (column: Json, room: number) => listAt(column, 'items').flatMap((item) => elementLines(item, room));
  return beside(linesOf(left, labelWidth - 1), linesOf(right, width - labelWidth));
}

function beside(left: readonly string[], right: readonly string[]): readonly string[] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, index) =>
    `${(left[index] ?? '').padEnd(labelWidth)}${right[index] ?? ''}`.trimEnd(),
  );
}

function runs(element: Json): string {
  return listAt(element, 'inlines')
    .map((run) => (typeof run === 'string' ? run : (textAt(run, 'text') ?? '')))
    .join('');
}

function wrap(text: string, columns: number): readonly string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = [];
    let line = '';
    for (const word of paragraph.split(' ')) {
      if (line !== '' && line.length + 1 + word.length > columns) {
        lines.push(line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    return [...lines, line];
  });
}

/** control and direction characters, which would steer a terminal; line breaks stay */
const unseen = /(?!\n)[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;
