// Lays out the folder that is deployed: the bundles with their queries, host.json, the policy, and a package.json without
// dependencies. Nothing is installed or built in Azure, so what was tested is what runs.
//   node scripts/stage.mjs [--policy FILE]      (azd: the environment value FHIRWATCH_POLICY_FILE)
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBundle } from './build.mjs';
import { ensurePackages } from './setup/packages.mjs';

/**
 * @param {string} root the repository, with a built dist/
 * @param {string} target is emptied first
 * @param {string} policy the file that becomes fhirwatch.yaml
 */
export function stage(root, target, policy) {
  const dist = join(root, 'dist');
  if (!existsSync(policy)) throw new Error(`${policy} does not exist: the policy has to be deployed with the app.`);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(join(target, 'dist'), { recursive: true });
  const { name, version, license, main } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  // the bundle is CommonJS by its ending; Oryx, were it ever asked, would find nothing to install
  writeFileSync(
    join(target, 'package.json'),
    `${JSON.stringify({ name, version, license, private: true, main }, null, 2)}\n`,
  );
  copyFileSync(join(root, 'host.json'), join(target, 'host.json'));
  copyFileSync(policy, join(target, 'fhirwatch.yaml'));
  const wanted = readdirSync(dist).filter((file) => /^(?!cli\.).*\.cjs$|\.kql$|^THIRD-PARTY-NOTICES\.txt$/.test(file));
  for (const file of wanted) copyFileSync(join(dist, file), join(target, 'dist', file));
  if (!existsSync(join(target, main))) throw new Error(`${main} was not built.`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..');
  const [flag, given] = process.argv.slice(2);
  try {
    if (flag !== undefined && (flag !== '--policy' || given === undefined))
      throw new Error('Usage: stage.mjs [--policy FILE]');
    await ensurePackages(root);
    await ensureBundle(root);
    const policy = resolve(root, given ?? process.env.FHIRWATCH_POLICY_FILE ?? 'fhirwatch.yaml');
    stage(root, join(root, 'infra', 'staged'), policy);
    console.log(`Staged infra/staged with the policy ${policy}`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
