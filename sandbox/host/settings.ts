/** What the host reads before it starts: host.json, app settings and the schedules that functions bind. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isRecord } from '../checks.ts';

export interface QueueSettings {
  readonly batchSize: number;
  readonly newBatchThreshold: number;
  readonly maxDequeueCount: number;
  /** between a failure and the next attempt */
  readonly visibilityTimeoutSeconds: number;
  readonly maxPollingIntervalMs: number;
  readonly encoded: boolean;
}

export interface HostSettings {
  /** folder of host.json */
  readonly root: string;
  readonly routePrefix: string;
  readonly queues: QueueSettings;
  /** triggers beyond HTTP and timers come with the extension bundle */
  readonly hasExtensionBundle: boolean;
}

/** Reads the host.json that stands beside the bundle or in a folder above it; throws what is wrong with it. */
export function readHostSettings(bundle: string): HostSettings {
  const { root, text } = findHostJson(dirname(bundle));
  const json: unknown = JSON.parse(text);
  if (!isRecord(json) || json.version !== '2.0') throw new Error('host.json must have "version": "2.0".');
  const extensions = isRecord(json.extensions) ? json.extensions : {};
  const http = isRecord(extensions.http) ? extensions.http : {};
  const bundled = isRecord(json.extensionBundle) ? json.extensionBundle : {};
  return {
    root,
    routePrefix: typeof http.routePrefix === 'string' ? http.routePrefix.replaceAll(/^\/|\/$/g, '') : 'api',
    queues: readQueues(isRecord(extensions.queues) ? extensions.queues : {}),
    hasExtensionBundle: typeof bundled.id === 'string' && typeof bundled.version === 'string',
  };
}

function findHostJson(start: string): { readonly root: string; readonly text: string } {
  for (let root = start; ; root = dirname(root)) {
    try {
      return { root, text: readFileSync(join(root, 'host.json'), 'utf8') };
    } catch (error) {
      if (!isRecord(error) || error.code !== 'ENOENT') throw error;
      if (root === dirname(root)) throw new Error(`There is no host.json in '${start}' or above it.`);
    }
  }
}

function readQueues(given: Readonly<Record<string, unknown>>): QueueSettings {
  const whole = (name: string, least: number, most: number, otherwise: number): number => {
    const value = given[name] ?? otherwise;
    if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) {
      throw new Error(`host.json: extensions.queues.${name} must be a whole number from ${least} to ${most}.`);
    }
    return value as number;
  };
  const batchSize = whole('batchSize', 1, 32, 16);
  return {
    batchSize,
    newBatchThreshold: whole('newBatchThreshold', 0, 1000, Math.floor(batchSize / 2)),
    maxDequeueCount: whole('maxDequeueCount', 1, 1000, 5),
    visibilityTimeoutSeconds: spanOf(given.visibilityTimeout ?? '00:00:00', 'visibilityTimeout'),
    maxPollingIntervalMs: spanOf(given.maxPollingInterval ?? '00:01:00', 'maxPollingInterval') * 1000,
    encoded: given.messageEncoding !== 'none',
  };
}

function spanOf(value: unknown, name: string): number {
  const match = /^(?:(\d+)\.)?(\d{2}):(\d{2}):(\d{2})$/.exec(String(value));
  if (match === null) throw new Error(`host.json: extensions.queues.${name} must be a time span such as 00:00:30.`);
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}

/** Replaces `%NAME%` by the app setting of that name; a setting that is not there fails the function, as in Azure. */
export function expand(text: string, env: NodeJS.ProcessEnv): string {
  return text.replaceAll(/%([^%]+)%/g, (whole, name: string) => {
    const value = env[name];
    if (value === undefined) throw new Error(`${whole} does not resolve to a value.`);
    return value;
  });
}
