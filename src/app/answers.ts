import type * as z from 'zod';
import { type Caller, callerOf, type Headers } from './principal.ts';
import type { Environment } from './service.ts';

/** The part of a request that the routes read, and what they answer; the shapes of `@azure/functions`. */
export interface Request {
  readonly headers: Headers;
  readonly query: { get(name: string): string | null };
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Answers hold the state of a health service: no cache keeps them, no frame shows them, no script runs in them. */
export const guards = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const;

export type Role = 'Auditor' | 'Operator';

/** The signed-in caller if it has one of the roles, else the refusal. */
export function authorise(request: Request, environment: Environment, roles: readonly Role[]): Caller | Answer {
  const caller = callerOf(request.headers, environment);
  if (!caller) return problem(401, 'Not signed in', 'This route answers only callers that App Service has signed in.');
  if (caller.roles.some((role) => roles.some((one) => one === role))) return caller;
  return problem(
    403,
    `Not ${roles[0] === 'Auditor' ? 'an auditor' : 'an operator'}`,
    `This route needs the app role ${roles.join(' or ')}.`,
  );
}

export function json(status: number, value: unknown): Answer {
  return { status, headers: { ...guards, 'content-type': 'application/json' }, body: JSON.stringify(value, null, 2) };
}

/** RFC 9457. */
export function problem(status: number, title: string, detail: string): Answer {
  const body = JSON.stringify({ type: 'about:blank', title, status, detail });
  return { status, headers: { ...guards, 'content-type': 'application/problem+json' }, body };
}

/** Lists of names: nobody types more, and a longer body is not ours. */
const longestBody = 64 * 1024;

/** What an optional JSON body asks for; an empty one asks for nothing in particular. `expected` tells what it may hold. */
export function readSelection<T extends object>(
  text: string,
  schema: z.ZodType<T>,
  expected: string,
): T | Record<string, never> | { readonly problem: string } {
  if (text.trim() === '') return {};
  if (text.length > longestBody) return { problem: `The body has more than ${longestBody} characters.` };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: 'The body is not JSON.' };
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  return { problem: `Expected ${expected}. ${issues.join(' ')}` };
}
