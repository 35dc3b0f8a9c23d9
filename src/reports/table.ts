import { styleText } from 'node:util';
import type { Status } from '../model.ts';
import { displayName, type Row, verdictLine, worstFirst } from './reading-order.ts';
import type { Report, ReportedService } from './report.ts';
import { toWidth, visible, wrap } from './text.ts';

const columns = 80;
const mostLines = 40;
const indent = ' '.repeat(9);

/** What a person reads at a glance in 80 columns: worst first, then what is unknown, then what is in order. */
export function renderTable(report: Report, options: { readonly color: boolean }): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    options.color ? styleText(style, text, { validateStream: false }) : text;
  const shown = worstFirst(report).filter(({ finding }) => finding.status === 'fail' || finding.status === 'unknown');
  return [
    ...headline(report, paint),
    '',
    ...serviceLines(report.services, paint),
    ...shown.flatMap((row) => ['', ...rowLines(row, paint)]),
    ...report.problems.flatMap((problem) => [
      '',
      paint('yellow', toWidth('PROBLEM', 9)) + toWidth(visible(problem.scope), columns - 9).trimEnd(),
      ...paragraph(`${problem.reason}: ${problem.detail}`),
    ]),
    '',
    verdictLine(report),
    '',
  ].join('\n');
}

type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

function headline(report: Report, paint: Paint): readonly string[] {
  const { environment, coverage, totals, vantage } = report;
  const where = environment.simulated
    ? `SIMULATED: not Azure but ${environment.endpoints.resourceManager}`
    : environment.cloud;
  const time = `${report.generatedAt.slice(0, 16).replace('T', ' ')} UTC`;
  const ratio = coverage.ratio === null ? 'nothing to cover' : `${(coverage.ratio * 100).toFixed(2)} %`;
  return [
    `fhirwatch ${report.product.version} · ${visible(where)} · ${time}`,
    `Coverage ${coverage.known} of ${coverage.findings} findings known (${ratio}): ` +
      [
        paint(totals.fail > 0 ? 'red' : 'green', `${totals.fail} fail`),
        paint(totals.unknown > 0 ? 'yellow' : 'green', `${totals.unknown} unknown`),
        `${totals.pass} pass`,
        `${totals.notApplicable} n/a`,
      ].join(', '),
    ...(totals.excepted > 0 ? [`${totals.excepted} of the failing findings are accepted by an exception.`] : []),
    ...wrap(
      vantage.private
        ? `Vantage  private, inside ${
            visible(vantage.network ?? '')
              .split('/')
              .at(-1) ?? ''
          }`
        : `Vantage  not proven: ${visible(vantage.proof)}`,
      columns,
    ),
  ];
}

/** Services in order are only counted where the estate is large. */
function serviceLines(services: readonly ReportedService[], paint: Paint): readonly string[] {
  const inOrder = (service: ReportedService): boolean =>
    service.findings.every((finding) => finding.status === 'pass' || finding.status === 'not-applicable');
  const listed = services.length <= mostLines ? services : services.filter((service) => !inOrder(service));
  const left = services.length - listed.length;
  return [
    ...listed.map((service) => serviceLine(service, paint)),
    ...(left > 0 ? [`${paint('green', toWidth('ok', 7))}  ${left} more services`] : []),
  ];
}

function serviceLine(service: ReportedService, paint: Paint): string {
  const count = (status: Status): number => service.findings.filter((finding) => finding.status === status).length;
  const [fails, unknowns] = [count('fail'), count('unknown')];
  const mark =
    fails > 0 ? paint('red', 'FAIL   ') : unknowns > 0 ? paint('yellow', 'UNKNOWN') : paint('green', 'ok     ');
  const counts = `${count('pass')} pass, ${fails} fail, ${unknowns} unknown`;
  return `${mark}  ${toWidth(visible(displayName(service)), 30)} ${toWidth(service.kind, 14)} ${counts}`.trimEnd();
}

function rowLines({ service, finding }: Row, paint: Paint): readonly string[] {
  const excepted = finding.exception !== null;
  const mark = finding.status === 'fail' ? (excepted ? 'EXCEPTED' : 'FAIL') : 'UNKNOWN';
  const style = finding.status === 'fail' && !excepted ? 'red' : 'yellow';
  const name = toWidth(visible(displayName(service)), 28);
  return [
    `${paint(style, toWidth(mark, 9))}${toWidth(finding.severity, 9)} ${name} ${finding.check}`,
    ...paragraph(finding.message),
    ...(finding.exception
      ? paragraph(
          `Accepted by ${finding.exception.owner} until ${finding.exception.expires}: ${finding.exception.reason}`,
        )
      : []),
    ...(finding.since ? [`${indent}since ${finding.since}`] : []),
  ];
}

function paragraph(text: string): readonly string[] {
  return wrap(visible(text), columns - indent.length).map((line) => indent + line);
}
