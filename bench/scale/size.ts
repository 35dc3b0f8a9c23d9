import type { Estate, FaultTarget } from '../../sandbox/types.ts';
import type { Size } from './minimum.ts';

const graphRows = 1000;
const listRows = 100;

/** What an estate of many hospitals holds. */
export function sizeOf(estate: Estate): Size {
  const ids = estate.resources.map(({ id }) => id.toLowerCase());
  const count = (pattern: RegExp): number => ids.filter((id) => pattern.test(id)).length;
  const pages = (rows: number, perPage: number): number => Math.max(1, Math.ceil(rows / perPage));
  const service = /^\/subscriptions\/([^/]+)\/.*\/(?:fhir|dicom)services\/[^/]+$/;
  const subscriptions = new Set(ids.flatMap((id) => service.exec(id)?.[1] ?? []));
  const assigned = estate.roleAssignments.map(({ id }) => id.toLowerCase());
  const assignments = [...subscriptions].map(
    (subscription) => assigned.filter((id) => id.startsWith(`/subscriptions/${subscription}/`)).length,
  );
  // each kind of row is listed by itself
  const listings = [
    /\/microsoft\.healthcareapis\//,
    /\/privateendpoints\/[^/]+$/,
    /\/networkinterfaces\/[^/]+$/,
    /\/privatednszones\/[^/]+$/,
    /\/privatednszones\/[^/]+\/virtualnetworklinks\/[^/]+$/,
    /\/privatednszones\/[^/]+\/a\/[^/]+$/,
    /\/microsoft\.operationalinsights\/workspaces\/[^/]+$/,
  ].map(count);
  return {
    services: count(service),
    workspaces: count(/\/microsoft\.healthcareapis\/workspaces\/[^/]+$/),
    subscriptions: subscriptions.size,
    assignmentPages: assignments.reduce((sum, rows) => sum + pages(rows, listRows), 0),
    endpointPages: pages(count(/\/privateendpoints\/[^/]+$/), listRows),
    graphPages: [...listings, subscriptions.size].reduce((sum, rows) => sum + pages(rows, graphRows), 0),
  };
}

/** Of Resource Manager by the last type of the path: `…/workspaces/a/fhirservices/b` → `resource-manager fhirservices`. */
export function kindOfCall(target: FaultTarget, path: string): string {
  if (target !== 'resource-manager') return target;
  const segments = path.split('/').slice(1);
  const types = segments.slice(segments.lastIndexOf('providers') + 2).filter((_, index) => index % 2 === 0);
  return `${target} ${types.at(-1)?.toLowerCase() ?? path}`;
}
