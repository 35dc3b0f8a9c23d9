import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { atMost, type Figure } from './figure.ts';

const mebibyte = 1024 * 1024;

/** How much is deployed. */
export async function benchSize(): Promise<readonly Figure[]> {
  const sizeOf = (name: string): number =>
    statSync(fileURLToPath(new URL(`../dist/${name}`, import.meta.url))).size / mebibyte;
  return [
    atMost('bundle of the function app', sizeOf('functions.cjs'), 'MiB', 8),
    { what: 'bundle of the command line', value: sizeOf('cli.cjs'), unit: 'MiB' },
  ];
}
