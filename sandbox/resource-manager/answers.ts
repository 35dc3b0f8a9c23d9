/** Resource Manager's answers: errors in Azure's words, lists in pages. */
import { parameter, type SandboxRequest, type SandboxResponse } from '../http.ts';
import type { Estate, Json, JsonObject } from '../types.ts';
import { displayName, resourceGroupOf, type Target } from './target.ts';

/** How many rows a list holds before it needs another page. */
const pageSize = 100;

export function failure(status: number, code: string, message: string): SandboxResponse {
  return { status, headers: { 'x-ms-failure-cause': 'gateway' }, body: { error: { code, message } } };
}

/** One page of a list, with the absolute link to the next on the same host. */
export function page(request: SandboxRequest, rows: readonly Json[]): SandboxResponse {
  const token = parameter(request, '$skiptoken');
  const start = token === undefined ? 0 : readSkipToken(token);
  if (start === undefined) return failure(400, 'InvalidSkipToken', `The skip token '${token}' is not valid.`);
  const value = rows.slice(start, start + pageSize);
  const end = start + value.length;
  if (end >= rows.length) return { status: 200, body: { value } };
  const query = new URLSearchParams([...request.query].filter(([key]) => key.toLowerCase() !== '$skiptoken'));
  query.append('$skiptoken', Buffer.from(`row:${end}`).toString('base64url'));
  return { status: 200, body: { value, nextLink: `${request.origin}${encodeURI(request.path)}?${query}` } };
}

export function found(body: Json): SandboxResponse {
  return { status: 200, body };
}

/** 403 in Azure's sentence; `action` is what the identity lacked, such as `Microsoft.Network/privateEndpoints/read`. */
export function forbidden(estate: Estate, action: string, scope: string): SandboxResponse {
  const { principalId } = estate.monitor;
  return failure(
    403,
    'AuthorizationFailed',
    `The client '${principalId}' with object id '${principalId}' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  );
}

export function resourceNotFound(target: Target): SandboxResponse {
  const group = resourceGroupOf(target.path);
  const where = group === undefined ? '' : ` under resource group '${group}'`;
  return failure(
    404,
    'ResourceNotFound',
    `The Resource '${displayName(target)}'${where} was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}

export function parentNotFound(target: Target): SandboxResponse {
  return failure(
    404,
    'ParentResourceNotFound',
    `Failed to perform 'read' on resource(s) of type '${target.type}', because the parent resource '${target.parent}' could not be found.`,
  );
}

/** The error body that a fault of this status gets where the estate names none. */
export function faultBody(estate: Estate, status: number, request: SandboxRequest): JsonObject {
  const subject = { action: 'Microsoft.Resources/subscriptions/resources/read', scope: request.path };
  const byStatus: Readonly<Record<number, SandboxResponse>> = {
    401: failure(401, 'InvalidAuthenticationToken', 'The access token is invalid.'),
    403: forbidden(estate, subject.action, subject.scope),
    404: failure(404, 'ResourceNotFound', `The resource at '${request.path}' was not found.`),
    409: failure(409, 'Conflict', 'The request conflicts with the state of the resource.'),
    429: failure(
      429,
      'SubscriptionRequestsThrottled',
      'Number of requests for the subscription and operation group exceeded the limit. Please try again later.',
    ),
    500: failure(500, 'InternalServerError', 'Encountered internal server error.'),
    502: failure(502, 'BadGateway', 'The gateway did not receive a response from the resource provider.'),
    503: failure(503, 'ServiceUnavailable', 'The service is currently unavailable. Please retry later.'),
    504: failure(504, 'GatewayTimeout', 'The gateway did not receive a response within the specified time period.'),
  };
  const { body } = byStatus[status] ?? failure(status, `Status${status}`, 'The request failed.');
  return body as JsonObject;
}

function readSkipToken(token: string): number | undefined {
  const row = /^row:(\d{1,9})$/.exec(Buffer.from(token, 'base64url').toString('utf8'))?.[1];
  return row === undefined ? undefined : Number(row);
}
