import type { PipelineRequest } from '@azure/core-rest-pipeline';
import { expect, test } from 'vitest';
import { CallError } from '../../src/evidence/azure/failure.ts';
import { createRecorder, type Recording } from '../../src/export/recording.ts';

const arm = 'https://management.azure.com';
const list = `${arm}/subscriptions/x/providers/Microsoft.Authorization/roleAssignments`;
const graph = `${arm}/providers/Microsoft.ResourceGraph/resources?api-version=2024-04-01`;

/** A call with its answer's body, or with what it failed of. */
type Call = readonly [url: string, outcome: object | CallError, body?: object];

async function record(...calls: readonly Call[]): Promise<Recording> {
  const recorder = createRecorder();
  for (const [url, outcome, body] of calls) {
    const request = { url, method: body ? 'POST' : 'GET', body: JSON.stringify(body) } as unknown as PipelineRequest;
    const sender = recorder.around({
      async sendRequest() {
        if (outcome instanceof CallError) throw outcome;
        return { status: 200, bodyAsText: JSON.stringify(outcome), headers: new Map(), request } as never;
      },
    });
    await sender.sendRequest(request).catch((error: unknown) => expect(error).toBe(outcome));
  }
  return recorder.recording();
}

const key = '/subscriptions/x/providers/microsoft.authorization/roleassignments';

test('a listing holds the rows of all its pages, and starts anew when it is read again', async () => {
  const next = `${list}?api-version=1&$skiptoken=2`;
  const pages: readonly Call[] = [
    [`${list}?api-version=1`, { value: [{ id: '/a' }], nextLink: next }],
    [next, { value: [{ id: '/b' }] }],
  ];
  const { reads } = await record(...pages, ...pages);
  expect(reads.get(key)).toMatchObject({ is: 'list', rows: [{ id: '/a' }, { id: '/b' }] });
});

test('a listing of which a page fails has failed, and its good pages count for nothing', async () => {
  const next = `${list}?api-version=1&$skiptoken=2`;
  const { reads } = await record(
    [`${list}?api-version=1`, { value: [{ id: '/a' }], nextLink: next }],
    [next, new CallError('throttled', 'HTTP 429')],
  );
  expect(reads.get(key)).toMatchObject({ is: 'failure', reason: 'throttled' });
});

test('what failed at first and came at last has come', async () => {
  const { reads } = await record(
    [`${arm}/subscriptions/x?api-version=1`, new CallError('unreachable', 'HTTP 500')],
    [`${arm}/subscriptions/x?api-version=1`, { id: '/subscriptions/x' }],
  );
  expect(reads.get('/subscriptions/x')).toMatchObject({ is: 'document', document: { id: '/subscriptions/x' } });
});

test('a query of Resource Graph holds the rows of all its pages, or none', async () => {
  const first: Call = [graph, { data: [{ id: '/a' }] }, { query: 'resources' }];
  const second = { query: 'resources', options: { $skipToken: 'x' } };
  const whole = await record(first, [graph, { data: [{ id: '/b' }] }, second]);
  expect(whole.queries).toEqual([{ query: 'resources', rows: [{ id: '/a' }, { id: '/b' }] }]);
  const cut = await record(first, [graph, new CallError('unreachable', 'HTTP 500'), second]);
  expect(cut.queries).toEqual([{ query: 'resources' }]);
});

test('a question to anyone else is not kept', async () => {
  const { reads, queries } = await record(['https://api.loganalytics.io/v1/x/query', { tables: [] }, { query: 'T' }]);
  expect([reads.size, queries.length]).toEqual([0, 0]);
});
