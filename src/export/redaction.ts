import { createHmac } from 'node:crypto';
import { isIP } from 'node:net';
import type { Cloud, Service } from '../model.ts';
import { isPublicFrontEnd } from '../rules/host-names.ts';
import { lastSegment } from '../rules/resource-id.ts';

/**
 * How texts of an estate are written in an export. Everywhere the same text becomes the same pseudonym, so that ids still
 * refer to each other and host names still belong to their resources; without the salt, which is kept nowhere, nobody
 * finds the way back. Ids and names of resources stay as they are unless ids are hashed; callers' addresses never do.
 */
export interface Redaction {
  /** a resource id, a scope, a GUID, or the name of a resource */
  id(text: string): string;
  /** a name in DNS, of a record in its zone, or a URL */
  host(text: string): string;
  /** the name of a role, or what a policy calls it by; those of built-in roles stay */
  roleName(text: string): string;
  /** a condition: what others wrote around GUIDs and quoted values */
  text(text: string): string;
  /** who called: a GUID is an id, anything else might be a person's name */
  caller(text: string): string;
  /** the address of a caller, as one of those for documentation (RFC 3849) */
  address(text: string): string;
  /** a GUID that stands for any text */
  token(text: string): string;
}

export interface RedactionInput {
  readonly hashIds: boolean;
  /** random; of one export */
  readonly salt: string;
  readonly cloud: Cloud;
  /** whose host names are made of their names */
  readonly services: readonly Service[];
  /** GUIDs and names of built-in roles, in lower case: the same in every tenant */
  readonly builtIn: ReadonlySet<string>;
}

const guid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const onlyGuid = new RegExp(`^${guid}$`, 'i');
const guids = new RegExp(guid, 'gi');
const everyone = '00000000-0000-0000-0000-000000000000';
/** Azure's own labels in names under the health suffix */
const structural = new Set(['privatelink', 'fhir', 'dicom', 'workspace', '*', '@', '']);
/** the same for everyone */
const commonHosts =
  /^(login\.(microsoftonline\.(com|us)|windows\.net|chinacloudapi\.cn)|sts\.windows\.net|vantage\.fhirwatch\.internal)$/;
/** types whose resources are called as they are in DNS */
const dnsTypes = new Set(['privatednszones', 'a', 'aaaa', 'cname']);

export function createRedaction(input: RedactionInput): Redaction {
  const digest = (kind: string, text: string): string =>
    createHmac('sha256', input.salt).update(`${kind}\n${text.trim().toLowerCase()}`).digest('hex');
  const pseudonyms = {
    token: (text: string): string => asGuid(digest('token', text)),
    address: (text: string): string => asAddress(digest('address', text.trim().replace(/^::ffff:(?=\d+\.)/i, ''))),
  };
  const stranger = (text: string): string => `caller-${digest('caller', text).slice(0, 12)}`;
  if (!input.hashIds) {
    const same = (text: string): string => text;
    const caller = (text: string): string => (onlyGuid.test(text.trim()) ? text : stranger(text));
    return { id: same, host: same, roleName: same, text: same, caller, ...pseudonyms };
  }

  const hashName = (text: string): string => (text === '' ? '' : `n${digest('name', text).slice(0, 10)}`);
  const hashGuid = (text: string): string => {
    const isCommon = text === everyone || input.builtIn.has(text.toLowerCase());
    return isCommon ? text : asGuid(digest('guid', text));
  };
  const labels = labelsOf(input.services, hashName);
  const hashLabel = (text: string, isFirst: boolean): string => {
    const known = isFirst ? labels.get(text.toLowerCase()) : undefined;
    if (known !== undefined || structural.has(text.toLowerCase())) return known ?? text;
    // of a service that is no longer there: a workspace's name has no hyphen, and that of a child follows it
    const [first = '', ...rest] = text.split('-');
    return rest.length === 0 ? hashName(text) : `${hashName(first)}-${hashName(rest.join('-'))}`;
  };
  const hashHostName = (text: string): string => {
    const bare = text.toLowerCase().replace(/\.$/, '');
    if (isIP(bare) !== 0 || commonHosts.test(bare)) return text;
    const parts = bare.split('.');
    const own = parts.length - commonLabels(parts, input.cloud.healthSuffix.toLowerCase());
    const hashed = parts.map((part, place) => (place < own ? hashLabel(part, place === 0) : part));
    return `${hashed.join('.')}${text.endsWith('.') ? '.' : ''}`;
  };
  const hashSegment = (text: string): string => (onlyGuid.test(text) ? hashGuid(text) : hashName(text));
  const hashId = (text: string): string =>
    text.startsWith('/')
      ? mapId(text, (type, name) => (dnsTypes.has(type) ? hashHostName(name) : hashSegment(name)))
      : hashSegment(text);
  return {
    id: hashId,
    host(text) {
      const url = /^(https?:\/\/)([^/:?#]*)(:\d+)?([^?#]*)/i.exec(text);
      if (url === null) return hashHostName(text);
      const [, scheme = '', name = '', port = '', path = ''] = url;
      const segments = path
        .split('/')
        .map((part) => (/^(v\d\.\d|oauth2|keys)?$/i.test(part) ? part : hashSegment(part)));
      return `${scheme}${hashHostName(name)}${port}${segments.join('/')}`;
    },
    roleName(text) {
      if (input.builtIn.has(text.toLowerCase())) return text;
      return onlyGuid.test(text) || text.startsWith('/') ? hashId(text) : hashName(text);
    },
    text: (text) =>
      text
        .replace(/'([^']*)'/g, (whole, quoted) => (onlyGuid.test(quoted) ? whole : `'${hashName(quoted)}'`))
        .replace(guids, hashGuid),
    caller: (text) => (onlyGuid.test(text.trim()) ? hashGuid(text.trim()) : stranger(text)),
    ...pseudonyms,
  };
}

/** First labels of the services' host names → the same of what they are made of. */
function labelsOf(services: readonly Service[], hash: (name: string) => string): ReadonlyMap<string, string> {
  return new Map(
    services.map(({ workspaceId, name }) => {
      const names = workspaceId === undefined ? [name] : [lastSegment(workspaceId), name];
      return [names.join('-').toLowerCase(), names.map(hash).join('-')];
    }),
  );
}

/** How many labels at the end of a name do not say whose it is: a suffix of Azure's own, else the top level. */
function commonLabels(parts: readonly string[], healthSuffix: string): number {
  if (parts.length < 2) return 0;
  const suffixes = parts.map((_, start) => parts.slice(start).join('.'));
  const common = suffixes.findLast((suffix) => suffix === healthSuffix || isPublicFrontEnd(suffix));
  return common?.split('.').length ?? 1;
}

/** A path with its names replaced; providers, types and the groups of private links are Azure's own words. */
function mapId(path: string, replace: (type: string, name: string) => string): string {
  let next: 'type' | 'name' | 'provider' = 'type';
  let type = '';
  const parts = path.split('/').map((part) => {
    if (part === '') return part;
    if (next === 'name') {
      next = 'type';
      return type === 'privatelinkresources' ? part : replace(type, part);
    }
    type = part.toLowerCase();
    next = next === 'type' && type === 'providers' ? 'provider' : next === 'provider' ? 'type' : 'name';
    return part;
  });
  return parts.join('/');
}

function asGuid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function asAddress(hex: string): string {
  return `2001:db8:${[0, 4, 8, 12].map((at) => hex.slice(at, at + 4)).join(':')}::1`;
}
