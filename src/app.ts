/** The composition root: everything that a command or a trigger calls. */
export { type ScanFormat, type ScanOptions, type ScanOutput, scan, scanChoices, type Terminal } from './app/scan.ts';
