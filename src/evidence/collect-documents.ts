import type { Gathered, ResourceDocument } from '../model.ts';
import { normaliseId, subscriptionOf } from '../rules/resource-id.ts';
import { readDocument } from './azure/documents.ts';
import { type Batch, type Collected, failureOf, isConfirmed, perService } from './batch.ts';
import { isVisible } from './inventory.ts';

const healthApi = '2024-03-31';

/** Each service's own document. */
export function collectResources(batch: Batch): Promise<Collected<'resource'>> {
  return perService(batch.services, ({ id }) => readHealthResource(batch, id));
}

/** Of each child of a workspace, the workspace's document. */
export function collectWorkspaces(batch: Batch): Promise<Collected<'workspace'>> {
  return perService(batch.services, async ({ workspaceId }) =>
    workspaceId === undefined ? undefined : readHealthResource(batch, workspaceId),
  );
}

/** The document of a health resource, read once per batch. */
export function readHealthResource(batch: Batch, id: string): Promise<Gathered<ResourceDocument>> {
  return readListed(batch, id, {
    listing: batch.inventory.healthcare,
    apiVersion: healthApi,
    direct: isConfirmed(batch, id),
    own: batch.services.some((service) => service.id === id && service.kind !== 'workspace'),
  });
}

/**
 * A document as Resource Graph lists it, or from Resource Manager where it is to be confirmed or not listed. Resource
 * Manager's word wins; where it gives none, a listed document counts as unconfirmed.
 */
export function readListed(
  batch: Batch,
  id: string,
  how: {
    readonly listing: Gathered<readonly ResourceDocument[]>;
    readonly apiVersion: string;
    readonly direct: boolean;
    /** one batch alone needs it, so that no other is to find it */
    readonly own?: boolean;
  },
): Promise<Gathered<ResourceDocument>> {
  const { listing, apiVersion, direct, own = false } = how;
  return batch.once(`${direct ? 'confirmed' : 'any'} ${normaliseId(id)}`, async () => {
    const listed = findListed(listing, id);
    if (listed !== undefined && !direct) return { ok: true, value: listed, sources: listing.sources, direct: false };
    const ask = () => readDocument(batch.azure, id, apiVersion, batch.signal);
    const read = own ? await ask() : await batch.onceForSweep(`GET ${normaliseId(id)}`, ask);
    if (read.ok || read.reason === 'not-found' || listed === undefined) return read;
    const sources = [...listing.sources, ...read.sources];
    return { ok: true, value: listed, sources, direct: false, unconfirmed: failureOf(read) };
  });
}

/** A resource that answers 404 is gone only in a subscription that can be seen; elsewhere 404 may mean anything. */
export function asReference<T>(batch: Batch, id: string, read: Gathered<T>): Gathered<T> {
  if (read.ok || read.reason !== 'not-found' || isVisible(batch.inventory, subscriptionOf(id))) return read;
  const detail = `${read.detail}; its subscription is not visible to this identity, so it may well be there`;
  return { ...read, reason: 'forbidden', detail };
}

const indexes = new WeakMap<Gathered<readonly ResourceDocument[]>, ReadonlyMap<string, ResourceDocument>>();

/** A document of a listing by its id. */
export function findListed(listing: Gathered<readonly ResourceDocument[]>, id: string): ResourceDocument | undefined {
  if (!listing.ok) return undefined;
  const index = indexes.get(listing) ?? new Map(listing.value.map((one) => [normaliseId(one.id), one]));
  indexes.set(listing, index);
  return index.get(normaliseId(id));
}
