/** What Resource Manager refuses before it looks for anything: no or wrong token, wrong api-version, wrong scope. */
import { clouds } from '../clouds.ts';
import { parameter, type SandboxRequest, type SandboxResponse } from '../http.ts';
import { checkToken, type TokenFailure } from '../tokens.ts';
import type { World } from '../types.ts';
import { failure, forbidden } from './answers.ts';
import { checkVersion } from './api-versions.ts';
import type { Call } from './call.ts';
import { isUnreadable, lacksRight, normalise } from './scopes.ts';
import { resourceGroupOf, subscriptionOf, type Target, typeOf } from './target.ts';

/** 401 as Azure words it, or undefined for a good token. */
export function refuseToken(request: SandboxRequest, world: World): SandboxResponse | undefined {
  const audiences = clouds[world.estate().cloud].resourceManager;
  const problem = checkToken(request, world, audiences);
  if (!problem) return undefined;
  const { code, message } = describe(problem, world, audiences);
  const login = `${clouds[world.estate().cloud].login}/${world.estate().tenantId}`;
  const challenge = `Bearer authorization_uri="${login}", error="invalid_token", error_description="${message}"`;
  return { ...failure(401, code, message), headers: { 'www-authenticate': challenge } };
}

/** 400 or 404 for an api-version or a type that does not exist, or undefined. */
export function refuseVersion({ request, inventory, target }: Call): SandboxResponse | undefined {
  const version = parameter(request, 'api-version');
  const problem = checkVersion(typeOf(target), version);
  switch (problem?.kind) {
    case undefined:
      return undefined;
    case 'missing':
      return failure(
        400,
        'MissingApiVersionParameter',
        'The api-version query parameter (?api-version=) is required for all requests.',
      );
    case 'malformed':
      return failure(
        400,
        'InvalidApiVersionParameter',
        `The api-version '${version}' is invalid. The format is 'yyyy-MM-dd' or 'yyyy-MM-dd-preview'.`,
      );
    case 'unknown-type':
      // An export may hold documents of types that nobody listed here.
      return inventory.byType.has(typeOf(target)) ? undefined : invalidType(target, version);
    case 'unknown-version':
      return unknownVersion(target, version, problem.supported);
  }
}

/** 404 for a subscription or group that is not there, 403 for what the monitor may not read, or undefined. */
export function refuseScope({ estate, inventory, target }: Call): SandboxResponse | undefined {
  const [subscription, group] = [subscriptionOf(target.path), resourceGroupOf(target.path)];
  if (
    subscription !== undefined &&
    !inventory.subscriptions.some(({ subscriptionId }) => subscriptionId.toLowerCase() === subscription.toLowerCase())
  )
    return missingSubscription(subscription);
  const isRoleType = target.namespace.toLowerCase() === 'microsoft.authorization';
  if (isUnreadable(estate, target.path) || (isRoleType && lacksRight(estate, target.scope, target.type)))
    return forbidden(estate, `${target.namespace}/${target.type}/read`, refusedScope(target));
  if (group !== undefined && !inventory.paths.has(normalise(`/subscriptions/${subscription}/resourceGroups/${group}`)))
    return failure(404, 'ResourceGroupNotFound', `Resource group '${group}' could not be found.`);
  return undefined;
}

/** The scope that Azure names: the resource itself, for a list its parent or the provider in the group. */
function refusedScope({ isList, names, path, parent, scope, namespace }: Target): string {
  if (!isList) return path;
  return names.length > 0 ? parent : `${scope}/providers/${namespace}`;
}

export function invalidType({ namespace, type }: Target, version: string | undefined): SandboxResponse {
  return failure(
    404,
    'InvalidResourceType',
    `The resource type '${type}' could not be found in the namespace '${namespace}' for api version '${version}'.`,
  );
}

function unknownVersion(target: Target, version: string | undefined, supported: readonly string[]): SandboxResponse {
  const list = supported.toReversed().join(',');
  if (target.namespace.toLowerCase() === 'microsoft.resources')
    return failure(
      400,
      'InvalidApiVersionParameter',
      `The api-version '${version}' is invalid. The supported versions are '${list}'.`,
    );
  return failure(
    400,
    'NoRegisteredProviderFound',
    `No registered resource provider found for location '' and API version '${version}' for type '${target.type}'. The supported api-versions are '${list}'.`,
  );
}

function missingSubscription(id: string): SandboxResponse {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id))
    return failure(404, 'SubscriptionNotFound', `The subscription '${id}' could not be found.`);
  return failure(400, 'InvalidSubscriptionId', `The provided subscription identifier '${id}' is malformed or invalid.`);
}

function describe(
  problem: TokenFailure,
  world: World,
  audiences: readonly string[],
): { code: string; message: string } {
  switch (problem.reason) {
    case 'missing':
      return {
        code: 'AuthenticationFailed',
        message: "Authentication failed. The 'Authorization' header is missing.",
      };
    case 'malformed':
      return { code: 'InvalidAuthenticationToken', message: 'The access token is invalid.' };
    case 'audience': {
      const allowed = audiences.toReversed().map((one) => `'${one}/','${one}'`);
      return {
        code: 'InvalidAuthenticationTokenAudience',
        message: `The access token has been obtained for wrong audience or resource '${problem.audience}'. It should exactly match with one of the allowed audiences ${allowed.join(',')}.`,
      };
    }
    case 'issuer':
      return {
        code: 'InvalidAuthenticationTokenTenant',
        message: `The access token is from the wrong issuer '${problem.issuer}'. It must match one of the tenants 'https://sts.windows.net/${world.estate().tenantId}/' associated with this subscription.`,
      };
    case 'expired':
      return {
        code: 'ExpiredAuthenticationToken',
        message: `The access token expiry UTC time '${problem.expiredAt.toISOString()}' is earlier than current UTC time '${world.now().toISOString()}'.`,
      };
  }
}
