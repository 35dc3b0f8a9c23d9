import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { ensureBundle } from '../build.mjs';
import { ensurePackages, runtimeNode } from './packages.mjs';

/**
 * What each script of package.json runs under Node 24; `bundle`: it needs a current dist/.
 *
 * @type {Readonly<Record<string, { bundle?: true, args: readonly string[] }>>}
 */
export const TARGETS = {
  start: { bundle: true, args: ['sandbox/story/main.ts'] },
  test: { bundle: true, args: ['node_modules/vitest/vitest.mjs', 'run'] },
  sandbox: { bundle: true, args: ['sandbox/main.ts'] },
  bench: { bundle: true, args: ['bench/main.ts'] },
  build: { args: ['scripts/build.mjs'] },
  docs: { args: ['scripts/docs.ts'] },
  lint: { args: ['node_modules/@biomejs/biome/bin/biome', 'ci'] },
  types: { args: ['node_modules/typescript/bin/tsc', '-p', '.'] },
};

/**
 * Sets up, then becomes the script as far as a parent process can: same terminal, same exit code, signals passed on.
 *
 * @param {string} root the repository
 * @param {string | undefined} name
 * @param {readonly string[]} args
 */
export async function start(root, name, args) {
  const target = name === undefined || !Object.hasOwn(TARGETS, name) ? undefined : TARGETS[name];
  if (target === undefined)
    throw new Error(`There is no script "${name ?? ''}"; there are ${Object.keys(TARGETS).join(', ')}.`);
  await ensurePackages(root);
  const node = runtimeNode(root);
  if (target.bundle) await ensureBundle(root);
  // files named on the command line are relative to where the person stands; npm says where, a direct call does not
  const env = {
    INIT_CWD: process.cwd(),
    ...process.env,
    PATH: [join(root, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter),
  };
  become(node, [...target.args, ...args], { cwd: root, env });
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} options
 */
export function become(program, args, { cwd, env }) {
  const child = spawn(program, args, { cwd, env, stdio: 'inherit' });
  /** @type {readonly NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  /** @param {NodeJS.Signals} signal */
  const passOn = (signal) => {
    // Ctrl-C reaches the child from the terminal itself; a second one from here would look like impatience
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    child.kill(signal);
  };
  for (const signal of signals) process.on(signal, passOn);
  child.on('error', (error) => {
    process.stderr.write(`${program} does not run here (${error.message}). Install Node 24 from https://nodejs.org.\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    for (const each of signals) process.off(each, passOn);
    if (signal === null) process.exitCode = code ?? 1;
    else process.kill(process.pid, signal);
  });
}
