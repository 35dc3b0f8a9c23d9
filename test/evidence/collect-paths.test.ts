import { expect, test } from 'vitest';
import type { Batch } from '../../src/evidence/batch.ts';
import { collectPrivatePaths, collectPublicPathResults } from '../../src/evidence/collect-paths.ts';
import type { DnsAnswers, Gathered, ServiceKind } from '../../src/model.ts';
import { aCloud, anAnswer, answersOf, aService, got, lost, NOW } from '../builders.ts';

const KINDS: readonly ServiceKind[] = ['workspace', 'fhirService', 'dicomService', 'medtechService', 'apiForFhir'];
const HOST = 'wards-ehr.fhir.azurehealthcareapis.com';
const { id } = aService('fhirService');

/** A batch whose DNS evidence is given, and whose proxy is down: whatever is asked of it ends as a failure of our own. */
function aBatch(dns: Gathered<DnsAnswers>, kinds: readonly ServiceKind[] = ['fhirService']): Batch {
  const services = kinds.map((kind) => aService(kind));
  const once = async () => new Map(services.map((service) => [service.id, dns]));
  // whatever Resource Manager is asked for never comes
  const gather = () => new Promise(() => {});
  const parts = { services, once, gather, azure: { cloud: aCloud() }, probing: { proxy: 'http://127.0.0.1:9' } };
  return { ...parts, now: () => new Date(NOW), signal: new AbortController().signal } as unknown as Batch;
}
const pathOf = async (dns: Gathered<DnsAnswers>) => (await collectPrivatePaths(aBatch(dns))).get(id);

test("ruling: One lost source takes no other source's evidence with it - the path needs DNS alone", async () => {
  const broken = await pathOf(got(answersOf(anAnswer(HOST, { rcode: 'NXDOMAIN' }))));
  expect(broken).toMatchObject({ ok: true, value: { outcome: { is: 'no-address' } } });
});

test('without a proven vantage nothing is asked', async () => {
  expect(await pathOf(lost('no-vantage'))).toMatchObject({ ok: false, reason: 'no-vantage' });
});

test('SERVFAIL and time-outs of DNS are no answer; NXDOMAIN is one', async () => {
  const silent = await pathOf(got(answersOf([HOST, lost('unreachable', 'A: SERVFAIL')])));
  expect(silent).toMatchObject({ ok: false, reason: 'unreachable', detail: expect.stringContaining('SERVFAIL') });
  const gone = await pathOf(got(answersOf(anAnswer(HOST, { rcode: 'NXDOMAIN' }))));
  expect(gone).toMatchObject({
    ok: true,
    direct: true,
    value: { url: `https://${HOST}/metadata`, outcome: { is: 'no-address' } },
  });
  const empty = await pathOf(got(answersOf(anAnswer(HOST))));
  expect(empty).toMatchObject({ ok: true, value: { outcome: { is: 'no-address' } } });
  const half = { reason: 'unreachable', detail: 'AAAA: no answer' } as const;
  const partly = await pathOf(got(answersOf(anAnswer(HOST, { incomplete: half }))));
  expect(partly).toMatchObject({ ok: false, ...half });
});

test('our own proxy being down is unreachable, with what was asked, and proves nothing of the path', async () => {
  const failed = await pathOf(got(answersOf(anAnswer(HOST, { addresses: ['10.0.0.4'] }))));
  expect(failed).toMatchObject({
    ok: false,
    reason: 'unreachable',
    detail: expect.stringMatching(/^GET https:\/\/wards-ehr.*\/metadata at 10\.0\.0\.4: the proxy could not be used/),
  });
  expect(failed?.sources.at(-1)?.source).toMatch(/without a token$/);
});

test('a workspace and a MedTech service have no page to ask for', async () => {
  const paths = await collectPrivatePaths(aBatch(lost('no-vantage'), KINDS));
  const asked = ['fhirService', 'dicomService', 'apiForFhir'] as const;
  expect([...paths.keys()]).toEqual(asked.map((kind) => aService(kind).id));
  const outside = await collectPublicPathResults(aBatch(lost('no-vantage'), KINDS));
  expect([...outside.keys()]).toEqual(asked.map((kind) => aService(kind).id));
});

test('without the workspace of the results from outside there is no public vantage, and the setting is named', async () => {
  const outside = await collectPublicPathResults(aBatch(lost('no-vantage')));
  expect(outside.get(id)).toMatchObject({
    ok: false,
    reason: 'no-vantage',
    detail: expect.stringContaining('FHIRWATCH_TELEMETRY_WORKSPACE'),
  });
});
