/**
 * Values from Azure, DNS and logs are hostile on the way out too: control characters would steer a terminal, and
 * bidirectional marks would show a reader something else than what is there.
 */
const unseen = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\p{Cs}]/gu;

/** For every rendering that people read: what cannot be seen is taken out, line breaks become spaces. */
export function visible(text: string): string {
  return text.replace(/[\r\n\t]+/g, ' ').replace(unseen, '');
}

/** JSON whose control and direction characters stay escaped, so that no viewer acts on them. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(
    /(?!\n)[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Columns that a terminal gives to a text; East Asian wide characters take two. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += /\p{M}/u.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return width;
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Exactly `columns` wide: cut with an ellipsis or filled with spaces. */
export function toWidth(text: string, columns: number): string {
  let kept = text;
  if (widthOf(text) > columns) {
    kept = '';
    for (const character of text) {
      if (widthOf(kept + character) > columns - 1) break;
      kept += character;
    }
    kept += '…';
  }
  return kept + ' '.repeat(Math.max(0, columns - widthOf(kept)));
}

/** Lines of at most `columns`, broken at spaces and after slashes; a longer word is cut hard. */
export function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const piece of text.match(/\S+?(?:\/|(?=\s|$))|\s+/g) ?? []) {
    let rest = piece;
    if (widthOf(line + rest.trimEnd()) > columns && line !== '') {
      lines.push(line.trimEnd());
      line = '';
      rest = rest.trimStart();
    }
    while (widthOf(rest) > columns) {
      lines.push(toWidth(rest, columns + 1).slice(0, -1));
      rest = rest.slice((lines.at(-1) ?? '').length);
    }
    line += rest;
  }
  return line.trim() === '' ? lines : [...lines, line.trimEnd()];
}
