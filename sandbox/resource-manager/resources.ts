/** Resources as they stand in the estate: one, the children of one, all of a type in a group or subscription. */
import { asJson, listAt, textAt } from '../documents.ts';
import { parameter, type SandboxResponse } from '../http.ts';
import type { AzureDocument, Json, JsonObject } from '../types.ts';
import { failure, found, page, parentNotFound, resourceNotFound } from './answers.ts';
import type { Call } from './call.ts';
import { isAtOrBelow, isUnreadable, normalise } from './scopes.ts';
import { typeOf, typeOfId } from './target.ts';

/** Children that Azure also writes inside their parent: the last type segment → the property that holds them. */
const inlineChildren: Readonly<Record<string, string>> = {
  privateendpointconnections: 'privateEndpointConnections',
  virtualnetworkpeerings: 'virtualNetworkPeerings',
  subnets: 'subnets',
};

export function resource(call: Call): SandboxResponse {
  const { inventory, target } = call;
  const document = inventory.documents.get(normalise(target.path));
  if (document) return found(asJson(document));
  const child = childrenOf(call).find((one) => normalise(textAt(one, 'id') ?? '') === normalise(target.path));
  return child === undefined ? resourceNotFound(target) : found(child);
}

export function resourceList(call: Call): SandboxResponse {
  const { request, estate, inventory, target } = call;
  if (target.names.length > 0) {
    if (!inventory.paths.has(normalise(target.parent))) return parentNotFound(target);
    return page(request, childrenOf(call));
  }
  const all = inventory.byType.get(typeOf(target)) ?? [];
  const rows = all.filter(({ id }) => isAtOrBelow(id, target.scope) && !isUnreadable(estate, id));
  return page(request, rows.map(asJson));
}

/** `…/resources` of a subscription or resource group: every resource, without its properties. */
export function genericList({ request, estate, target }: Call): SandboxResponse {
  const filter = (parameter(request, '$filter') ?? '').trim();
  const type = /^resourceType\s+eq\s+'([^']+)'$/i.exec(filter)?.[1]?.toLowerCase();
  if (filter !== '' && type === undefined)
    return failure(400, 'InvalidFilterInQueryString', `Invalid $filter '${filter}' specified in the query string.`);
  const rows = estate.resources.filter(
    (document) =>
      document.location !== undefined &&
      isAtOrBelow(document.id, target.parent) &&
      !isUnreadable(estate, document.id) &&
      (type === undefined || document.type?.toLowerCase() === type),
  );
  return page(request, rows.map(withoutProperties));
}

/** The children that a list or get below a resource sees: documents of their own, else what the parent holds. */
function childrenOf({ estate, inventory, target }: Call): readonly Json[] {
  const last = target.type.toLowerCase().split('/').at(-1) ?? '';
  const collection = target.isList ? target.path : target.path.slice(0, target.path.lastIndexOf('/'));
  const type = typeOf(target);
  const standing =
    last === 'all'
      ? recordsIn(inventory.byType, type).filter(({ id }) => isRecordOf(id, collection))
      : (inventory.byCollection.get(normalise(collection)) ?? []).filter(({ id }) => typeOfId(id) === type);
  const own = standing.filter(({ id }) => !isUnreadable(estate, id));
  if (own.length > 0) return own.map(asJson);
  const property = Object.hasOwn(inlineChildren, last) ? inlineChildren[last] : undefined;
  const parent = inventory.documents.get(normalise(target.parent));
  return property === undefined
    ? []
    : listAt(parent?.properties, property).filter((one) => textAt(one, 'id') !== undefined);
}

/** `…/privateDnsZones/{zone}/ALL` names record sets of every type. */
function recordsIn(byType: ReadonlyMap<string, readonly AzureDocument[]>, type: string): readonly AzureDocument[] {
  if (type !== 'microsoft.network/privatednszones/all') return byType.get(type) ?? [];
  const zone = type.slice(0, -'all'.length);
  return [...byType].flatMap(([one, documents]) =>
    one.startsWith(zone) && one !== `${zone}virtualnetworklinks` ? documents : [],
  );
}

function isRecordOf(id: string, collection: string): boolean {
  return normalise(id).startsWith(`${normalise(collection).slice(0, -'/all'.length)}/`);
}

function withoutProperties(document: AzureDocument): JsonObject {
  const { properties: _, ...rest } = asJson(document);
  return rest;
}
