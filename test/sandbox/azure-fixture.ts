/** A sandbox for one test, and a client that shows what really went over the wire. */

import type { IncomingHttpHeaders } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { afterEach } from 'vitest';
import { parseEstate } from '../../sandbox/estate.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/sandbox.ts';
import { issueToken } from '../../sandbox/tokens.ts';
import type { AzureDocument } from '../../sandbox/types.ts';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever the server said
  readonly body: any;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

export interface Azure {
  readonly sandbox: Sandbox;
  /** Resource Manager, with the monitor's token unless `headers` has another; a path, or a link it gave */
  ask(path: string, ask?: Ask): Promise<Reply>;
  /** Resource Graph; answers with its body */
  graph(query: string, more?: object): Promise<Reply>;
  send(url: string, ask?: Ask): Promise<Reply>;
  token(audience: string): string;
}

const open: Sandbox[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((sandbox) => sandbox.close()));
});

export const now = '2026-11-22T08:00:00Z';
export const sub = '11111111-1111-5111-8111-111111111111';
export const otherSub = '22222222-2222-5222-8222-222222222222';
export const group = `/subscriptions/${sub}/resourceGroups/rg-health`;
export const workspace = `${group}/providers/Microsoft.HealthcareApis/workspaces/ward`;
export const fhir = `${workspace}/fhirservices/ehr`;

export function document(id: string, type: string, more: Partial<AzureDocument> = {}): AzureDocument {
  return { id, type, name: id.split('/').at(-1) ?? id, location: 'westeurope', properties: {}, ...more };
}

export const ward = document(workspace, 'Microsoft.HealthcareApis/workspaces', {
  properties: { publicNetworkAccess: 'Disabled', odd: null },
});
export const ehr = document(fhir, 'Microsoft.HealthcareApis/workspaces/fhirservices', { kind: 'fhir-R4' });

/** Starts a sandbox that this test's end stops. */
export async function openAzure(estate: object, options: SandboxOptions = {}): Promise<Azure> {
  const parsed = parseEstate({ now, name: 'test', ...estate }, new Date(now));
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  const sandbox = await startSandbox(parsed.estate, options);
  open.push(sandbox);
  const token = (audience: string) => issueToken(sandbox.world, audience).token;
  const send = (url: string, ask: Ask = {}) => exchange(url, sandbox.tls.ca, ask);
  const authorization = () => ({ authorization: `Bearer ${token('https://management.azure.com')}` });
  const ask = (path: string, { headers, ...more }: Ask = {}) =>
    send(path.startsWith('/') ? `${sandbox.endpoints.resourceManager}${encodeURI(path)}` : path, {
      headers: { ...authorization(), ...headers },
      ...more,
    });
  return {
    sandbox,
    token,
    send,
    ask,
    graph: (query, more = {}) =>
      ask('/providers/Microsoft.ResourceGraph/resources?api-version=2024-04-01', {
        method: 'POST',
        body: { query, ...more },
      }),
  };
}

function exchange(url: string, ca: string, { method = 'GET', headers = {}, body, signal }: Ask): Promise<Reply> {
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const options = { method, headers, ca, agent: false, ...(signal === undefined ? {} : { signal }) };
    const request = send(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const reply = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: reply, body: parse(reply) });
      });
    });
    request.on('error', reject);
    request.end(text);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
