/** Starts the local Functions host as a process of its own, guarded like the product (child.ts). */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isRecord } from '../checks.ts';
import { spawnProduct } from '../child.ts';
import type { Caller } from './principal.ts';

export interface HostOptions {
  /** the CommonJS bundle that would be deployed */
  readonly bundle: string;
  /** app settings; the host sees no other environment variable */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clockOffsetMs?: number;
  /** who is signed in from the start, if WEBSITE_AUTH_ENABLED is true; default: nobody */
  readonly caller?: Caller;
  /** timer functions run only when they are fired, until `startTimers`: whoever moves the clock says when it is time */
  readonly holdTimers?: boolean;
  /** gets each line of the host's log; default: stderr of this process */
  readonly onLog?: (line: string) => void;
}

export interface RunningHost {
  readonly url: string;
  /** names of the functions that run */
  readonly functions: readonly string[];
  /** functions that the host left out, and why */
  readonly errors: readonly { readonly function: string; readonly message: string }[];
  /** opens `/admin/functions/{name}` and functions of level `function` */
  readonly masterKey: string;
  /** runs a timer function now and waits for it; rejects with what it threw */
  fire(name: string): Promise<void>;
  /** from now on the timers run by their schedules, where they were held */
  startTimers(): Promise<void>;
  signIn(caller: Caller | undefined): Promise<void>;
  /** moves the app's clock forward; timers that run notice within half a minute */
  advanceClock(ms: number): void;
  /** ends the host in order: no new work, running work finished, appTerminate hooks */
  close(): Promise<void>;
  /** ends the host as a machine ends that dies: nothing is finished, nothing is given back */
  kill(): void;
  /** the host's exit code, once it has ended */
  readonly ended: Promise<number>;
}

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const PATIENCE_MS = 30_000;

/** Resolves when the host is ready; rejects with its log if it ends before. */
export async function startHost(options: HostOptions): Promise<RunningHost> {
  const { bundle, env, clockOffsetMs = 0, caller, holdTimers = false } = options;
  const { onLog = (line) => process.stderr.write(`${line}\n`) } = options;
  const { process: child, ended } = spawnProduct({
    script: MAIN,
    args: [bundle],
    env: {
      ...env,
      ...(caller === undefined ? {} : { SANDBOX_CALLER: JSON.stringify(caller) }),
      ...(holdTimers ? { SANDBOX_HOLD_TIMERS: 'true' } : {}),
    },
    clockOffsetMs,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (lines.length < 200) lines.push(line);
      onLog(line);
    });
  }
  const ready = await Promise.race([readyLine(child), ended.then((code) => failure(code, lines))]);
  const ask = talkTo(child);
  return {
    ...ready,
    ended,
    fire: (name) => ask({ fire: name }),
    startTimers: () => ask({ startTimers: true }),
    signIn: (next) => ask({ signIn: next ?? null }),
    advanceClock: (ms) => void child.send({ advanceClockMs: ms }),
    kill: () => void child.kill('SIGKILL'),
    close: async () => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

function readyLine(child: ChildProcess): Promise<Pick<RunningHost, 'url' | 'functions' | 'errors' | 'masterKey'>> {
  return new Promise((resolve) => {
    if (child.stdout === null) return;
    // Whatever the functions print after the first line is read and left: stdout is the host's.
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line)));
  });
}

function failure(code: number, lines: readonly string[]): never {
  throw new Error(`the Functions host ended with ${code} before it was ready:\n${lines.join('\n')}`);
}

/** Requests over the channel; the child answers each by its number. */
function talkTo(child: ChildProcess): (message: object) => Promise<void> {
  const waiting = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  let count = 0;
  child.on('message', (message) => {
    if (!isRecord(message) || typeof message.id !== 'number') return;
    const asked = waiting.get(message.id);
    waiting.delete(message.id);
    if (typeof message.error === 'string') asked?.reject(new Error(message.error));
    else asked?.resolve();
  });
  child.once('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error('the Functions host has ended'));
  });
  return (message) =>
    new Promise((resolve, reject) => {
      count += 1;
      waiting.set(count, { resolve, reject });
      child.send({ ...message, id: count });
    });
}
