import { isRecord } from '../checks.ts';
import { hostsOf } from '../dns/derive.ts';
import { keyOf, parentKey } from '../dns/resource-ids.ts';
import type { ServiceHost } from '../dns/service-hosts.ts';
import { at, textAt } from '../documents.ts';
import type { SandboxResponse } from '../http.ts';
import type { AzureDocument, Estate, Json } from '../types.ts';

/** What health services answer to anybody, on their private and on their public side (INTERFACES, "Estate file"). */

export type Side = 'private' | 'public';

const documents = new WeakMap<Estate, ReadonlyMap<string, AzureDocument>>();

function documentsOf(estate: Estate): ReadonlyMap<string, AzureDocument> {
  const known = documents.get(estate) ?? new Map(estate.resources.map((one) => [keyOf(one.id), one]));
  documents.set(estate, known);
  return known;
}

/** The answer of a host at one of its sides: the estate's own, else what follows from the service's document. */
export function answerAt(estate: Estate, host: string, side: Side, path: string): SandboxResponse {
  const own = override(estate, host, side, path);
  if (own !== undefined) return own;
  const service = hostsOf(estate).get(host);
  if (service === undefined) return { status: 404, ...outcome('not-found', 'There is no such service.') };
  if (side === 'public' && !isOpen(estate, service)) return denied(host);
  return ownAnswer(estate, service, path);
}

/** Microsoft's edge turns somebody away who comes by a way that does not lead to the service. */
export function denied(host: string): SandboxResponse {
  return { status: 403, headers: { 'content-type': 'text/plain' }, body: `Access to ${host} was denied.` };
}

function override(estate: Estate, host: string, side: Side, path: string): SandboxResponse | undefined {
  const named = Object.keys(estate.endpoints).find((one) => one.toLowerCase() === host);
  const given = named === undefined ? undefined : at(estate.endpoints[named], path, side);
  if (!isRecord(given)) return undefined;
  const status = at(given as Json, 'status');
  const body = at(given as Json, 'body');
  const headers = at(given as Json, 'headers');
  return {
    status: typeof status === 'number' ? status : 200,
    headers: isRecord(headers)
      ? Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
      : {},
    ...(body === undefined ? {} : { body }),
  };
}

/** The public side is open where the flag says so, or where it says nothing and no endpoint is approved. */
function isOpen(estate: Estate, service: ServiceHost): boolean {
  const flags = [keyOf(service.id), parentKey(service.id)].map((key) =>
    textAt(documentsOf(estate).get(key)?.properties, 'publicNetworkAccess')?.toLowerCase(),
  );
  if (flags.includes('enabled')) return true;
  return flags.every((flag) => flag === undefined) && service.hop === undefined;
}

function ownAnswer(estate: Estate, service: ServiceHost, path: string): SandboxResponse {
  if (path === '/health/check') return { status: 200, body: { overallStatus: 'Healthy', details: [] } };
  if (service.kind === 'dicom' || service.kind === 'workspace' || path !== '/metadata') {
    return { status: 401, ...outcome('login', 'Authentication failed.') };
  }
  const kind = documentsOf(estate).get(keyOf(service.id))?.kind;
  const fhirVersion = typeof kind === 'string' && kind.toLowerCase() === 'fhir-stu3' ? '3.0.1' : '4.0.1';
  return {
    status: 200,
    headers: { 'content-type': 'application/fhir+json; charset=utf-8' },
    body: {
      resourceType: 'CapabilityStatement',
      status: 'active',
      date: estate.now.toISOString(),
      kind: 'instance',
      software: { name: 'Azure Healthcare APIs', version: '4.0.612' },
      fhirVersion,
      format: ['application/fhir+json'],
      rest: [{ mode: 'server' }],
    },
  };
}

/** An error as FHIR servers tell it. */
export function outcome(code: string, diagnostics: string): Pick<SandboxResponse, 'headers' | 'body'> {
  return {
    headers: { 'content-type': 'application/fhir+json; charset=utf-8' },
    body: { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code, diagnostics }] },
  };
}
