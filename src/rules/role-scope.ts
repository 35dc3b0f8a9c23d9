import type { ScopeLevel } from '../model.ts';
import { coversByPath } from './resource-id.ts';

/** From the narrowest to the widest. */
const LEVELS: readonly ScopeLevel[] = ['service', 'workspace', 'resourceGroup', 'subscription', 'managementGroup'];

/**
 * How far above a service a scope stands; undefined where the scope does not hold the service: below it, beside it, or
 * of an id that no longer exists. `/` counts as a management group; a management group's place is not in its id, so
 * each one counts as above the service.
 */
export function scopeLevel(scope: string, serviceId: string): ScopeLevel | undefined {
  const parts = segmentsOf(scope);
  if (parts[0] === 'providers') return isManagementGroup(parts) ? 'managementGroup' : undefined;
  if (!coversByPath(scope, serviceId)) return undefined;
  if (parts.length === segmentsOf(serviceId).length) return 'service';
  if (parts.length < 2) return 'managementGroup';
  if (parts.length < 4) return 'subscription';
  return parts.length < 8 ? 'resourceGroup' : 'workspace';
}

export function isWider(level: ScopeLevel, than: ScopeLevel): boolean {
  return LEVELS.indexOf(level) > LEVELS.indexOf(than);
}

function isManagementGroup(parts: readonly string[]): boolean {
  return parts.length === 4 && parts[1] === 'microsoft.management' && parts[2] === 'managementgroups';
}

function segmentsOf(id: string): readonly string[] {
  return id
    .toLowerCase()
    .split('/')
    .filter((part) => part !== '');
}
