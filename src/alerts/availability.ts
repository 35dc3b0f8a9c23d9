import { setTimeout as sleep } from 'node:timers/promises';
import type { TokenCredential } from '@azure/core-auth';
import type { TelemetryClient } from 'applicationinsights';

/** One private path as a sweep saw it. */
export interface PathAvailability {
  readonly host: string;
  /** the service's resource id */
  readonly serviceId: string;
  readonly isOpen: boolean;
  readonly message: string;
  readonly durationMs: number;
}

export interface AvailabilityReport {
  readonly sweepId: string;
  readonly family: string;
  /** share of findings that are known, 0 to 1; null where there was none */
  readonly coverage: number | null;
  /** where it was seen from, e.g. the virtual network's name */
  readonly place: string;
  readonly paths: readonly PathAvailability[];
}

export interface AvailabilityOptions {
  readonly connectionString: string;
  /** where the component refuses local authentication */
  readonly credential?: TokenCredential;
  /** `cloud_RoleName` */
  readonly role: string;
  readonly timeoutMs?: number;
  /** told where the SDK itself fails; of results lost on the way it tells nobody */
  onLoss(detail: string): void;
}

/** Below the SDK's queue, which drops what does not fit (functions facts 4.1). */
const itemsPerFlush = 500;

/**
 * One availability result per private path, called `private <host>`, and the sweep's coverage as a metric, for the
 * availability view, its alert rule and the workbook. They repeat with every sweep, so a lost one is not sent again.
 */
export async function reportAvailability(report: AvailabilityReport, options: AvailabilityOptions): Promise<void> {
  const { timeoutMs = 10_000 } = options;
  try {
    const client = await openClient(options);
    for (let start = 0; start < report.paths.length || start === 0; start += itemsPerFlush) {
      if (start === 0) trackCoverage(client, report);
      for (const path of report.paths.slice(start, start + itemsPerFlush)) trackPath(client, path, report);
      await atMost(timeoutMs, client.flush());
    }
    await atMost(timeoutMs, client.shutdown());
  } catch (error) {
    options.onLoss(error instanceof Error ? error.message : 'unknown');
  }
}

/** Isolated from the Functions host's own telemetry, and loaded on first use: it is the app's largest dependency. */
async function openClient({ connectionString, credential, role }: AvailabilityOptions): Promise<TelemetryClient> {
  // read when the SDK loads: it reports no statistics of itself to Microsoft's own component
  process.env.APPLICATION_INSIGHTS_NO_STATSBEAT ??= '1';
  const { TelemetryClient } = (await import('applicationinsights')).default;
  const { resourceFromAttributes } = await import('@opentelemetry/resources');
  const client = new TelemetryClient(connectionString, { useGlobalProviders: false });
  client.config.samplingPercentage = 100;
  client.config.enableUseDiskRetryCaching = false;
  client.config.azureMonitorOpenTelemetryOptions = { resource: resourceFromAttributes({ 'service.name': role }) };
  if (credential) client.config.aadTokenCredential = credential;
  return client;
}

function trackPath(client: TelemetryClient, path: PathAvailability, { sweepId, place }: AvailabilityReport): void {
  client.trackAvailability({
    id: `${sweepId} ${path.host}`,
    name: `private ${path.host}`,
    duration: path.durationMs,
    success: path.isOpen,
    runLocation: place,
    message: path.message,
    properties: { sweepId, serviceId: path.serviceId },
  });
}

function trackCoverage(client: TelemetryClient, { coverage, family }: AvailabilityReport): void {
  if (coverage !== null) client.trackMetric({ name: 'fhirwatch coverage', value: coverage, properties: { family } });
}

/** The SDK's flush waits for a server that hangs. */
async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  try {
    await Promise.race([work, sleep(ms, undefined, { signal: timer.signal })]);
  } finally {
    timer.abort();
  }
}
