import type { TokenCredential } from '@azure/core-auth';
import type { TableServiceClientOptions } from '@azure/data-tables';
import { insightsSink } from '../alerts/insights.ts';
import type { Azure } from '../evidence/azure/client.ts';
import type { SignalSink, Store } from '../model.ts';
import { readSettings, type Settings, type StorageSettings } from '../settings.ts';
import { azureStore, type StorageClients } from '../state/azure.ts';
import { connect } from './connect.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a trigger may write to; the Functions host ships it. Static text, details in fields. */
export interface Log {
  info(text: string, ...fields: readonly unknown[]): void;
  error(text: string, ...fields: readonly unknown[]): void;
}

/** The running app: its settings and the clients made from them, each made once and on first use. */
export interface Service {
  readonly settings: Settings;
  readonly environment: Environment;
  azure(): Promise<Azure>;
  store(): Promise<Store>;
  sink(): Promise<SignalSink>;
  now(): Date;
}

/** What is logged of a thing that was thrown. */
export function textOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : 'unknown';
}

export type ServiceOpening =
  | { readonly ok: true; readonly service: Service }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Never throws: an app that cannot run says why in its log, its health and its report. */
export function openService(environment: Environment, log: Log): ServiceOpening {
  const settled = readSettings(environment);
  if (!settled.ok) return settled;
  const { settings } = settled;
  const problems = [
    ...(settings.storage
      ? []
      : ['AzureWebJobsStorage is not set: expected the storage account that holds the app’s memory']),
    ...(settings.applicationInsights
      ? []
      : ['APPLICATIONINSIGHTS_CONNECTION_STRING is not set: expected where signals go']),
  ];
  const { storage, applicationInsights } = settings;
  if (!storage || !applicationInsights) return { ok: false, problems };
  const now = (): Date => new Date();
  const service: Service = {
    settings,
    environment,
    now,
    azure: once(() => connect(settings, environment, now)),
    store: once(async () => azureStore(await storageClients(storage))),
    sink: once(async () =>
      insightsSink({
        connectionString: applicationInsights.connectionString,
        ...(applicationInsights.authentication.kind === 'identity'
          ? { credential: await managedIdentity(applicationInsights.authentication.clientId) }
          : {}),
        role: environment.WEBSITE_SITE_NAME ?? 'fhirwatch',
        onLoss: (detail) => log.error('signals were not accepted', { detail }),
      }),
    ),
  };
  return { ok: true, service };
}

let shared: { readonly service: Service; readonly environment: Environment } | undefined;

/** The clients of one process, shared by all its invocations; settings that were wrong are read again each time. */
export function openShared(environment: Environment, log: Log): ServiceOpening {
  if (shared?.environment === environment) return { ok: true, service: shared.service };
  const opening = openService(environment, log);
  if (opening.ok) shared = { service: opening.service, environment };
  return opening;
}

async function managedIdentity(clientId: string | undefined): Promise<TokenCredential> {
  const { ManagedIdentityCredential } = await import('@azure/identity');
  return new ManagedIdentityCredential(clientId === undefined ? {} : { clientId });
}

const names = {
  findings: 'fhirwatchfindings',
  drifts: 'fhirwatchdrifts',
  baselines: 'fhirwatchbaselines',
  sweeps: 'fhirwatchsweeps',
  documents: 'fhirwatch',
} as const;

/** The client waits for ever for storage that does not answer; blobs have their own limit (state/azure/documents.ts). */
const tableCallMs = 10_000;
const tableOptions: TableServiceClientOptions = {
  additionalPolicies: [
    {
      position: 'perRetry',
      policy: {
        name: 'fhirwatchInTime',
        sendRequest: (request, next) => {
          request.timeout = tableCallMs;
          return next(request);
        },
      },
    },
  ],
};

async function storageClients(storage: StorageSettings): Promise<StorageClients> {
  const { TableClient } = await import('@azure/data-tables');
  const { ContainerClient } = await import('@azure/storage-blob');
  if (storage.kind === 'connection-string') {
    const { connectionString } = storage;
    // Only an emulator on loopback speaks plain http.
    const isLocal = /http:\/\/(127\.0\.0\.1|localhost)[:/]/i.test(connectionString);
    const options = { ...tableOptions, allowInsecureConnection: isLocal };
    const table = (name: string) => TableClient.fromConnectionString(connectionString, name, options);
    return clientsOf(table, new ContainerClient(connectionString, names.documents));
  }
  const credential = await managedIdentity(storage.clientId);
  const table = (name: string) => new TableClient(storage.tableServiceUri, name, credential, tableOptions);
  return clientsOf(table, new ContainerClient(`${storage.blobServiceUri}/${names.documents}`, credential));
}

function clientsOf(
  table: (name: string) => StorageClients['findings'],
  documents: StorageClients['documents'],
): StorageClients {
  return {
    findings: table(names.findings),
    drifts: table(names.drifts),
    baselines: table(names.baselines),
    sweeps: table(names.sweeps),
    documents,
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
