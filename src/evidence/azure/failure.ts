import type { Failure, Reason } from '../../model.ts';

/** A call that ended without a usable answer. The message names status and error code, never a token or a body. */
export class CallError extends Error {
  override readonly name = 'CallError';
  readonly reason: Reason;
  /** Azure's own error code, e.g. `AuthorizationFailed` */
  readonly code: string | undefined;
  readonly requestId: string | undefined;

  constructor(
    reason: Reason,
    message: string,
    more: { code?: string | undefined; requestId?: string | undefined } = {},
  ) {
    super(message);
    this.reason = reason;
    this.code = more.code;
    this.requestId = more.requestId;
  }
}

/** No token: the identity is down (`unreachable`) or was refused (`forbidden`). */
export class IdentityError extends Error {
  override readonly name = 'IdentityError';
  readonly reason: 'unreachable' | 'forbidden';

  constructor(reason: 'unreachable' | 'forbidden', message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

export function isIdentityFailure(error: unknown): boolean {
  return error instanceof IdentityError;
}

/** Why an HTTP status is no answer. */
export function reasonOfStatus(status: number): Reason {
  if (status === 401 || status === 403) return 'forbidden';
  if (status === 404) return 'not-found';
  if (status === 429) return 'throttled';
  if (status === 408 || status >= 500) return 'unreachable';
  return 'malformed';
}

/** What an error means for a reader. `what` names the call, e.g. `ARM GET /subscriptions/…`. */
export function toFailure(error: unknown, what: string): Failure {
  if (error instanceof CallError) return { reason: error.reason, detail: `${what}: ${error.message}` };
  if (error instanceof IdentityError) return { reason: error.reason, detail: `${what}: no token: ${error.message}` };
  const { name, statusCode, code } = fieldsOf(error);
  if (typeof statusCode === 'number') {
    return { reason: reasonOfStatus(statusCode), detail: `${what}: HTTP ${statusCode}${inBrackets(code)}` };
  }
  if (name === 'AbortError' || name === 'TimeoutError') {
    return { reason: 'unreachable', detail: `${what}: no answer in time` };
  }
  if (isConnectionCode(code)) return { reason: 'unreachable', detail: `${what}: no connection${inBrackets(code)}` };
  return { reason: 'malformed', detail: `${what}: the answer was not understood (${printable(name) ?? 'error'})` };
}

/** An error code in brackets, if it looks like one: whatever else stands there came from outside. */
export function inBrackets(code: unknown): string {
  const text = printable(code);
  return text === undefined ? '' : ` (${text})`;
}

function printable(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.-]{1,80}$/.test(value) ? value : undefined;
}

function isConnectionCode(code: unknown): boolean {
  return (
    typeof code === 'string' && /^(E[A-Z_]+|REQUEST_SEND_ERROR|CERT_\w+|\w*SELF_SIGNED\w*|UNABLE_TO_\w+)$/.test(code)
  );
}

function fieldsOf(error: unknown): { name?: unknown; statusCode?: unknown; code?: unknown } {
  return typeof error === 'object' && error !== null ? error : {};
}
