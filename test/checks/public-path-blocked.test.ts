import { expect, test } from 'vitest';
import { publicPathBlocked } from '../../src/checks/public-path-blocked.ts';
import type { Finding, Gathered, PublicPath, ServiceKind } from '../../src/model.ts';
import { assess } from '../../src/posture/assess.ts';
import { aContext, aDocument, got, lost, NOW } from '../builders.ts';

const HOST = 'wards-ehr.fhir.azurehealthcareapis.com';
type Outcome = PublicPath['results'][number]['outcome'];

function judgePath(publicPath: Gathered<PublicPath>, kind: ServiceKind = 'fhirService', flag = 'Disabled'): Finding {
  const resource = got(aDocument(kind, { publicNetworkAccess: flag }));
  const finding = assess([publicPathBlocked], { publicPath, resource }, aContext(kind)).findings[0];
  if (!finding) throw new Error('every check gives one finding');
  return finding;
}

/** One result of each place. */
const seen = (...outcomes: readonly Outcome[]): Gathered<PublicPath> =>
  got({ host: HOST, results: outcomes.map((outcome, i) => ({ location: `place ${i}`, at: NOW, outcome })) });

test('from a public vantage `GET /metadata` answers 403: pass', () => {
  const finding = judgePath(seen(403));
  expect(finding).toMatchObject({ status: 'pass', severity: 'critical' });
  expect(finding.observed).toEqual({ 'AppAvailabilityResults.status': ['403'] });
  expect(judgePath(seen(403, 403)).status).toBe('pass');
});

test('trap: flag changes take 5 min', () => {
  expect(publicPathBlocked.remediation.summary).toMatch(/up to 5 minutes to act/);
});

test('trap: 403 "Access to … was denied" is Microsoft\'s edge, not the FHIR app', () => {
  expect(judgePath(seen(403)).message).toMatch(/^Microsoft's edge turns the Internet away/);
});

test('trap: needs a public vantage, else unknown', () => {
  const finding = judgePath(lost('no-vantage', 'no public vantage'));
  expect(finding.status).toBe('unknown');
  expect(finding.message).toMatch(/no-vantage.*no public vantage/);
});

test('ruling: `public-path-blocked`: evidence is the availability result of the last 30 minutes from outside; none → `unknown`', () => {
  const finding = judgePath(seen());
  expect(finding.status).toBe('unknown');
  expect(finding.message).toMatch(/last 30 minutes .*publicProbeHosts/);
});

test('ruling: 403 passes; no connection → `unknown`', () => {
  expect(judgePath(seen(403)).status).toBe('pass');
  expect(judgePath(seen('no-connection')).status).toBe('unknown');
  expect(judgePath(seen('unreadable')).status).toBe('unknown');
  expect(judgePath(seen(403, 'no-connection')).status).toBe('unknown');
});

test('ruling: any other answer fails at any flag', () => {
  for (const flag of ['Disabled', 'Enabled', 'SecuredByPerimeter']) {
    for (const status of [200, 301, 401, 404, 429, 500, 503]) {
      const finding = judgePath(seen(status), 'apiForFhir', flag);
      expect(finding).toMatchObject({ status: 'fail', severity: 'critical' });
      expect(finding.message).toContain(String(status));
    }
  }
  expect(judgePath(seen(403, 200, 'no-connection')).status).toBe('fail');
});

test('workspace and MedTech have no public page of their own', () => {
  expect(judgePath(seen(200), 'workspace').status).toBe('not-applicable');
  expect(judgePath(seen(200), 'medtechService').status).toBe('not-applicable');
});

test('which 5xx came, and the order of places, move nothing', () => {
  expect(judgePath(seen(500)).observed).toEqual(judgePath(seen(503)).observed);
  expect(judgePath(seen(403, 200)).observed).toEqual(judgePath(seen(200, 403)).observed);
});

test('a place of hostile name or length stays a place', () => {
  const results = ['__proto__', 'x'.repeat(100_000)].map((location) => ({ location, at: NOW, outcome: 403 }));
  const finding = judgePath(got({ host: HOST, results }));
  expect(finding.status).toBe('pass');
  expect(finding.message.length).toBeLessThan(4100);
});
