import type { Cloud } from '../../model.ts';
import { CallError } from './failure.ts';

/**
 * The URL of a Resource Manager path. The path may be an id out of a document that others wrote, so it can neither
 * climb out of itself nor carry a query of its own.
 */
export function resourceUrl(endpoint: string, path: string, query: Readonly<Record<string, string>>): string {
  const segments = path.split('/').filter((part) => part !== '');
  if (!path.startsWith('/') || segments.length === 0 || segments.some((part) => /^\.{1,2}$/.test(part))) {
    throw new CallError('malformed', 'this is no resource path');
  }
  const url = new URL(`${endpoint.replace(/\/+$/, '')}/${segments.map(encodeURIComponent).join('/')}`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}

/** How a call is named in evidence: whose API, path and api-version; nothing else of the query. */
export function nameCall(method: string, url: string, cloud: Cloud): string {
  const { origin, host, pathname, searchParams } = new URL(url);
  const whose = origin === originOf(cloud.resourceManager) ? 'ARM' : host;
  const version = searchParams.get('api-version');
  const path = decodeSafely(pathname.replace(/\/{2,}/g, '/'));
  return `${whose} ${method} ${path}${version === null ? '' : ` api-version=${version}`}`;
}

/** Whether a URL is one of the cloud's own endpoints; of the metrics endpoint, of any region. */
export function isEndpointOf(cloud: Cloud, url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { origin } = new URL(url);
  const fixed = [cloud.resourceManager, cloud.logs, cloud.microsoftGraph].map(originOf);
  if (fixed.includes(origin)) return true;
  const [before, after] = cloud.metrics.split('{region}');
  if (before === undefined) return false;
  if (after === undefined) return origin === originOf(before);
  const host = originOf(`${before}region${after}`).split('region').map(escapeForPattern);
  return new RegExp(`^${host.join('[a-z0-9]+')}$`).test(origin);
}

export function originOf(url: string): string {
  return new URL(url).origin;
}

function escapeForPattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function decodeSafely(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
