import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { ContainerClient } from '@azure/storage-blob';

const pack = promisify(gzip);
const unpack = promisify(gunzip);

/** The client waits for ever for storage that does not answer. Repeats included; a document has some megabytes at most. */
const callMs = 20_000;
export const inTime = (): { readonly abortSignal: AbortSignal } => ({ abortSignal: AbortSignal.timeout(callMs) });

export async function removeBlob(container: ContainerClient, name: string): Promise<void> {
  await container.getBlockBlobClient(name).deleteIfExists(inTime());
}

export async function writeText(container: ContainerClient, name: string, text: string): Promise<void> {
  await container.getBlockBlobClient(name).upload(text, Buffer.byteLength(text), {
    blobHTTPHeaders: { blobContentType: 'application/json' },
    ...inTime(),
  });
}

/** undefined where there is no such blob */
export async function readText(container: ContainerClient, name: string): Promise<string | undefined> {
  return (await readBytes(container, name))?.toString('utf8');
}

/** What many processes read and people do not: a tenth of its size. */
export async function writePacked(container: ContainerClient, name: string, value: object): Promise<void> {
  const bytes = await pack(JSON.stringify(value));
  await container
    .getBlockBlobClient(name)
    .uploadData(bytes, { blobHTTPHeaders: { blobContentType: 'application/gzip' }, ...inTime() });
}

/** undefined where there is no such blob */
export async function readPacked(container: ContainerClient, name: string): Promise<object | undefined> {
  const bytes = await readBytes(container, name);
  return bytes && (JSON.parse((await unpack(bytes)).toString('utf8')) as object);
}

async function readBytes(container: ContainerClient, name: string): Promise<Buffer | undefined> {
  try {
    return await container.getBlockBlobClient(name).downloadToBuffer(undefined, undefined, inTime());
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'statusCode' in error && error.statusCode === 404)
      return undefined;
    throw error;
  }
}

export async function writeDocument(container: ContainerClient, name: string, document: object): Promise<void> {
  await writeText(container, name, JSON.stringify(document));
}

/** Throws on a document of another schema, as rows do. */
export async function readDocument<T extends { readonly schema: number }>(
  container: ContainerClient,
  name: string,
): Promise<T | undefined> {
  const text = await readText(container, name);
  if (text === undefined) return undefined;
  const document = JSON.parse(text) as T;
  if (document.schema !== 1) {
    throw new Error(`${name} of schema ${document.schema} was found in storage; this version reads schema 1`);
  }
  return document;
}
