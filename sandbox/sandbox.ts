/** Starts the pretend Azure that holds one estate, and says how to point an app at it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RunningIngestion, startIngestion } from './data-plane/ingestion.ts';
import { startLogs } from './data-plane/logs.ts';
import { resourceMetrics, startMetrics } from './data-plane/metrics.ts';
import { startDirectory } from './directory.ts';
import { startDns } from './dns/server.ts';
import { endpointNames, startEndpoints } from './fhir/endpoints.ts';
import { telemetryWorkspaceOf, withWebTests } from './fhir/web-tests.ts';
import { startIdentity } from './identity.ts';
import type { TrafficOptions } from './limits.ts';
import { startResourceManager } from './resource-manager/server.ts';
import { startStorage } from './storage.ts';
import { createTls } from './tls.ts';
import type { Estate, TlsMaterial, World } from './types.ts';
import { createWorld, type Stopwatch } from './world.ts';

export interface Sandbox {
  readonly world: World;
  readonly tls: TlsMaterial;
  /** name → address, for people */
  readonly endpoints: Readonly<Record<string, string>>;
  /** the variables that point an app at this sandbox; they hold no secret but the identity header */
  readonly environment: Readonly<Record<string, string>>;
  /** where the app's signals arrive; undefined for a scan, which sends none */
  readonly telemetry: RunningIngestion | undefined;
  /** stops every server at once and removes the temporary files; may be called again */
  close(): Promise<void>;
}

/** Something started: it is stopped by `close`. */
interface Closable {
  close(): Promise<void> | void;
}

export interface SandboxOptions extends TrafficOptions {
  /** also what the app keeps its state in and sends its signals to; a scan does without */
  readonly app?: boolean;
  /** what the sandbox's clock runs on with; default: this process's own time */
  readonly elapsed?: Stopwatch;
}

/** Starts the servers of one estate. Whatever was started before an error is stopped again. */
export async function startSandbox(
  estate: Estate,
  { app = false, elapsed, ...traffic }: SandboxOptions = {},
): Promise<Sandbox> {
  const world = createWorld(estate, elapsed, traffic);
  const directory = mkdtempSync(join(tmpdir(), 'fhirwatch-sandbox-'));
  const started: Closable[] = [];
  const removeFiles = () => rmSync(directory, { recursive: true, force: true });
  process.once('exit', removeFiles);
  const close = async () => {
    await Promise.all(started.splice(0).map((one) => one.close()));
    process.removeListener('exit', removeFiles);
    removeFiles();
  };
  const keep = async <T extends Closable>(starting: Promise<T>): Promise<T> => {
    const one = await starting;
    started.push(one);
    return one;
  };
  try {
    const tls = await createTls(estate.now, directory, endpointNames(estate));
    const telemetry = app
      ? await keep(startIngestion(world, tls, { workspace: telemetryWorkspaceOf(estate) }))
      : undefined;
    const workspace = withWebTests(world, telemetry?.workspace);
    const [resourceManager, identity, graph, dns, logs, metrics, fhir, storage] = await Promise.all([
      keep(
        startResourceManager(world, tls, { metrics: (request, resource) => resourceMetrics(world, resource, request) }),
      ),
      keep(startIdentity(world)),
      keep(startDirectory(world, tls)),
      keep(startDns(world)),
      keep(startLogs(world, tls, { telemetry: workspace })),
      keep(startMetrics(world, tls)),
      keep(startEndpoints(world, tls)),
      app ? keep(startStorage(world)) : undefined,
    ]);
    const endpoints = {
      resourceManager: resourceManager.url,
      graph: graph.url,
      logs: logs.url,
      metrics: metrics.url,
      identity: identity.endpoint,
      fhirProxy: fhir.proxy,
      privateDns: dns.private.address,
      publicDns: dns.public.address,
      ...(telemetry ? { telemetry: telemetry.url } : {}),
      ...(storage ? { blobs: storage.blobUrl, queues: storage.queueUrl, tables: storage.tableUrl } : {}),
    };
    const environment = {
      FHIRWATCH_CLOUD: estate.cloud,
      FHIRWATCH_RESOURCE_MANAGER_ENDPOINT: resourceManager.url,
      FHIRWATCH_GRAPH_ENDPOINT: graph.url,
      FHIRWATCH_LOGS_ENDPOINT: logs.url,
      FHIRWATCH_METRICS_ENDPOINT: metrics.url,
      FHIRWATCH_DNS_SERVERS: endpoints.privateDns,
      FHIRWATCH_PROBE_PROXY: fhir.proxy,
      FHIRWATCH_TELEMETRY_WORKSPACE: workspace.id,
      FHIRWATCH_POLICY: policyFile(estate, directory),
      IDENTITY_ENDPOINT: identity.endpoint,
      IDENTITY_HEADER: identity.header,
      AZURE_TENANT_ID: estate.tenantId,
      AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential',
      NODE_EXTRA_CA_CERTS: tls.caFile,
      ...(storage ? { AzureWebJobsStorage: storage.connectionString } : {}),
      ...(telemetry ? { APPLICATIONINSIGHTS_CONNECTION_STRING: telemetry.connectionString } : {}),
    };
    return { world, tls, endpoints, environment, telemetry, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The estate's own policy as a file (JSON is YAML), else the repository's example. */
function policyFile(estate: Estate, directory: string): string {
  if (estate.policy === undefined) return fileURLToPath(new URL('../fhirwatch.yaml', import.meta.url));
  const file = join(directory, 'policy.yaml');
  writeFileSync(file, JSON.stringify(estate.policy, undefined, 2), { mode: 0o600 });
  return file;
}
