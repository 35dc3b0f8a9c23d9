import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = `${root}.github/workflows/`;
const permissions = z.record(z.string(), z.string());
const workflowShape = z.object({
  on: z.record(z.string(), z.unknown()),
  permissions,
  jobs: z.record(
    z.string(),
    z.object({
      needs: z.string().optional(),
      environment: z.string().optional(),
      permissions: permissions.optional(),
      strategy: z.object({ matrix: z.record(z.string(), z.unknown()) }).optional(),
      steps: z.array(z.object({ uses: z.string().optional(), run: z.string().optional() })),
    }),
  ),
});
const read = (file: string): string => readFileSync(folder + file, 'utf8');
const workflow = (file: string) => workflowShape.parse(parse(read(file)));
const runsOf = (file: string, job: string) => workflow(file).jobs[job]?.steps.flatMap(({ run }) => run ?? []) ?? [];

test('there are two workflows', () => {
  expect(readdirSync(folder).sort()).toEqual(['deploy.yml', 'pull-request.yml']);
});

describe.each(['deploy.yml', 'pull-request.yml'])('%s', (file) => {
  test('runs .ci/run, which is there and can be run', () => {
    expect(runsOf(file, 'check')).toContain('.ci/run');
    accessSync(`${root}.ci/run`, constants.X_OK);
  });

  test('holds no secret and asks for none', () => {
    expect(read(file)).not.toMatch(/secrets\s*[.[)]|client-secret|password|creds:/i);
  });

  test('uses actions by a full version', () => {
    const used = Object.values(workflow(file).jobs).flatMap(({ steps }) => steps.flatMap(({ uses }) => uses ?? []));
    expect(used.length).toBeGreaterThan(1);
    for (const action of used) expect(action).toMatch(/^[\w-]+\/[\w-]+@v\d+\.\d+\.\d+$/);
  });

  test('may read the code and, unless a job says so, nothing else', () => {
    expect(workflow(file).permissions).toEqual({ contents: 'read' });
  });
});

test('a pull request is checked with Node 20 and 24 and gets no right beyond reading', () => {
  const { on, jobs } = workflow('pull-request.yml');
  expect(Object.keys(on)).toEqual(['pull_request']);
  expect(jobs.check?.strategy?.matrix).toEqual({ node: [20, 24] });
  expect(jobs.check?.permissions).toBeUndefined();
});

test('a deployment waits for the check, and only it, in the environment production, may ask for a token of the run', () => {
  const { on, jobs } = workflow('deploy.yml');
  expect(on).toEqual({ push: { branches: ['main'] }, workflow_dispatch: null });
  expect(jobs.check?.permissions).toBeUndefined();
  expect(jobs.deploy).toMatchObject({
    needs: 'check',
    environment: 'production',
    permissions: { contents: 'read', 'id-token': 'write' },
  });
  const runs = runsOf('deploy.yml', 'deploy');
  expect(runs.join('\n')).toContain('--federated-credential-provider github');
  expect(runs.at(-1)).toBe('azd up --no-prompt');
});
