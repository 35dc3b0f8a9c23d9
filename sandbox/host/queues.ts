/** Storage queue triggers and outputs: batches, base64, attempts and the poison queue, as the extension does it. */
import { setTimeout as wait } from 'node:timers/promises';
import { type DequeuedMessageItem, type QueueClient, QueueServiceClient, RestError } from '@azure/storage-queue';
import { expand, type QueueSettings } from './settings.ts';
import { describe } from './timers.ts';
import type { Binding, InvocationResponse, Log, RegisteredFunction, TypedData, Worker } from './worker.ts';

export interface QueueListener {
  readonly name: string;
  start(): void;
  /** takes no more messages and waits for the ones that it has */
  stop(): Promise<void>;
}

/** how long a message that is being worked on stays hidden; a host that dies leaves it hidden for as long */
const HIDDEN_SECONDS = 600;
/** storage that hangs is an outage, and is waited out like any other */
const CALL_MS = 10_000;
const FIRST_PAUSE_MS = 100;
/** Azure waits up to a minute on a quiet queue; a person in front of a sandbox does not */
const LONGEST_PAUSE_MS = 1000;

export function toQueueListener(
  registered: RegisteredFunction,
  worker: Worker,
  settings: QueueSettings,
  log: Log,
): QueueListener | undefined {
  const { name, bindings } = registered.metadata;
  const [key, trigger] = Object.entries(bindings).find(([, one]) => one.type === 'queueTrigger') ?? [];
  if (key === undefined || trigger === undefined) return undefined;
  const { client: queue, service } = openQueue(trigger);
  const poison = service.getQueueClient(`${queue.name}-poison`);
  const stopping = new AbortController();
  const busy = new Set<Promise<void>>();

  const handle = async (message: DequeuedMessageItem): Promise<void> => {
    try {
      const data = { string: decode(message.messageText, settings.encoded) };
      await worker.invoke(name, [{ name: key, data }], metadataOf(message));
      await queue.deleteMessage(message.messageId, message.popReceipt);
    } catch (error) {
      log('error', `Function.${name}`, describe(error));
      await giveBack(queue, poison, message, settings);
    }
  };
  /** what the queue has, up to the limit of messages at work; an outage of the storage is logged and waited out */
  const take = async (): Promise<readonly DequeuedMessageItem[]> => {
    if (busy.size > settings.newBatchThreshold) return [];
    try {
      return await receive(queue, settings.batchSize);
    } catch (error) {
      log('error', `Host.Queues.${name}`, describe(error));
      return [];
    }
  };
  const poll = async (): Promise<void> => {
    let pause = FIRST_PAUSE_MS;
    while (!stopping.signal.aborted) {
      const messages = await take();
      for (const message of messages) {
        const work = handle(message)
          .catch((error: unknown) => log('error', `Host.Queues.${name}`, describe(error)))
          .finally(() => busy.delete(work));
        busy.add(work);
      }
      pause =
        messages.length > 0 ? FIRST_PAUSE_MS : Math.min(pause * 2, LONGEST_PAUSE_MS, settings.maxPollingIntervalMs);
      if (messages.length === 0) await wait(pause, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  let polling: Promise<void> = Promise.resolve();
  return {
    name,
    start: () => {
      polling = poll();
    },
    stop: async () => {
      stopping.abort();
      await polling;
      await Promise.all(busy);
    },
  };
}

/** Sends what a function put into its queue outputs. */
export async function sendOutputs(
  registered: RegisteredFunction,
  response: InvocationResponse,
  settings: QueueSettings,
): Promise<void> {
  const { bindings } = registered.metadata;
  const returned =
    bindings.$return?.type === 'queue' && response.returnValue ? [{ name: '$return', data: response.returnValue }] : [];
  for (const { name, data } of [...(response.outputData ?? []), ...returned]) {
    const binding = bindings[name];
    if (binding?.type !== 'queue') continue;
    const { client } = openQueue(binding);
    await client.createIfNotExists();
    for (const text of textsOf(data))
      await client.sendMessage(settings.encoded ? Buffer.from(text).toString('base64') : text);
  }
}

/** Throws if the binding's queue name or connection does not stand. */
export function openQueue(binding: Binding): { readonly client: QueueClient; readonly service: QueueServiceClient } {
  const setting =
    typeof binding.connection === 'string' && binding.connection !== '' ? binding.connection : 'AzureWebJobsStorage';
  const connection = process.env[setting] ?? process.env[`AzureWebJobs${setting}`];
  if (connection === undefined || connection === '') {
    throw new Error(
      `Storage account connection string '${setting}' does not exist. Make sure that it is a defined App Setting.`,
    );
  }
  const queueName = expand(String(binding.queueName ?? ''), process.env).toLowerCase();
  if (!/^(?!.*--)[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]$/.test(queueName)) {
    throw new Error(`'${queueName}' is not a valid queue name.`);
  }
  const service = QueueServiceClient.fromConnectionString(connection);
  return { client: service.getQueueClient(queueName), service };
}

async function receive(queue: QueueClient, batchSize: number): Promise<readonly DequeuedMessageItem[]> {
  try {
    const abortSignal = AbortSignal.timeout(CALL_MS);
    const options = { numberOfMessages: batchSize, visibilityTimeout: HIDDEN_SECONDS, abortSignal };
    return (await queue.receiveMessages(options)).receivedMessageItems;
  } catch (error) {
    // A queue that nobody has created yet is an empty one.
    if (error instanceof RestError && error.statusCode === 404) return [];
    throw error;
  }
}

async function giveBack(
  queue: QueueClient,
  poison: QueueClient,
  message: DequeuedMessageItem,
  settings: QueueSettings,
): Promise<void> {
  if (message.dequeueCount < settings.maxDequeueCount) {
    await queue.updateMessage(
      message.messageId,
      message.popReceipt,
      message.messageText,
      settings.visibilityTimeoutSeconds,
    );
    return;
  }
  await poison.createIfNotExists();
  await poison.sendMessage(message.messageText);
  await queue.deleteMessage(message.messageId, message.popReceipt);
}

function decode(text: string, encoded: boolean): string {
  if (!encoded) return text;
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0)
    throw new Error('The message is not base64-encoded.');
  return Buffer.from(text, 'base64').toString('utf8');
}

function metadataOf(message: DequeuedMessageItem): Readonly<Record<string, TypedData>> {
  const json = (value: unknown): TypedData => ({ json: JSON.stringify(value) });
  return {
    Id: { string: message.messageId },
    DequeueCount: json(message.dequeueCount),
    PopReceipt: { string: message.popReceipt },
    InsertionTime: json(message.insertedOn),
    ExpirationTime: json(message.expiresOn),
    NextVisibleTime: json(message.nextVisibleOn),
  };
}

/** a list becomes one message for each of its items */
function textsOf(data: TypedData): readonly string[] {
  if (data.json !== undefined) {
    const value: unknown = JSON.parse(data.json);
    return Array.isArray(value)
      ? value.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)))
      : [data.json];
  }
  if (data.bytes !== undefined) return [Buffer.from(data.bytes).toString('utf8')];
  return [data.string ?? String(data.int ?? data.double ?? '')];
}
