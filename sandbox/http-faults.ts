/** What a fault of the estate makes of an answer; hang, reset, delay, truncation and skew are the server's own (http.ts). */
import type { SandboxRequest, SandboxResponse, ServerOptions } from './http.ts';
import type { Fault, Json } from './types.ts';

const html =
  '<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><h1>Sign in to continue</h1></body></html>\n';

/** The answer to a request that this fault hits, or the service's own where it hits none. */
export async function applyFault(
  fault: Fault | undefined,
  request: SandboxRequest,
  { handle, errorBody, partial }: Pick<ServerOptions, 'handle' | 'errorBody' | 'partial'>,
): Promise<SandboxResponse> {
  if (fault === undefined) return handle(request);
  switch (fault.kind) {
    case 'status': {
      const status = fault.status ?? 500;
      return { status, headers: faultHeaders(fault), body: fault.body ?? errorBody(status, request) };
    }
    case 'empty':
      return { status: fault.status ?? 200, headers: faultHeaders(fault) };
    case 'html':
      return {
        status: fault.status ?? 200,
        headers: { 'content-type': 'text/html; charset=utf-8', ...faultHeaders(fault) },
        body: fault.body ?? html,
      };
    case 'partial': {
      const whole = await handle(request);
      return withHeaders(partial?.(whole, request) ?? halve(whole), fault);
    }
    case 'nextLink':
      return withHeaders(withNextLink(await handle(request), request, fault.link ?? '{self}'), fault);
    default:
      return withHeaders(await handle(request), fault);
  }
}

function faultHeaders(fault: Fault): Record<string, string> {
  return { ...(fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) }), ...fault.headers };
}

function withHeaders(response: SandboxResponse, fault: Fault): SandboxResponse {
  return { ...response, headers: { ...response.headers, ...faultHeaders(fault) } };
}

function withNextLink(response: SandboxResponse, request: SandboxRequest, link: string): SandboxResponse {
  if (!isRecord(response.body)) return response;
  const query = request.query.toString();
  const self = `${request.origin}${encodeURI(request.path)}${query ? `?${query}` : ''}`;
  const nextLink = link.replaceAll('{self}', self).replaceAll('{origin}', request.origin);
  return { ...response, body: { ...response.body, nextLink } };
}

function halve(response: SandboxResponse): SandboxResponse {
  if (!isRecord(response.body) || !Array.isArray(response.body.value)) return response;
  const { nextLink: _, ...rest } = response.body;
  const value = response.body.value.slice(0, Math.floor(response.body.value.length / 2));
  const error = { code: 'PartialResult', message: 'The service could return only a part of the result.' };
  return { ...response, body: { ...rest, value, error } };
}

function isRecord(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
