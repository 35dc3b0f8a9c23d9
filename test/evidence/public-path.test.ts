import { describe, expect, test } from 'vitest';
import { readMessage, readWebTests } from '../../src/evidence/probe/public-path.ts';
import { SUBSCRIPTION } from '../builders.ts';
import { type FakeAnswer, fakeAzure, noHurry } from './logs-fixture.ts';

const WORKSPACE = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-fhirwatch/providers/Microsoft.OperationalInsights/workspaces/log`;
const HOST = 'wards-ehr.fhir.azurehealthcareapis.com';
const columns = [
  ['Host', 'string'],
  ['Location', 'string'],
  ['TimeGenerated', 'datetime'],
  ['Success', 'bool'],
  ['Message', 'string'],
].map(([name, type]) => ({ name, type }));
const body = (...rows: readonly (readonly unknown[])[]) => ({ tables: [{ name: 'PrimaryResult', columns, rows }] });
const AT = '2026-11-22T07:55:00Z';

async function collect(answer: FakeAnswer, workspace = WORKSPACE) {
  const { azure, seen } = fakeAzure(() => answer);
  const tests = await readWebTests([HOST, 'other.azurehealthcareapis.com'], workspace, azure, noHurry);
  return { tests, resultsOf: (host: string) => (tests.ok ? (tests.value.get(host) ?? []) : undefined), seen };
}

test('the last result of each place: a success is the 403 that it expects', async () => {
  const rows = [
    [HOST, 'West Europe', AT, true, 'Passed'],
    [HOST, 'East US', AT, false, 'Response code 200 is not the expected 403'],
  ];
  const { resultsOf, seen } = await collect({ body: body(...rows) });
  expect(resultsOf(HOST)).toMatchObject([
    { location: 'East US', outcome: 200 },
    { location: 'West Europe', at: '2026-11-22T07:55:00.000Z', outcome: 403 },
  ]);
  expect(resultsOf('other.azurehealthcareapis.com')).toEqual([]);
  const query = String(seen[0]?.body.query);
  expect(query).toMatch(/ago\(30m\).*"public "/s);
  expect(query).not.toMatch(/RequestUri/);
});

test('of each place the last result counts, or the one before where the last met nothing', async () => {
  const earlier = '2026-11-22T07:40:00Z';
  const passed = 'Passed';
  const [nothing, exposed, unclear] = ['The request timed out', 'Response code 200 is not the expected 403', 'Failed'];
  const last = async (...rows: readonly (readonly [at: string, message: string])[]) => {
    const { resultsOf } = await collect({
      body: body(...rows.map(([at, message]) => [HOST, 'West Europe', at, message === passed, message])),
    });
    return resultsOf(HOST)?.map(({ at, outcome }) => [at.slice(11, 16), outcome]);
  };
  expect(await last([AT, exposed], [earlier, passed])).toEqual([['07:55', 200]]);
  expect(await last([earlier, exposed], [AT, passed])).toEqual([['07:55', 403]]);
  expect(await last([earlier, passed], [AT, nothing])).toEqual([['07:40', 403]]);
  expect(await last([earlier, exposed], [AT, nothing])).toEqual([['07:40', 200]]);
  expect(await last([earlier, passed], [AT, unclear])).toEqual([['07:55', 'unreadable']]);
  expect(await last([earlier, nothing], [AT, nothing])).toEqual([['07:55', 'no-connection']]);
});

test('a workspace may be named by its customer id', async () => {
  const { resultsOf, seen } = await collect({ body: body() }, SUBSCRIPTION);
  expect(resultsOf(HOST)).toEqual([]);
  expect(seen[0]?.url.pathname).toBe(`/v1/workspaces/${SUBSCRIPTION}/query`);
});

test('what could not be read, or only in part, is no result', async () => {
  expect((await collect({ status: 403 })).tests).toMatchObject({ ok: false, reason: 'forbidden' });
  const cut = { ...body([HOST, 'West Europe', AT, true, 'Passed']), error: { code: 'PartialError', message: 'cut' } };
  expect((await collect({ body: cut })).tests).toMatchObject({ ok: false, reason: 'malformed' });
});

test('cells of another type are malformed, never a pass', async () => {
  for (const success of ['true', 1, null, {}]) {
    const { tests } = await collect({ body: body([HOST, 'West Europe', AT, success, 'Passed']) });
    expect(tests).toMatchObject({ ok: false, reason: 'malformed' });
  }
});

describe('on failure the status is read from the message of the result, else it is not told', () => {
  test.each([
    ['Response code 200 is not the expected 403', 200],
    ['Response status code does not indicate success: 401 (Unauthorized).', 401],
    ['Expected status code 403 but the actual response was 503', 503],
    ['Got 404 - Not Found', 404],
    ['The remote server returned an error: (500) Internal Server Error.', 500],
    ['HTTP/1.1 302 Found', 302],
    ['Response status code 504 (Gateway Timeout)', 504],
    ['The remote name could not be resolved: praxis.azurehealthcareapis.com', 'no-connection'],
    ['A connection attempt failed because the connected party did not respond', 'no-connection'],
    ['The request timed out after 30000 ms', 'no-connection'],
    ['The operation was cancelled after 120 s', 'unreadable'],
    ['Failed', 'unreadable'],
    ['', 'unreadable'],
    ['Expected status code 403', 'unreadable'],
    ['status 200, then status 500', 'unreadable'],
  ])('%s', (message, outcome) => {
    expect(readMessage(message)).toBe(outcome);
  });

  test('a message of hostile length is read in time', () => {
    const started = performance.now();
    expect(readMessage('status '.repeat(200_000))).toBe('unreadable');
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
