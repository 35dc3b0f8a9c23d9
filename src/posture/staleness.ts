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
    const findings = own.map(({ finding, lastSeen }) => {
      const ageSeconds = (Date.parse(at) - Date.parse(lastSeen)) / 1000;
      if (ageSeconds <= 2 * intervalSecondsOf(finding.family)) return finding;
      const message = `Not seen lately: last seen ${finding.status} at ${lastSeen}. ${finding.message}`;
      return { ...finding, status: 'unknown' as const, message };
    });
    return [{ service, findings: findings.sort((a, b) => (a.check < b.check ? -1 : 1)) }];
  });
}

function latest(records: readonly FindingRecord[]): Service | undefined {
  return records.toSorted((a, b) => (a.lastSeen < b.lastSeen ? 1 : -1))[0]?.service;
}
