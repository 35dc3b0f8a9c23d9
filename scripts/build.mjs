import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { thirdPartyNotices } from './setup/licences.mjs';
import { withLock } from './setup/lock.mjs';
import { filesBelow, hashOf, isStamped, writeStamp } from './setup/stamp.mjs';

/** One bundle, or undefined where its source is not there. @typedef {import('esbuild').BuildOptions} BuildOptions */

/**
 * The function app's bundle: a made-up entry that imports every trigger file, so that a new trigger is one new file.
 *
 * @param {string} root
 * @returns {BuildOptions | undefined}
 */
function functionsEntry(root) {
  const folder = join(root, 'src', 'functions');
  const triggers = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.ts'))
        .sort()
    : [];
  if (triggers.length === 0) return undefined;
  const contents = triggers.map((name) => `import './${name}';`).join('\n');
  return {
    stdin: { contents, resolveDir: folder, sourcefile: 'functions.ts', loader: 'ts' },
    outfile: 'functions.cjs',
  };
}

/**
 * @param {string} root
 * @returns {BuildOptions | undefined}
 */
function cliEntry(root) {
  const file = join(root, 'src', 'cli.ts');
  if (!existsSync(file)) return undefined;
  return { entryPoints: [file], outfile: 'cli.cjs', banner: { js: '#!/usr/bin/env node' } };
}

/** Packages that are bundled into a file of their own: the start would compile them, and only a sweep's end needs them. */
const apart = ['applicationinsights'];

/**
 * Leaves them out of a bundle, which loads their files on first use, and notes which were met.
 *
 * @param {Set<string>} met
 * @returns {import('esbuild').Plugin}
 */
function keepApart(met) {
  return {
    name: 'keep-apart',
    setup({ onResolve }) {
      onResolve({ filter: new RegExp(`^(${apart.join('|')})$`) }, ({ path }) => {
        met.add(path);
        return { path: `./${path}.cjs`, external: true };
      });
    },
  };
}

/**
 * @param {string} root
 * @param {string} name
 * @returns {BuildOptions}
 */
function packageEntry(root, name) {
  const contents = `module.exports = require('${name}');`;
  return { stdin: { contents, resolveDir: root, sourcefile: `${name}.cjs` }, outfile: `${name}.cjs` };
}

/** Of the alert rules, the queries that the app asks too, to see what the rules see. */
const ruleQueries = ['heartbeat-missing.kql', 'test-alert.kql'];

/**
 * Queries are read from files beside the code, those of alert rules from theirs; flat, because a bundle is one folder.
 *
 * @param {string} root
 */
function queryFiles(root) {
  const own = filesBelow(join(root, 'src')).filter((file) => file.endsWith('.kql'));
  const alerts = join(root, 'infra', 'alerts');
  const queries = [...own, ...(existsSync(alerts) ? ruleQueries.map((name) => join(alerts, name)) : [])];
  const names = queries.map((file) => basename(file));
  const twice = names.filter((name, i) => names.indexOf(name) !== i);
  if (twice.length > 0) throw new Error(`dist/ is flat: two query files are named ${twice.join(', ')}.`);
  return queries;
}

/**
 * Writes dist/: the bundles, the queries, the licences of what was bundled. Each file appears whole or not at all, so
 * that a process that runs from dist/ meanwhile never reads half a file.
 *
 * @param {string} root
 */
export async function build(root) {
  const { build: bundle } = await import('esbuild');
  const dist = join(root, 'dist');
  mkdirSync(dist, { recursive: true });

  /** @type {Map<string, string | Uint8Array>} */
  const outputs = new Map();
  /** @type {Set<string>} */
  const inputs = new Set();
  /** @type {Set<string>} */
  const met = new Set();
  /** @param {BuildOptions} entry */
  const add = async (entry) => {
    const { outputFiles, metafile } = await bundle({
      ...entry,
      absWorkingDir: root,
      bundle: true,
      write: false,
      platform: 'node',
      format: 'cjs',
      target: 'node22',
      minify: true,
      // the first is the host's own; the second reads a listing format that the storage client offers and nobody asks for
      external: ['@azure/functions-core', 'apache-arrow'],
      define: { 'import.meta.dirname': '__dirname' },
      legalComments: 'none',
      metafile: true,
      logLevel: 'warning',
    });
    const name = String(entry.outfile);
    for (const { contents } of outputFiles) outputs.set(name, contents);
    outputs.set(`${basename(name, '.cjs')}.meta.json`, JSON.stringify(metafile));
    for (const input of Object.keys(metafile.inputs)) inputs.add(input);
  };
  for (const entry of [functionsEntry(root), cliEntry(root)])
    if (entry !== undefined) await add({ ...entry, plugins: [keepApart(met)] });
  for (const name of met) await add(packageEntry(root, name));
  for (const query of queryFiles(root)) outputs.set(basename(query), readFileSync(query));
  outputs.set('THIRD-PARTY-NOTICES.txt', thirdPartyNotices(root, inputs));

  for (const [name, content] of outputs) {
    const draft = join(dist, `.${name}.${process.pid}`);
    writeFileSync(draft, content, { mode: name === 'cli.cjs' ? 0o755 : 0o644 });
    renameSync(draft, join(dist, name));
  }
  for (const name of readdirSync(dist)) if (!outputs.has(name)) rmSync(join(dist, name), { recursive: true });
}

/** @param {string} root */
function stampOf(root) {
  const own = ['package-lock.json', 'scripts/build.mjs', 'scripts/setup/licences.mjs'].map((name) => join(root, name));
  return hashOf(root, [...filesBelow(join(root, 'src')), ...queryFiles(root), ...own]);
}

/**
 * Builds dist/ unless it was built from these very sources.
 *
 * @param {string} root
 * @param {{ force?: boolean }} [options]
 */
export async function ensureBundle(root, { force = false } = {}) {
  const stampFile = join(root, 'dist', '.stamp');
  const isCurrent = () => !force && isStamped(stampFile, stampOf(root));
  if (isCurrent()) return;
  await withLock(join(root, '.setup.lock'), async () => {
    if (isCurrent()) return;
    const stamp = stampOf(root);
    rmSync(stampFile, { force: true });
    await build(root);
    writeStamp(stampFile, stamp);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..');
  try {
    await ensureBundle(root, { force: true });
    for (const name of readdirSync(join(root, 'dist')).filter((name) => !name.startsWith('.'))) {
      const { size } = statSync(join(root, 'dist', name));
      console.log(`${String(Math.ceil(size / 1024)).padStart(7)} KiB  dist/${name}`);
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
