/** The composition root: everything that a command or a trigger calls. */
export { answerHealth, answerReport } from './app/http.ts';
export { type ScanFormat, type ScanOptions, type ScanOutput, scan, scanChoices, type Terminal } from './app/scan.ts';
export { scheduleOf } from './app/schedule.ts';
export { answerTeams, teamsTrouble } from './app/teams.ts';
export { sweepOnTimer } from './app/timer.ts';
