import { listIn, textAt, valueAt } from '../evidence/azure/documents.ts';
import type { EndpointConnection, Evidence } from '../model.ts';
import { normaliseId } from '../rules/resource-id.ts';
import type { Document } from './estate-file.ts';

/**
 * Things that are there and that the identity could not read, of which something was seen all the same: an endpoint that
 * leads to a service, a workspace that answers queries. The sandbox needs a document of them; a scan of it must not
 * read that either.
 */

/** Documents by normalised id. */
type Known = ReadonlyMap<string, Document>;

/** Endpoints and network interfaces with the addresses at which services answered. */
export function standInEndpoints(evidence: readonly Evidence[], documents: Known): readonly Document[] {
  const found = new Map<string, Document>();
  for (const { privatePath, privateEndpoints, dnsAnswers } of evidence) {
    const addresses = privatePath?.ok
      ? privatePath.value.dns.addresses
      : (dnsAnswers?.ok ? dnsAnswers.value.hosts : []).flatMap(({ answer }) =>
          answer.ok ? answer.value.addresses : [],
        );
    if (addresses.length === 0 || !privateEndpoints?.ok) continue;
    for (const connection of privateEndpoints.value.connections) {
      const document = standIn(connection, documents, addresses, found);
      if (document !== undefined) found.set(normaliseId(document.id), document);
    }
  }
  return [...found.values()];
}

function standIn(
  { status, endpointId, endpoint }: EndpointConnection,
  documents: Known,
  addresses: readonly string[],
  found: ReadonlyMap<string, Document>,
): Document | undefined {
  const isGone = endpoint !== undefined && !endpoint.ok && endpoint.reason === 'not-found';
  if (endpointId === undefined || isGone || String(status).toLowerCase() !== 'approved') return undefined;
  const own = documents.get(normaliseId(endpointId));
  if (own === undefined) {
    const before = listIn(valueAt(found.get(normaliseId(endpointId)), 'properties', 'customDnsConfigs')) ?? [];
    const properties = { customDnsConfigs: [...before, { ipAddresses: addresses }] };
    return { id: endpointId, type: 'Microsoft.Network/privateEndpoints', properties };
  }
  if (!endpoint?.ok || endpoint.value.addresses.ok) return undefined;
  const interfaces = listIn(valueAt(own, 'properties', 'networkInterfaces')) ?? [];
  const unread = interfaces.flatMap((one) => textAt(one, 'id') ?? []).find((id) => !documents.has(normaliseId(id)));
  if (unread === undefined) return undefined;
  const before = listIn(valueAt(found.get(normaliseId(unread)), 'properties', 'ipConfigurations')) ?? [];
  const properties = {
    ipConfigurations: [...before, ...addresses.map((privateIPAddress) => ({ properties: { privateIPAddress } }))],
  };
  return { id: unread, type: 'Microsoft.Network/networkInterfaces', properties };
}

/** Log workspaces that answered a query, though their documents could not be read. */
export function standInWorkspaces(evidence: readonly Evidence[], documents: Known): readonly Document[] {
  const ids = evidence.flatMap(({ auditRows }) =>
    auditRows?.ok ? auditRows.value.workspaces.flatMap((one) => (one.window.ok ? [one.workspaceId] : [])) : [],
  );
  const missing = [...new Set(ids.map(normaliseId))].filter((id) => !documents.has(id));
  return missing.map((id) => ({ id, type: 'Microsoft.OperationalInsights/workspaces', properties: {} }));
}
