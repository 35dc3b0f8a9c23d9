import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { spawnProduct } from '../child.ts';
import { startSandbox } from '../sandbox.ts';
import type { Estate } from '../types.ts';
import { callersDirectory } from './load-estate.ts';

const bundle = fileURLToPath(new URL('../../dist/cli.cjs', import.meta.url));

/** What a process needs of its surroundings; everything else an app knows comes from the sandbox. */
const passedOn = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TEMP',
  'TMP',
  'SystemRoot',
  'LANG',
  'TERM',
  'NO_COLOR',
  'COLUMNS',
  'NODE_V8_COVERAGE',
];

/**
 * Runs `fhirwatch scan` in a sandbox that holds this estate; the exit code is the scan's own. With `read` its output does
 * not go to this process's own, but is read from the child.
 */
export async function scan(
  estate: Estate,
  args: readonly string[],
  read?: (child: ChildProcess) => void,
): Promise<number> {
  if (!existsSync(bundle)) {
    process.stderr.write('sandbox: the product is not built; npm run build makes dist/cli.cjs\n');
    return 3;
  }
  // Until the scan runs, a signal ends this process the ordinary way, which removes the temporary files.
  const stop = () => process.exit(130);
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const sandbox = await startSandbox(estate);
  try {
    // Loading the query language blocks this process for a while; a scan that already waits would take it for an outage.
    const { warmUp } = await import('../resource-graph/service.ts');
    warmUp(sandbox.world);
    const surroundings = passedOn.map((name) => [name, process.env[name]]);
    const product = spawnProduct({
      script: bundle,
      args: ['scan', ...args],
      env: { ...Object.fromEntries(surroundings), ...sandbox.environment },
      clockOffsetMs: sandbox.world.now().getTime() - Date.now(),
      cwd: callersDirectory(),
      ...(read ? { stdio: ['ignore', 'pipe', 'pipe'] } : {}),
    });
    read?.(product.process);
    process.off('SIGINT', stop).off('SIGTERM', stop);
    return await product.ended;
  } finally {
    await sandbox.close();
  }
}
