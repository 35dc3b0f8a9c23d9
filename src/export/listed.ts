import { listIn, textAt, valueAt } from '../evidence/azure/documents.ts';
import { isObject } from '../evidence/azure/json.ts';
import type { Service } from '../model.ts';
import { normaliseId } from '../rules/resource-id.ts';
import type { Document } from './estate-file.ts';
import type { Recording } from './recording.ts';

/** What Resource Graph listed. It lists a whole tenant; an export keeps what concerns the watched services. */

export const roleAssignmentType = 'microsoft.authorization/roleassignments';

export function isDocument(row: unknown): row is Document {
  return isObject(row) && typeof row.id === 'string' && row.id.startsWith('/');
}

export function typeIn(row: unknown): string | undefined {
  return textAt(row, 'type')?.toLowerCase();
}

/** Rows of resources as documents, by normalised id. Resource Graph writes empty columns where a document has no field. */
export function listedDocuments({ queries }: Recording): ReadonlyMap<string, Document> {
  const rows = queries.flatMap(({ rows = [] }) => rows.filter(isDocument));
  const resources = rows.filter((row) => typeIn(row) !== undefined && typeIn(row) !== roleAssignmentType);
  return new Map(
    resources.map((row) => {
      const filled = Object.entries(row).filter(([, value]) => value !== null && value !== '');
      return [normaliseId(row.id), { ...Object.fromEntries(filled), id: row.id }];
    }),
  );
}

/**
 * The listed documents that count: zones, the watched services, their private endpoints with those endpoints' interfaces,
 * and whatever was to be confirmed and could not be. A direct read that says "not there" wins.
 */
export function countingDocuments(
  listed: ReadonlyMap<string, Document>,
  { reads }: Recording,
  services: readonly Service[],
): ReadonlyMap<string, Document> {
  const watched = new Set(services.map(({ id }) => normaliseId(id)));
  const endpoints = new Set([...listed].filter(([, document]) => leadsTo(document, watched)).map(([key]) => key));
  const counts = (key: string, document: Document): boolean => {
    const read = reads.get(key);
    if (read?.is === 'failure') return read.reason !== 'not-found';
    const owner = textAt(document, 'properties', 'privateEndpoint', 'id');
    return (
      key.includes('/providers/microsoft.network/privatednszones/') ||
      watched.has(key) ||
      endpoints.has(key) ||
      (owner !== undefined && endpoints.has(normaliseId(owner)))
    );
  };
  return new Map([...listed].filter(([key, document]) => counts(key, document)));
}

/** Whether a document is a private endpoint of one of these resources. */
function leadsTo(document: Document, owners: ReadonlySet<string>): boolean {
  const connections = ['privateLinkServiceConnections', 'manualPrivateLinkServiceConnections'].flatMap(
    (field) => listIn(valueAt(document, 'properties', field)) ?? [],
  );
  return connections.some((one) => owners.has(normaliseId(textAt(one, 'properties', 'privateLinkServiceId') ?? '')));
}
