import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { hashOf, isStamped, writeStamp } from './stamp.mjs';
import { majorOf, npmProblem, npmVersionIn, RUNTIME_NODE } from './versions.mjs';

/** @typedef {{ version?: string, integrity?: string, optional?: boolean, link?: boolean }} Locked */

/** @param {string} file a package-lock.json */
function packagesIn(file) {
  const { packages } = /** @type {{ packages?: Record<string, Locked> }} */ (JSON.parse(readFileSync(file, 'utf8')));
  return packages ?? {};
}

/** The package that brings the runtime's Node to this platform, with the path of its program. */
export function runtimePackage(platform = process.platform, arch = process.arch) {
  const name = `node-${platform === 'win32' ? 'win' : platform}-${arch}`;
  return { name, program: join('node_modules', name, 'bin', platform === 'win32' ? 'node.exe' : 'node') };
}

/**
 * Whether node_modules holds what package-lock.json asks for, by npm's own record of what it installed; so a person's
 * or a pipeline's `npm ci` is not done a second time.
 *
 * @param {string} root
 */
export function agreesWithLock(root) {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const wanted = packagesIn(join(root, 'package-lock.json'));
  const installed = packagesIn(record);
  const { name } = runtimePackage();
  const needsRuntime = majorOf(process.version) < RUNTIME_NODE;
  return Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
    if (path === '') return true;
    const found = installed[path];
    if (found === undefined) return optional === true && !(needsRuntime && path === `node_modules/${name}`);
    return found.version === version && found.integrity === integrity && existsSync(join(root, path));
  });
}

/**
 * Runs npm: the one that runs this script, else the one on PATH.
 *
 * @param {readonly string[]} args
 */
function npm(args, root = process.cwd()) {
  const script = process.env.npm_execpath;
  const options = /** @type {const} */ ({ cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (script?.endsWith('.js')) return spawnSync(process.execPath, [script, ...args], options);
  return spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
}

/** @param {string} root */
function install(root) {
  const version = npmVersionIn(process.env.npm_config_user_agent) ?? npm(['--version'], root).stdout?.trim();
  if (!version)
    throw new Error('fhirwatch installs its packages with npm, and no npm answers. Install npm 10 or newer.');
  const problem = npmProblem(version);
  if (problem !== undefined) throw new Error(problem);

  const started = Date.now();
  process.stderr.write('fhirwatch: installing packages (npm ci), a minute or two …\n');
  // `include` because NODE_ENV=production or an npm setting must not leave out what the scripts run on
  const { status, stdout, stderr, error } = npm(
    ['ci', '--include=dev', '--include=optional', '--loglevel=error'],
    root,
  );
  if (error !== undefined || status !== 0) {
    process.stderr.write(`${stdout ?? ''}${stderr ?? ''}${error === undefined ? '' : `${error.message}\n`}`);
    throw new Error('fhirwatch: npm ci failed; its output is above. Nothing was started.');
  }
  process.stderr.write(`fhirwatch: packages installed in ${Math.round((Date.now() - started) / 1000)} s\n`);
}

/**
 * Makes sure that node_modules is what package-lock.json says. All output goes to stderr: stdout belongs to the script.
 *
 * @param {string} root the repository
 */
export async function ensurePackages(root) {
  const lockFile = join(root, 'package-lock.json');
  const stampFile = join(root, 'node_modules', '.fhirwatch-setup');
  const stamp = hashOf(root, [lockFile]);
  if (isStamped(stampFile, stamp)) return;
  await withLock(
    join(root, '.setup.lock'),
    () => {
      if (isStamped(stampFile, stamp)) return;
      if (!agreesWithLock(root)) {
        rmSync(stampFile, { force: true });
        install(root);
      }
      writeStamp(stampFile, stamp);
    },
    () => process.stderr.write('fhirwatch: waiting for another process that is setting up …\n'),
  );
}

/**
 * The Node that executes TypeScript: the running one if it is new enough, else the one among the packages.
 *
 * @param {string} root
 */
export function runtimeNode(root, version = process.version, platform = process.platform, arch = process.arch) {
  if (majorOf(version) >= RUNTIME_NODE) return process.execPath;
  const { program } = runtimePackage(platform, arch);
  const path = join(root, program);
  if (existsSync(path)) return path;
  throw new Error(
    `fhirwatch runs on Node ${RUNTIME_NODE}. This is Node ${version.replace(/^v/, '')}, and for ${platform}-${arch} no package brings a newer one. Install Node ${RUNTIME_NODE} from https://nodejs.org and run the command again.`,
  );
}
