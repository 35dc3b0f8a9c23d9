import { randomUUID } from 'node:crypto';
import type { SandboxResponse } from '../http.ts';
import type { KqlError } from '../kql/engine.ts';
import type { TokenFailure } from '../tokens.ts';
import type { Json, JsonObject } from '../types.ts';

/** Errors of the log query API in its own words (Azure Monitor, "Log Analytics API errors", and answers seen in issues). */

const MESSAGES: Readonly<Record<number, readonly [code: string, message: string]>> = {
  400: ['BadArgumentError', 'The request had some invalid properties'],
  401: ['AuthorizationRequiredError', 'Valid authentication was not provided'],
  403: [
    'InsufficientAccessError',
    'The provided credentials have insufficient access to perform the requested operation',
  ],
  404: ['PathNotFoundError', 'The requested path does not exist'],
  429: ['ThrottledError', 'Rate limit is exceeded'],
  500: ['InternalServerError', 'An unexpected error occurred while processing the request'],
  502: ['BadGateway', 'The backend could not be reached'],
  503: ['ServiceUnavailableError', 'The service is currently unavailable'],
  504: ['GatewayTimeout', 'Gateway timeout'],
};

function errorBody(code: string, message: string, more: JsonObject = {}): JsonObject {
  return { error: { message, code, correlationId: randomUUID(), ...more } };
}

export function statusBody(status: number): JsonObject {
  const [code, message] = MESSAGES[status] ?? ['UnknownError', `The request failed with status ${status}`];
  return errorBody(code, message);
}

export function refusal(status: number): SandboxResponse {
  return { status, body: statusBody(status) };
}

export function workspaceNotFound(): SandboxResponse {
  return { status: 404, body: errorBody('WorkspaceNotFoundError', 'The workspace could not be found') };
}

export function badArgument(inner: { readonly code: string; readonly message: string }): SandboxResponse {
  const [code, message] = MESSAGES[400] as readonly [string, string];
  return { status: 400, body: errorBody(code, message, { innererror: inner }) };
}

export function unauthorized(failure: TokenFailure): SandboxResponse {
  if (failure.reason === 'missing' || failure.reason === 'malformed' || failure.reason === 'expired')
    return refusal(401);
  const innererror = { code: 'SignatureVerificationFailed', message: 'Could not validate the request' };
  return {
    status: 403,
    body: errorBody('InvalidTokenError', 'The provided authentication is not valid for this resource', { innererror }),
  };
}

/** what a refused or failed query is answered with */
export function queryFailure(error: KqlError): SandboxResponse {
  const place = error.line === undefined ? {} : { line: error.line, pos: error.column ?? 0 };
  switch (error.code) {
    case 'SyntaxError':
      return badQuery('SyntaxError', 'A recognition error occurred in the query.', 'SYN0002', error.message, place);
    case 'SemanticError':
      return badQuery('SemanticError', 'A semantic error occurred.', 'SEM0100', error.message, place);
    case 'Unsupported':
      // Not Azure's: a gap of the sandbox must never look like an answer or like a mistake of the query.
      return badQuery(
        'SandboxUnsupported',
        'The sandbox does not execute this query.',
        'SANDBOX',
        error.message,
        place,
      );
    default:
      return {
        status: 504,
        body: errorBody('GatewayTimeout', 'Gateway timeout', {
          innererror: { code: error.code, message: error.message },
        }),
      };
  }
}

function badQuery(kind: string, summary: string, code: string, message: string, place: JsonObject): SandboxResponse {
  const innererror: Json = { code: kind, message: summary, innererror: { code, message, ...place } };
  return {
    status: 400,
    body: errorBody('BadArgumentError', 'The request had some invalid properties', { innererror }),
  };
}

/** goes beside the tables of an answer that does not hold everything */
export function partialError(reason: string): JsonObject {
  return {
    code: 'PartialError',
    message: 'There were some errors when processing your query.',
    details: [
      {
        code: 'EngineError',
        message: 'Something went wrong processing your query on the server.',
        innererror: { code: '-2133196797', message: reason, severity: 2, severityName: 'Error' },
      },
    ],
  };
}
