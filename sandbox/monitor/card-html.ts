/** Adaptive Cards as HTML, close to how Teams shows them; only what such a card may hold in Teams. */
import { listAt, textAt } from '../documents.ts';
import type { Json } from '../types.ts';

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** The card's elements and buttons as HTML; styles are those of {@link cardStyles}. */
export function cardHtml(card: Json): string {
  const actions = listAt(card, 'actions');
  return `<article class="card">${listAt(card, 'body').map(elementHtml).join('')}${actionsHtml(actions)}</article>`;
}

function elementHtml(element: Json): string {
  const spaced = `${textAt(element, 'spacing') === 'None' ? '' : ' spaced'}${textAt(element, 'spacing') === 'Large' ? ' far' : ''}`;
  const separated = element !== null && typeof element === 'object' && 'separator' in element ? ' separated' : '';
  const box = (name: string, inner: string): string => `<div class="${name}${spaced}${separated}">${inner}</div>`;
  switch (textAt(element, 'type')) {
    case 'TextBlock':
      return box(`text ${look(element)}`, markdown(textAt(element, 'text') ?? ''));
    case 'RichTextBlock':
      return box('text', listAt(element, 'inlines').map(runHtml).join(''));
    case 'Container':
      return box(
        `container ${textAt(element, 'style') ?? 'default'}`,
        listAt(element, 'items').map(elementHtml).join(''),
      );
    case 'ColumnSet':
      return box('columns', listAt(element, 'columns').map(columnHtml).join(''));
    case 'FactSet':
      return box('facts', listAt(element, 'facts').map(factHtml).join(''));
    case 'ActionSet':
      return actionsHtml(listAt(element, 'actions'));
    default:
      return box('text', `(${escapeHtml(textAt(element, 'type') ?? 'nothing')} is not shown)`);
  }
}

function columnHtml(column: Json): string {
  const wide = textAt(column, 'width');
  const pixels = /^(\d+)px$/.exec(wide ?? '')?.[1];
  const style = pixels === undefined ? (wide === 'stretch' ? 'flex:1;min-width:0' : '') : `width:${pixels}px;flex:none`;
  return `<div style="${style}">${listAt(column, 'items').map(elementHtml).join('')}</div>`;
}

function factHtml(fact: Json): string {
  return `<b>${markdown(textAt(fact, 'title') ?? '')}</b><span>${markdown(textAt(fact, 'value') ?? '')}</span>`;
}

/** A text run is shown as it is: it knows no Markdown. */
function runHtml(run: Json): string {
  if (typeof run === 'string') return escapeHtml(run);
  return `<span class="${look(run)}">${escapeHtml(textAt(run, 'text') ?? '')}</span>`;
}

function look(element: Json): string {
  return ['size', 'weight', 'color', 'fontType']
    .map((name) => textAt(element, name))
    .filter((value) => value !== undefined)
    .map((value) => value.toLowerCase())
    .concat(isSubtle(element) ? ['subtle'] : [])
    .join(' ');
}

function isSubtle(element: Json): boolean {
  return element !== null && typeof element === 'object' && 'isSubtle' in element && element.isSubtle === true;
}

function actionsHtml(actions: readonly Json[]): string {
  if (actions.length === 0) return '';
  const buttons = actions.map((action) => {
    const url = textAt(action, 'url') ?? '';
    return `<a href="${escapeHtml(url)}" rel="noreferrer">${escapeHtml(textAt(action, 'title') ?? '')}</a>`;
  });
  return `<nav>${buttons.join('')}</nav>`;
}

/** Escaped characters spend the time of the replacing as others, which no text holds. */
const aside = 0xe000;

/** The Markdown that text blocks know: bold, italic, links; a backslash takes the meaning away. */
function markdown(text: string): string {
  return escapeHtml(
    text.replace(/\\([\\`*_{}[\]()#+\-.!<>~|])/g, (_, one: string) => String.fromCharCode(aside + one.charCodeAt(0))),
  )
    .replace(/\*\*(.+?)\*\*/g, '<b>$1</b>')
    .replace(/(?<!\w)[_*](.+?)[_*](?!\w)/g, '<i>$1</i>')
    .replace(/\[([^\]]*)\]\((https?:[^)\s]*)\)/g, '<a href="$2">$1</a>')
    .replaceAll('\n', '<br>')
    .replace(/[\ue000-\ue07f]/g, (one) => escapeHtml(String.fromCharCode(one.charCodeAt(0) - aside)));
}

export const cardStyles = `
.card { background: #fff; border: 1px solid #d1d1d1; border-radius: 8px; padding: 12px 16px 16px; max-width: 640px; color: #242424; font-size: 14px; line-height: 20px; overflow: hidden; }
.card .spaced { margin-top: 8px; } .card > :first-child, .card .container > :first-child { margin-top: 0; } .card .far { margin-top: 20px; }
.card .separated { border-top: 1px solid #e0e0e0; padding-top: 8px; }
.text { overflow-wrap: anywhere; white-space: pre-wrap; } .small { font-size: 12px; line-height: 16px; } .medium { font-size: 16px; line-height: 22px; } .large { font-size: 18px; line-height: 24px; } .extralarge { font-size: 24px; line-height: 32px; }
.bolder { font-weight: 600; } .subtle { color: #616161; } .attention { color: #b10e1c; } .warning { color: #835c00; } .good { color: #0e700e; } .accent { color: #115ea3; }
.monospace { font-family: Consolas, "DejaVu Sans Mono", monospace; font-size: 12.5px; }
.container { padding: 10px 12px; border-radius: 4px; color: #242424; } .container.default { padding: 0; } .container.emphasis { background: #f0f0f0; } .container.attention { background: #fdf3f4; } .container.warning { background: #fff9f0; } .container.good { background: #f1faf1; } .container.accent { background: #ebf3fc; }
.columns { display: flex; gap: 10px; } .columns > div > :first-child { margin-top: 0; } .facts { display: grid; grid-template-columns: max-content 1fr; gap: 4px 12px; } .facts b { font-weight: 600; }
.card nav { display: flex; gap: 8px; flex-wrap: wrap; margin-top: 16px; } .card nav a { border: 1px solid #d1d1d1; border-radius: 4px; padding: 5px 12px; color: #242424; text-decoration: none; font-weight: 600; }
`;
