import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

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

/** The high-water mark of a process's resident memory in MiB, as Linux tells it; 0 where it does not. */
export function peakOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0; // no such file elsewhere, or the process has just ended
  }
}

/** What a process has used of the processors so far, in seconds, as Linux tells it; 0 where it does not. */
export function processorSecondsOf(pid: number | undefined): number {
  try {
    const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
    const [user, system] = fields.split(' ').slice(11, 13).map(Number);
    return ((user ?? 0) + (system ?? 0)) / ticksPerSecond;
  } catch {
    return 0; // no such file elsewhere, or the process has just ended
  }
}

/** USER_HZ: the same on every Linux that Node runs on */
const ticksPerSecond = 100;
