/** The composition root: everything that a command or a trigger calls. */
export { answerBaseline } from './app/baseline.ts';
export { batchQueue, giveUpBatch, lostBatchQueue, workOnBatch } from './app/batches.ts';
export { changesQueue, followChange } from './app/changes.ts';
export { type BaselineCommand, baseline, baselineActions } from './app/client.ts';
export { type DoctorCommand, doctor } from './app/doctor.ts';
export { answerDrifts } from './app/drifts.ts';
export { type ExportOptions, exportEstate } from './app/export.ts';
export { answerHealth, answerReport } from './app/http.ts';
export { type ScanFormat, type ScanOptions, type ScanOutput, scan, scanChoices, type Terminal } from './app/scan.ts';
export { scheduleOf } from './app/schedule.ts';
export { answerDoctor } from './app/self.ts';
export { answerSweeps } from './app/sweeps.ts';
export { answerTeams, teamsTrouble } from './app/teams.ts';
export { answerTestAlerts } from './app/test-alert.ts';
export { sweepOnTimer } from './app/timer.ts';
