import { isIP } from 'node:net';
import * as z from 'zod';
import { clouds, type Endpoints, overrideCloud, storageSuffixes } from './clouds.ts';
import type { Cloud } from './model.ts';
import { readSchedules, type Schedules } from './schedules.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where state and queues live. */
export type StorageSettings =
  | { readonly kind: 'connection-string'; readonly connectionString: string }
  | {
      readonly kind: 'identity';
      readonly blobServiceUri: string;
      readonly queueServiceUri: string;
      readonly tableServiceUri: string;
      /** of a user-assigned identity */
      readonly clientId?: string;
    };

export interface Settings {
  readonly cloud: Cloud;
  /** absent: nothing is remembered; enough for a scan, not for the app */
  readonly storage?: StorageSettings;
  /** absent: no signal leaves; `clientId` where a user-assigned identity signs in to it */
  readonly applicationInsights?: {
    readonly connectionString: string;
    readonly authentication: { readonly kind: 'key' } | { readonly kind: 'identity'; readonly clientId?: string };
  };
  /** of a user-assigned identity */
  readonly clientId?: string;
  readonly tenantId?: string;
  /** where tokens come from, e.g. `https://login.microsoftonline.com` */
  readonly authorityHost: string;
  /** as given; absent: `fhirwatch.yaml` beside `host.json` */
  readonly policyFile?: string;
  /** CONNECT proxy of the probes, without trailing slash */
  readonly probeProxy?: string;
  /** resource id or customer id of the app's own Log Analytics workspace */
  readonly telemetryWorkspace?: string;
  /** each with its port, as Node's `Resolver.setServers` takes them: `10.0.0.4:53`, `[::1]:53`; empty: the system's */
  readonly dnsServers: readonly string[];
  readonly schedules: Schedules;
  /** how long findings, drifts and sweeps are remembered after they ended */
  readonly retentionDays: number;
  readonly teamsWorkflowUrl?: string;
  /** settings that could not be obeyed but are no reason to stop: told by health and reports */
  readonly remarks: readonly string[];
}

export type SettingsResult =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Shown as "(set)": their values are keys, or addresses that are as good as one. */
const secrets = new Set([
  'AzureWebJobsStorage',
  'APPLICATIONINSIGHTS_CONNECTION_STRING',
  'IDENTITY_HEADER',
  'FHIRWATCH_TEAMS_WORKFLOW_URL',
]);

/** Every message completes "expected …". */
const checked = (isValid: (value: string) => boolean, expected: string) =>
  z.string().refine(isValid, expected).optional();

const isGuid = (value: string): boolean => z.guid().safeParse(value).success;
const guid = (what: string) => checked(isGuid, `the ${what}: a GUID`);

function isUrl(value: string, protocols: readonly string[], accept: (url: URL) => boolean): boolean {
  const url = URL.parse(value);
  return url !== null && protocols.includes(url.protocol) && url.username === '' && url.password === '' && accept(url);
}

const isOrigin = (url: URL): boolean => url.pathname === '/' && url.search === '' && url.hash === '';
const endpoint = checked(
  (value) => isUrl(value.replaceAll('{region}', 'region'), ['https:'], isOrigin),
  'an https address without path, such as https://management.azure.com',
);
const serviceUri = checked(
  (value) => isUrl(value, ['https:'], (url) => url.search === '' && url.hash === ''),
  'the https address of a storage service, without a signature',
);

/** Six years: HIPAA asks for that long of what documents a safeguard (45 CFR 164.316(b)(2)(i)). */
const standardRetention = 2190;
const shortestRetention = 7;
const longestRetention = 36_500;

const workspaceId =
  /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.OperationalInsights\/workspaces\/[^/]+$/i;

const environmentSchema = z.object({
  AzureWebJobsStorage: checked(
    (value) => /^UseDevelopmentStorage=true/i.test(value) || /(^|;)\s*(AccountName|\w+Endpoint)=/i.test(value),
    'a storage connection string',
  ),
  AzureWebJobsStorage__accountName: checked((value) => /^[a-z0-9]{3,24}$/.test(value), 'the name of a storage account'),
  AzureWebJobsStorage__blobServiceUri: serviceUri,
  AzureWebJobsStorage__queueServiceUri: serviceUri,
  AzureWebJobsStorage__tableServiceUri: serviceUri,
  AzureWebJobsStorage__clientId: guid('client id of a user-assigned identity'),
  APPLICATIONINSIGHTS_CONNECTION_STRING: checked(
    (value) => /(^|;)\s*InstrumentationKey=[0-9a-f-]{36}\s*(;|$)/i.test(value),
    'a connection string with InstrumentationKey=…',
  ),
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: checked(
    (value) =>
      /^(ClientId=[0-9a-f-]{36};)?Authorization=AAD(;ClientId=[0-9a-f-]{36})?;?$/i.test(value.replaceAll(' ', '')),
    'Authorization=AAD, with ClientId=… for a user-assigned identity',
  ),
  AZURE_CLIENT_ID: guid('client id of an identity'),
  AZURE_TENANT_ID: checked((value) => /^[-.0-9a-z]+$/i.test(value), 'a tenant: a GUID or a domain'),
  AZURE_AUTHORITY_HOST: checked(
    (value) => isUrl(value, ['https:'], isOrigin),
    'an https address without path, such as https://login.microsoftonline.com',
  ),
  IDENTITY_ENDPOINT: checked((value) => isUrl(value, ['http:', 'https:'], () => true), 'an http or https address'),
  FHIRWATCH_POLICY: z.string().optional(),
  FHIRWATCH_CLOUD: checked((value) => Object.hasOwn(clouds, value), Object.keys(clouds).join(', ')),
  FHIRWATCH_RESOURCE_MANAGER_ENDPOINT: endpoint,
  FHIRWATCH_LOGS_ENDPOINT: endpoint,
  FHIRWATCH_METRICS_ENDPOINT: endpoint,
  FHIRWATCH_GRAPH_ENDPOINT: endpoint,
  FHIRWATCH_PROBE_PROXY: checked(
    (value) => isUrl(value, ['http:', 'https:'], isOrigin),
    'an http or https address without path or password',
  ),
  FHIRWATCH_TELEMETRY_WORKSPACE: checked(
    (value) => workspaceId.test(value) || isGuid(value),
    'the resource id of a Log Analytics workspace, or its workspace id',
  ),
  FHIRWATCH_DNS_SERVERS: checked(
    (value) => value.split(',').every((server) => parseDnsServer(server) !== undefined),
    'addresses separated by commas, each with a port if need be: 10.0.0.4, 10.0.0.5:5353, [fd00::4]:53',
  ),
  FHIRWATCH_RETENTION_DAYS: checked(
    (value) => /^\d{1,5}$/.test(value) && Number(value) >= shortestRetention && Number(value) <= longestRetention,
    `whole days from ${shortestRetention} to ${longestRetention}`,
  ),
  FHIRWATCH_TEAMS_WORKFLOW_URL: checked((value) => isUrl(value, ['https:'], () => true), 'an https address'),
});

type Values = z.infer<typeof environmentSchema>;

/**
 * Reads every setting. A setting that is empty counts as not set, as App Service has it. All problems are told at once;
 * a problem names the setting, what it is (never a secret) and what was expected.
 */
export function readSettings(environment: Environment): SettingsResult {
  const given: Record<string, string> = {};
  const unresolved: string[] = [];
  for (const name of Object.keys(environmentSchema.shape)) {
    const value = environment[name]?.trim();
    if (value === undefined || value === '') continue;
    if (value.startsWith('@Microsoft.KeyVault(')) unresolved.push(unresolvedRemark(name));
    else given[name] = value;
  }
  const { success, data, error } = environmentSchema.safeParse(given);
  if (!success) {
    return { ok: false, problems: error.issues.map(({ path, message }) => problemOf(String(path[0]), given, message)) };
  }
  const { schedules, problems } = readSchedules(environment);
  const cloud = cloudOf(data);
  const storage = storageOf(data, cloud);
  if (typeof storage === 'string') return { ok: false, problems: [storage] };
  const settings: Settings = {
    cloud,
    ...(storage && { storage }),
    ...insightsOf(data),
    ...(data.AZURE_CLIENT_ID && { clientId: data.AZURE_CLIENT_ID }),
    ...(data.AZURE_TENANT_ID && { tenantId: data.AZURE_TENANT_ID }),
    authorityHost: withoutSlash(data.AZURE_AUTHORITY_HOST ?? `https://${cloud.authorityHost}`),
    ...(data.FHIRWATCH_POLICY && { policyFile: data.FHIRWATCH_POLICY }),
    ...(data.FHIRWATCH_PROBE_PROXY && { probeProxy: withoutSlash(data.FHIRWATCH_PROBE_PROXY) }),
    ...(data.FHIRWATCH_TELEMETRY_WORKSPACE && { telemetryWorkspace: data.FHIRWATCH_TELEMETRY_WORKSPACE }),
    dnsServers: data.FHIRWATCH_DNS_SERVERS?.split(',').flatMap((server) => parseDnsServer(server) ?? []) ?? [],
    schedules,
    retentionDays: Number(data.FHIRWATCH_RETENTION_DAYS ?? standardRetention),
    ...(data.FHIRWATCH_TEAMS_WORKFLOW_URL && { teamsWorkflowUrl: data.FHIRWATCH_TEAMS_WORKFLOW_URL }),
    remarks: [...problems, ...unresolved],
  };
  return { ok: true, settings };
}

/** App Service leaves the reference as it stands where it cannot read the vault: that setting has no value, the others do. */
function unresolvedRemark(name: string): string {
  return `${name} is a Key Vault reference that was not resolved: expected its secret's value; the app runs without it.`;
}

function problemOf(name: string, given: Readonly<Record<string, string>>, expected: string): string {
  const value = given[name] ?? '';
  // an address may carry a password before its host or a signature in its query
  const shown = value
    .replace(/\/\/[^/@]*@/g, '//(hidden)@')
    .replace(/\?.*/s, '?(hidden)')
    .slice(0, 80);
  return `${name} is ${secrets.has(name) ? '(set)' : JSON.stringify(shown)}: expected ${expected}.`;
}

const withoutSlash = (address: string): string => address.replace(/\/+$/, '');

function cloudOf(data: Values): Cloud {
  const cloud = Object.values(clouds).find(({ name }) => name === data.FHIRWATCH_CLOUD) ?? clouds.AzureCloud;
  const endpoints: Partial<Endpoints> = {
    ...(data.FHIRWATCH_RESOURCE_MANAGER_ENDPOINT && {
      resourceManager: withoutSlash(data.FHIRWATCH_RESOURCE_MANAGER_ENDPOINT),
    }),
    ...(data.FHIRWATCH_LOGS_ENDPOINT && { logs: withoutSlash(data.FHIRWATCH_LOGS_ENDPOINT) }),
    ...(data.FHIRWATCH_METRICS_ENDPOINT && { metrics: withoutSlash(data.FHIRWATCH_METRICS_ENDPOINT) }),
    ...(data.FHIRWATCH_GRAPH_ENDPOINT && { microsoftGraph: withoutSlash(data.FHIRWATCH_GRAPH_ENDPOINT) }),
  };
  const overridden = overrideCloud(cloud, endpoints);
  // behind a proxy of one's own the FHIR endpoints may be anybody's
  return data.FHIRWATCH_PROBE_PROXY === undefined ? overridden : { ...overridden, simulated: true };
}

/** @returns a sentence where the settings contradict or half-describe the storage */
function storageOf(data: Values, cloud: Cloud): StorageSettings | string | undefined {
  if (data.AzureWebJobsStorage !== undefined) {
    return { kind: 'connection-string', connectionString: data.AzureWebJobsStorage };
  }
  const account = data.AzureWebJobsStorage__accountName;
  const uriOf = (service: string): string | undefined =>
    account === undefined ? undefined : `https://${account}.${service}.${storageSuffixes[cloud.name]}`;
  const blob = data.AzureWebJobsStorage__blobServiceUri ?? uriOf('blob');
  const queue = data.AzureWebJobsStorage__queueServiceUri ?? uriOf('queue');
  const table = data.AzureWebJobsStorage__tableServiceUri ?? uriOf('table');
  if (blob === undefined && queue === undefined && table === undefined) return undefined;
  if (blob === undefined || queue === undefined || table === undefined) {
    const missing = Object.entries({ blob, queue, table }).filter(([, uri]) => uri === undefined);
    const names = missing.map(([service]) => `AzureWebJobsStorage__${service}ServiceUri`).join(' and ');
    return `${names} is not set: expected the https address of that storage service beside the others, or AzureWebJobsStorage__accountName.`;
  }
  const clientId = data.AzureWebJobsStorage__clientId;
  return {
    kind: 'identity',
    blobServiceUri: withoutSlash(blob),
    queueServiceUri: withoutSlash(queue),
    tableServiceUri: withoutSlash(table),
    ...(clientId && { clientId }),
  };
}

function insightsOf(data: Values): Pick<Settings, 'applicationInsights'> {
  const connectionString = data.APPLICATIONINSIGHTS_CONNECTION_STRING;
  if (connectionString === undefined) return {};
  const authentication = data.APPLICATIONINSIGHTS_AUTHENTICATION_STRING;
  if (authentication === undefined)
    return { applicationInsights: { connectionString, authentication: { kind: 'key' } } };
  const clientId = /ClientId\s*=\s*([0-9a-f-]{36})/i.exec(authentication)?.[1];
  return {
    applicationInsights: { connectionString, authentication: { kind: 'identity', ...(clientId && { clientId }) } },
  };
}

/** `address[:port]`, an IPv6 address in brackets where a port follows; in the form with port, or undefined. */
function parseDnsServer(text: string): string | undefined {
  const bare = text.trim();
  const [, bracketed, plain, portText] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(bare) ?? [];
  const address = isIP(bare) > 0 ? bare : (bracketed ?? plain ?? '');
  const port = isIP(bare) > 0 ? 53 : Number(portText ?? 53);
  if (isIP(address) === 0 || port < 1 || port > 65_535) return undefined;
  return isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}
