import { type PathAvailability, reportAvailability } from '../alerts/availability.ts';
import type { FindingRecord, SweepRecord } from '../model.ts';
import { publicHostOf } from '../rules/host-names.ts';
import { lastSegment } from '../rules/resource-id.ts';
import { lastProbeOf } from './ports.ts';
import type { Log, Service } from './service.ts';

/**
 * After a sweep: its coverage, and one availability result for each private path that it judged. The sweep is closed by
 * then; what is lost here is told in the log.
 */
export async function tellAvailability(record: SweepRecord, service: Service, log: Log): Promise<void> {
  const onLoss = (detail: string): void => log.error('availability was not reported', { detail });
  try {
    await tell(record, service, onLoss);
  } catch (error) {
    onLoss(error instanceof Error ? error.message : 'unknown');
  }
}

async function tell(record: SweepRecord, service: Service, onLoss: (detail: string) => void): Promise<void> {
  const { settings, environment } = service;
  const { applicationInsights } = settings;
  if (!applicationInsights) return;
  const findings =
    record.family === 'network' ? await (await service.store()).currentFindings({ family: 'network' }) : [];
  const paths = findings
    .filter(({ finding, lastSeen }) => finding.check === 'private-path-open' && lastSeen >= record.startedAt)
    .flatMap((one) => pathOf(one, service));
  const { connectionString, authentication } = applicationInsights;
  await reportAvailability(
    {
      sweepId: record.sweepId,
      family: record.family,
      coverage: record.coverage,
      place: record.vantage?.ok ? lastSegment(record.vantage.value.networkId) : 'unknown',
      paths,
    },
    {
      connectionString,
      ...(authentication.kind === 'identity' ? { credential: await managedIdentity(authentication.clientId) } : {}),
      role: environment.WEBSITE_SITE_NAME ?? 'fhirwatch',
      onLoss,
    },
  );
}

/** What is not known is no result: neither open nor shut. */
function pathOf({ service, finding }: FindingRecord, { settings }: Service): readonly PathAvailability[] {
  const host = publicHostOf(service, settings.cloud);
  if (host === undefined || (finding.status !== 'pass' && finding.status !== 'fail')) return [];
  // where another process asked, it alone knows how long it took
  const durationMs = lastProbeOf(host)?.durationMs ?? 0;
  return [{ host, serviceId: service.id, isOpen: finding.status === 'pass', message: finding.message, durationMs }];
}

async function managedIdentity(clientId: string | undefined) {
  const { ManagedIdentityCredential } = await import('@azure/identity');
  return new ManagedIdentityCredential(clientId === undefined ? {} : { clientId });
}
