import { createHash } from 'node:crypto';
import type { Service, ServiceKind } from '../../model.ts';
import { lastSegment, segmentAfter } from '../../rules/resource-id.ts';
import { isObject } from '../azure/json.ts';

const provider = 'microsoft.healthcareapis';

/** characters; the names of Azure's regions have a third of it, and this one goes into every report */
const longestLocation = 64;

const kinds: Readonly<Record<string, ServiceKind>> = {
  services: 'apiForFhir',
  workspaces: 'workspace',
  'workspaces/fhirservices': 'fhirService',
  'workspaces/dicomservices': 'dicomService',
  'workspaces/iotconnectors': 'medtechService',
};

/**
 * The kind of a resource by the type segments of its id: `name` and `type` of rows come in several spellings (HF 1.2).
 * Undefined for everything that is not watched.
 */
export function kindOf(id: string): ServiceKind | undefined {
  const [first, , third, , fifth, namespace, ...pairs] = id.toLowerCase().split('/').slice(1);
  if (first !== 'subscriptions' || third !== 'resourcegroups' || fifth !== 'providers' || namespace !== provider) {
    return undefined;
  }
  if (pairs.length % 2 !== 0 || pairs.some((part) => part === '')) return undefined;
  const type = pairs.filter((_, index) => index % 2 === 0).join('/');
  return Object.hasOwn(kinds, type) ? kinds[type] : undefined;
}

/** The watched service of a listed id; undefined if it is none. */
export function toService(id: string, location: unknown, tags: unknown): Service | undefined {
  const kind = kindOf(id);
  const subscriptionId = segmentAfter(id, 'subscriptions');
  const resourceGroup = segmentAfter(id, 'resourceGroups');
  if (kind === undefined || !subscriptionId || !resourceGroup) return undefined;
  const isChild = kind !== 'workspace' && kind !== 'apiForFhir';
  return {
    id,
    key: createHash('sha256').update(id.toLowerCase()).digest('hex').slice(0, 16),
    name: lastSegment(id),
    kind,
    subscriptionId,
    resourceGroup,
    location: typeof location === 'string' ? location.slice(0, longestLocation) : '',
    ...(isChild ? { workspaceId: id.split('/').slice(0, -2).join('/') } : {}),
    tags: textsOf(tags),
  };
}

function textsOf(tags: unknown): Readonly<Record<string, string>> {
  if (!isObject(tags)) return {};
  return Object.fromEntries(
    Object.entries(tags).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
