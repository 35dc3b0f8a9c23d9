import { readFile } from 'node:fs/promises';
import { catalogueIds } from '../checks/ids.ts';
import { type Policy, parsePolicy, problemText } from '../policy.ts';

export interface LoadedPolicy {
  readonly policy: Policy;
  readonly text: string;
  readonly sha256: string;
  /** valid, but no longer of use */
  readonly warnings: readonly string[];
}

export type PolicyLoading =
  | { readonly ok: true; readonly loaded: LoadedPolicy }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads and checks the policy; every problem names the file, the line and the column. */
export async function loadPolicy(file: string, now: Date): Promise<PolicyLoading> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    return {
      ok: false,
      problems: [`${file} could not be read (${code}): expected the policy, see fhirwatch.yaml of the project`],
    };
  }
  return checkPolicy(text, file, now);
}

export function checkPolicy(text: string, file: string, now: Date): PolicyLoading {
  const parsed = parsePolicy(text, { now, checkIds: catalogueIds });
  if (!parsed.ok) return { ok: false, problems: parsed.problems.map((problem) => problemText(file, problem)) };
  const { policy, sha256, warnings } = parsed;
  return {
    ok: true,
    loaded: { policy, text, sha256, warnings: warnings.map((warning) => problemText(file, warning)) },
  };
}
