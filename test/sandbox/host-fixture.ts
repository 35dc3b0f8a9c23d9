import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

export interface Fixture {
  readonly bundle: string;
  remove(): Promise<void>;
}

export const HOST_JSON = {
  version: '2.0',
  extensionBundle: { id: 'Microsoft.Azure.Functions.ExtensionBundle', version: '[4.*, 5.0.0)' },
  extensions: { queues: { maxDequeueCount: 2, batchSize: 4 } },
};

/** Bundles functions as the product is bundled: CommonJS, everything inside but the host's own module. */
export async function bundleFunctions(source: string, hostJson: object = HOST_JSON): Promise<Fixture> {
  const folder = await mkdtemp(join(tmpdir(), 'host-'));
  const bundle = join(folder, 'dist', 'functions.cjs');
  await writeFile(join(folder, 'host.json'), JSON.stringify(hostJson));
  await build({
    stdin: { contents: source, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    minify: true,
    external: ['@azure/functions-core'],
    outfile: bundle,
    logLevel: 'error',
  });
  return { bundle, remove: () => rm(folder, { recursive: true }) };
}
