/** Timer triggers: one run at a time, UTC, and one catch-up run if a recorded occurrence passed while no host ran. */
import { BlobServiceClient, type BlockBlobClient } from '@azure/storage-blob';
import { Cron } from 'croner';
import { isRecord } from '../checks.ts';
import { readSchedule } from './schedule.ts';
import { expand } from './settings.ts';
import type { Log, RegisteredFunction, Worker } from './worker.ts';

export interface Timer {
  readonly name: string;
  /** runs the function now and waits for it; throws what it threw */
  fire(): Promise<void>;
  start(): Promise<void>;
  /** no run begins any more; waits for the one that is under way */
  stop(): Promise<void>;
}

interface Recorded {
  readonly last: string;
  readonly next: string;
}

const NEVER = '0001-01-01T00:00:00+00:00';
const MONITORED_FROM_MS = 60_000;

/** The timer of a function; throws if the schedule, or a setting that it names, is not valid. */
export function toTimer(
  registered: RegisteredFunction,
  worker: Worker,
  storage: string,
  hostId: string,
  log: Log,
): Timer | undefined {
  const { name, bindings } = registered.metadata;
  const [key, trigger] = Object.entries(bindings).find(([, one]) => one.type === 'timerTrigger') ?? [];
  if (key === undefined || trigger === undefined) return undefined;
  const schedule = readSchedule(expand(String(trigger.schedule ?? ''), process.env));
  let under: Promise<void> = Promise.resolve();
  let last = NEVER;

  const run = async (isPastDue: boolean): Promise<void> => {
    const info = {
      Schedule: { AdjustForDST: true },
      ScheduleStatus: { Last: last, Next: job.nextRun()?.toISOString(), LastUpdated: last },
      IsPastDue: isPastDue,
    };
    last = new Date().toISOString();
    await worker.invoke(name, [{ name: key, data: { json: JSON.stringify(info) } }]);
  };
  /** timers do not overlap: a run waits for the one before it */
  const queued = (isPastDue: boolean): Promise<void> => {
    const next = under.then(() => run(isPastDue));
    under = next.catch(() => undefined);
    return next;
  };
  const scheduled = async (isPastDue: boolean): Promise<void> => {
    // Nobody waits for a scheduled run: its failure is the log's.
    await queued(isPastDue).catch((error: unknown) => log('error', `Function.${name}`, describe(error)));
    if (monitored) await record(status, { last, next: job.nextRun()?.toISOString() ?? NEVER });
  };
  const job = new Cron(
    schedule,
    { timezone: 'UTC', mode: '6-part', domAndDow: true, protect: true, paused: true },
    () => scheduled(false),
  );
  const monitored = trigger.useMonitor !== false && intervalOf(job) >= MONITORED_FROM_MS;
  const container = BlobServiceClient.fromConnectionString(storage).getContainerClient('azure-webjobs-hosts');
  const status = container.getBlockBlobClient(`timers/${hostId}/Host.Functions.${name}/status`);

  return {
    name,
    fire: () => queued(false),
    start: async () => {
      await container.createIfNotExists();
      const recorded = monitored ? await readRecord(status) : undefined;
      const isPastDue = recorded !== undefined && Date.parse(recorded.next) < Date.now();
      if (recorded !== undefined) last = recorded.last;
      if (isPastDue || trigger.runOnStartup === true) void scheduled(isPastDue);
      else if (monitored) await record(status, { last, next: job.nextRun()?.toISOString() ?? NEVER });
      job.resume();
    },
    stop: async () => {
      job.stop();
      await under;
    },
  };
}

function intervalOf(job: Cron): number {
  const [first, second] = job.nextRuns(2);
  return first === undefined || second === undefined ? Number.POSITIVE_INFINITY : second.getTime() - first.getTime();
}

async function readRecord(blob: BlockBlobClient): Promise<Recorded | undefined> {
  if (!(await blob.exists())) return undefined;
  const value: unknown = JSON.parse((await blob.downloadToBuffer()).toString('utf8'));
  return isRecord(value) && typeof value.Last === 'string' && typeof value.Next === 'string'
    ? { last: value.Last, next: value.Next }
    : undefined;
}

async function record(blob: BlockBlobClient, { last, next }: Recorded): Promise<void> {
  const text = JSON.stringify({ Last: last, Next: next, LastUpdated: last });
  await blob.upload(text, Buffer.byteLength(text));
}

export function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
