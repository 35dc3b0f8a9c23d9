/** Azure Resource Manager on loopback: HTTPS, bearer tokens, and Azure's routes over what the estate holds. */
import { type SandboxRequest, type SandboxResponse, startServer } from '../http.ts';
import type { FaultTarget, RunningServer, TlsMaterial, World } from '../types.ts';
import { failure, faultBody, resourceNotFound } from './answers.ts';
import { authorization } from './authorization.ts';
import type { Call } from './call.ts';
import { invalidType, refuseScope, refuseToken, refuseVersion } from './gate.ts';
import { insights } from './insights.ts';
import { inventoryOf } from './inventory.ts';
import { policyStates } from './policy-insights.ts';
import { genericList, resource, resourceList } from './resources.ts';
import { normalise } from './scopes.ts';
import {
  descendants,
  entities,
  managementGroup,
  managementGroupList,
  resourceGroup,
  resourceGroupList,
  subscription,
  subscriptionList,
  tenants,
} from './subscriptions.ts';
import { readTarget, typeOf } from './target.ts';

type Route = (call: Call) => SandboxResponse | undefined;

/** Answers `{resource}/providers/Microsoft.Insights/metrics`, which another service of the sandbox holds. */
export type MetricsHandler = (
  request: SandboxRequest,
  resourceId: string,
) => SandboxResponse | Promise<SandboxResponse>;

export interface ResourceManagerOptions {
  readonly metrics?: MetricsHandler;
}

const graphType = 'microsoft.resourcegraph/resources';
const metricsType = 'microsoft.insights/metrics';

/** What is asked by POST; everything else is read by GET. */
const posted: readonly string[] = [
  graphType,
  'microsoft.management/getentities',
  'microsoft.policyinsights/policystates/queryresults',
];

const routes: Readonly<Record<string, { readonly one?: Route; readonly list?: Route }>> = {
  'microsoft.resources/tenants': { list: tenants },
  'microsoft.resources/subscriptions': { one: subscription, list: subscriptionList },
  'microsoft.resources/subscriptions/resourcegroups': { one: resourceGroup, list: resourceGroupList },
  'microsoft.resources/subscriptions/resources': { list: genericList },
  'microsoft.resources/subscriptions/resourcegroups/resources': { list: genericList },
  'microsoft.management/managementgroups': { one: managementGroup, list: managementGroupList },
  'microsoft.management/managementgroups/descendants': { list: descendants },
  'microsoft.management/getentities': { list: entities },
  'microsoft.policyinsights/policystates/queryresults': { list: policyStates },
};

export function startResourceManager(
  world: World,
  tls: TlsMaterial,
  options: ResourceManagerOptions = {},
): Promise<RunningServer> {
  return startServer({
    world,
    tls,
    target: faultTarget,
    handle: (request) => answer(request, world, options),
    errorBody: (status, request) => faultBody(world.estate(), status, request),
    partial: (response, request) => (isGraph(request) ? truncated(response) : undefined),
  });
}

async function answer(
  request: SandboxRequest,
  world: World,
  options: ResourceManagerOptions,
): Promise<SandboxResponse> {
  const refused = refuseToken(request, world);
  if (refused) return refused;
  const target = readTarget(request.path);
  if (!target) return failure(404, 'NotFound', `No route matches '${request.method} ${request.path}'.`);
  const estate = world.estate();
  const call: Call = { request, estate, inventory: inventoryOf(estate), target };
  const type = typeOf(target);
  const method = posted.includes(type) ? 'POST' : 'GET';
  if (request.method !== method) {
    const message = `The requested resource does not support http method '${request.method}'.`;
    return { ...failure(405, 'MethodNotAllowed', message), headers: { allow: method } };
  }
  return refuseVersion(call) ?? refuseScope(call) ?? dispatch(call, type, world, options);
}

async function dispatch(
  call: Call,
  type: string,
  world: World,
  { metrics }: ResourceManagerOptions,
): Promise<SandboxResponse> {
  const { request, target } = call;
  if (type === graphType) {
    // The query language is the sandbox's largest part; who asks only for resources does not wait for it.
    const { resourceGraph } = await import('../resource-graph/service.ts');
    return resourceGraph(request, world);
  }
  if (type === metricsType && metrics) return readMetrics(call, metrics);
  const route = Object.hasOwn(routes, type) ? routes[type] : undefined;
  const routed = route && (target.isList ? route.list : route.one)?.(call);
  if (routed) return routed;
  const extension = extensionOf(call);
  if (extension) return extension;
  if (target.namespace.toLowerCase() === 'microsoft.resources')
    return invalidType(target, request.query.get('api-version') ?? '');
  return target.isList ? resourceList(call) : resource(call);
}

function readMetrics({ request, inventory, target }: Call, metrics: MetricsHandler) {
  if (!inventory.paths.has(normalise(target.scope))) return resourceNotFound(readTarget(target.scope) ?? target);
  return metrics(request, target.scope);
}

function extensionOf(call: Call): SandboxResponse | undefined {
  const namespace = call.target.namespace.toLowerCase();
  if (namespace === 'microsoft.authorization') return authorization(call);
  return namespace === 'microsoft.insights' ? insights(call) : undefined;
}

function faultTarget(request: SandboxRequest): FaultTarget {
  if (isGraph(request)) return 'resource-graph';
  const target = readTarget(request.path);
  return target && typeOf(target) === metricsType ? 'metrics' : 'resource-manager';
}

function isGraph({ path }: SandboxRequest): boolean {
  const target = readTarget(path);
  return target !== undefined && typeOf(target) === graphType;
}

/** What Resource Graph answers when it could not read everything: the first half, and the word for it. */
function truncated(response: SandboxResponse): SandboxResponse {
  const { body } = response;
  if (response.status !== 200 || typeof body !== 'object' || body === null || !('data' in body)) return response;
  const half = (rows: readonly unknown[]) => rows.slice(0, Math.floor(rows.length / 2)) as never;
  const { $skipToken: _, ...rest } = body;
  const data = body.data as { readonly columns: never; readonly rows: readonly unknown[] } | readonly unknown[];
  const kept = 'rows' in data ? { columns: data.columns, rows: half(data.rows) } : half(data);
  const count = Array.isArray(kept) ? kept.length : (kept as { rows: readonly unknown[] }).rows.length;
  return { ...response, body: { ...rest, count, resultTruncated: 'true', data: kept } };
}
