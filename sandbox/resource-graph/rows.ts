/** Documents as rows of Resource Graph: lower-case types and groups, and the columns that every table has. */
import { asJson, at, textAt } from '../documents.ts';
import type { KqlType } from '../kql/engine.ts';
import { nameOf } from '../resource-manager/scopes.ts';
import { resourceGroupOf, subscriptionOf, typeOfId } from '../resource-manager/target.ts';
import type { AzureDocument, Estate, Json } from '../types.ts';

/** One row; keys are those of {@link columns}. */
export type GraphRow = Readonly<Record<string, Json>> & { readonly id: string; readonly type: string };

/** The columns of every table, in Azure's order. */
export const columns: Readonly<Record<string, KqlType>> = {
  id: 'string',
  name: 'string',
  type: 'string',
  tenantId: 'string',
  kind: 'string',
  location: 'string',
  resourceGroup: 'string',
  subscriptionId: 'string',
  managedBy: 'string',
  sku: 'dynamic',
  plan: 'dynamic',
  properties: 'dynamic',
  tags: 'dynamic',
  identity: 'dynamic',
  zones: 'dynamic',
  extendedLocation: 'dynamic',
};

/** The type of a document as Resource Graph writes it. */
export function graphType({ id, type }: Pick<AzureDocument, 'id' | 'type'>): string {
  return (type ?? typeOfId(id)).toLowerCase();
}

export function rowOf(estate: Estate, document: AzureDocument, more: Readonly<Record<string, Json>> = {}): GraphRow {
  const json = asJson(document);
  const text = (key: string) => textAt(json, key) ?? '';
  const value = (key: string) => at(json, key) ?? null;
  return {
    id: document.id,
    name: document.name ?? document.id.split('/').at(-1) ?? nameOf(document.id),
    type: graphType(document),
    tenantId: estate.tenantId,
    kind: text('kind'),
    location: text('location'),
    resourceGroup: resourceGroupOf(document.id)?.toLowerCase() ?? '',
    subscriptionId: subscriptionOf(document.id) ?? '',
    managedBy: text('managedBy'),
    sku: value('sku'),
    plan: value('plan'),
    properties: value('properties'),
    tags: value('tags'),
    identity: value('identity'),
    zones: value('zones'),
    extendedLocation: value('extendedLocation'),
    ...more,
  };
}
