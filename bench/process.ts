import { spawn } from 'node:child_process';

export interface Measured {
  readonly stdout: string;
  readonly wallMs: number;
  readonly code: number;
}

/** Runs a script under this Node to its end. */
export function measure(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Measured> {
  const started = performance.now();
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ stdout, wallMs: performance.now() - started, code: code ?? -1 }));
  });
}
