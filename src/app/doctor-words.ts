import type * as z from 'zod';
import { visible } from '../reports/text.ts';
import { type App, type AppAnswer, reasonOf } from './client.ts';

/** One line of the doctor. */
export interface Diagnosis {
  readonly what: string;
  readonly verdict: 'ok' | 'FAIL' | 'unknown';
  readonly seen: string;
  /** absent: nothing */
  readonly todo?: string;
}

/** An answer, or why there is none. */
export type Asked = { readonly ok: true; readonly answer: AppAnswer } | { readonly ok: false; readonly reason: string };

export async function ask(app: App, path: string, how: Parameters<App['call']>[1] = {}): Promise<Asked> {
  try {
    return { ok: true, answer: await app.call(path, how) };
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  }
}

export function unanswered(reason: string): Pick<Diagnosis, 'seen' | 'todo'> {
  return { seen: `no answer: ${reason}`, todo: 'check the address, and that this machine can reach it' };
}

export function todoOf(status: number): string {
  if (status === 401) return 'check --audience or FHIRWATCH_AUDIENCE: api://<client id of the app registration>';
  if (status === 403) return 'get the app role Auditor or Operator, then sign in again';
  return 'check the address; the log of the app says more';
}

export function parsed<T>(shape: z.ZodType<T>, text: string): T | undefined {
  try {
    return shape.safeParse(JSON.parse(text)).data;
  } catch {
    // no JSON is no evidence: the caller tells what came instead
    return undefined;
  }
}

/** What came from the app is shown, never obeyed: no control character reaches the terminal. */
export function lineOf({ what, verdict, seen, todo }: Diagnosis): string {
  const line = `${verdict.padEnd(8)} ${what.padEnd(23)} ${visible(seen).slice(0, 600)}`;
  return todo === undefined ? `${line}\n` : `${line}\n${' '.repeat(33)}to do: ${visible(todo)}\n`;
}
