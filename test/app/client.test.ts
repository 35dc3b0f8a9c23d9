import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type BaselineCommand, baseline } from '../../src/app/client.ts';

let close: () => void = () => {};
afterEach(() => close());

async function serve(answer: (request: IncomingMessage) => { readonly status: number; readonly body: string }) {
  const seen: { method: string | undefined; url: string | undefined; token: string | undefined; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    seen.push({ method: request.method, url: request.url, token: request.headers.authorization, body });
    const { status, body: text } = answer(request);
    response.writeHead(status, status === 302 ? { location: 'https://elsewhere.example/' } : {}).end(text);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

async function run(command: Partial<BaselineCommand>, env: Record<string, string> = {}) {
  const out: string[] = [];
  const complaints: string[] = [];
  const code = await baseline(
    { action: 'show', services: [], checks: [], json: false, ...command },
    {
      env,
      color: false,
      write: (text) => void out.push(text),
      progress: () => {},
      complain: (text) => void complaints.push(text),
    },
  );
  return { code, out: out.join(''), complaints: complaints.join('\n') };
}

const acceptance = {
  schema: 'fhirwatch-baseline/1',
  acceptedAt: '2026-11-22T08:00:00.000Z',
  acceptedBy: { objectId: 'o', name: 'Ada' },
  accepted: [{ serviceId: '/s/one', check: 'a', status: 'pass' }],
  notAccepted: [{ serviceId: '/s/two', check: 'b', status: 'fail', why: 'A fail is never accepted.\u001b[31m' }],
  dropped: [],
};

test('accept posts what was chosen and tells what was not accepted and why, without obeying what it shows', async () => {
  const { url, seen } = await serve(() => ({ status: 200, body: JSON.stringify(acceptance) }));
  const { code, out } = await run({ action: 'accept', url, services: ['one'], checks: ['a'] });
  expect([code, seen]).toEqual([
    0,
    [{ method: 'POST', url: '/api/baseline', token: undefined, body: '{"services":["one"],"checks":["a"]}' }],
  ]);
  expect(out).toContain('Accepted 1 findings for Ada.');
  expect(out).toMatch(/Not accepted: 1\.\n {2}\/s\/two\n {4}b: fail\. A fail is never accepted\./);
  expect(out).not.toContain('\u001b');
});

test('the address may come from FHIRWATCH_URL; JSON is passed on', async () => {
  const { url, seen } = await serve(() => ({ status: 200, body: JSON.stringify(acceptance) }));
  const { out } = await run({ json: true }, { FHIRWATCH_URL: `${url}/` });
  expect(seen[0]).toMatchObject({ method: 'GET', url: '/api/baseline' });
  expect(JSON.parse(out)).toEqual(acceptance);
});

test.each([
  ['no address', undefined, 'FHIRWATCH_URL'],
  ['an address without TLS', 'http://func.example', 'a token never goes over http'],
  ['no address at all', 'not an address', 'expected an https address'],
])('with %s nothing is asked', async (_, url, said) => {
  expect(await run({ url })).toMatchObject({ code: 3, complaints: expect.stringContaining(said) });
});

test.each([
  ['a problem document', 403, '{"detail":"This route needs the app role Operator."}', 'needs the app role Operator'],
  ['some proxy’s page', 502, '<html>bad gateway', 'answered 502: <html>bad gateway'],
  ['another app’s JSON', 200, '{"ok":true}', 'did not answer as fhirwatch does'],
  ['no JSON', 200, 'hello', 'could not be asked'],
  ['a redirect, which is not followed', 302, '', 'could not be asked'],
])('%s is told, with exit code 3', async (_, status, body, said) => {
  const { url } = await serve(() => ({ status, body }));
  expect(await run({ url })).toMatchObject({ code: 3, out: '', complaints: expect.stringContaining(said) });
});
