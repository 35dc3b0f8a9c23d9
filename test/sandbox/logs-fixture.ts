import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTls } from '../../sandbox/tls.ts';
import { issueToken } from '../../sandbox/tokens.ts';
import type { RunningServer, TlsMaterial, World } from '../../sandbox/types.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  readonly body: any;
}

export interface Asking {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** the `aud` of the token; null: no token */
  readonly audience?: string | null;
}

/** Certificates for one test file. */
export async function makeTls(): Promise<TlsMaterial & { remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'tls-'));
  const tls = await createTls(new Date('2026-11-22T08:00:00Z'), folder);
  return { ...tls, remove: () => rm(folder, { recursive: true }) };
}

/** One request to a server of the sandbox; a body that is no buffer and no string is sent as JSON. */
export function ask(
  world: World,
  tls: TlsMaterial,
  server: RunningServer,
  path: string,
  asking: Asking,
): Promise<Answer> {
  const { method = 'GET', body, headers = {}, audience } = asking;
  const token = typeof audience === 'string' ? { authorization: `Bearer ${issueToken(world, audience).token}` } : {};
  const payload = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = request(
      `${server.url}${path}`,
      { method, ca: tls.ca, agent: false, headers: { 'content-type': 'application/json', ...token, ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parse(text) });
        });
      },
    );
    sent.on('error', reject);
    sent.end(payload);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Some answers are not JSON on purpose; the test looks at the text then.
    return undefined;
  }
}
