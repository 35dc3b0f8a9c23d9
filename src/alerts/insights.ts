import type { TokenCredential } from '@azure/core-auth';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import type { AzureMonitorLogExporter } from '@azure/monitor-opentelemetry-exporter';
import type { LogRecord } from '@opentelemetry/api-logs';
import type { LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { Signal, SignalSink } from '../model.ts';

/** Items that go out in one request: far below the service's limit of 64,000 and its message size. */
const requestItems = 200;

export interface InsightsOptions {
  readonly connectionString: string;
  /** where the component refuses local authentication */
  readonly credential?: TokenCredential;
  /** `cloud_RoleName` of every signal */
  readonly role: string;
  readonly timeoutMs?: number;
  /** told once per request that was not accepted whole; never holds the signals themselves */
  onLoss(detail: string): void;
}

/** What the ingestion service says of a request. */
interface Acknowledgement {
  readonly itemsAccepted: number;
  readonly refused: ReadonlySet<number>;
}

/**
 * Custom events through Azure Monitor's own exporter. Its result and its `flush()` tell of no loss, so the service's
 * answer (`itemsReceived`, `itemsAccepted`, `errors[].index`) is read as it passes and only that counts as sent.
 */
export function insightsSink(options: InsightsOptions): SignalSink {
  let opened: Promise<Exporter> | undefined;
  return {
    async send(signals) {
      opened ??= openExporter(options);
      const exporter = await opened.catch((error: unknown) => {
        opened = undefined;
        options.onLoss(`the exporter could not start: ${error instanceof Error ? error.message : 'unknown'}`);
        return undefined;
      });
      if (!exporter) return [];
      const accepted: Signal[] = [];
      for (let start = 0; start < signals.length; start += requestItems) {
        const part = signals.slice(start, start + requestItems);
        const answer = await exporter.send(part);
        if (!answer || answer.itemsAccepted < part.length) {
          options.onLoss(`the ingestion service accepted ${answer?.itemsAccepted ?? 0} of ${part.length} signals`);
        }
        if (answer) accepted.push(...acceptedOf(part, answer));
      }
      return accepted;
    },
  };
}

/** Where the answer does not say which items it refused, none of a request that was not accepted whole counts as sent. */
function acceptedOf(signals: readonly Signal[], answer: Acknowledgement): readonly Signal[] {
  const kept = signals.filter((_, index) => !answer.refused.has(index));
  return kept.length === answer.itemsAccepted ? kept : [];
}

interface Exporter {
  send(signals: readonly Signal[]): Promise<Acknowledgement | undefined>;
}

/** The exporter and OpenTelemetry's log records load on first use: they are a third of the app's start otherwise. */
async function openExporter(options: InsightsOptions): Promise<Exporter> {
  const { AzureMonitorLogExporter } = await import('@azure/monitor-opentelemetry-exporter');
  const { LoggerProvider } = await import('@opentelemetry/sdk-logs');
  const { resourceFromAttributes } = await import('@opentelemetry/resources');
  let answer: Acknowledgement | undefined;
  const exporter = new AzureMonitorLogExporter({
    connectionString: options.connectionString,
    disableOfflineStorage: true,
    ...(options.credential ? { credential: options.credential } : {}),
    additionalPolicies: [
      {
        policy: listener((heard) => {
          answer = heard;
        }),
        position: 'perRetry',
      },
    ],
  });
  const pending: ReadableLogRecord[] = [];
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ 'service.name': options.role }),
    processors: [collector(pending)],
  });
  const logger = provider.getLogger('fhirwatch');
  let queue: Promise<unknown> = Promise.resolve();
  return {
    send(signals) {
      const run = queue.then(async () => {
        answer = undefined;
        pending.length = 0;
        for (const signal of signals) logger.emit(toLogRecord(signal));
        await exportAll(exporter, [...pending], options.timeoutMs ?? 30_000);
        return answer;
      });
      queue = run;
      return run;
    },
  };
}

/** A custom event, as the exporter reads it (functions facts 4.1). */
function toLogRecord({ name, at, properties, measurements }: Signal): LogRecord {
  return {
    timestamp: new Date(at),
    attributes: { 'microsoft.custom_event.name': name, ...properties },
    body: { measurements: { ...measurements } },
  };
}

/** Keeps what the logger makes of each record until it is exported as one request. */
function collector(pending: ReadableLogRecord[]): LogRecordProcessor {
  return {
    onEmit: (record) => void pending.push(record),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
}

function exportAll(exporter: AzureMonitorLogExporter, records: ReadableLogRecord[], timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, timeoutMs);
    void exporter.export(records, () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function listener(hear: (answer: Acknowledgement) => void): PipelinePolicy {
  return {
    name: 'fhirwatchAcknowledgement',
    async sendRequest(request, next) {
      const response = await next(request);
      const answer = parse(response.status, response.bodyAsText ?? '');
      if (answer) hear(answer);
      return response;
    },
  };
}

function parse(status: number, body: string): Acknowledgement | undefined {
  if (status !== 200 && status !== 206) return undefined;
  const answer = readObject(body);
  const accepted = answer?.itemsAccepted;
  if (typeof accepted !== 'number') return undefined;
  const errors: readonly unknown[] = Array.isArray(answer?.errors) ? answer.errors : [];
  const indexes = errors.map((error) => (error as { readonly index?: unknown } | null)?.index);
  return { itemsAccepted: accepted, refused: new Set(indexes.filter((index) => typeof index === 'number')) };
}

function readObject(body: string): { readonly itemsAccepted?: unknown; readonly errors?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined; // not the service's answer: nothing counts as sent
  }
}
