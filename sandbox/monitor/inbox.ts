/** The inboxes as pages on loopback: what the receivers of an alert see. */
import { type SandboxRequest, type SandboxResponse, startServer } from '../http.ts';
import type { RunningServer, World } from '../types.ts';
import { cardHtml, cardStyles, escapeHtml } from './card-html.ts';
import type { Mail } from './mail.ts';
import type { ReceivedCard } from './workflows.ts';

export interface Inboxes {
  readonly mails: readonly Mail[];
  readonly cards: readonly ReceivedCard[];
}

/** Serves `/` (both lists), `/mail/1` (one mail, oldest first) and `/teams` (the channel). */
export function startInbox(world: World, inboxes: Inboxes): Promise<RunningServer> {
  return startServer({
    world,
    target: () => undefined,
    errorBody: () => ({ error: 'not found' }),
    handle: (request) => answer(request, inboxes),
  });
}

function answer({ method, path }: SandboxRequest, { mails, cards }: Inboxes): SandboxResponse {
  const number = /^\/mail\/(\d+)$/.exec(path)?.[1];
  const mail = number === undefined ? undefined : mails[Number(number) - 1];
  if (method !== 'GET') return { status: 405 };
  if (mail !== undefined) return page(mail.subject, mailHtml(mail));
  if (path === '/teams') return page('Teams channel', channelHtml(cards));
  if (path === '/' || path === '/mail') return page('Inbox', listHtml(mails, cards));
  return { status: 404 };
}

function page(title: string, body: string): SandboxResponse {
  const html = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title>
<style>${styles}${cardStyles}</style></head><body>
<header><b>Sandbox inboxes</b> <a href="/">Mail</a> <a href="/teams">Teams channel</a></header><main>${body}</main></body></html>`;
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    },
    body: html,
  };
}

function listHtml(mails: readonly Mail[], cards: readonly ReceivedCard[]): string {
  const rows = mails.map((mail, index) => {
    const description = mail.sections[0]?.rows.find(([name]) => name === 'Description')?.[1] ?? '';
    return `<li><a href="/mail/${index + 1}"><span class="mark ${mail.condition.toLowerCase()}">${mail.condition}</span>
<b>${escapeHtml(mail.subject)}</b><small>${escapeHtml(description)}</small></a><time>${timeOf(mail.at)}</time></li>`;
  });
  const list = rows.length === 0 ? '<p>No mail.</p>' : `<ul class="mails">${rows.reverse().join('')}</ul>`;
  return `<h1>Mail</h1>${list}<p><a href="/teams">${cards.length} ${cards.length === 1 ? 'card' : 'cards'} in the Teams channel</a></p>`;
}

function mailHtml(mail: Mail): string {
  const sections = mail.sections.map(({ title, rows }) => {
    const cells = rows.map(([name, value]) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`);
    return `<h2>${escapeHtml(title)}</h2><table>${cells.join('')}</table>`;
  });
  const links = mail.links.map(({ text, url }) => `<p><a href="${escapeHtml(url)}">${escapeHtml(text)} &gt;</a></p>`);
  return `<p class="envelope">From ${escapeHtml(mail.from)} to ${escapeHtml(mail.to)}, ${timeOf(mail.at)}</p>
<article class="letter"><div class="band ${mail.condition.toLowerCase()}">${escapeHtml(mail.subject)}</div>${links.join('')}${sections.join('')}</article>`;
}

function channelHtml(cards: readonly ReceivedCard[]): string {
  const posts = cards.map(
    ({ at, summary, card }) =>
      `<section><p class="envelope"><b>Workflows</b> ${timeOf(at)} · notification: “${escapeHtml(summary)}”</p>${cardHtml(card)}</section>`,
  );
  return `<h1>Teams channel</h1>${posts.length === 0 ? '<p>No card.</p>' : posts.reverse().join('')}`;
}

function timeOf(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

const styles = `
body { margin: 0; background: #f5f5f5; color: #242424; font: 14px/20px "Segoe UI", "Helvetica Neue", "Liberation Sans", Arial, sans-serif; }
header { background: #fff; border-bottom: 1px solid #ddd; padding: 10px 24px; } header a { margin-left: 16px; color: #115ea3; }
main { padding: 16px 24px 40px; max-width: 900px; } h1 { font-size: 20px; } h2 { font-size: 15px; margin: 20px 0 6px; }
.mails { list-style: none; padding: 0; } .mails li { background: #fff; border: 1px solid #ddd; border-radius: 6px; margin: 6px 0; padding: 10px 12px; display: flex; gap: 12px; align-items: start; }
.mails a { flex: 1; min-width: 0; color: inherit; text-decoration: none; } .mails small { display: block; color: #555; } time { color: #555; white-space: nowrap; }
.mark { font-weight: 600; margin-right: 6px; } .mark.fired { color: #a4262c; } .mark.resolved { color: #0e700e; }
.envelope { color: #555; margin: 20px 0 6px; } .letter { background: #fff; border: 1px solid #ddd; padding: 0 24px 24px; }
.band { margin: 0 -24px; padding: 14px 24px; font-size: 17px; font-weight: 600; color: #fff; overflow-wrap: anywhere; } .band.fired { background: #a4262c; } .band.resolved { background: #107c10; }
.letter table { border-collapse: collapse; width: 100%; } .letter th { text-align: left; font-weight: 600; width: 190px; vertical-align: top; } .letter th, .letter td { padding: 4px 8px 4px 0; border-bottom: 1px solid #eee; } .letter td { white-space: pre-wrap; overflow-wrap: anywhere; }
`;
