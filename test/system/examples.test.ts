import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { checks } from '../../src/checks/index.ts';
import { differences, type ExampleCase, type ScanOutcome, scanEstate } from './example-case.ts';

const folder = fileURLToPath(new URL('../../../shared/examples/estates', import.meta.url));
// In CI the folder must be there: a run that judged nothing must not pass.
const present = existsSync(folder) || process.env.CI === 'true';
if (!present)
  console.warn('SKIPPED: the shared example estates are not beside the repository; nothing was judged by them');

const files = present
  ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json'))
      .sort()
  : [];
const checkIds = new Set(checks.map((check) => check.id));
const bases = new Map<string, Promise<ScanOutcome>>();

function readCase(file: string): ExampleCase {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Several cases share a base; it is scanned once. */
function scanBase(file: string): Promise<ScanOutcome> {
  const base = bases.get(file) ?? scanEstate(readCase(file).estate);
  bases.set(file, base);
  return base;
}

test.skipIf(!present).concurrent.each(present ? files : ['(none)'])(
  'the estate %s gets the verdicts it must get',
  { timeout: 400_000 },
  async (name) => {
    const file = join(folder, name);
    const one = readCase(file);
    const base = one.base === undefined ? undefined : scanBase(join(file, '..', one.base));

    const outcome = await scanEstate(one.estate);

    expect(differences(one, outcome, await base, checkIds), one.why).toEqual([]);
  },
);
