import { fileURLToPath } from 'node:url';
import { loadEstate } from '../sandbox/command-line/load-estate.ts';
import { startHost } from '../sandbox/host/start.ts';
import { startSandbox } from '../sandbox/sandbox.ts';
import { atMost, type Figure, median } from './figure.ts';
import { measure } from './process.ts';

const bundle = fileURLToPath(new URL('../dist/functions.cjs', import.meta.url));
const probe = fileURLToPath(new URL('./load-probe.ts', import.meta.url));
const runs = 7;

/** From require to registered, in a process of its own; and the first sweep, on which SDKs and telemetry load. */
export async function benchLoad(): Promise<readonly Figure[]> {
  const loads: number[] = [];
  for (let run = 0; run <= runs; run += 1) {
    const { stdout } = await measure([probe, bundle]);
    if (run > 0) loads.push(Number(stdout));
  }
  return [
    atMost(`require to registered, warm (median of ${runs})`, median(loads), 'ms', 300),
    ...(await firstSweeps()),
  ];
}

async function firstSweeps(): Promise<readonly Figure[]> {
  const loaded = loadEstate('compliantClinic');
  if (!loaded.ok) throw new Error(loaded.problems.join('\n'));
  const sandbox = await startSandbox(loaded.estate, { app: true });
  const offset = sandbox.world.now().getTime() - Date.now();
  const host = await startHost({ bundle, env: sandbox.environment, clockOffsetMs: offset, onLog: () => {} });
  try {
    const time = async (): Promise<number> => {
      const started = performance.now();
      await host.fire('sweepNetwork');
      return performance.now() - started;
    };
    const first = await time();
    return [
      { what: 'first network sweep of compliantClinic (SDKs load)', value: first, unit: 'ms' },
      { what: 'second network sweep', value: await time(), unit: 'ms' },
    ];
  } finally {
    await host.close();
    await sandbox.close();
  }
}
