import type { FindingRecord, Posture, Service } from '../model.ts';

/**
 * The postures that memory holds, as they may be shown at `at`: a finding last seen longer ago than twice its family's
 * interval proves nothing any more and is `unknown` (INTERFACES, "Report").
 */
export function posturesAt(
  records: readonly FindingRecord[],
  at: string,
  intervalSecondsOf: (family: FindingRecord['finding']['family']) => number,
): readonly Posture[] {
  const byService = Map.groupBy(records, (record) => record.service.key);
  return [...byService.values()].flatMap((own) => {
    const service = latest(own);
    if (!service) return [];
    const findings = own.map((record) => {
      const { finding, lastSeen } = record;
      if (!isStale(record, at, intervalSecondsOf(finding.family))) return finding;
      const message = `Not seen lately: last seen ${finding.status} at ${lastSeen}. ${finding.message}`;
      return { ...finding, status: 'unknown' as const, message };
    });
    return [{ service, findings: findings.sort((a, b) => (a.check < b.check ? -1 : 1)) }];
  });
}

/** Of the intervals that overlap a moment, the one of each finding that held then. */
export function recordsAt(records: readonly FindingRecord[], at: string): readonly FindingRecord[] {
  const held = new Map<string, FindingRecord>();
  for (const record of records.toSorted((a, b) => (a.from < b.from ? -1 : 1))) {
    if (record.from <= at && (record.to === undefined || record.to > at)) {
      held.set(`${record.service.key} ${record.finding.check}`, record);
    }
  }
  return [...held.values()];
}

/** Whether it was seen too long before `at` to prove anything. */
export function isStale(record: FindingRecord, at: string, intervalSeconds: number): boolean {
  return (Date.parse(at) - Date.parse(record.lastSeen)) / 1000 > 2 * intervalSeconds;
}

function latest(records: readonly FindingRecord[]): Service | undefined {
  return records.toSorted((a, b) => (a.lastSeen < b.lastSeen ? 1 : -1))[0]?.service;
}
