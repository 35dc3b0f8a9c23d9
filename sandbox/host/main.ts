/**
 * The host's process: loads the bundle that would be deployed and runs its functions.
 * Usage: `node main.ts BUNDLE`. Prints one line of JSON when it is ready; logs go to stderr; SIGTERM ends it in order.
 */
import { Console } from 'node:console';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { isRecord } from '../checks.ts';
import { appAudience, bearerCaller } from '../monitor/webhook-token.ts';
import { createHttp } from './http.ts';
import type { Caller } from './principal.ts';
import { openQueue, type QueueListener, sendOutputs, toQueueListener } from './queues.ts';
import { type Route, toRoute } from './routes.ts';
import { readHostSettings } from './settings.ts';
import { describe, type Timer, toTimer } from './timers.ts';
import { createWorker, type InvocationResponse, type RegisteredFunction, type Worker } from './worker.ts';

const log = (level: string, category: string, message: string): void => {
  process.stderr.write(`[${new Date().toISOString()}] [${level}] [${category}] ${message}\n`);
};

// stdout carries one line, the host's; what functions print is log.
globalThis.console = new Console({ stdout: process.stderr, stderr: process.stderr });

const bundle = resolve(process.argv[2] ?? '');
const settings = readHostSettings(bundle);
process.chdir(settings.root);
const real = createWorker(settings.root, log);
await real.load(bundle);
const worker: Worker = { ...real, invoke };
const storage = process.env.AzureWebJobsStorage ?? '';
const hostId = createHash('sha256')
  .update(process.env.WEBSITE_SITE_NAME ?? bundle)
  .digest('hex')
  .slice(0, 32);

const routes: Route[] = [];
const timers: Timer[] = [];
const listeners: QueueListener[] = [];
const errors: { readonly function: string; readonly message: string }[] = [];
for (const registered of real.functions.values()) {
  try {
    index(registered);
  } catch (error) {
    // As in Azure a function in error is named and left out; the others run.
    const message = error instanceof Error ? error.message : String(error);
    errors.push({ function: registered.metadata.name, message });
    log('error', 'Host.Startup', `The '${registered.metadata.name}' function is in error: ${message}`);
  }
}
if (real.functions.size === 0) throw new Error('No job functions found.');

let caller: Caller | undefined = readCaller(JSON.parse(process.env.SANDBOX_CALLER ?? 'null'));
const masterKey = randomUUID();
const server = createHttp({
  routes,
  masterKey,
  log,
  invoke: (name, key, http) => invoke(name, [{ name: key, data: { http } }]),
  fire: (name) => timers.find((timer) => timer.name.toLowerCase() === name.toLowerCase())?.fire(),
  caller: (authorization) =>
    authorization === undefined ? caller : bearerCaller(authorization, appAudience, new Date()),
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
if (process.env.SANDBOX_HOLD_TIMERS !== 'true') await startTimers();
for (const listener of listeners) listener.start();

process.on('message', (message) => {
  if (!isRecord(message)) return;
  void obey(message).then(
    () => process.send?.({ id: message.id }),
    (error: unknown) => process.send?.({ id: message.id, error: describe(error) }),
  );
});
let ending = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (!ending) void end();
    ending = true;
  });
}
const failed = new Set(errors.map((error) => error.function));
const functions = [...real.functions.keys()].filter((name) => !failed.has(name));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
process.stdout.write(`${JSON.stringify({ url, functions, masterKey, errors })}\n`);

/** Puts a function behind its trigger; throws why it cannot run. */
function index(registered: RegisteredFunction): void {
  const { name, bindings, retryOptions } = registered.metadata;
  if (!/^[A-Za-z][\w-]{0,126}$/.test(name)) throw new Error(`'${name}' is not a valid function name.`);
  if (retryOptions !== undefined) throw new Error('Retry policies are not executed by this host.');
  for (const binding of Object.values(bindings)) {
    const { type } = binding;
    if (!['httpTrigger', 'http', 'timerTrigger', 'queueTrigger', 'queue'].includes(type)) {
      throw new Error(`The binding type(s) '${type}' are not registered at this host.`);
    }
    if (type.startsWith('queue')) {
      if (!settings.hasExtensionBundle) {
        throw new Error(`The binding type(s) '${type}' are not registered. host.json names no extensionBundle.`);
      }
      openQueue(binding);
    }
    if (type.endsWith('Trigger') && type !== 'httpTrigger' && storage === '') {
      throw new Error(
        'Missing value for AzureWebJobsStorage. This is required for all triggers other than httpTrigger.',
      );
    }
  }
  const route = toRoute(registered, settings.routePrefix);
  if (route !== undefined) routes.push(route);
  const timer = toTimer(registered, worker, storage, hostId, log);
  if (timer !== undefined) timers.push(timer);
  const listener = toQueueListener(registered, worker, settings.queues, log);
  if (listener !== undefined) listeners.push(listener);
}

async function invoke(...given: Parameters<Worker['invoke']>): Promise<InvocationResponse> {
  const [name] = given;
  log('information', `Function.${name}`, `Executing 'Functions.${name}'`);
  const response = await real.invoke(...given);
  const registered = real.functions.get(name);
  if (registered !== undefined) await sendOutputs(registered, response, settings.queues);
  log('information', `Function.${name}`, `Executed 'Functions.${name}' (Succeeded)`);
  return response;
}

async function obey(message: Readonly<Record<string, unknown>>): Promise<void> {
  if ('signIn' in message) {
    caller = readCaller(message.signIn);
    return;
  }
  if ('advanceClockMs' in message) return; // the clock's own preload has heard it
  if ('startTimers' in message) return startTimers();
  const timer = timers.find((one) => one.name === message.fire);
  if (timer === undefined) throw new Error(`There is no timer function '${String(message.fire)}'.`);
  await timer.fire();
}

async function startTimers(): Promise<void> {
  for (const timer of timers) await timer.start();
}

function readCaller(value: unknown): Caller | undefined {
  return isRecord(value) ? (value as unknown as Caller) : undefined;
}

async function end(): Promise<void> {
  server.close();
  server.closeIdleConnections();
  await Promise.all([...timers, ...listeners].map((one) => one.stop()));
  await real.terminate();
  process.exit(0);
}
