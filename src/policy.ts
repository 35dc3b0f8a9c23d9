import { createHash } from 'node:crypto';
import type { Expectations, Observed, Service } from './model.ts';
import { type PolicyProblem, readDocument } from './policy/document.ts';
import { type Exception, type ExceptionAnswer, endOf, exceptionFor } from './policy/exceptions.ts';
import { expectationsFor, type Override } from './policy/expectations.ts';
import { expiryWarnings, inOrder, schemaProblems } from './policy/problems.ts';
import { type ExpectationsInput, type PolicyInput, policySchema } from './policy/schema.ts';

export type { PolicyProblem } from './policy/document.ts';
export type { Exception, ExceptionAnswer } from './policy/exceptions.ts';

/** A self-hosted FHIR server. */
export interface Server {
  readonly url: string;
  readonly authority?: string;
  readonly audience?: string;
  /** what its name must resolve to */
  readonly addresses: readonly string[];
}

/** `fhirwatch.yaml`, valid and with every section there. */
export interface Policy {
  readonly estate: {
    /** lower-case ids; empty, and no management group either: all that the identity can read */
    readonly subscriptions: readonly string[];
    /** names, not full ids */
    readonly managementGroups: readonly string[];
    /** resource ids; `*` at the end stands for anything */
    readonly exclude: readonly string[];
    readonly servers: readonly Server[];
  };
  /** as written; `resolveExpectations` fills in the defaults */
  readonly expect: ExpectationsInput;
  readonly optIn: readonly string[];
  readonly vantage: { readonly record: string };
  readonly overrides: readonly Override[];
  readonly exceptions: readonly Exception[];
}

export type PolicyResult =
  | {
      readonly ok: true;
      readonly policy: Policy;
      /** of the text */
      readonly sha256: string;
      /** valid, but no longer of use: an expired exception */
      readonly warnings: readonly PolicyProblem[];
    }
  | { readonly ok: false; readonly problems: readonly PolicyProblem[] };

export interface PolicyOptions {
  readonly now: Date;
  /** ids that an exception may name */
  readonly checkIds: readonly string[];
}

/** What `optIn` may name: checks that need a further right, and reading the directory (CHECKS, "Opt-in"). */
export const optInIds = [
  'app-registration',
  'directory',
  'profiles',
  'reindex-jobs',
  'search-parameters',
  'token-audience',
] as const;

/** Reads a policy, YAML or JSON, or says everything that is wrong with it, in the order of the file. */
export function parsePolicy(text: string, options: PolicyOptions): PolicyResult {
  const read = readDocument(text);
  if (!read.ok) return read;
  const { document } = read;
  const parsed = policySchema({ ...options, optInIds }).safeParse(document.value);
  if (!parsed.success) return { ok: false, problems: inOrder(schemaProblems(parsed.error.issues, document)) };
  return {
    ok: true,
    policy: policyOf(parsed.data),
    sha256: createHash('sha256').update(text).digest('hex'),
    warnings: expiryWarnings(parsed.data, document, options.now),
  };
}

function policyOf({ estate, expect, optIn, vantage, overrides, exceptions }: PolicyInput): Policy {
  return {
    estate: {
      subscriptions: (estate?.subscriptions ?? []).map((id) => lastOf(id).toLowerCase()),
      managementGroups: (estate?.managementGroups ?? []).map(lastOf),
      exclude: estate?.exclude ?? [],
      servers: (estate?.servers ?? []).map(({ url, authority, audience, addresses }) => ({
        url,
        ...(authority != null && { authority }),
        ...(audience != null && { audience }),
        addresses: addresses ?? [],
      })),
    },
    expect: expect ?? {},
    optIn: optIn ?? [],
    vantage: { record: vantage?.record ?? 'vantage.fhirwatch.internal' },
    overrides: (overrides ?? []).map((override) => ({ match: override.match, expect: override.expect ?? {} })),
    exceptions: (exceptions ?? []).map(({ observed, ...exception }) => ({
      ...exception,
      ...(observed != null && { observed }),
    })),
  };
}

const lastOf = (id: string): string => id.split('/').filter(Boolean).at(-1) ?? id;

/** One line for a terminal or a log: `fhirwatch.yaml:12:5 exceptions[0].expires: …`. */
export function problemText(file: string, { line, column, path, message }: PolicyProblem): string {
  return `${file}:${line}:${column} ${path === '' ? '' : `${path}: `}${message}`;
}

/** What the policy expects of one service, every default filled in. */
export function resolveExpectations(policy: Policy, service: Service): Expectations {
  return expectationsFor(policy.expect, policy.overrides, service);
}

/** The exception for a failed finding, or why the one there is no longer excepts; undefined where there is none. */
export function applicableException(
  policy: Policy,
  service: Service,
  check: string,
  observed: Observed,
  now: Date,
): ExceptionAnswer | undefined {
  return exceptionFor(policy.exceptions, service, check, observed, now);
}

/** The first instant at which an exception that expires then no longer holds. */
export function exceptionEnd(expires: string): Date {
  return endOf(expires);
}
