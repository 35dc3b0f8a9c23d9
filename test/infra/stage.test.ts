import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ensureBundle } from '../../scripts/build.mjs';
import { stage } from '../../scripts/stage.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'stage-'));
const target = join(folder, 'staged');
const filesIn = (path: string): readonly string[] =>
  readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((file) => statSync(join(path, file)).isFile())
    .map((file) => file.replaceAll('\\', '/'))
    .sort();
const read = (file: string): string => readFileSync(join(target, file), 'utf8');

beforeAll(async () => {
  await ensureBundle(root);
  stage(root, target, join(root, 'fhirwatch.yaml'));
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

describe('the folder that is deployed', () => {
  test('holds the bundles, their queries, host.json, the policy and a package.json, and nothing else', () => {
    const queries = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.kql'))
      .map((file) => `dist/${file.split(/[\\/]/).at(-1)}`);
    // the app asks what two of the alert rules ask
    queries.push('dist/heartbeat-missing.kql', 'dist/test-alert.kql');
    const wanted = [
      'dist/THIRD-PARTY-NOTICES.txt',
      'dist/functions.cjs',
      'fhirwatch.yaml',
      'host.json',
      'package.json',
    ];
    // what the start need not compile stands in files of its own, which the bundle names
    const apart = [...read('dist/functions.cjs').matchAll(/"\.\/([\w-]+\.cjs)"/g)].map(([, file]) => `dist/${file}`);
    expect(filesIn(target)).toEqual([...wanted, ...new Set(apart), ...queries].sort());
  });

  test('installs nothing: package.json has no dependencies and no scripts, and names the bundle', () => {
    expect(Object.keys(JSON.parse(read('package.json')) as object).sort()).toEqual([
      'license',
      'main',
      'name',
      'private',
      'version',
    ]);
    expect((JSON.parse(read('package.json')) as { main: string }).main).toBe('dist/functions.cjs');
    expect(read('dist/functions.cjs')).not.toMatch(
      /require\("(?!node:|@azure\/functions-core|apache-arrow)[@a-z][\w/.-]*\.\w+"\)/,
    );
  });

  test('is small enough to start from cold: less than 10 MB in all', () => {
    const bytes = filesIn(target).reduce((sum, file) => sum + statSync(join(target, file)).size, 0);
    expect(bytes).toBeGreaterThan(100_000);
    expect(bytes).toBeLessThan(10_000_000);
  });

  test('carries the policy that was asked for, in place of what was there before', () => {
    const policy = join(folder, 'other.yaml');
    writeFileSync(policy, 'version: 1\n# ours\n');
    writeFileSync(join(target, 'left-over'), '');
    stage(root, target, policy);
    expect(read('fhirwatch.yaml')).toContain('# ours');
    expect(filesIn(target)).not.toContain('left-over');
  });

  test('is not laid out without a policy, and what is there stays', () => {
    expect(() => stage(root, target, join(folder, 'none.yaml'))).toThrow('does not exist');
    expect(filesIn(target)).toContain('host.json');
  });
});

describe('azure.yaml', () => {
  const project = parse(readFileSync(join(root, 'azure.yaml'), 'utf8')) as {
    readonly services: {
      readonly fhirwatch: { readonly project: string; readonly remoteBuild: boolean; readonly host: string };
    };
    readonly hooks: Readonly<Record<string, { readonly run: string; readonly windows: { readonly run: string } }>>;
    readonly infra: { readonly path: string; readonly module: string };
  };

  test('deploys the staged folder as it is, without a remote build', () => {
    expect(project.services.fhirwatch).toMatchObject({ project: 'infra/staged', host: 'function', remoteBuild: false });
    expect(readFileSync(join(root, 'infra/.gitignore'), 'utf8')).toMatch(/^staged\/$/m);
  });

  test('stages before every way of deploying, and every hook is there on both shells', () => {
    for (const hook of ['prepackage', 'predeploy']) expect(project.hooks[hook]?.run).toBe('node scripts/stage.mjs');
    for (const { run, windows } of Object.values(project.hooks)) {
      expect(windows.run).toBe(run);
      expect(statSync(join(root, run.split(' ')[1] ?? '')).isFile()).toBe(true);
    }
  });

  test('provisions the template that is there', () => {
    expect(statSync(join(root, project.infra.path, `${project.infra.module}.bicep`)).isFile()).toBe(true);
  });
});
