import type { ContainerClient } from '@azure/storage-blob';

/** Why the last card did not reach the workflow. */
export interface TeamsTrouble {
  readonly at: string;
  readonly detail: string;
}

/** Which alerts have been posted. Every method throws where storage fails. */
export interface Deliveries {
  /** `mine`: nobody has posted it, and nobody else does now; `busy`: another call is at it. */
  claim(key: string, at: Date): Promise<'mine' | 'posted' | 'busy'>;
  posted(key: string, at: Date): Promise<void>;
  /** It was not posted: the next call may try. */
  release(key: string): Promise<void>;
  saveTrouble(trouble: TeamsTrouble | undefined): Promise<void>;
  trouble(): Promise<TeamsTrouble | undefined>;
}

interface DeliveryRecord {
  readonly state: 'claimed' | 'posted';
  readonly at: string;
}

/** A call that claimed and then died is out of the way after this. */
const claimMs = 60_000;
const troubleName = 'teams/trouble.json';

/** Deliveries as small blobs of the app's own container: creating one decides who posts. */
export function blobDeliveries(container: ContainerClient): Deliveries {
  let ready: Promise<unknown> | undefined;
  const blob = async (name: string) => {
    ready ??= container.createIfNotExists().catch((error: unknown) => {
      ready = undefined;
      throw error;
    });
    await ready;
    return container.getBlockBlobClient(name);
  };
  const write = async (name: string, value: object, conditions: { ifNoneMatch?: string; ifMatch?: string } = {}) => {
    const text = JSON.stringify(value);
    await (await blob(name)).upload(text, Buffer.byteLength(text), {
      conditions,
      blobHTTPHeaders: { blobContentType: 'application/json' },
    });
  };
  const read = async (name: string) => {
    const client = await blob(name);
    try {
      const download = await client.download();
      return { etag: download.etag ?? '', value: await json(download.readableStreamBody) };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  };
  const nameOf = (key: string): string => `teams/deliveries/${key}.json`;
  return {
    async claim(key, at) {
      const claimed: DeliveryRecord = { state: 'claimed', at: at.toISOString() };
      if (await succeeds(write(nameOf(key), claimed, { ifNoneMatch: '*' }))) return 'mine';
      const found = await read(nameOf(key));
      if (!found) return 'busy'; // just released: the next call claims it
      const record = found.value as Partial<DeliveryRecord> | undefined;
      if (record?.state === 'posted') return 'posted';
      if (at.getTime() - Date.parse(record?.at ?? '') < claimMs) return 'busy';
      return (await succeeds(write(nameOf(key), claimed, { ifMatch: found.etag }))) ? 'mine' : 'busy';
    },
    posted: (key, at) => write(nameOf(key), { state: 'posted', at: at.toISOString() } satisfies DeliveryRecord),
    async release(key) {
      await (await blob(nameOf(key))).deleteIfExists();
    },
    async saveTrouble(trouble) {
      if (trouble) await write(troubleName, trouble);
      else await (await blob(troubleName)).deleteIfExists();
    },
    async trouble() {
      return (await read(troubleName))?.value as TeamsTrouble | undefined;
    },
  };
}

/** False where the condition of a write did not hold. */
async function succeeds(writing: Promise<void>): Promise<boolean> {
  try {
    await writing;
    return true;
  } catch (error) {
    const status = statusOf(error);
    if (status === 409 || status === 412) return false;
    throw error;
  }
}

async function json(stream: NodeJS.ReadableStream | undefined): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream ?? []) chunks.push(Buffer.from(chunk));
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

function statusOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
}
