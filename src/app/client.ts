import { safeJson, visible } from '../reports/text.ts';
import { readSettings } from '../settings.ts';
import type { Acceptance, BaselineView, Difference } from './baseline.ts';
import { credentialFor } from './connect.ts';
import type { Terminal } from './scan.ts';

export const baselineActions = ['show', 'accept', 'diff'] as const;

export interface BaselineCommand {
  readonly action: (typeof baselineActions)[number];
  /** of the deployed app; absent: FHIRWATCH_URL */
  readonly url?: string | undefined;
  /** what the token is for; absent: FHIRWATCH_AUDIENCE, else the address */
  readonly audience?: string | undefined;
  /** ids, keys or names; empty: all */
  readonly services: readonly string[];
  /** empty: all */
  readonly checks: readonly string[];
  readonly json: boolean;
}

/** How long the app may take to start and to answer. */
const timeoutMs = 120_000;

/** `fhirwatch baseline`: asks the deployed app, with the caller's own token. 0, or 3 where it could not be done. */
export async function baseline(command: BaselineCommand, terminal: Terminal): Promise<0 | 3> {
  const { services, checks } = command;
  const body = { ...(services.length > 0 ? { services } : {}), ...(checks.length > 0 ? { checks } : {}) };
  const answer = await ask(command, command.action === 'accept' ? JSON.stringify(body) : undefined, terminal.env);
  if (!answer.ok) {
    for (const problem of answer.problems) terminal.complain(`fhirwatch: ${visible(problem)}`);
    return 3;
  }
  terminal.write(command.json ? safeJson(answer.value) : describe(command, answer.value));
  return 0;
}

type Asked =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problems: readonly string[] };

async function ask(command: BaselineCommand, body: string | undefined, env: Terminal['env']): Promise<Asked> {
  const refuse = (...problems: readonly string[]): Asked => ({ ok: false, problems });
  const opened = await openApp(command, env);
  if (!opened.ok) return opened;
  const { origin, call } = opened.app;
  try {
    const { status, text } = await call('api/baseline', { body });
    if (status < 200 || status > 299) return refuse(`${origin} answered ${status}: ${detailOf(text)}`);
    const value: unknown = JSON.parse(text);
    if (schemaOf(value) !== 'fhirwatch-baseline/1') return refuse(`${origin} did not answer as fhirwatch does`);
    return { ok: true, value };
  } catch (error) {
    return refuse(`${origin} could not be asked: ${reasonOf(error)}`);
  }
}

/** The deployed app, as one caller sees it. */
export interface App {
  readonly origin: string;
  /** without one, a call as nobody is the same as any other */
  readonly hasToken: boolean;
  /** With a body: POST. As nobody: without the token, and a redirect is an answer. Throws when nothing answers. */
  call(path: string, how: { readonly body?: string | undefined; readonly asNobody?: boolean }): Promise<AppAnswer>;
}

export interface AppAnswer {
  readonly status: number;
  readonly text: string;
  /** where a redirect points */
  readonly location: string | null;
}

export type AppOpening =
  | { readonly ok: true; readonly app: App }
  | { readonly ok: false; readonly problems: readonly string[] };

/** The caller's token for an audience; undefined where none is needed. */
export type SignIn = (audience: string, url: URL, env: Terminal['env']) => Promise<string | undefined>;

/** Finds the app by `--url` or FHIRWATCH_URL and signs the caller in. */
export async function openApp(
  command: Pick<BaselineCommand, 'url' | 'audience'>,
  env: Terminal['env'],
  signIn: SignIn = signInWithEntra,
): Promise<AppOpening> {
  const refuse = (...problems: readonly string[]): AppOpening => ({ ok: false, problems });
  const settled = readSettings(env);
  if (!settled.ok) return refuse(...settled.problems);
  const given = command.url ?? env.FHIRWATCH_URL;
  if (!given) return refuse('expected the address of the deployed app, as --url or FHIRWATCH_URL');
  const base = URL.parse(given.endsWith('/') ? given : `${given}/`);
  if (!base || (base.protocol !== 'https:' && !isLocal(base))) {
    return refuse(
      `--url is ${JSON.stringify(given.slice(0, 80))}: expected an https address; a token never goes over http`,
    );
  }
  const { origin } = base;
  const audience = (command.audience ?? env.FHIRWATCH_AUDIENCE ?? origin).replace(/\/+$/, '');
  let token: string | undefined;
  try {
    token = await signIn(audience, base, env);
  } catch (error) {
    return refuse(`${origin} could not be asked: no token for ${audience}: ${reasonOf(error)}`);
  }
  return {
    ok: true,
    app: {
      origin,
      hasToken: token !== undefined,
      async call(path, { body, asNobody = false }) {
        const response = await fetch(new URL(path, base), {
          method: body === undefined ? 'GET' : 'POST',
          headers: {
            accept: 'application/json',
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...(token === undefined || asNobody ? {} : { authorization: `Bearer ${token}` }),
          },
          ...(body === undefined ? {} : { body }),
          redirect: asNobody ? 'manual' : 'error',
          signal: AbortSignal.timeout(timeoutMs),
        });
        return { status: response.status, text: await response.text(), location: response.headers.get('location') };
      },
    },
  };
}

function isLocal(url: URL): boolean {
  return url.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
}

/** A host on this machine signs its callers in by itself; no token leaves for it. */
const signInWithEntra: SignIn = async (audience, url, env) => {
  if (isLocal(url)) return undefined;
  const settled = readSettings(env);
  if (!settled.ok) throw new Error(settled.problems.join(' '));
  const credential = await credentialFor(settled.settings, env);
  const token = await credential.getToken(`${audience}/.default`);
  if (!token) throw new Error('Entra gave none');
  return token.token;
};

function schemaOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'schema' in value ? value.schema : undefined;
}

/** `fetch failed` says nothing; what failed is its cause. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return (error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message).slice(0, 500);
}

/** The detail of a problem document, else the beginning of whatever came. */
export function detailOf(text: string): string {
  try {
    const detail = (JSON.parse(text) as { readonly detail?: unknown } | null)?.detail;
    if (typeof detail === 'string') return detail.slice(0, 1000);
  } catch {
    // no problem document: some proxy's page
  }
  return text.slice(0, 200) || 'nothing more';
}

function describe({ action, services, checks }: BaselineCommand, value: unknown): string {
  if (action === 'accept') return describeAcceptance(value as Acceptance);
  const view = value as BaselineView;
  const isAsked = ({
    serviceId,
    serviceKey,
    check,
  }: Pick<Difference, 'serviceId' | 'serviceKey' | 'check'>): boolean => {
    const names = [serviceId, serviceKey, serviceId.split('/').at(-1) ?? ''].map((name) => name.toLowerCase());
    const isNamed = services.length === 0 || services.some((one) => names.includes(one.toLowerCase()));
    return isNamed && (checks.length === 0 || checks.includes(check));
  };
  if (action === 'diff') {
    const differences = view.differences.filter(isAsked);
    return lines(
      differences.length === 0
        ? 'Nothing differs from the baseline.'
        : `${differences.length} findings differ from the baseline:`,
      differences.map(describeDifference),
    );
  }
  const entries = view.entries.filter(isAsked);
  return lines(
    entries.length === 0 ? 'Nothing was ever accepted.' : `${entries.length} findings are accepted:`,
    entries.map(({ serviceId, check, status, acceptedAt, acceptedBy }) => {
      const who = acceptedBy.name ? `${acceptedBy.name} (${acceptedBy.objectId})` : acceptedBy.objectId;
      return `${serviceId}\n    ${check}: ${status}, accepted by ${who} at ${acceptedAt}`;
    }),
  );
}

function describeAcceptance({ accepted, notAccepted, dropped, acceptedBy }: Acceptance): string {
  return [
    lines(`Accepted ${accepted.length} findings for ${acceptedBy.name ?? acceptedBy.objectId}.`, []),
    notAccepted.length === 0
      ? ''
      : lines(
          `Not accepted: ${notAccepted.length}.`,
          notAccepted.map(({ serviceId, check, status, why }) => `${serviceId}\n    ${check}: ${status}. ${why}`),
        ),
    dropped.length === 0
      ? ''
      : lines(
          `No longer there, and no longer accepted: ${dropped.length}.`,
          dropped.map(({ serviceId, check }) => `${serviceId}\n    ${check}`),
        ),
  ].join('');
}

function describeDifference({ serviceId, check, direction, was, is, obstacle }: Difference): string {
  const state = (one: Difference['was'], none: string): string =>
    one === null
      ? none
      : [one.status, ...Object.entries(one.observed).map(([key, value]) => `${key}=${value}`)].join(' ');
  return `${serviceId}\n    ${check}: ${direction}; was ${state(was, 'never accepted')}; is ${state(is, 'no longer there')}${obstacle === null ? '' : `\n    ${obstacle}`}`;
}

/** Whatever came from the app is shown, never obeyed: no control character reaches the terminal. */
function lines(heading: string, items: readonly string[]): string {
  return `${[heading, ...items.map((item) => `  ${item.split('\n').map(visible).join('\n')}`)].join('\n')}\n`;
}
