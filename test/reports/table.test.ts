import { expect, test } from 'vitest';
import type { Finding, Posture, Service } from '../../src/model.ts';
import { renderHtml } from '../../src/reports/html.ts';
import { renderJson } from '../../src/reports/json.ts';
import { buildReport, type Report } from '../../src/reports/report.ts';
import { renderTable } from '../../src/reports/table.ts';
import { visible, widthOf, wrap } from '../../src/reports/text.ts';

function posture(id: string, findings: readonly Partial<Finding>[]): Posture {
  const service: Service = {
    id,
    key: 'k',
    name: id.split('/').at(-1) ?? '',
    kind: 'fhirService',
    subscriptionId: 's',
    resourceGroup: 'rg',
    location: 'westeurope',
    tags: {},
  };
  return {
    service,
    findings: findings.map((finding) => ({
      check: 'public-network-access',
      family: 'network',
      severity: 'critical',
      status: 'pass',
      message: 'in order',
      observed: {},
      evidence: [],
      ...finding,
    })),
  };
}

function report(postures: readonly Posture[], simulated = false): Report {
  return buildReport({
    generatedAt: '2026-11-22T08:00:00.000Z',
    version: '1.2.3',
    cloud: {
      name: 'AzureCloud',
      resourceManager: simulated ? 'https://localhost:4444' : 'https://management.azure.com',
      resourceManagerAudience: '',
      logs: '',
      logsAudience: '',
      metrics: '',
      metricsAudience: '',
      microsoftGraph: '',
      authorityHost: '',
      healthSuffix: '',
      simulated,
    },
    vantage: { ok: false, reason: 'no-vantage', detail: 'the vantage record is not there', sources: [] },
    policySha256: 'ab',
    postures,
    sweeps: [],
    problems: [],
    exceptionOf: () => ({ exception: null }),
    sinceOf: () => null,
  });
}

const workspace = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.HealthcareApis/workspaces';

test('a reader sees the worst first, the unknown next, and no line is wider than 80 columns', () => {
  const text = renderTable(
    report([
      posture(`${workspace}/clinic/fhirservices/ehr`, [
        { check: 'a-low', status: 'fail', severity: 'low', message: `${'long word '.repeat(30)}/${'x'.repeat(200)}` },
        { check: 'b-unknown', status: 'unknown' },
        { check: 'c-critical', status: 'fail' },
      ]),
    ]),
    { color: false },
  );
  const order = ['c-critical', 'a-low', 'b-unknown'].map((check) => text.indexOf(check));
  expect(order).toEqual([...order].sort((a, b) => a - b));
  expect(order).not.toContain(-1);
  expect(Math.max(...text.split('\n').map(widthOf))).toBeLessThanOrEqual(80);
  expect(text).toContain('clinic/ehr');
  expect(text).toContain('NOT in order');
});

test('colour is never the only carrier: the words are the same with and without it', () => {
  const one = report([posture(`${workspace}/w/fhirservices/ehr`, [{ status: 'fail' }])]);
  const esc = String.fromCharCode(27);
  const colourless = renderTable(one, { color: true }).replaceAll(new RegExp(`${esc}\\[\\d+m`, 'g'), '');
  expect(colourless).toBe(renderTable(one, { color: false }));
  expect(renderTable(one, { color: true })).toContain(esc);
});

test('a report made against non-Azure endpoints says so in its first line', () => {
  expect(renderTable(report([], true), { color: false }).split('\n')[0]).toContain(
    'SIMULATED: not Azure but https://localhost:4444',
  );
  expect(renderTable(report([]), { color: false }).split('\n')[0]).not.toContain('SIMULATED');
});

test('no service at all is said, never shown as in order', () => {
  expect(renderTable(report([]), { color: false })).toContain('No FHIR service is visible to this identity');
});

test('control characters and bidirectional marks are stripped in every rendering and stay escaped in JSON', () => {
  const hostile = 'red\u001b[31m \u202eevil\u0000\u0085\u2066';
  const one = report([posture(`${workspace}/w/fhirservices/ehr`, [{ status: 'fail', message: hostile }])]);
  for (const text of [renderTable(one, { color: false }), renderHtml(one), renderJson(one)]) {
    expect([...'\u001b\u202e\u0000\u0085\u2066'].filter((mark) => text.includes(mark))).toEqual([]);
  }
  expect(JSON.parse(renderJson(one)).services[0].findings[0].message).toBe(hostile);
});

test('markup in a name stays text in HTML', () => {
  const one = report([
    posture(`${workspace}/w/fhirservices/<img src=x onerror=alert(1)>`, [
      { status: 'fail', message: '"</td><script>' },
    ]),
  ]);
  expect(renderHtml(one)).not.toMatch(/<img|<script/);
});

test('a page shows the worst first, what is accepted with who accepts it, and what does not apply last', () => {
  const [fail, accepted, unknown, pass, none] = ['d-fail', 'e-accepted', 'c-unknown', 'b-pass', 'a-none'] as const;
  const one = report([
    posture(`${workspace}/clinic/fhirservices/ehr`, [
      { check: none, status: 'not-applicable' },
      { check: pass, status: 'pass' },
      { check: unknown, status: 'unknown' },
      { check: accepted, status: 'fail' },
      { check: fail, status: 'fail', severity: 'low' },
    ]),
  ]);
  const exception = { owner: 'Team <A>', reason: 'moving out', expires: '2027-01-31' };
  const excepted: Report = {
    ...one,
    services: one.services.map((service) => ({
      ...service,
      findings: service.findings.map((finding) => (finding.check === accepted ? { ...finding, exception } : finding)),
    })),
  };
  const page = renderHtml(excepted);
  const order = [fail, unknown, accepted, '<h2>In order', pass, '<details', none].map((text) => page.indexOf(text));
  expect(order).toEqual([...order].sort((a, b) => a - b));
  expect(order).not.toContain(-1);
  expect(page).toContain('Accepted by Team &lt;A&gt; until 2027-01-31: moving out');
  expect(page).toContain('Not proven to be seen from inside: the vantage record is not there');
});

test('services come sorted by id and findings by check, whatever order they were judged in', () => {
  const one = report([posture(`${workspace}/b`, [{ check: 'z' }, { check: 'a' }]), posture(`${workspace}/A`, [])]);
  expect(one.services.map((service) => service.name)).toEqual(['A', 'b']);
  expect(one.services[1]?.findings.map((finding) => finding.check)).toEqual(['a', 'z']);
});

test('wrapping breaks at spaces and after slashes and loses nothing', () => {
  const text = 'see /subscriptions/0000/resourceGroups/rg/providers/x for all that follows';
  const lines = wrap(text, 20);
  expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(20);
  expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
  expect(wrap('電子カルテ連携', 6).map(widthOf)).toEqual([6, 6, 2]);
});

test('visible text keeps letters of every script', () => {
  expect(visible('Zürich 電子 \u200eok')).toBe('Zürich 電子 ok');
});
