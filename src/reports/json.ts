import type { Report } from './report.ts';
import { safeJson } from './text.ts';

export function renderJson(report: Report): string {
  return [...renderJsonParts(report)].join('');
}

/** The same, a service at a time: a large estate's report is longer than a process should hold at once. */
export function* renderJsonParts(report: Report): Generator<string, void> {
  const { services, ...rest } = report;
  const frame = safeJson({ ...rest, services: [] });
  if (services.length === 0) {
    yield `${frame}\n`;
    return;
  }
  yield `${frame.slice(0, -']\n}'.length)}\n`;
  for (const [index, service] of services.entries()) {
    const separator = index === services.length - 1 ? '' : ',';
    yield `    ${safeJson(service).replaceAll('\n', '\n    ')}${separator}\n`;
  }
  yield '  ]\n}\n';
}
