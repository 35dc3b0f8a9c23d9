import type { Batch, Collected } from './batch.ts';
import { collectAuditRows } from './logs/audit-rows.ts';
import { collectTraffic } from './logs/traffic.ts';

/** Liveness looks back this far at most: 7 days of hours. */
const trafficHours = 7 * 24;

/** The audit rows of each service in the workspaces that its enabled settings name, within the policy's window. */
export async function collectAuditWindows(batch: Batch): Promise<Collected<'auditRows'>> {
  const [settings, workspaces] = await Promise.all([batch.gather('diagnosticSettings'), batch.gather('logWorkspaces')]);
  const requests = batch.services.flatMap((service) => {
    const own = settings.get(service.id);
    const named = workspaces.get(service.id);
    if (own === undefined || named === undefined) return [];
    const { windowSeconds } = batch.expect(service).auditFailures;
    return [{ service, settings: own, workspaces: named, windowSeconds }];
  });
  return collectAuditRows(requests, batch.azure, batch.signal);
}

export function collectTrafficHours(batch: Batch): Promise<Collected<'traffic'>> {
  const requests = batch.services.map((service) => ({ service, hours: trafficHours }));
  return collectTraffic(requests, batch.azure, batch.signal);
}
