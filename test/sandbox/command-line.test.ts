import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { ehr, now, sub, ward } from './azure-fixture.ts';

const main = fileURLToPath(new URL('../../sandbox/main.ts', import.meta.url));
// Each of these tests starts processes of its own.
vi.setConfig({ testTimeout: 90_000 });

const folder = mkdtempSync(join(tmpdir(), 'command-line-'));
afterAll(() => rmSync(folder, { recursive: true }));

const logs = `/subscriptions/${sub}/resourceGroups/rg-health/providers/Microsoft.OperationalInsights/workspaces/log`;
const good = {
  now,
  resources: [ward, ehr, { id: logs, type: 'Microsoft.OperationalInsights/workspaces', name: 'log', properties: {} }],
  logs: { [logs]: { Things_CL: [{ TimeGenerated: now, Count: 3 }] } },
};
writeFileSync(join(folder, 'good.json'), JSON.stringify(good));
writeFileSync(join(folder, 'bad.json'), JSON.stringify({ resources: [{ id: '/a' }], colour: 'red' }));

/** Runs the sandbox as npm does: from elsewhere, with INIT_CWD saying where the caller stands. */
function run(...args: readonly string[]) {
  const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, INIT_CWD: folder }, cwd: tmpdir() });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, stdout, stderr })),
  );
  return { child, ended };
}

describe('what cannot be run says so and exits 3', () => {
  test.each([
    [[], /^$/],
    [['explode'], /there is no command "explode"/],
    [['scan'], /scan needs an estate/],
    [['query', 'good.json', 'log'], /query needs an estate, a workspace \(or --graph\), and the query/],
    [['serve', 'good.json', 'more'], /serve takes the estate and nothing else/],
    [['scan', 'gone.json'], /gone\.json cannot be read: ENOENT/],
    [['scan', 'toString'], /toString cannot be read: ENOENT/],
  ])('%j', async (args, said) => {
    const { code, stderr } = await run(...args).ended;
    expect(code).toBe(3);
    expect(stderr.trim()).toMatch(said);
  });

  test('a bad estate, with every problem by path', async () => {
    const { code, stdout, stderr } = await run('scan', 'bad.json').ended;
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr.trim().split('\n')).toEqual([
      'sandbox: bad.json: resources[0].type: must be a resource type',
      'sandbox: bad.json: colour: is not a key of an estate file',
    ]);
  });
});

test('drifts are listed with a sentence each', async () => {
  const { code, stdout } = await run('drifts').ended;
  expect(code).toBe(0);
  expect(stdout).toMatch(/^open-public-access +Somebody sets .+\.$/m);
});

test('a query prints columns and rows, or the error, and nothing else', async () => {
  const asked = await Promise.all([
    run('query', 'good.json', logs, 'Things_CL | where TimeGenerated <= now() | project Count').ended,
    run('query', 'good.json', '--graph', 'Resources | project name | order by name asc').ended,
    run('query', 'good.json', logs, 'Nothing_CL | foo').ended,
  ]);
  expect(asked.map(({ stdout }) => JSON.parse(stdout))).toEqual([
    { columns: [{ name: 'Count', type: 'long' }], rows: [[3]] },
    { columns: [{ name: 'name', type: 'string' }], rows: [['ehr'], ['log'], ['ward']] },
    { error: { code: expect.any(String), message: expect.any(String) } },
  ]);
});

test('serve prints one line and runs until its input ends; then nothing is left', async () => {
  const { child, ended } = run('serve', 'good.json');
  const line = await new Promise<string>((resolve) => child.stdout.once('data', (chunk) => resolve(String(chunk))));
  const { endpoints, environment } = JSON.parse(line);
  expect(endpoints.resourceManager).toBe(environment.FHIRWATCH_RESOURCE_MANAGER_ENDPOINT);
  expect(environment).toMatchObject({
    FHIRWATCH_CLOUD: 'AzureCloud',
    AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential',
  });
  expect(existsSync(environment.NODE_EXTRA_CA_CERTS)).toBe(true);
  child.stdin.end();
  const { code, stdout } = await ended;
  expect([code, stdout.trim().split('\n').length]).toEqual([0, 1]);
  expect(existsSync(environment.NODE_EXTRA_CA_CERTS)).toBe(false);
});

test('serve ends in order on a signal, too', async () => {
  const { child, ended } = run('serve', 'compliantClinic');
  const line = await new Promise<string>((resolve) => child.stdout.once('data', (chunk) => resolve(String(chunk))));
  child.kill('SIGINT');
  expect((await ended).code).toBe(0);
  expect(existsSync(JSON.parse(line).environment.NODE_EXTRA_CA_CERTS)).toBe(false);
});
