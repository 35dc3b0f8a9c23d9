import type { Report } from './report.ts';
import { safeJson } from './text.ts';

export function renderJson(report: Report): string {
  return `${safeJson(report)}\n`;
}
