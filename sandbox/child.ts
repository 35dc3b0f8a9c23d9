/** Runs the product as a process of its own that cannot leave this machine and lives by the estate's clock. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface ProductOptions {
  readonly script: string;
  readonly args?: readonly string[];
  /** the whole environment; nothing of this process's own is added */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** how far the estate's clock is ahead of the real one */
  readonly clockOffsetMs?: number;
  /** for stdin, stdout and stderr; default: inherited */
  readonly stdio?: readonly ('inherit' | 'pipe' | 'ignore')[];
  readonly cwd?: string;
}

export interface RunningProduct {
  readonly process: ChildProcess;
  /** exit code, or 128 and the signal's number, as shells tell it */
  readonly ended: Promise<number>;
}

const PRELOADS = ['parent-guard', 'egress-guard', 'clock'].map((name) =>
  fileURLToPath(new URL(`./preload/${name}.cjs`, import.meta.url)),
);
const PASSED_ON = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** Starts the script under this Node; signals that end this process are passed on, and it never outlives this process. */
export function spawnProduct(options: ProductOptions): RunningProduct {
  const { script, args = [], env, clockOffsetMs = 0, stdio = ['inherit', 'inherit', 'inherit'], cwd } = options;
  const required = PRELOADS.flatMap((file) => ['--require', file]);
  const child = spawn(process.execPath, [...required, script, ...args], {
    env: { ...env, SANDBOX_CLOCK_OFFSET_MS: String(clockOffsetMs) },
    // The channel is what tells the child that this process is gone.
    stdio: [...stdio, 'ipc'] as StdioOptions,
    ...(cwd === undefined ? {} : { cwd }),
  });
  const passOn = (signal: NodeJS.Signals) => child.kill(signal);
  const signals = Object.keys(PASSED_ON) as (keyof typeof PASSED_ON)[];
  for (const signal of signals) process.on(signal, passOn);
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + numberOf(signal)));
  }).finally(() => {
    for (const signal of signals) process.off(signal, passOn);
  });
  return { process: child, ended };
}

function numberOf(signal: NodeJS.Signals | null): number {
  if (signal === 'SIGKILL') return 9;
  return signal !== null && signal in PASSED_ON ? PASSED_ON[signal as keyof typeof PASSED_ON] : 0;
}
