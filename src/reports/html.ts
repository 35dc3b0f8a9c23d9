import type { Report, ReportedFinding, ReportedService } from './report.ts';
import { displayName } from './table.ts';
import { visible } from './text.ts';

/** The posture as one plain HTML table, without scripts: readable as it is, and safe to open. */
export function renderHtml(report: Report): string {
  const { environment, coverage, totals } = report;
  const rows = report.services.flatMap((service) => service.findings.map((finding) => row(service, finding)));
  const simulated = environment.simulated
    ? `<p class="simulated">Simulated: made against ${escapeHtml(environment.endpoints.resourceManager)}, not Azure.</p>`
    : '';
  const known = coverage.ratio === null ? 'nothing to cover' : `${(coverage.ratio * 100).toFixed(2)} %`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>fhirwatch report</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem; color: #1a1a1a; background: #fff }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid #ccc; padding: .4rem .6rem; text-align: left; vertical-align: top; overflow-wrap: anywhere }
.simulated { background: #fff3bf; padding: .5rem }
.fail { color: #a40000; font-weight: 600 } .unknown { color: #7a4b00; font-weight: 600 }
</style>
</head>
<body>
${simulated}
<h1>FHIR posture</h1>
<p>${escapeHtml(environment.cloud)}, ${escapeHtml(report.generatedAt)}. Coverage: ${coverage.known} of ${coverage.findings} findings known (${known});
${totals.fail} fail (${totals.excepted} of them excepted), ${totals.unknown} unknown, ${totals.pass} pass, ${totals.notApplicable} not applicable.</p>
${problems(report)}
<table>
<caption>Findings by service and check</caption>
<thead><tr><th scope="col">Service</th><th scope="col">Check</th><th scope="col">Status</th><th scope="col">Severity</th><th scope="col">What is so</th><th scope="col">Since</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
</body>
</html>
`;
}

function row(service: ReportedService, finding: ReportedFinding): string {
  const status = finding.exception ? `${finding.status} (excepted)` : finding.status;
  return `<tr><th scope="row">${escapeHtml(displayName(service))}</th><td>${finding.check}</td><td class="${finding.status}">${status}</td><td>${finding.severity}</td><td>${escapeHtml(finding.message)}</td><td>${escapeHtml(finding.since ?? '')}</td></tr>`;
}

function problems(report: Report): string {
  if (report.problems.length === 0) return '';
  const items = report.problems.map(
    ({ scope, reason, detail }) => `<li>${escapeHtml(scope)}: ${reason}, ${escapeHtml(detail)}</li>`,
  );
  return `<h2>What could not be listed</h2><ul>${items.join('')}</ul>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"']/g, (mark) => entities[mark] ?? '');
}
