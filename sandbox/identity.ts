/** The managed identity endpoint, App Service flavour (api-version 2019-08-01), with the monitor's system-assigned identity. */
import { randomUUID } from 'node:crypto';
import { clouds, tokenResources } from './clouds.ts';
import { parameter, type SandboxRequest, type SandboxResponse, startServer } from './http.ts';
import { issueToken } from './tokens.ts';
import type { RunningServer, World } from './types.ts';

export interface RunningIdentity extends RunningServer {
  /** what `IDENTITY_ENDPOINT` holds */
  readonly endpoint: string;
  /** what `IDENTITY_HEADER` holds */
  readonly header: string;
}

const userAssigned = ['client_id', 'principal_id', 'object_id', 'mi_res_id'];

/** Starts the endpoint over plain HTTP, as App Service offers it. */
export async function startIdentity(world: World): Promise<RunningIdentity> {
  const header = randomUUID();
  const server = await startServer({
    world,
    target: 'identity',
    handle: (request) => answer(request, world, header),
    errorBody: (status) => ({ statusCode: status, message: 'The identity endpoint could not issue a token.' }),
  });
  return { ...server, header, endpoint: `${server.url}/msi/token` };
}

function answer(request: SandboxRequest, world: World, header: string): SandboxResponse {
  if (request.path.toLowerCase() !== '/msi/token') return refuse(404, 'Not Found');
  if (request.method !== 'GET')
    return refuse(405, `The requested resource does not support http method '${request.method}'.`);
  if (request.headers['x-identity-header'] !== header)
    return refuse(401, 'The X-IDENTITY-HEADER header is missing or wrong.');
  if (parameter(request, 'api-version') !== '2019-08-01')
    return refuse(400, 'The api-version is missing or not supported.');
  const resource = parameter(request, 'resource');
  if (!resource) return refuse(400, 'The resource query parameter is missing.');
  if (userAssigned.some((name) => parameter(request, name) !== undefined))
    return refuse(
      400,
      'No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.',
    );
  if (!isKnown(resource, world)) {
    const tenant = world.estate().tenantId;
    return refuse(
      400,
      `AADSTS500011: The resource principal named ${resource} was not found in the tenant named ${tenant}.`,
    );
  }
  const { token, expiresOn } = issueToken(world, resource);
  return {
    status: 200,
    body: {
      access_token: token,
      expires_on: String(expiresOn),
      resource,
      token_type: 'Bearer',
      client_id: randomUUID(),
    },
  };
}

/** Whether the tenant has a service principal for this resource; a trailing slash is the client's to choose. */
function isKnown(resource: string, world: World): boolean {
  const cloud = clouds[world.estate().cloud];
  const name = resource.replace(/\/$/, '').toLowerCase();
  if (tokenResources(cloud).includes(name)) return true;
  if (/^https:\/\/[a-z0-9]+\.(blob|queue|table)\.core\.[a-z.]+$/.test(name)) return true;
  return name.startsWith('https://') && name.endsWith(`.${cloud.fhirSuffix}`);
}

function refuse(status: number, message: string): SandboxResponse {
  return { status, body: { statusCode: status, message, correlationId: randomUUID() } };
}
