import { documentsOfType, keyOf, lastSegment, segmentsOf, textOf } from '../dns/resource-ids.ts';
import { at } from '../documents.ts';
import type { AzureDocument, Estate } from '../types.ts';

/** A Log Analytics workspace that exists. */
export interface LogWorkspace {
  readonly id: string;
  /** the GUID that queries name it by */
  readonly customerId: string | undefined;
  readonly name: string;
}

export function workspacesOf(estate: Estate): readonly LogWorkspace[] {
  return documentsOfType(estate, 'Microsoft.OperationalInsights/workspaces').map(toWorkspace);
}

function toWorkspace(document: AzureDocument): LogWorkspace {
  return {
    id: document.id,
    customerId: textOf(at(document.properties, 'customerId'))?.toLowerCase(),
    name: lastSegment(document.id),
  };
}

/** by customer id, resource id, name or `resourceGroup/name`, as the `workspaces` of a query may name it */
export function findWorkspace(estate: Estate, named: string): LogWorkspace | undefined {
  const wanted = named.trim().toLowerCase();
  return workspacesOf(estate).find((workspace) => namesOf(workspace).includes(wanted));
}

export function findByCustomerId(estate: Estate, customerId: string): LogWorkspace | undefined {
  return workspacesOf(estate).find((workspace) => workspace.customerId === customerId.toLowerCase());
}

export function namesOf(workspace: LogWorkspace): readonly string[] {
  const group = segmentsOf(workspace.id)[3];
  const names = [keyOf(workspace.id), workspace.name, `${group}/${workspace.name}`];
  return workspace.customerId === undefined ? names : [workspace.customerId, ...names];
}
