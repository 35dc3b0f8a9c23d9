/**
 * The elements of Adaptive Cards 1.4 that our cards are made of. Whatever comes from outside stands in text runs, which
 * know no Markdown, no links and no date functions: a resource called `[x](https://…)` stays a text.
 */

export type Color = 'Default' | 'Attention' | 'Warning' | 'Good' | 'Accent';
export type Style = 'attention' | 'warning' | 'good' | 'accent' | 'emphasis';

export interface TextRun {
  readonly type: 'TextRun';
  readonly text: string;
  readonly size?: 'Small' | 'Default' | 'Medium' | 'Large';
  readonly weight?: 'Bolder';
  readonly color?: Color;
  readonly isSubtle?: boolean;
  readonly fontType?: 'Monospace';
}

interface Laid {
  readonly spacing?: 'None' | 'Small' | 'Medium' | 'Large';
  readonly separator?: boolean;
}

export type Element =
  | ({ readonly type: 'RichTextBlock'; readonly inlines: readonly TextRun[] } & Laid)
  | ({
      readonly type: 'Container';
      readonly style: Style;
      readonly items: readonly Element[];
      readonly bleed?: boolean;
    } & Laid)
  | ({ readonly type: 'ColumnSet'; readonly columns: readonly Column[] } & Laid);

export interface Column {
  readonly type: 'Column';
  readonly width: string;
  readonly items: readonly Element[];
}

export interface OpenUrl {
  readonly type: 'Action.OpenUrl';
  readonly title: string;
  readonly url: string;
}

export interface AdaptiveCard {
  readonly $schema: 'http://adaptivecards.io/schemas/adaptive-card.json';
  readonly type: 'AdaptiveCard';
  readonly version: '1.4';
  readonly lang: 'en';
  readonly fallbackText: string;
  readonly body: readonly Element[];
  readonly actions?: readonly OpenUrl[];
}

/** What a Teams workflow posts; `summary` is the line of the notification. */
export interface TeamsMessage {
  readonly type: 'message';
  readonly summary: string;
  readonly attachments: readonly [
    {
      readonly contentType: 'application/vnd.microsoft.card.adaptive';
      readonly contentUrl: null;
      readonly content: AdaptiveCard;
    },
  ];
}

/** control characters, direction marks, zero-width and tag characters, halves of pairs */
const unseen = /[\p{Cc}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}\p{Cs}]/gu;
const note = ' … (shortened; the report has all of it)';

/** One line that shows what is there: nothing unseen, no date function; cut, with a note, after so many characters. */
export function clean(text: string, longest: number): string {
  // a value of hostile size is cut before it is searched
  const near = text.slice(0, longest * 4 + 1000);
  const shown = near
    .replace(/[\r\n\t]+/g, ' ')
    .replace(unseen, '')
    .replaceAll('{{', '{ {')
    .trim();
  const characters = [...shown];
  return characters.length <= longest && near.length === text.length
    ? shown
    : `${characters.slice(0, longest).join('')}${note}`;
}

/** For the notification and for clients without cards, which may read Markdown or HTML: the marks become look-alikes. */
export function plainLine(text: string, longest: number): string {
  const alike: Readonly<Record<string, string>> = {
    '<': '‹',
    '>': '›',
    '[': '(',
    ']': ')',
    '*': '∗',
    '`': "'",
    '~': '∼',
    '#': '＃',
    '|': '¦',
    '\\': '＼',
  };
  return clean(text, longest)
    .replace(/[<>[\]*`~#|\\]/g, (mark) => alike[mark] ?? '')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '-')
    .replace(/\b(https?):\/\//gi, '$1: //');
}

export function run(text: string, look: Omit<TextRun, 'type' | 'text'> = {}): TextRun {
  return { type: 'TextRun', text: text === '' ? '(nothing)' : text, ...look };
}

export function line(runs: readonly TextRun[], laid: Laid = {}): Element {
  return { type: 'RichTextBlock', inlines: runs, ...laid };
}

/** A name and its value, side by side. */
export function fact(name: string, value: string): Element {
  return {
    type: 'ColumnSet',
    spacing: 'Small',
    columns: [
      { type: 'Column', width: '100px', items: [line([run(name, { weight: 'Bolder' })])] },
      { type: 'Column', width: 'stretch', items: [line([run(value)])] },
    ],
  };
}

export function section(title: string, text: string, look: Omit<TextRun, 'type' | 'text'> = {}): readonly Element[] {
  return [
    line([run(title, { weight: 'Bolder' })], { spacing: 'Medium' }),
    line([run(text, look)], { spacing: 'None' }),
  ];
}

const longestUrl = 2048;

/** A button, or none where the address is not https or is of hostile size. */
export function button(title: string, url: string | undefined): readonly OpenUrl[] {
  const parsed = url === undefined || url.length > longestUrl ? null : URL.parse(url);
  const isGood = parsed?.protocol === 'https:' && parsed.username === '' && parsed.href.length <= longestUrl;
  return isGood ? [{ type: 'Action.OpenUrl', title, url: parsed.href }] : [];
}
