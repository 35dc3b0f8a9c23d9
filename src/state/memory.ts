import type { FindingRecord, PolicyRecord, Service, Store, SweepRecord } from '../model.ts';
import { isLater, step } from './intervals.ts';

/** The store of one process: what it remembers dies with it. The same contract test holds for the Azure store. */
export function memoryStore(): Store {
  const current = new Map<string, FindingRecord>();
  const sweeps = new Map<string, SweepRecord>();
  let estate: readonly Service[] = [];
  let policy: PolicyRecord | undefined;
  return {
    async saveFindings(sweepId, at, postures) {
      for (const { service, findings } of postures) {
        for (const finding of findings) {
          const key = `${service.key} ${finding.check}`;
          current.set(key, step(current.get(key), { service, finding, at, sweepId }).current);
        }
      }
    },
    async currentFindings(serviceKey) {
      return [...current.values()].filter((record) => serviceKey === undefined || record.service.key === serviceKey);
    },
    async forgetServices(serviceKeys) {
      const gone = new Set(serviceKeys);
      for (const [key, record] of current) if (gone.has(record.service.key)) current.delete(key);
    },
    async saveEstate(services) {
      estate = services;
    },
    async knownEstate() {
      return estate;
    },
    async saveSweep(record) {
      for (const slot of slotsOf(record)) if (isLater(record, sweeps.get(slot))) sweeps.set(slot, record);
    },
    async latestSweeps() {
      return [...new Set(sweeps.values())];
    },
    async savePolicy(record) {
      policy = record;
    },
    async lastGoodPolicy() {
      return policy;
    },
  };
}

/** Where a sweep's record stands: the last of its family, and the last completed one if it completed. */
export function slotsOf(record: SweepRecord): readonly string[] {
  return record.outcome === 'completed'
    ? [`${record.family}-last`, `${record.family}-completed`]
    : [`${record.family}-last`];
}
