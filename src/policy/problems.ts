import type * as z from 'zod';
import type { Path, PolicyDocument, PolicyProblem } from './document.ts';
import { endOf } from './exceptions.ts';
import type { PolicyInput } from './schema.ts';

type Issue = z.core.$ZodIssue;

/** What the schema found, in words and with the place in the file. */
export function schemaProblems(issues: readonly Issue[], document: PolicyDocument): readonly PolicyProblem[] {
  return issues.flatMap((issue) => problemsOf(issue, document, []));
}

function problemsOf(issue: Issue, document: PolicyDocument, above: Path): readonly PolicyProblem[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => document.problemAt(path, 'is no key of a policy here', key));
  }
  const value = valueAt(document.value, path);
  if (value === undefined) return [document.problemAt(path, 'is missing')];
  if (issue.code === 'invalid_union' && issue.message === 'Invalid input') {
    const likely = issue.errors.filter((errors) => !errors.some(isWrongType));
    const nested = likely.toSorted((a, b) => a.length - b.length)[0];
    if (nested !== undefined) return nested.flatMap((each) => problemsOf(each, document, path));
    return [document.problemAt(path, `must not be ${typeName(value)}`)];
  }
  return [document.problemAt(path, messageOf(issue, value))];
}

/** The value as a whole is of another type than this branch of a union wants. */
function isWrongType({ code, path }: Issue): boolean {
  return code === 'invalid_type' && path.length === 0;
}

function messageOf(issue: Issue, value: unknown): string {
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input')) {
    const wanted = issue.expected === 'object' || issue.expected === 'record' ? 'keys with values' : issue.expected;
    return `must be ${/^[aeiou]/.test(wanted) ? 'an' : 'a'} ${wanted}, is ${typeName(value)}`.replace('a keys', 'keys');
  }
  if (issue.code === 'invalid_value' && issue.message.startsWith('Invalid'))
    return `must be one of ${issue.values.map(String).join(', ')}`;
  return issue.message;
}

function typeName(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'keys with values' : `a ${typeof value}`;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, step) => {
    if (typeof at !== 'object' || at === null) return undefined;
    return Object.entries(at).find(([key]) => key === String(step))?.[1];
  }, value);
}

/** Exceptions that no longer except: no reason to refuse the policy, but the owner must hear of it. */
export function expiryWarnings(
  { exceptions }: PolicyInput,
  document: PolicyDocument,
  now: Date,
): readonly PolicyProblem[] {
  return (exceptions ?? []).flatMap(({ check, owner, expires }, i) =>
    now < endOf(expires)
      ? []
      : [
          document.problemAt(
            ['exceptions', i, 'expires'],
            `the exception of ${check} expired on ${expires} and no longer excepts; ${owner} answers for it`,
          ),
        ],
  );
}

/** In the order of the file, and no more than a person would read. */
export function inOrder(problems: readonly PolicyProblem[]): readonly PolicyProblem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column).slice(0, 100);
}
