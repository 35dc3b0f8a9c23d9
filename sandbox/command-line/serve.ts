import { once } from 'node:events';
import { fstatSync } from 'node:fs';
import type { TrafficOptions } from '../limits.ts';
import { warmUp } from '../resource-graph/service.ts';
import { startSandbox } from '../sandbox.ts';
import type { Estate } from '../types.ts';

/** Serves the estate until a signal, or until whoever started this closes stdin. */
export async function serve(estate: Estate, traffic: TrafficOptions = {}): Promise<number> {
  const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), endOfInput()]);
  const sandbox = await startSandbox(estate, { app: true, ...traffic });
  warmUp(sandbox.world);
  const { endpoints, environment } = sandbox;
  process.stdout.write(`${JSON.stringify({ endpoints, environment })}\n`);
  await stopped;
  await sandbox.close();
  process.stdin.destroy();
  return 0;
}

/** Only a pipe or a terminal can end; a process in the background often has no input at all. */
function endOfInput(): Promise<unknown> {
  const input = fstatSync(0);
  if (!input.isFIFO() && !input.isSocket() && !process.stdin.isTTY) return new Promise(() => {});
  process.stdin.resume();
  return once(process.stdin, 'end');
}
