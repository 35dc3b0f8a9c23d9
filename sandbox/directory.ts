/** Microsoft Graph, as far as a monitor asks it: directory objects by id, and the members of a group. */
import { randomUUID } from 'node:crypto';
import { isRecord } from './checks.ts';
import { clouds } from './clouds.ts';
import { parameter, type SandboxRequest, type SandboxResponse, startServer } from './http.ts';
import { checkToken } from './tokens.ts';
import type { Estate, JsonObject, RunningServer, TlsMaterial, World } from './types.ts';

type Entry = Estate['directory'][number];

const mostIds = 1000;
const defaultPage = 100;
const largestPage = 999;
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function startDirectory(world: World, tls: TlsMaterial): Promise<RunningServer> {
  return startServer({
    world,
    tls,
    target: 'directory',
    handle: (request) => answer(request, world),
    errorBody: (status) => errorBody(codes[status] ?? 'UnknownError', 'The request could not be completed.'),
  });
}

const codes: Readonly<Record<number, string>> = {
  400: 'Request_BadRequest',
  401: 'InvalidAuthenticationToken',
  403: 'Authorization_RequestDenied',
  404: 'Request_ResourceNotFound',
  429: 'TooManyRequests',
  503: 'serviceNotAvailable',
};

function answer(request: SandboxRequest, world: World): SandboxResponse {
  const { cloud, directory } = world.estate();
  const problem = checkToken(request, world, [clouds[cloud].graph, '00000003-0000-0000-c000-000000000000']);
  if (problem) {
    const message = problem.reason === 'missing' ? 'Access token is empty.' : 'Access token validation failure.';
    return refuse(401, problem.reason === 'audience' ? `${message} Invalid audience.` : message);
  }
  if (/^\/v1\.0\/directoryObjects\/getByIds$/i.test(request.path)) return getByIds(request, directory);
  const group = /^\/v1\.0\/groups\/([^/]+)\/(members|transitiveMembers)$/i.exec(request.path);
  if (group?.[1] !== undefined) return members(request, directory, group[1], group[2]?.toLowerCase() !== 'members');
  return refuse(400, `Resource not found for the segment '${request.path.split('/').at(-1)}'.`, 'BadRequest');
}

function getByIds(request: SandboxRequest, directory: readonly Entry[]): SandboxResponse {
  if (request.method !== 'POST') return refuse(405, 'The method is not allowed.', 'Request_BadRequest');
  const body = parse(request.body);
  const ids = isRecord(body) ? body.ids : undefined;
  if (!Array.isArray(ids) || ids.some((id) => typeof id !== 'string'))
    return refuse(400, "The 'ids' must be a list of ids.");
  if (ids.length > mostIds) return refuse(400, `Too many ids: at most ${mostIds} are allowed.`);
  const bad = ids.find((id) => !guid.test(id));
  if (bad !== undefined) return refuse(400, `Invalid object identifier '${bad}'.`);
  const types = isRecord(body) && Array.isArray(body.types) ? body.types.map((type) => String(type).toLowerCase()) : [];
  const wanted = new Set(ids.map((id) => id.toLowerCase()));
  const value = directory
    .filter(
      ({ id, type }) => wanted.has(id.toLowerCase()) && (types.length === 0 || types.includes(type.toLowerCase())),
    )
    .map(describe);
  return { status: 200, body: { '@odata.context': `${request.origin}/v1.0/$metadata#directoryObjects`, value } };
}

function members(request: SandboxRequest, directory: readonly Entry[], id: string, nested: boolean): SandboxResponse {
  if (request.method !== 'GET') return refuse(405, 'The method is not allowed.', 'Request_BadRequest');
  const group = directory.find((entry) => entry.type === 'Group' && entry.id.toLowerCase() === id.toLowerCase());
  if (!group)
    return refuse(
      404,
      `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
    );
  const size = Number(parameter(request, '$top') ?? defaultPage);
  const start = Number(parameter(request, '$skiptoken') ?? 0);
  if (!Number.isInteger(size) || size < 1 || size > largestPage)
    return refuse(
      400,
      `Invalid page size specified: '${parameter(request, '$top')}'. Must be between 1 and ${largestPage} inclusive.`,
    );
  if (!Number.isInteger(start) || start < 0) return refuse(400, 'The $skiptoken is not valid.');
  const all = membersOf(directory, group, nested);
  const value = all.slice(start, start + size).map(describe);
  const context = `${request.origin}/v1.0/$metadata#directoryObjects`;
  if (start + size >= all.length) return { status: 200, body: { '@odata.context': context, value } };
  const next = `${request.origin}${request.path}?$top=${size}&$skiptoken=${start + size}`;
  return { status: 200, body: { '@odata.context': context, '@odata.nextLink': next, value } };
}

/** The members that exist; with `nested` those of member groups too, each once. */
function membersOf(directory: readonly Entry[], group: Entry, nested: boolean): readonly Entry[] {
  const found = new Map<string, Entry>();
  const open = [group];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    for (const id of one.members ?? []) {
      const member = directory.find((entry) => entry.id.toLowerCase() === id.toLowerCase());
      if (!member || found.has(member.id)) continue;
      found.set(member.id, member);
      if (nested) open.push(member);
    }
  }
  return [...found.values()];
}

function describe({ id, type, displayName }: Entry): JsonObject {
  const name = { User: 'user', Group: 'group', ServicePrincipal: 'servicePrincipal' }[type];
  return { '@odata.type': `#microsoft.graph.${name}`, id, displayName: displayName ?? null };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function refuse(status: number, message: string, code = codes[status] ?? 'UnknownError'): SandboxResponse {
  return { status, body: errorBody(code, message) };
}

function errorBody(code: string, message: string): JsonObject {
  const id = randomUUID();
  return { error: { code, message, innerError: { 'request-id': id, 'client-request-id': id } } };
}
