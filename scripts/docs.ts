import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checksPage } from './docs/checks-page.ts';
import { policySchemaFile } from './docs/policy-schema.ts';
import { reportSchemaFile } from './docs/report-schema.ts';
import { trapsPage } from './docs/traps-page.ts';

/** Every generated file of docs/, with what writes it; `undefined` where its source is not there yet. */
export const generators: Readonly<Record<string, (root: string) => Promise<string | undefined>>> = {
  'docs/policy.schema.json': policySchemaFile,
  'docs/report.schema.json': reportSchemaFile,
  'docs/checks.md': checksPage,
  'docs/traps.md': trapsPage,
};

/** Compares, and writes unless told only to look. @returns the files that were not as they should be */
export async function generate(root: string, { write }: { readonly write: boolean }): Promise<readonly string[]> {
  const stale: string[] = [];
  for (const [file, generator] of Object.entries(generators)) {
    const text = await generator(root);
    const path = join(root, file);
    if (text === undefined || (existsSync(path) && readFileSync(path, 'utf8') === text)) continue;
    stale.push(file);
    if (!write) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return stale;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const isCheck = process.argv.includes('--check');
  const stale = await generate(join(import.meta.dirname, '..'), { write: !isCheck });
  if (isCheck && stale.length > 0) {
    console.error(`Out of date: ${stale.join(', ')}. Run "npm run docs" and commit the result.`);
    process.exitCode = 1;
  } else {
    console.log(stale.length === 0 ? 'Every generated file is up to date.' : `Written: ${stale.join(', ')}`);
  }
}
