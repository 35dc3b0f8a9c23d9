import { displayName, type Row, verdictLine, worstFirst } from './reading-order.ts';
import type { Report, ReportedFinding } from './report.ts';
import { visible } from './text.ts';

/** The posture as plain HTML tables, without scripts: readable as it is, and safe to open. */
export function renderHtml(report: Report): string {
  const { environment, coverage, totals, vantage } = report;
  const rows = worstFirst(report);
  const of = (...statuses: readonly string[]) => rows.filter(({ finding }) => statuses.includes(finding.status));
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
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; padding: 0 1rem; max-width: 80rem; color: #1a1a1a; background: #fff }
h1, h2 { line-height: 1.2 } h2 { margin-top: 2rem; font-size: 1.25rem }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid #ccc; padding: .4rem .8rem .4rem 0; text-align: left; vertical-align: top; white-space: nowrap }
td.said { white-space: normal; overflow-wrap: anywhere; min-width: 20rem; width: 100% }
summary { cursor: pointer; font-size: 1.25rem; font-weight: 600; margin-top: 2rem }
.simulated { background: #fff3bf; padding: .5rem }
.fail { color: #a40000; font-weight: 600 } .unknown { color: #7a4b00; font-weight: 600 }
</style>
</head>
<body>
${simulated}
<h1>FHIR posture</h1>
<p><strong>${verdictLine(report)}</strong></p>
<p>${escapeHtml(environment.cloud)}, ${moment(report.generatedAt)}. Coverage: ${coverage.known} of ${coverage.findings} findings known (${known});
${totals.fail} fail (${totals.excepted} of them accepted by an exception), ${totals.unknown} unknown, ${totals.pass} pass, ${totals.notApplicable} not applicable.
${vantage.private ? `Seen from inside ${escapeHtml(vantage.network?.split('/').at(-1) ?? '')}.` : `Not proven to be seen from inside: ${escapeHtml(vantage.proof)}`}</p>
${overdue(report)}${problems(report)}<h2>Failing and unknown</h2>
${table(of('fail', 'unknown'), 'Nothing.')}
<h2>In order</h2>
${table(of('pass'), 'Nothing.')}
<details><summary>Not applicable</summary>
${table(of('not-applicable'), 'Nothing.')}
</details>
</body>
</html>
`;
}

function table(rows: readonly Row[], otherwise: string): string {
  if (rows.length === 0) return `<p>${otherwise}</p>`;
  const head = ['Service', 'Check', 'Status', 'Severity', 'What is so', 'Since'];
  return `<div class="scroll"><table>
<thead><tr>${head.map((title) => `<th scope="col">${title}</th>`).join('')}</tr></thead>
<tbody>
${rows.map(tableRow).join('\n')}
</tbody>
</table></div>`;
}

function tableRow({ service, finding }: Row): string {
  const { check, status, severity, since } = finding;
  const excepted = finding.exception === null ? '' : ' (excepted)';
  return `<tr><th scope="row">${escapeHtml(displayName(service))}</th><td>${check}</td><td class="${status}">${status}${excepted}</td><td>${severity}</td><td class="said">${said(finding)}</td><td>${since === null ? '' : moment(since)}</td></tr>`;
}

function said({ message, exception }: ReportedFinding): string {
  if (exception === null) return escapeHtml(message);
  const { owner, expires, reason } = exception;
  return `${escapeHtml(message)}<br>${escapeHtml(`Accepted by ${owner} until ${expires}: ${reason}`)}`;
}

function overdue({ sweeps }: Report): string {
  const late = sweeps.filter(({ stale }) => stale).map(({ family }) => family);
  return late.length === 0 ? '' : `<p class="unknown">Overdue: the ${late.join(', ')} sweep.</p>\n`;
}

function problems(report: Report): string {
  if (report.problems.length === 0) return '';
  const items = report.problems.map(
    ({ scope, reason, detail }) => `<li>${escapeHtml(scope)}: ${reason}, ${escapeHtml(detail)}</li>`,
  );
  return `<h2>What could not be listed</h2><ul>${items.join('')}</ul>\n`;
}

/** An ISO time as a person reads it, to the minute. */
function moment(iso: string): string {
  return escapeHtml(`${iso.slice(0, 16).replace('T', ' ')} UTC`);
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
