/** A hostile Azure on loopback, trusted by this process, and a client whose limits suit a test. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import type { TokenCredential } from '@azure/core-auth';
import { generate } from 'selfsigned';
import { type Azure, type AzureOptions, createAzure } from '../../src/evidence/azure/client.ts';
import type { Cloud } from '../../src/model.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

export interface HostileServer {
  readonly url: string;
  /** method and path of every request that arrived */
  readonly requests: string[];
  close(): Promise<void>;
}

const at = new Date();
const validity = { notBeforeDate: new Date(at.getTime() - 864e5), notAfterDate: new Date(at.getTime() + 864e5) };
const keys = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256', ...validity } as const;

async function trustedLeaf(): Promise<{ key: string; cert: string }> {
  const ca = await generate([{ name: 'commonName', value: 'test' }], {
    ...keys,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ],
  });
  tls.setDefaultCACertificates([ca.cert]);
  const leaf = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...keys,
    ca: { key: ca.private, cert: ca.cert },
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  return { key: leaf.private, cert: leaf.cert };
}

let leaf: Promise<{ key: string; cert: string }> | undefined;

export async function serve(handler: Handler, scheme: 'https' | 'http' = 'https'): Promise<HostileServer> {
  leaf ??= trustedLeaf();
  const requests: string[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    requests.push(`${request.method} ${request.url}`);
    request.resume().on('end', () => handler(request, response, requests.length));
  };
  const server = scheme === 'https' ? createHttps(await leaf, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `${scheme}://localhost:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function answer(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) {
  response.writeHead(status, { 'content-type': 'application/json', 'x-ms-request-id': 'r-1', ...headers });
  response.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
}

export function cloudAt(endpoint: string): Cloud {
  return {
    name: 'AzureCloud',
    resourceManager: endpoint,
    resourceManagerAudience: 'https://management.azure.com',
    logs: 'https://api.loganalytics.io',
    logsAudience: 'https://api.loganalytics.io',
    metrics: 'https://{region}.metrics.monitor.azure.com',
    metricsAudience: 'https://metrics.monitor.azure.com',
    microsoftGraph: 'https://graph.microsoft.com',
    authorityHost: 'login.microsoftonline.com',
    healthSuffix: 'azurehealthcareapis.com',
    simulated: true,
  };
}

export const now = (): Date => new Date('2026-11-22T08:00:00Z');

export const workingCredential: TokenCredential = {
  getToken: async () => ({ token: 'secret-token', expiresOnTimestamp: now().getTime() + 3_600_000 }),
};

/** Small enough to see every limit at work within a test, large enough for a busy machine. */
export const testLimits = {
  attemptMs: 1_500,
  callMs: 10_000,
  tokenMs: 600,
  backOffMs: 1,
  retryAfterMs: 1_500,
  waitMs: 3_000,
  pageBytes: 200_000,
  pages: 5,
  depth: 20,
};

export function azureAt(endpoint: string, more: Partial<AzureOptions> = {}): Azure {
  return createAzure({
    credential: workingCredential,
    cloud: cloudAt(endpoint),
    now,
    random: () => 0.5,
    ...more,
    limits: { ...testLimits, ...more.limits },
  });
}
