/** Reads estate files (INTERFACES, "Estate file"): every problem by its path, defaults filled in, documents left as they are. */
import { createHash } from 'node:crypto';
import { isRecord } from './checks.ts';
import { estateFile } from './estate-shape.ts';
import type { AzureDocument, Estate, Json, JsonObject } from './types.ts';

export type ParsedEstate =
  | { readonly ok: true; readonly estate: Estate }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads the text of an estate file; `realNow` is where the clock starts if the file does not say. */
export function readEstate(json: string, realNow: Date): ParsedEstate {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    return { ok: false, problems: [`the file is not JSON: ${error instanceof Error ? error.message : error}`] };
  }
  return parseEstate(value, realNow);
}

/** Validates an estate and fills in its defaults. */
export function parseEstate(value: unknown, realNow: Date): ParsedEstate {
  const problems: string[] = [];
  estateFile(value, '', problems);
  if (problems.length > 0)
    return { ok: false, problems: problems.map((problem) => problem.replace(/^: /, 'the file: ')) };
  return { ok: true, estate: withDefaults(value as Partial<EstateFile>, realNow) };
}

/** The file's shape, once checked. */
type EstateFile = Omit<Estate, 'now' | 'monitor' | 'dns' | 'graph' | 'managementGroups'> & {
  readonly now: string;
  readonly monitor: Partial<Estate['monitor']>;
  readonly dns: Partial<Estate['dns']>;
  readonly graph: Partial<Estate['graph']>;
  readonly managementGroups: readonly {
    readonly id: string;
    parent?: string | null;
    subscriptions?: readonly string[];
  }[];
};

function withDefaults(file: Partial<EstateFile>, realNow: Date): Estate {
  const name = file.name ?? 'estate';
  const resources = file.resources ?? [];
  const { monitor = {}, dns = {}, graph = {} } = file;
  return {
    name,
    now: file.now === undefined ? realNow : new Date(file.now),
    cloud: file.cloud ?? 'AzureCloud',
    tenantId: file.tenantId ?? deriveId('tenant', name),
    managementGroups: (file.managementGroups ?? []).map(({ id, parent = null, subscriptions = [] }) => ({
      id,
      parent,
      subscriptions,
    })),
    policy: file.policy,
    monitor: {
      principalId: monitor.principalId ?? deriveId('monitor', name),
      network: monitor.network === undefined ? firstEndpointNetwork(resources) : monitor.network,
      publicVantage: monitor.publicVantage ?? true,
      unreadable: monitor.unreadable ?? [],
    },
    resources,
    roleDefinitions: file.roleDefinitions ?? [],
    roleAssignments: file.roleAssignments ?? [],
    roleEligibilityScheduleInstances: file.roleEligibilityScheduleInstances ?? [],
    roleAssignmentScheduleInstances: file.roleAssignmentScheduleInstances ?? [],
    denyAssignments: file.denyAssignments ?? [],
    diagnosticSettings: file.diagnosticSettings ?? [],
    directory: file.directory ?? [],
    dns: { private: dns.private ?? [], public: dns.public ?? [] },
    logs: file.logs ?? {},
    metrics: withoutGaps(file.metrics ?? {}),
    endpoints: file.endpoints ?? {},
    policyStates: file.policyStates ?? [],
    activity: file.activity ?? [],
    faults: file.faults ?? [],
    graph: { resources: graph.resources ?? [], without: graph.without ?? [] },
  };
}

/** A null in a series is a grain without a value, which is the same as no point. */
function withoutGaps(metrics: Estate['metrics']): Estate['metrics'] {
  const series = (points: readonly (readonly [string, number | null])[]) =>
    points.filter((point): point is readonly [string, number] => point[1] !== null);
  return Object.fromEntries(
    Object.entries(metrics).map(([id, byName]) => [
      id,
      Object.fromEntries(Object.entries(byName).map(([name, points]) => [name, series(points)])),
    ]),
  );
}

/** The network of the first private endpoint whose subnet says one, or null. */
function firstEndpointNetwork(resources: readonly AzureDocument[]): string | null {
  for (const { type, properties } of resources) {
    if (type?.toLowerCase() !== 'microsoft.network/privateendpoints') continue;
    const subnet = member(member(properties, 'subnet'), 'id');
    const network = typeof subnet === 'string' ? /^(.+?)\/subnets\/[^/]+$/i.exec(subnet)?.[1] : undefined;
    if (network !== undefined) return network;
  }
  return null;
}

function member(value: Json | undefined, key: string): Json | undefined {
  return isRecord(value) && Object.hasOwn(value, key) ? (value as JsonObject)[key] : undefined;
}

/** A GUID that depends on its seeds alone. */
export function deriveId(...seeds: readonly string[]): string {
  const hex = createHash('sha256').update(seeds.join('\n')).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
