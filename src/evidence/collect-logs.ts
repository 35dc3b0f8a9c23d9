import type { Batch, Collected } from './batch.ts';
import { collectAuditRows } from './logs/audit-rows.ts';
import { collectTraffic } from './logs/traffic.ts';

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

/** The hours that the policy's window touches: what tells silence from blindness. */
export function collectTrafficHours(batch: Batch): Promise<Collected<'traffic'>> {
  const requests = batch.services.map((service) => {
    const { windowSeconds } = batch.expect(service).auditFailures;
    return { service, hours: Math.max(1, Math.ceil(windowSeconds / 3600)) };
  });
  return collectTraffic(requests, batch.azure, batch.signal);
}
