import { fileURLToPath } from 'node:url';
import { spawnProduct } from '../sandbox/child.ts';
import { loadEstate } from '../sandbox/command-line/load-estate.ts';
import { startSandbox } from '../sandbox/sandbox.ts';
import type { Figure } from './figure.ts';
import { atMost, median } from './figure.ts';
import { measure, peakOf } from './process.ts';

const sandboxMain = fileURLToPath(new URL('../sandbox/main.ts', import.meta.url));
const cli = fileURLToPath(new URL('../dist/cli.cjs', import.meta.url));
const runs = 3;

/** From command to report, the sandbox's own start included; and the scan alone, with the memory of its process. */
export async function benchScan(): Promise<readonly Figure[]> {
  const whole: number[] = [];
  for (let run = 0; run <= runs; run += 1) {
    const { wallMs, code } = await measure([sandboxMain, 'scan', 'compliantClinic', '--format', 'json']);
    if (code !== 0) throw new Error(`the scan of compliantClinic ended with ${code}`);
    if (run > 0) whole.push(wallMs);
  }
  const alone = await scanAlone();
  return [
    { what: `scan of compliantClinic, command to report (median of ${runs})`, value: median(whole), unit: 'ms' },
    { what: 'the same without the start of the sandbox', value: alone.wallMs, unit: 'ms' },
    atMost('memory of the scanning process at its peak', alone.peakMebibytes, 'MiB', 300),
  ];
}

async function scanAlone(): Promise<{ wallMs: number; peakMebibytes: number }> {
  const loaded = loadEstate('compliantClinic');
  if (!loaded.ok) throw new Error(loaded.problems.join('\n'));
  const sandbox = await startSandbox(loaded.estate);
  try {
    const scanOnce = async () => {
      const started = performance.now();
      const product = spawnProduct({
        script: cli,
        args: ['scan', '--format', 'json'],
        env: { PATH: process.env.PATH, ...sandbox.environment },
        clockOffsetMs: sandbox.world.now().getTime() - Date.now(),
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      let peakMebibytes = 0;
      const timer = setInterval(() => {
        peakMebibytes = Math.max(peakMebibytes, peakOf(product.process.pid));
      }, 20);
      await product.ended;
      clearInterval(timer);
      return { wallMs: performance.now() - started, peakMebibytes };
    };
    await scanOnce();
    return await scanOnce();
  } finally {
    await sandbox.close();
  }
}
