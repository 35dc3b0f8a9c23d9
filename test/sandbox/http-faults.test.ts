import { describe, expect, test } from 'vitest';
import type { Fault } from '../../sandbox/types.ts';
import { ehr, openAzure, workspace } from './azure-fixture.ts';

const path = `${workspace}/fhirservices?api-version=2024-03-31`;

function faulty(fault: Partial<Fault>) {
  return openAzure({
    resources: [ehr],
    faults: [{ target: 'resource-manager', match: 'fhirservices', kind: 'status', ...fault }],
  });
}

describe('over the wire', () => {
  test('status: with its headers, Retry-After, and the words of Azure', async () => {
    const azure = await faulty({ status: 429, retryAfter: 7, headers: { 'x-odd': 'yes' } });
    const reply = await azure.ask(path);
    expect(reply).toMatchObject({ status: 429, headers: { 'retry-after': '7', 'x-odd': 'yes' } });
    expect(reply.body.error.code).toBe('SubscriptionRequestsThrottled');
  });

  test('status without retryAfter has no Retry-After', async () => {
    const azure = await faulty({ status: 429 });
    expect((await azure.ask(path)).headers).not.toHaveProperty('retry-after');
  });

  test('status 403 is the refusal that the monitor would get', async () => {
    const azure = await faulty({ status: 403 });
    expect((await azure.ask(path)).body.error).toMatchObject({
      code: 'AuthorizationFailed',
      message: expect.stringMatching(/^The client '.+' with object id '.+' does not have authorization/),
    });
  });

  test('status with a body of its own sends that', async () => {
    const azure = await faulty({ status: 400, body: { error: { code: 'AadPremiumLicenseRequired' } } });
    expect(await azure.ask(path)).toMatchObject({
      status: 400,
      text: '{"error":{"code":"AadPremiumLicenseRequired"}}',
    });
  });

  test('hang: nothing comes until the sandbox closes', async () => {
    const azure = await faulty({ kind: 'hang' });
    const asked = azure.ask(path, { signal: AbortSignal.timeout(200) });
    await expect(asked).rejects.toThrow(/abort/i);
    const waiting = expect(azure.ask(path)).rejects.toThrow(/hang up|reset/i);
    // Whoever is answered now came after the one that waits.
    await azure.ask('/subscriptions?api-version=2022-12-01');
    await azure.sandbox.close();
    await waiting;
  });

  test('reset: the connection breaks', async () => {
    const azure = await faulty({ kind: 'reset' });
    await expect(azure.ask(path)).rejects.toThrow(/hang up|reset/i);
  });

  test('malformed: JSON that ends in the middle', async () => {
    const azure = await faulty({ kind: 'malformed' });
    const reply = await azure.ask(path);
    expect(reply).toMatchObject({ status: 200, body: undefined });
    expect(reply.text).toMatch(/^\{"value":/);
  });

  test('empty: 200 and nothing', async () => {
    const azure = await faulty({ kind: 'empty' });
    expect(await azure.ask(path)).toMatchObject({ status: 200, text: '' });
  });

  test('html: a page where JSON was asked for', async () => {
    const azure = await faulty({ kind: 'html' });
    const reply = await azure.ask(path);
    expect(reply.headers['content-type']).toMatch(/^text\/html/);
    expect(reply.text).toMatch(/^<!DOCTYPE html>/);
  });

  test('slow: the same answer, later', async () => {
    const azure = await faulty({ kind: 'slow', delayMs: 150 });
    const started = performance.now();
    expect((await azure.ask(path)).body.value).toEqual([ehr]);
    expect(performance.now() - started).toBeGreaterThanOrEqual(145);
  });

  test('partial: half of the rows and an error beside them', async () => {
    const azure = await faulty({ kind: 'partial' });
    expect((await azure.ask(path)).body).toMatchObject({ value: [], error: { code: 'PartialResult' } });
  });

  test('skew: the Date header is off, the answer good', async () => {
    const azure = await faulty({ kind: 'skew', skewMs: -600_000 });
    const reply = await azure.ask(path);
    expect(reply.body.value).toEqual([ehr]);
    const off = Date.parse(String(reply.headers.date)) - azure.sandbox.world.now().getTime();
    expect(Math.abs(off + 600_000)).toBeLessThan(2000);
  });

  test('nextLink: another page wherever the estate says', async () => {
    const loop = await faulty({ kind: 'nextLink', link: '{self}' });
    expect((await loop.ask(path)).body.nextLink).toBe(`${loop.sandbox.endpoints.resourceManager}${path}`);
    const away = await faulty({ kind: 'nextLink', link: 'https://elsewhere.example/?from={origin}' });
    const { resourceManager } = away.sandbox.endpoints;
    expect((await away.ask(path)).body.nextLink).toBe(`https://elsewhere.example/?from=${resourceManager}`);
  });
});

test('a fault sees the decoded address and the body', async () => {
  const azure = await openAzure({
    resources: [ehr],
    faults: [
      { target: 'resource-manager', match: "filter=principalId eq 'x'", kind: 'status', status: 418 },
      { target: 'resource-graph', match: 'resources\\?.*\\n.*where type', kind: 'status', status: 418 },
    ],
  });
  const filtered = `${workspace}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter=principalId eq 'x'`;
  expect((await azure.ask(filtered)).status).toBe(418);
  expect((await azure.graph('where type')).status).toBe(418);
});

test('a fault of Resource Manager leaves Resource Graph and metrics alone', async () => {
  const azure = await openAzure({
    resources: [ehr],
    faults: [{ target: 'resource-manager', match: '.*', kind: 'status', status: 500 }],
  });
  expect((await azure.graph('resources | count')).status).toBe(200);
  expect((await azure.ask(path)).status).toBe(500);
});

test('every answer says when and which request it was', async () => {
  const azure = await openAzure({ resources: [ehr] });
  const { headers } = await azure.ask(path, { headers: { 'x-ms-client-request-id': 'abc-1' } });
  expect(headers).toMatchObject({ 'x-ms-correlation-request-id': 'abc-1', 'x-ms-request-id': expect.any(String) });
  expect(Math.abs(Date.parse(String(headers.date)) - Date.parse('2026-11-22T08:00:00Z'))).toBeLessThan(60_000);
});
