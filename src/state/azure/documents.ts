import type { ContainerClient } from '@azure/storage-blob';

export async function writeText(container: ContainerClient, name: string, text: string): Promise<void> {
  await container.getBlockBlobClient(name).upload(text, Buffer.byteLength(text), {
    blobHTTPHeaders: { blobContentType: 'application/json' },
  });
}

/** undefined where there is no such blob */
export async function readText(container: ContainerClient, name: string): Promise<string | undefined> {
  try {
    return (await container.getBlockBlobClient(name).downloadToBuffer()).toString('utf8');
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
